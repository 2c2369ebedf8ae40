"""``broadsheet sources add`` and ``remove``: a file made of an address and a look at it; taken away again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml

from broadsheet.flow.operate_sources import SourceUnknown
from broadsheet.ingest.configuration import read_source, source_of
from broadsheet.ingest.plain_text import one_line
from broadsheet.ingest.slugs import category_slug
from broadsheet.ingest.urls import canonical_url
from broadsheet.model.errors import BroadsheetError
from broadsheet.model.source import Source

from .article_text import print_line
from .source_trial import Trial
from .sources_check import TrialOptions, look_at
from .sources_place import SOURCES, SourceFiles

NOT_READ = 1
"""Exit status where the address gave nothing that a source could be made of."""
ID_LENGTH, TITLE_LENGTH = 64, 200
"""Of a source's file, by its schema."""


class SourceExists(BroadsheetError):
    """What is to be added is there already."""


class SourceKept(BroadsheetError):
    """A source that cannot be removed by itself."""


@dataclass(frozen=True, slots=True)
class Adding:
    """What ``broadsheet sources add`` was asked for. ``now`` is the aware time of the look."""

    url: str
    now: datetime
    id: str | None = None
    title: str | None = None
    categories: tuple[str, ...] = ()
    kind: Literal["feed", "sitemap"] = "feed"
    from_page: bool = False
    """Whether texts come from the entries' pages; of a sitemap they always do."""
    allow_hosts: tuple[str, ...] = ()


def add_source(asked: Adding, files: SourceFiles) -> int:
    """Look at the address, write the source's file, say what would come of it, and return the exit status.

    Where the address is a page's, the first feed that it announces is taken. Nothing is written where nothing can be
    read. Raises SourceExists where its id or address is defined already, ConfigurationError where a value is wrong.
    """
    known = files.defined()
    _refuse_address(asked.url, known)
    trial = _look(asked)
    if trial.error and trial.feeds:
        feed, *others = trial.feeds
        print_line(f"{asked.url} is a page; it announces the feed {feed}")
        if others:
            print_line(f"  and {', '.join(others)}; to take another, give its address")
        _refuse_address(feed, known)
        asked = replace(asked, url=feed)
        trial = _look(asked)
    if trial.error:
        print_line(f"{asked.url} cannot be read: {trial.error}")
        print_line("nothing was written; a JSON interface or a list page needs a file that says where its entries are")
        return NOT_READ
    mapping = _definition(asked, trial)
    file = f"{SOURCES}{mapping['id']}.yaml"
    _refuse_id(mapping["id"], file, files, known)
    body = yaml.safe_dump(mapping, allow_unicode=True, sort_keys=False, width=1_000).encode()
    source = read_source(body, file)
    files.write(file, body)
    status = files.settle("adding the source")
    print_line(f"{file} is written: {source.kind} {source.url}  {source.title or ''}")
    print_line(f"  entries: {len(trial.entries)} would come in, {len(trial.skipped)} skipped; {files.effect}")
    for warning in trial.warnings:
        print_line(f"  {warning}")
    return status


def remove_source(source_id: str, files: SourceFiles) -> int:
    """Delete the file that defines the source, and return the exit status; the articles it brought stay.

    Raises SourceUnknown, and SourceKept where the file defines others too.
    """
    file = next((file for source, file in files.defined() if source.id == source_id), None)
    if file is None:
        raise SourceUnknown(f"no source {source_id} is defined; `broadsheet sources list` names all there are")
    if file.endswith(".opml"):
        raise SourceKept(f"source {source_id} is an outline of {file}; take it out there, and import the file again")
    files.remove(file)
    status = files.settle("removing the source")
    print_line(f"{file} is deleted; the articles of {source_id} stay; {files.effect}")
    return status


def _refuse_address(url: str, known: list[tuple[Source, str]]) -> None:
    wanted = canonical_url(url) or url
    for source, file in known:
        if (canonical_url(source.url) or source.url) == wanted:
            raise SourceExists(f"{url} is the address of source {source.id} already ({file}); change that file")


def _refuse_id(source_id: str, file: str, files: SourceFiles, known: list[tuple[Source, str]]) -> None:
    taken = next((other for source, other in known if source.id == source_id), None)
    if taken or files.read(file) is not None:
        raise SourceExists(f"source {source_id} is defined already, by {taken or file}; give another with --id")


def _look(asked: Adding) -> Trial:
    """Fetch the listing, and one text where texts come from pages."""
    source = source_of({"id": "new", **_rules(asked)}, asked.url)
    return look_at(source, TrialOptions(asked.url, asked.now, allow_hosts=asked.allow_hosts, bodies=1))


def _rules(asked: Adding) -> dict[str, Any]:
    rules: dict[str, Any] = {} if asked.kind == "feed" else {"kind": asked.kind}
    rules["url"] = asked.url
    if asked.categories:
        rules["category"] = asked.categories[0] if len(asked.categories) == 1 else list(asked.categories)
    if asked.from_page or asked.kind == "sitemap":
        rules["body"] = {"from": "page"}
    return rules


def _definition(asked: Adding, trial: Trial) -> dict[str, Any]:
    """Return the source as its file holds it."""
    title = one_line(asked.title or trial.title or "")[:TITLE_LENGTH].rstrip()
    made_up = category_slug(title) or category_slug((urlsplit(asked.url).hostname or "").removeprefix("www."))
    named: dict[str, Any] = {"id": asked.id or made_up[:ID_LENGTH].rstrip("-")}
    if title:
        named["title"] = title
    return {**named, **_rules(asked)}
