"""Name every page, in chunks, with a cursor: what a change of settings, templates or category names brings.

Nothing is rendered here; the pages' own writers do that, and delete what is no longer wanted: a day that the site's
zone has emptied, a part that a day no longer fills. A chunk sends the message for the next one when it is done, so a
rebuild goes on where it was, whatever dies. How far it is stands in the table, for the operator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from broadsheet.model import keys
from broadsheet.model.article import IndexLine
from broadsheet.model.messages import RebuildMessage
from broadsheet.model.order import format_instant, later, parse_instant
from broadsheet.model.records import article_from, index_from

from . import page_names as names
from .days import day_of
from .dispatch_due import page_item
from .page_names import page_message
from .ports import Item, Outgoing, Queue, Table
from .site_settings import PROGRESS, read_settings

CHUNK = 500
"""Lines read per invocation: some 2,000 names in 200 batches of ten, far inside its time-out."""
ASSETS_STAY_SECONDS = 2 * 86_400
"""How long former stylesheets stay: a page from a cache, or one that is still to be made again, asks for the one it
was made with."""

FIXED = (names.STATIC, names.HOME, names.CATEGORY_LIST, names.SITEMAP, names.SOURCES)


@dataclass(frozen=True, slots=True)
class RebuildPorts:
    """What rebuilding needs from outside."""

    table: Table
    pages: Queue
    rebuilds: Queue


def rebuild_site(message: RebuildMessage, ports: RebuildPorts) -> int:
    """Name one chunk of pages and send the message for the next; return how many pages were named."""
    if message.image:
        return _name_where_shown(message, ports)
    occasion = f"rebuild#{format_instant(message.observed_at)}"
    found, following = _PHASES[message.phase](message, ports.table)
    ports.pages.send([page_message(name, occasion) for name in found])
    named = message.named + len(found)
    _report(message, named, following, ports.table)
    if following:
        ports.rebuilds.send([Outgoing(replace(following, named=named).dump())])
    else:
        ports.table.put(page_item(names.ASSETS, later(message.observed_at, ASSETS_STAY_SECONDS)))
    return len(found)


def _name_where_shown(message: RebuildMessage, ports: RebuildPorts) -> int:
    """Name the articles that show an image, and the pages that show it beside the titles of some of them."""
    lines = _lines(message, ports.table, message.image, keys.SHOWN_BY, keys.SHOWN_BY_END)
    items = ports.table.batch_get(keys.current(str(line["article"])) for line in lines)
    found: dict[str, None] = {}
    for line in lines:
        item = items.get(keys.current(str(line["article"])))
        chosen = article_from(item)[0].chosen if item else None
        found[names.ARTICLE + str(line["article"])] = None
        if chosen and chosen.image == line["url"]:
            found |= dict.fromkeys((names.HOME, *(names.CATEGORY + slug for slug in chosen.categories)))
    ports.pages.send([page_message(name, message.occasion) for name in found])
    if len(lines) == CHUNK:
        ports.rebuilds.send([Outgoing(replace(message, after=lines[-1]["sk"]).dump())])
    return len(found)


def _report(message: RebuildMessage, named: int, following: RebuildMessage | None, table: Table) -> None:
    """Tell the operator how far the newest rebuild is."""
    key = keys.site_item(PROGRESS)
    stored = table.get(key)
    if stored and parse_instant(stored["observed_at"]) > message.observed_at:
        return
    progress = {"observed_at": format_instant(message.observed_at), "phase": message.phase, "after": message.after}
    table.put({"pk": key.pk, "sk": key.sk, **progress, "named": named, "done": following is None})


Chunk = tuple[list[str], RebuildMessage | None]


def _fixed(message: RebuildMessage, table: Table) -> Chunk:  # noqa: ARG001 - they need no reading
    return list(FIXED), _next_phase(message)


def _categories(message: RebuildMessage, table: Table) -> Chunk:
    items = _lines(message, table, keys.CATALOG, "CATEGORY#", "CATEGORY#\uffff")
    slugs = [str(item["sk"]).removeprefix("CATEGORY#") for item in items]
    return [names.CATEGORY + slug for slug in slugs], _onward(message, items)


def _images(message: RebuildMessage, table: Table) -> Chunk:
    items = _lines(message, table, keys.IMAGES)
    found = dict.fromkeys(names.IMAGE + str(item["sk"]).partition("#")[0] for item in items)
    return list(found), _onward(message, items)


def _articles(message: RebuildMessage, table: Table) -> Chunk:
    zone = read_settings(table).zone
    items = _lines(message, table, keys.INDEX_SITE)
    found: dict[str, None] = {}
    for line in map(index_from, items):
        day = day_of(line.instant, zone)
        found |= dict.fromkeys((*_of_line(line), names.LIKENESS + line.article_id, names.of_day(keys.INDEX_SITE, day)))
        for index in map(keys.index_category, line.categories):
            found |= dict.fromkeys((names.of_day(index, day), names.of_year(index, day.year)))
    return list(found), _onward(message, items)


def _gone(message: RebuildMessage, table: Table) -> Chunk:
    items = _lines(message, table, keys.INDEX_GONE)
    return [name for item in items for name in _of_line(index_from(item))], _onward(message, items)


def _archives(message: RebuildMessage, table: Table) -> Chunk:
    """Name the days and years that are counted, an index with each message: where there is nothing now, they go."""
    index, _, after = message.after.partition("|")
    index = index or keys.INDEX_SITE
    items = table.query(keys.rollup(index), first=f"{after}\x00" if after else "", limit=CHUNK)
    found = list(_of_counts(index, items))
    if len(items) == CHUNK:
        return found, replace(message, after=f"{index}|{items[-1]['sk']}")
    slug = names.slug_of(index) or ""
    last = keys.category(slug).sk
    (following,) = table.query(keys.CATALOG, first=f"{last}\x00", last="CATEGORY#\uffff", limit=1) or (None,)
    if following is None:
        return found, _next_phase(message)
    return found, replace(message, after=f"{keys.index_category(following['sk'].removeprefix('CATEGORY#'))}|")


def _of_counts(index: str, items: list[Item]) -> Iterator[str]:
    for item in items:
        _, _, period = str(item["sk"]).partition("#")
        if len(period) == 4:
            yield names.of_year(index, int(period))
        else:
            yield names.of_day(index, period)


_PHASES: dict[str, Callable[[RebuildMessage, Table], Chunk]] = {
    "fixed": _fixed,
    "categories": _categories,
    "images": _images,
    "articles": _articles,
    "gone": _gone,
    "archives": _archives,
}


def _of_line(line: IndexLine) -> list[str]:
    return [names.ARTICLE + line.article_id, *(names.of_alias(address) for address in line.aliases)]


def _lines(message: RebuildMessage, table: Table, pk: str, first: str = "", last: str | None = None) -> list[Item]:
    # "\x00" is the least that can follow a sort key.
    return table.query(pk, first=f"{message.after}\x00" if message.after else first, last=last, limit=CHUNK)


def _onward(message: RebuildMessage, items: list[Item]) -> RebuildMessage | None:
    return replace(message, after=items[-1]["sk"]) if len(items) == CHUNK else _next_phase(message)


def _next_phase(message: RebuildMessage) -> RebuildMessage | None:
    phases = list(_PHASES)
    at = phases.index(message.phase) + 1
    return replace(message, phase=phases[at], after="") if at < len(phases) else None
