"""``broadsheet article list``: articles from the indexes, newest first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

import typer

from broadsheet.flow.ports import Item, Table
from broadsheet.model import keys
from broadsheet.model.article import Article, ArticleState, IndexLine
from broadsheet.model.errors import BroadsheetError
from broadsheet.model.identity import InputKey
from broadsheet.model.inputs import state_from
from broadsheet.model.records import article_from, index_from

from .article_lookup import walk
from .article_text import clock_time, print_line
from .stored import Opened

T = TypeVar("T")

BATCH = 100
"""Articles that are read at once where an index line does not tell all."""
REVISIONS = "REV#"


class NothingListed(BroadsheetError):
    """What is to be listed by does not exist."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which articles to list, and how many at most."""

    category: str | None = None
    source: str | None = None
    state: ArticleState = ArticleState.PUBLISHED
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """An article in the list. ``at`` is its time, aware; a gone one's, when it was first stored."""

    id: str
    at: datetime
    state: ArticleState
    title: str
    address: str | None
    categories: tuple[str, ...] = ()
    source: str | None = None


def list_articles(wanted: Wanted, opened: Opened, *, as_json: bool) -> None:
    """Print the articles, one a line, or as one JSON list. Raises NothingListed for an unknown category or source."""
    found = list(islice(find_all(wanted, opened), wanted.limit + 1))
    if not found:
        _check_names(wanted, opened.store.table)
    shown, zone = found[: wanted.limit], opened.site.zone
    if as_json:
        rows = [asdict(row) | {"at": row.at.astimezone(zone).isoformat()} for row in shown]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for row in shown:
            source = f"  ({row.source})" if row.source else ""
            print_line(f"{row.id}  {clock_time(row.at, zone)}  {row.title}{source}  {row.address or 'no address'}")
    if len(found) > wanted.limit:
        typer.echo(f"the first {wanted.limit}; --limit shows more", err=True)
    if not found:
        typer.echo(f"no {wanted.state.value.replace('_', ' ')} article", err=True)
    if wanted.state is ArticleState.DRAFT:
        typer.echo(
            "drafts that were never published stand in no index: broadsheet article show articles/FILE shows one",
            err=True,
        )


def find_all(wanted: Wanted, opened: Opened) -> Iterator[Listed]:
    """Yield all articles that are wanted, newest first; held ones as they are due."""
    table = opened.store.table
    if wanted.state is ArticleState.PUBLISHED:
        yield from _published(wanted, table)
        return
    ids = _held(table) if wanted.state is ArticleState.HELD else _off_the_site(wanted.state, table)
    for article in _articles(ids, table):
        origin = article.chosen
        if article.state is not wanted.state:
            continue
        if wanted.category and not (origin and wanted.category in origin.categories):
            continue
        if wanted.source and not (origin and wanted.source == origin.source_id):
            continue
        yield Listed(
            article.id,
            origin.instant if origin else article.created_at,
            article.state,
            origin.title if origin else _last_title(article.id, table),
            article.address,
            origin.categories if origin else (),
            origin.source_name if origin else None,
        )


def _published(wanted: Wanted, table: Table) -> Iterator[Listed]:
    if wanted.source:
        index = keys.index_source(wanted.source)
    else:
        index = keys.index_category(wanted.category) if wanted.category else keys.INDEX_SITE
    for line in map(index_from, walk(table, index, newest_first=True)):
        if not wanted.category or wanted.category in line.categories:
            yield _listed(line)


def _listed(line: IndexLine) -> Listed:
    state = ArticleState.PUBLISHED
    return Listed(line.article_id, line.instant, state, line.title, line.address, line.categories, line.source_name)


def _off_the_site(state: ArticleState, table: Table) -> Iterator[str]:
    """Yield the ids of articles that had an address and are off the site in ``state``, which their lines name."""
    for line in walk(table, keys.INDEX_GONE, newest_first=True):
        if line.get("title") == state.value:
            yield str(line["article_id"])


def _held(table: Table) -> Iterator[str]:
    """Yield the ids of articles whose release is due some time, the next one first."""
    releases = (item for item in walk(table, keys.DUE) if item.get("kind") == "release")
    for batch in _batches(releases):
        inputs = [InputKey.parse(item["input"]) for item in batch]
        states = table.batch_get(keys.input_state(input_key) for input_key in inputs)
        for input_key in inputs:
            article_id = state_from(states.get(keys.input_state(input_key)), input_key)[0].article
            if article_id:
                yield article_id


def _articles(ids: Iterator[str], table: Table) -> Iterator[Article]:
    seen: set[str] = set()
    for batch in _batches(ids):
        fresh = [article_id for article_id in dict.fromkeys(batch) if article_id not in seen]
        seen.update(fresh)
        items: Iterable[Item] = table.batch_get(keys.current(article_id) for article_id in fresh).values()
        for item in items:
            yield article_from(item)[0]


def _batches(values: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(values, BATCH)):
        yield batch


def _last_title(article_id: str, table: Table) -> str:
    """Return the title of an article's last text: once no origin is left, only its revisions tell it."""
    last = table.query(keys.article(article_id), first=REVISIONS, last=f"{REVISIONS}\uffff", limit=1, newest_first=True)
    return str(last[0]["title"]) if last else ""


def _check_names(wanted: Wanted, table: Table) -> None:
    if wanted.category and table.get(keys.category(wanted.category)) is None:
        raise NothingListed(f"no category {wanted.category!r} is stored; `broadsheet site status` names them by slug")
    if wanted.source and table.get(keys.source_config(wanted.source)) is None:
        raise NothingListed(f"no source {wanted.source!r} was ever defined; `broadsheet site status` names them")
