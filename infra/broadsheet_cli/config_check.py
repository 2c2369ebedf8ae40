"""Check a configuration folder before anything runs: a mistake in it is told in one line, at once."""

from __future__ import annotations

from pathlib import Path

from broadsheet.flow.configure import check_file
from broadsheet.ingest.configuration import read_source
from broadsheet.model.errors import ConfigurationError


def check_folder(folder: Path) -> None:
    """Raise ConfigurationError for the first file that is wrong, or that defines a source another file defines."""
    defined: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        body = path.read_bytes()
        check_file(name, body)
        if name.startswith("sources/") and not name.endswith(".opml"):
            source_id = read_source(body, name).id
            if source_id in defined:
                raise ConfigurationError(
                    f"{name}: field 'id': {source_id!r} is defined by {defined[source_id]} too; remove one of the two"
                )
            defined[source_id] = name
