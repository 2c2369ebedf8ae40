"""``broadsheet article history``: what an article said, since when, and who told it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import typer

from broadsheet.flow.ports import Item
from broadsheet.flow.settle import unpacked
from broadsheet.ingest.decide import Stored
from broadsheet.ingest.readable import readable_text
from broadsheet.model import keys
from broadsheet.model.article import Article
from broadsheet.model.identity import InputKey
from broadsheet.model.inputs import state_from
from broadsheet.model.keys import Key
from broadsheet.model.order import parse_instant

from .article_list import REVISIONS
from .article_lookup import find_article
from .article_show import ranked, site_url
from .article_text import clock_time, print_line
from .stored import Opened


@dataclass(frozen=True, slots=True)
class Revision:
    """One text of an article, as one input told it."""

    number: int
    """1 is the oldest."""
    input: str
    title: str
    html: str
    at: datetime | None
    """When it was first seen, aware; None for an upload's that is older than the versions that are remembered."""
    shown: bool
    """Whether it is what the article says now."""

    @property
    def length(self) -> int:
        """Characters of its readable text."""
        return len(readable_text(self.html))


def revisions_of(article: Article, opened: Opened) -> list[Revision]:
    """Return the article's revisions, and those of the articles merged into it, oldest first."""
    table = opened.store.table
    items = [
        item
        for article_id in (article.id, *article.absorbed)
        for item in table.query(keys.article(article_id), first=REVISIONS, last=f"{REVISIONS}\uffff")
    ]
    inputs = {text: InputKey.parse(text) for text in sorted({str(item["input"]) for item in items})}
    states = table.batch_get(keys.input_state(input_key) for input_key in inputs.values())
    seen: dict[tuple[str, str], datetime] = {}
    for text, input_key in inputs.items():
        state, _ = state_from(states.get(keys.input_state(input_key)), input_key)
        seen |= {(text, version.key): version.observed_at for version in state.versions}
    timed = sorted(((_seen(item, seen), item) for item in items), key=_in_order)
    chosen = article.chosen
    shown = (chosen.body_pk, chosen.body_sk) if chosen else None
    return [
        Revision(
            number,
            str(item["input"]),
            str(item["title"]),
            unpacked(Key(item["pk"], item["sk"]), item, opened.store),
            at,
            (item["pk"], item["sk"]) == shown,
        )
        for number, (at, item) in enumerate(timed, start=1)
    ]


def _version(item: Item) -> str:
    return str(item["sk"]).removeprefix(REVISIONS).rpartition("#")[0]


def _seen(item: Item, seen: Mapping[tuple[str, str], datetime]) -> datetime | None:
    """Return when a revision was first seen. An entry's version begins with that time; an upload's only tells order."""
    text, version = str(item["input"]), _version(item)
    if (text, version) in seen:
        return seen[text, version]
    return parse_instant(version.partition("~")[0]) if text.startswith("entry:") else None


def _in_order(timed: tuple[datetime | None, Item]) -> tuple[bool, str, str]:
    at, item = timed
    return (at is not None, at.isoformat() if at else "", _version(item))


def show_history(given: str, opened: Opened, *, as_json: bool) -> None:
    """Print the revisions of the article that ``given`` names, and its origins. Raises ArticleUnknown."""
    found = find_article(given, opened)
    revisions = revisions_of(found.article, opened)
    if as_json:
        typer.echo(json.dumps(_plain(found, revisions, opened), ensure_ascii=False, indent=2))
        return
    for line in _lines(found, revisions, opened):
        print_line(line)


def _plain(found: Stored, revisions: list[Revision], opened: Opened) -> dict[str, object]:
    zone = opened.site.zone
    return {
        "id": found.article.id,
        "state": found.article.state.value,
        "revisions": [
            {
                "number": revision.number,
                "at": revision.at and revision.at.astimezone(zone).isoformat(),
                "input": revision.input,
                "title": revision.title,
                "characters": revision.length,
                "shown": revision.shown,
            }
            for revision in revisions
        ],
        "origins": [origin.input for origin in ranked(found)],
    }


def _lines(found: Stored, revisions: list[Revision], opened: Opened) -> Iterator[str]:
    article, zone = found.article, opened.site.zone
    yield f"{article.id}  {article.state.value.replace('_', ' ')}  {site_url(article, opened) or 'no address'}"
    yield f"      {clock_time(article.created_at, zone)}  stored"
    for revision in revisions:
        mark = "*" if revision.shown else " "
        told = f"{revision.input}  {revision.length} characters  {revision.title}"
        yield f"{mark} {revision.number:>3} {clock_time(revision.at, zone):16}  {told}"
    if article.takedown:
        done = f"taken down: {article.takedown.reason}" if article.takedown.active else "restored"
        yield f"      {clock_time(parse_instant(article.takedown.order), zone)}  {done}"
    if any(revision.shown for revision in revisions):
        yield "* is what the article says"
    for origin in ranked(found):
        yield f"told by {origin.input} since {clock_time(origin.first_seen, zone)}, priority {origin.priority}"
    if not found.origins:
        yield "told by nobody any more"
