"""``broadsheet site status``: how many articles, which sources, how far a rebuild is, what waits in the queues."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import typer

from broadsheet.flow.days import counts
from broadsheet.flow.operate_sources import OperatedSource, read_sources
from broadsheet.flow.ports import Table
from broadsheet.flow.site_settings import PROGRESS
from broadsheet.model import keys
from broadsheet.model.article import CategoryLine
from broadsheet.model.order import parse_instant
from broadsheet.model.records import category_from

from .article_lookup import walk
from .article_text import clock_time, print_line
from .site_queues import Depth, read_depths
from .sources_text import plain_source, polling
from .stored import Opened

COUNTED_OFF_SITE = 1000
"""Articles off the site that are counted, newest first; retention may leave any number of them."""
DAY = 10
"""Length of the period that a day is; the site as a whole is counted by days alone."""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """How far the newest rebuild is: ``done`` when all pages are named, whether they are written or not."""

    observed_at: datetime
    phase: str
    named: int
    done: bool


@dataclass(frozen=True, slots=True)
class Status:
    """How a site stands."""

    title: str
    url: str
    published: int
    off_site: dict[str, int]
    """State → articles, among the newest ``COUNTED_OFF_SITE`` that had an address."""
    categories: tuple[CategoryLine, ...]
    """The largest first."""
    sources: tuple[OperatedSource, ...]
    rebuild: Rebuild | None
    queues: tuple[Depth, ...]


def read_rebuild(table: Table) -> Rebuild | None:
    """Return how far the newest rebuild is; None where there never was one."""
    item = table.get(keys.site_item(PROGRESS))
    if item is None:
        return None
    return Rebuild(parse_instant(item["observed_at"]), item["phase"], int(item["named"]), bool(item["done"]))


def read_status(opened: Opened) -> Status:
    """Return how the site stands. What is read grows with days, categories and sources."""
    table = opened.store.table
    lines = (category_from(item)[0] for item in walk(table, keys.CATALOG, first="CATEGORY#", last="CATEGORY#\uffff"))
    off_site = islice(walk(table, keys.INDEX_GONE, newest_first=True), COUNTED_OFF_SITE)
    return Status(
        opened.site.title,
        opened.site.url,
        sum(day.count for day in counts(table, keys.INDEX_SITE, DAY)),
        dict(sorted(Counter(str(line["title"]) for line in off_site).items())),
        tuple(sorted(lines, key=lambda line: (-line.count, line.slug))),
        tuple(read_sources(table)),
        read_rebuild(table),
        tuple(read_depths(opened.outputs, opened.client("sqs")).values()),
    )


def show_status(opened: Opened, *, as_json: bool) -> None:
    """Print how the site stands."""
    status = read_status(opened)
    if as_json:
        typer.echo(json.dumps(_plain(status, opened.site.zone), ensure_ascii=False, indent=2))
        return
    for line in _lines(status, opened.site.zone):
        print_line(line)


def _plain(status: Status, zone: ZoneInfo) -> dict[str, Any]:
    def iso(instant: datetime | None) -> str | None:
        return instant.astimezone(zone).isoformat() if instant else None

    rebuild = status.rebuild
    return {
        "title": status.title,
        "url": status.url,
        "articles": {"published": status.published, **status.off_site},
        "categories": [
            {"slug": line.slug, "name": line.name, "count": line.count, "newest_at": iso(line.newest_at)}
            for line in status.categories
        ],
        "sources": [plain_source(one, zone) for one in status.sources],
        "rebuild": rebuild and asdict(rebuild) | {"observed_at": iso(rebuild.observed_at)},
        "queues": [asdict(depth) for depth in status.queues],
    }


def _lines(status: Status, zone: ZoneInfo) -> Iterator[str]:
    yield f"{status.title}  {status.url}"
    off_site = "".join(f", {count} {state.replace('_', ' ')}" for state, count in status.off_site.items())
    yield f"articles: {status.published} published{off_site}"
    yield f"categories: {len(status.categories)}"
    yield from (f"  {line.slug}  {line.count}  {line.name}" for line in status.categories)
    yield f"sources: {len(status.sources)}"
    yield from (f"  {one.source.id}  {one.source.kind}  {polling(one, zone)}" for one in status.sources)
    yield f"rebuild: {told(status.rebuild, zone)}"
    yield from (f"queue {_of_queue(depth)}" for depth in status.queues)


def told(rebuild: Rebuild | None, zone: ZoneInfo) -> str:
    """Return how far a rebuild is, in words."""
    if rebuild is None:
        return "none yet"
    stage = "all" if rebuild.done else f"in phase {rebuild.phase},"
    return f"of {clock_time(rebuild.observed_at, zone)}, {stage} {rebuild.named} pages named"


def _of_queue(depth: Depth) -> str:
    dead = f", {depth.dead} DEAD LETTERS" if depth.dead else ""
    return f"{depth.name}: {depth.waiting} waiting, {depth.delayed} delayed, {depth.in_flight} in flight{dead}"
