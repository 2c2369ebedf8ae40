"""Name every page, in chunks, with a cursor: what a change of settings, templates or category names brings.

Nothing is rendered here; the pages' own writers do that. A chunk sends the message for the next one when it is done,
so a rebuild goes on where it was, whatever dies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from broadsheet.model import keys
from broadsheet.model.messages import RebuildMessage
from broadsheet.model.order import format_instant
from broadsheet.model.records import index_from

from .mark_pages import ARTICLE, CATALOG_LINE, CATEGORY, CATEGORY_LIST, HOME, STATIC, page_message
from .ports import Item, Outgoing, Queue, Table

CHUNK = 500
"""Pages named per invocation: 50 batches of ten, far inside its time-out."""


def _of_category(item: Item) -> list[str]:
    slug = str(item["sk"]).removeprefix("CATEGORY#")
    return [CATEGORY + slug, CATALOG_LINE + slug]


def _of_line(item: Item) -> list[str]:
    return [ARTICLE + index_from(item).article_id]


PHASES: dict[str, tuple[str, str, str, Callable[[Item], list[str]]]] = {
    "categories": (keys.CATALOG, "CATEGORY#", "CATEGORY#\uffff", _of_category),
    "articles": (keys.INDEX_SITE, "", "\uffff", _of_line),
    "gone": (keys.INDEX_GONE, "", "\uffff", _of_line),
}


def rebuild_site(message: RebuildMessage, table: Table, pages: Queue, rebuilds: Queue) -> int:
    """Name one chunk of pages and send the message for the next; return how many pages were named."""
    occasion = f"rebuild#{format_instant(message.observed_at)}"
    if message.phase == "fixed":
        names = [STATIC, HOME, CATEGORY_LIST]
        following: RebuildMessage | None = replace(message, phase="categories", after="")
    else:
        pk, first, last, of = PHASES[message.phase]
        # "\x00" is the least that can follow a sort key.
        start = f"{message.after}\x00" if message.after else first
        items = table.query(pk, first=start, last=last, limit=CHUNK)
        names = [name for item in items for name in of(item)]
        following = _following(message, items)
    pages.send([page_message(name, occasion) for name in names])
    if following:
        rebuilds.send([Outgoing(following.dump())])
    return len(names)


def _following(message: RebuildMessage, items: list[Item]) -> RebuildMessage | None:
    if len(items) == CHUNK:
        return replace(message, after=items[-1]["sk"])
    phases = list(PHASES)
    at = phases.index(message.phase) + 1
    return replace(message, phase=phases[at], after="") if at < len(phases) else None
