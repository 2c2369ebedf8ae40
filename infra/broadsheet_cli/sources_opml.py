"""``broadsheet sources export`` and ``import``: all sources as one OPML file, and many at once from one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from broadsheet.ingest.opml import not_carried, parse_opml, write_opml
from broadsheet.ingest.slugs import category_slug
from broadsheet.ingest.urls import canonical_url
from broadsheet.model.errors import BroadsheetError, ConfigurationError
from broadsheet.model.source import Source

from .article_text import print_line
from .sources_place import SOURCES, SourceFiles
from .sources_text import counted

NAMED = 10
"""Sources whose losses are named; the others are counted."""


class NotImported(BroadsheetError):
    """A file that is not taken in as it is."""


def export_sources(files: SourceFiles) -> None:
    """Write all sources to standard output as OPML; say on standard error which lose rules by that."""
    sources = [source for source, _ in files.defined()]
    sys.stdout.buffer.write(write_opml(sources, files.site_title or "Sources"))
    sys.stdout.buffer.flush()
    _tell_losses(sources)


def import_opml(path: Path, files: SourceFiles, *, skip: bool, overwrite: bool, dry: bool) -> int:
    """Put an OPML file among the sources' files, list what comes, and return the exit status.

    With ``skip``, outlines that cannot be used, or name what is defined already, are left out; without it, one of
    them has the file refused. ``overwrite`` replaces a file of that name. A dry run only tells. Raises
    ConfigurationError where ``path`` is no OPML, and NotImported where it is refused.
    """
    try:
        body = path.read_bytes()
    except OSError as fault:
        raise ConfigurationError(f"{path}: cannot be read ({fault.strerror}); give an OPML file") from fault
    file = f"{SOURCES}{category_slug(path.name.partition('.')[0]) or 'subscriptions'}.opml"
    before = files.read(file)
    reading = parse_opml(body, path.name)
    sources, known = _new_ones(reading.sources, [one for one in files.defined() if one[1] != file])
    problems = [*(f"{where}: {reason}" for where, reason in reading.problems), *known]
    for told in (*problems, *(f"{where}: {note}" for where, note in reading.notes)):
        typer.echo(f"{path.name}: {told}", err=True)
    if problems and not skip:
        raise NotImported(f"{path}: {len(problems)} outlines cannot come in; mend them, or give --skip")
    if not sources:
        raise NotImported(f"{path}: no outline is left to come in")
    if problems:
        body = write_opml(sources, files.site_title or "Sources")
        _tell_losses(sources)
    for source in sources:
        print_line(f"{source.id}  {source.kind}  {source.title or ''}  {source.url}")
    if before == body:
        print_line(f"{file} holds just that already; nothing was changed")
        return 0
    if before is not None and not overwrite:
        raise NotImported(f"{file}: is there already, with other content; --overwrite replaces it")
    if dry:
        print_line(f"{counted(len(sources))} would come in, as {file}; nothing was written")
        return 0
    files.write(file, body)
    status = files.settle("importing the sources")
    print_line(f"{counted(len(sources))} taken in, as {file}; {files.effect}")
    return status


def _new_ones(sources: Sequence[Source], known: list[tuple[Source, str]]) -> tuple[list[Source], list[str]]:
    """Return the sources that are not defined yet, by id or address, and what is to be said of the others."""
    ids = {source.id: file for source, file in known}
    addresses = {canonical_url(source.url) or source.url: source.id for source, _ in known}
    fresh: list[Source] = []
    told: list[str] = []
    for source in sources:
        address = canonical_url(source.url) or source.url
        if source.id in ids:
            told.append(f"source {source.id} is defined by {ids[source.id]} already")
        elif address in addresses:
            told.append(f"source {source.id}: {source.url} is the address of source {addresses[address]} already")
        else:
            fresh.append(source)
    return fresh, told


def _tell_losses(sources: Sequence[Source]) -> None:
    """Say which rules of which sources OPML has no place for."""
    lossy = [(source.id, lost) for source in sources if (lost := not_carried(source))]
    for source_id, lost in lossy[:NAMED]:
        typer.echo(f"{source_id}: OPML has no place for its {', '.join(lost)}; keep its file", err=True)
    if len(lossy) > NAMED:
        typer.echo(f"and so for {counted(len(lossy) - NAMED)} more", err=True)
