"""Turn each record of the table's stream into the names of the pages it touches. Renders nothing, reads nothing.

A name is sent once per page and time bucket: the page queue forgets repeats for five minutes and delivers after at
least two buckets, so the one message that is delivered comes after every change of its bucket.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from broadsheet.model import keys
from broadsheet.model.identity import digest
from broadsheet.model.messages import PageMessage, RebuildMessage

from .ports import Outgoing, Queue
from .site_settings import RECIPE_PREFIX

HOME = "home"
CATEGORY_LIST = "categories"
STATIC = "static"
ARTICLE = "article/"
CATEGORY = "category/"
CATALOG_LINE = "catalog/"
"""Not a page of the site but a line of the catalog, kept by the same one-writer loop."""


@dataclass(frozen=True, slots=True)
class Change:
    """One stream record: the images before and after (None: absent), plain values, and when it was committed."""

    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    at: datetime


def mark_pages(changes: Iterable[Change], pages: Queue, rebuilds: Queue, bucket_seconds: int) -> int:
    """Send the names of all pages that ``changes`` touch; return how many names were sent."""
    marked: dict[str, Outgoing] = {}
    rebuild: datetime | None = None
    for change in changes:
        for page in sorted(pages_touched(change)):
            message = page_message(page, f"{int(change.at.timestamp()) // bucket_seconds}")
            marked[f"{message.group}#{message.dedup}"] = message
        if needs_rebuild(change):
            rebuild = max(rebuild or change.at, change.at)
    if marked:
        pages.send(list(marked.values()))
    if rebuild:
        rebuilds.send([Outgoing(RebuildMessage(rebuild).dump())])
    return len(marked)


def page_message(page: str, occasion: str) -> Outgoing:
    """Return the message that names ``page``; repeats for the same ``occasion`` are forgotten by the queue."""
    return Outgoing(PageMessage(page).dump(), group=_group(page), dedup=digest(f"{page}#{occasion}"))


def _group(page: str) -> str:
    """Return the FIFO group of a page: its name, hashed where SQS would not take it (128 characters, ASCII)."""
    return page if len(page) <= 128 and page.isascii() else digest(page)


def pages_touched(change: Change) -> frozenset[str]:
    """Return the names of the pages that depend on the changed item."""
    item = change.new or change.old or {}
    pk, sk = str(item.get("pk", "")), str(item.get("sk", ""))
    if pk.startswith("ARTICLE#") and sk == keys.CURRENT:
        return _of_article(pk.removeprefix("ARTICLE#"), change)
    if pk == keys.INDEX_SITE:
        return frozenset({HOME})
    if pk.startswith("INDEX#category#"):
        slug = pk.removeprefix("INDEX#category#")
        return frozenset({f"{CATEGORY}{slug}", f"{CATALOG_LINE}{slug}"})
    if pk == keys.CATALOG and sk.startswith("CATEGORY#"):
        return frozenset({HOME, CATEGORY_LIST})
    return frozenset()


def _of_article(article_id: str, change: Change) -> frozenset[str]:
    names = {ARTICLE + article_id}
    old, new = change.old or {}, change.new or {}
    if any(old.get(name) != new.get(name) for name in ("address", "state", "absorbed")):
        # The addresses of the articles merged into this one, and into those before, lead to wherever it is now.
        names |= {ARTICLE + merged for merged in new.get("absorbed", ())}
    return frozenset(names)


def needs_rebuild(change: Change) -> bool:
    """Return whether a change touches what every page depends on: settings, templates, a category's name.

    Recipes are not among it: they say how pages of others are read, not how ours are made.
    """
    item = change.new or change.old or {}
    if item.get("pk") == keys.SITE and not str(item.get("sk", "")).startswith(RECIPE_PREFIX):
        return (change.old or {}).get("text") != (change.new or {}).get("text")
    if item.get("pk") == keys.CATALOG and str(item.get("sk", "")).startswith("CATEGORY#"):
        return bool(change.old) and (change.old or {}).get("name") != (change.new or {}).get("name")
    return False
