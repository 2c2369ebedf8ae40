"""``broadsheet sources test``: one source, looked at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from broadsheet import __version__
from broadsheet.ingest.configuration import read_source
from broadsheet.ingest.robots_rules import PRODUCT
from broadsheet.ingest.urls import web_url
from broadsheet.model.article import SourceDocument
from broadsheet.model.errors import ConfigurationError
from broadsheet.model.source import Source
from broadsheet.web.fetch import SafeFetcher
from broadsheet.web.robots import Robots

from .progress import make_console
from .source_trial import SourceTrial, Trial, TriedEntry

BODIES = 3
"""Texts that are fetched unless more are asked for: enough to see whether the rules hold."""
_SHOWN = 280
"""Characters of a text that are shown to people."""
_NOTHING_READ = 1
"""Exit status where the source itself cannot be fetched or read; entries that are skipped are no fault."""


@dataclass(frozen=True, slots=True)
class TrialOptions:
    """What ``broadsheet sources test`` was asked for. ``now`` is the aware time of the look."""

    given: str
    now: datetime
    as_json: bool = False
    allow_hosts: tuple[str, ...] = ()
    bodies: int = BODIES


def try_source(options: TrialOptions) -> int:
    """Look at one source, print what would come of it, and return the exit status.

    Raises ConfigurationError where what was given is no file, address or proper definition.
    """
    definition, listing = _what(options.given, options.now)
    found = look_at(definition, options, _recipes(Path(options.given)), listing)
    if options.as_json:
        sys.stdout.buffer.write(json.dumps(found.plain(), ensure_ascii=False, indent=2).encode() + b"\n")
    else:
        _print(found, Console(soft_wrap=True, highlight=False))
    return _NOTHING_READ if found.error else 0


def look_at(
    source: Source,
    options: TrialOptions,
    recipes: Mapping[str, str] | None = None,
    listing: SourceDocument | None = None,
) -> Trial:
    """Return what one look at ``source`` gives, with a live line on a terminal; ``listing`` stands for its address."""
    fetcher = SafeFetcher(frozenset(options.allow_hosts), f"{PRODUCT}/{__version__}")
    trial = SourceTrial(source, fetcher, Robots(fetcher, PRODUCT), options.now, options.bodies, recipes)
    with make_console().status(f"looking at {source.url}"), closing(fetcher):
        return trial.run(listing)


def _recipes(given: Path) -> dict[str, str]:
    """Return the recipes of the configuration folder that the file ``given`` lies in, under ``sources/``."""
    folder = given.parent.parent / "recipes"
    if given.parent.name != "sources" or not folder.is_dir():
        return {}
    return {file.stem: file.read_text(encoding="utf-8-sig", errors="replace") for file in sorted(folder.glob("*.txt"))}


def _what(given: str, at: datetime) -> tuple[Source, SourceDocument | None]:
    """Return the source that was named, and its listing where that is a file. Raises ConfigurationError."""
    if given.startswith(("http://", "https://")):
        if web_url(None, given) is None:
            raise ConfigurationError(f"{given}: is no web address; write https://host/path")
        return Source(id="url", kind="feed", url=given), None
    file = Path(given)
    try:
        body = file.read_bytes()
    except OSError as fault:
        raise ConfigurationError(f"{given}: cannot be read ({fault.strerror}); give a file, or an address") from fault
    if file.suffix.lower() in {".yaml", ".yml"}:
        return read_source(body, file.name), None
    if file.suffix.lower() == ".opml":
        raise ConfigurationError(f"{given}: an OPML file lists many sources; give the address of one of them")
    return Source(id="file", kind="feed", url=file.name, file=file.name), SourceDocument(body, file.name, "", at)


def _print(trial: Trial, console: Console) -> None:
    console.print(f"{trial.source.kind} {escape(trial.source.url)}  {escape(trial.title or '')}")
    if trial.error:
        console.print(f"cannot be read: {escape(trial.error)}")
    for feed in trial.feeds:
        console.print(f"the page announces the feed {escape(feed)}")
    for entry in trial.entries:
        _print_entry(entry, console)
    for name, reason in trial.skipped:
        console.print(f"\nskipped {escape(name)}: {escape(reason)}")
    for warning in trial.warnings:
        console.print(f"\nwarning: {escape(warning)}")
    if trial.older:
        console.print(f"\nolder entries are at {escape(trial.older)}")
    if not trial.error:
        console.print(
            f"\n{len(trial.entries)} would come in, {len(trial.skipped)} skipped, {len(trial.warnings)} warnings"
        )


def _print_entry(entry: TriedEntry, console: Console) -> None:
    console.print(f"\n[bold]{escape(entry.title or '(title from its page)')}[/bold]")
    facts = {
        "id": entry.id,
        "url": entry.url,
        "published": entry.published and entry.published.isoformat(),
        "category": ", ".join(entry.categories),
        "authors": ", ".join(entry.authors),
    }
    for name, value in facts.items():
        if value:
            console.print(f"  {name}: {escape(str(value))}")
    if entry.note:
        console.print(f"  {entry.note}")
    if entry.text:
        text = " ¶ ".join(entry.text.split("\n"))
        console.print(
            f"  {escape(text if len(text) <= _SHOWN else text[:_SHOWN] + '…')}  ({len(entry.text)} characters)"
        )
