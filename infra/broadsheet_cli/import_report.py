"""The report of an import: a JSON file that is written as the import goes, so that memory does not grow with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from broadsheet.ingest.jekyll_mend import Mend
from broadsheet.model.errors import ConfigurationError


class ImportReport:
    """Lines of a report. Without a file they go nowhere; use :func:`open_report`."""

    def __init__(self, file: IO[str] | None) -> None:
        self._file = file
        self._separator = ""

    def mended(self, path: str, mends: Sequence[Mend]) -> None:
        """Note what was mended in the post at ``path``."""
        for mend in mends:
            self._line({"file": _readable(path), "kind": mend.kind.value, "how": mend.how})

    def skipped(self, reason: str) -> None:
        """Note that a post was left out; the reason names it."""
        file, _, why = reason.partition(": ")
        self._line({"file": _readable(file), "skipped": _readable(why)})

    def close(self, counts: Mapping[str, Any]) -> None:
        """Add the counts, and end the file."""
        if self._file:
            self._file.write(f'\n],\n"counts": {json.dumps(counts, ensure_ascii=False)}}}\n')

    def _line(self, line: Mapping[str, str]) -> None:
        if self._file:
            self._file.write(f"{self._separator}\n{json.dumps(line, ensure_ascii=False)}")
            self._separator = ","


@contextmanager
def open_report(path: Path | None) -> Iterator[ImportReport]:
    """Open a report at ``path``, None for none; it takes its place when it is whole. Raises ConfigurationError."""
    if path is None:
        yield ImportReport(None)
        return
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        file = unfinished.open("w", encoding="utf-8")
    except OSError as fault:
        raise ConfigurationError(f"--report {path}: cannot be written ({fault.strerror}); name another") from fault
    with file:
        file.write('{"posts": [')
        yield ImportReport(file)
    unfinished.replace(path)


def _readable(text: str) -> str:
    """Return ``text`` without lone surrogates, which names of files on old disks become."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
