"""Where files that define sources lie: a configuration folder, or the inbox bucket of a state or a stack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import typer

from broadsheet.aws.objects import S3Store
from broadsheet.flow.operate_sources import read_sources
from broadsheet.flow.ports import ObjectStore
from broadsheet.ingest.configuration import read_site, read_source
from broadsheet.ingest.opml import parse_opml
from broadsheet.model.errors import ConfigurationError
from broadsheet.model.source import Source

from .stored import Opened, open_stored
from .stored_options import where

PREFIX = "config/"
SOURCES = "sources/"
_TYPES = {".yaml": "application/yaml", ".opml": "text/x-opml"}


class SourceFiles(Protocol):
    """The files of a configuration that define sources. ``file`` is a path in it, like ``sources/wire.yaml``."""

    @property
    def site_title(self) -> str:
        """The site's title, or "" where none is set."""

    def defined(self) -> list[tuple[Source, str]]:
        """Return each source that is defined, with its file, by id."""

    def read(self, file: str) -> bytes | None:
        """Return the file's content, or None where there is none."""

    def write(self, file: str, body: bytes) -> None:
        """Write the file, whole or not at all."""

    def remove(self, file: str) -> None:
        """Delete the file."""

    def settle(self, step: str) -> int:
        """Let what was written take effect, ``step`` being shown meanwhile, and return the exit status of that."""

    @property
    def effect(self) -> str:
        """When a file that was written takes effect, in words."""


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """A configuration folder, as ``broadsheet run --config`` takes it."""

    folder: Path

    @property
    def site_title(self) -> str:
        """The title that ``site.yaml`` sets."""
        body = self.read("site.yaml")
        return str(read_site(body, "site.yaml").get("title", "")) if body else ""

    @property
    def effect(self) -> str:
        """By the next run."""
        return f"the next `broadsheet run --config {self.folder}` takes it in"

    def defined(self) -> list[tuple[Source, str]]:
        """Read the files in the order of their names: where two define one source, the first is in force."""
        found: dict[str, tuple[Source, str]] = {}
        for path in sorted((self.folder / SOURCES).glob("*")):
            file = SOURCES + path.name
            if path.suffix in {".yaml", ".yml"}:
                sources: tuple[Source, ...] = (read_source(path.read_bytes(), file),)
            elif path.suffix == ".opml":
                sources = parse_opml(path.read_bytes(), file).sources
            else:
                continue
            for source in sources:
                found.setdefault(source.id, (source, file))
        return sorted(found.values(), key=lambda one: one[0].id)

    def read(self, file: str) -> bytes | None:
        """Read the file."""
        try:
            return (self.folder / file).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, file: str, body: bytes) -> None:
        """Write a hidden file and rename it, so that an interruption leaves no half of it."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.parent / f".{path.name}.unfinished"
        unfinished.write_bytes(body)
        unfinished.replace(path)

    def remove(self, file: str) -> None:
        """Delete the file."""
        (self.folder / file).unlink(missing_ok=True)

    def settle(self, step: str) -> int:  # noqa: ARG002 - the protocol's signature
        """Nothing is to be done."""
        return 0


@dataclass(frozen=True, slots=True)
class InboxFiles:
    """The inbox bucket of a state or of a deployed stack; what is in force stands in its table."""

    opened: Opened

    @property
    def site_title(self) -> str:
        """The title of the site's settings."""
        return self.opened.site.title

    @property
    def effect(self) -> str:
        """A stack takes it by itself; of a state, the folder that it is run with has the last word."""
        if self.opened.where.stack:
            return "the stack takes it in within a minute"
        return "do the same in the folder that is run with this state, which has the last word"

    def defined(self) -> list[tuple[Source, str]]:
        """Return the sources in force."""
        return [(one.source, one.file) for one in read_sources(self.opened.store.table)]

    def read(self, file: str) -> bytes | None:
        """Read the object."""
        stored = self._inbox.get(PREFIX + file)
        return stored.body if stored else None

    def write(self, file: str, body: bytes) -> None:
        """Put the object, with its SHA-256 as a run puts it, so that a run with the same file leaves it alone."""
        kind = _TYPES.get(Path(file).suffix, "application/octet-stream")
        self._inbox.put(PREFIX + file, body, kind, metadata={"sha256": sha256(body).hexdigest()})

    def remove(self, file: str) -> None:
        """Delete the object."""
        self._inbox.delete(PREFIX + file)

    def settle(self, step: str) -> int:
        """Have a state work off what was put; a stack does so by itself."""
        return self.opened.publish(step, None)

    @property
    def _inbox(self) -> ObjectStore:
        return S3Store(self.opened.client("s3"), self.opened.outputs["InboxBucket"])


@contextmanager
def source_files(
    config: Path | None, state: Path | None, stack: str | None, now: str | None = None
) -> Iterator[SourceFiles]:
    """Open the place that the options name; ``now`` is as for :func:`where`.

    Raises typer.BadParameter unless exactly one place is named, ConfigurationError where it does not exist.
    """
    if sum(option is not None for option in (config, state, stack)) != 1:
        raise typer.BadParameter("give one of --config DIR, --state DIR and --stack NAME")
    if config is not None:
        if not config.is_dir():
            raise ConfigurationError(f"--config {config}: is no folder; name the one that holds site.yaml and sources/")
        yield FolderFiles(config)
        return
    with open_stored(where(state, stack, now)) as opened:
        yield InboxFiles(opened)
