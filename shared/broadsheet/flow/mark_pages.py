"""Turn each record of the table's stream into the names of the pages it touches. Renders nothing.

A name is sent once per page and time bucket: the page queue forgets repeats for five minutes and delivers after at
least two buckets, so the one message that is delivered comes after every change of its bucket.

Four things are read, after the change that a record tells of: the site's zone, for which day an article is on; the
days next to one that has come or gone, for they link to it; what an image is mirrored as; and which articles tell the
same as one did before and does now. A change of the zone rebuilds the site, so a name that was made with the old one is
made good; a neighbour that is not there yet reads the day when it comes; an image that is mirrored later has a record
of its own; and of two articles that tell the same, the second to come finds the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from broadsheet.model import keys
from broadsheet.model.keys import Key
from broadsheet.model.messages import ImageMessage, RebuildMessage
from broadsheet.model.records import likeness_from
from broadsheet.model.site import SITEMAP_SIZE

from . import page_names as names
from .also_reported import around
from .days import counts, day_of_line, neighbours
from .ports import Outgoing, Queue, Table
from .site_settings import PROGRESS, RECIPE_PREFIX, read_zone


@dataclass(frozen=True, slots=True)
class Change:
    """One stream record: the images before and after (None: absent), plain values, and when it was committed."""

    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    at: datetime

    @property
    def pk(self) -> str:
        """The changed item's partition."""
        return str((self.new or self.old or {}).get("pk", ""))

    @property
    def sk(self) -> str:
        """The changed item's sort key."""
        return str((self.new or self.old or {}).get("sk", ""))

    @property
    def came_or_went(self) -> bool:
        """Whether the item is there since, or is no longer."""
        return self.old is None or self.new is None

    def differs(self, *attributes: str) -> bool:
        """Return whether one of these attributes changed."""
        old, new = self.old or {}, self.new or {}
        return any(old.get(name) != new.get(name) for name in attributes)


@dataclass(frozen=True, slots=True)
class MarkPorts:
    """What marking needs from outside."""

    table: Table
    pages: Queue
    rebuilds: Queue
    ingests: Queue
    bucket_seconds: int
    """A page is named once per so many seconds: half the page queue's delay."""


def mark_pages(changes: Iterable[Change], ports: MarkPorts) -> int:
    """Send the names of all pages that ``changes`` touch; return how many names were sent."""
    marked: dict[str, Outgoing] = {}
    wanted: dict[str, Outgoing] = {}
    rebuilds: list[Outgoing] = []
    rebuild: datetime | None = None
    marker = Marker(ports.table)
    for change in changes:
        bucket = f"{int(change.at.timestamp()) // ports.bucket_seconds}"
        for page in sorted(marker.touched(change)):
            message = names.page_message(page, bucket)
            marked[f"{message.group}#{message.dedup}"] = message
        if needs_rebuild(change):
            rebuild = max(rebuild or change.at, change.at)
        if _alters_image(change):
            rebuilds.append(Outgoing(RebuildMessage(change.at, image=change.pk, occasion=bucket).dump()))
        if url := marker.to_be_mirrored(change):
            wanted[url] = Outgoing(ImageMessage(url, change.at).dump())
    if marked:
        ports.pages.send(list(marked.values()))
    if rebuild:
        rebuilds.append(Outgoing(RebuildMessage(rebuild).dump()))
    if rebuilds:
        ports.rebuilds.send(rebuilds)
    if wanted:
        ports.ingests.send(list(wanted.values()))
    return len(marked)


class Marker:
    """Names the pages that changes touch. The zone is read once, with the first change that asks for a day."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._zone: ZoneInfo | None = None

    def touched(self, change: Change) -> frozenset[str]:
        """Return the names of the pages that depend on the changed item."""
        return frozenset(self._touched(change))

    def _touched(self, change: Change) -> Iterator[str]:
        kind, _, rest = change.pk.partition("#")
        match kind:
            case "ARTICLE" if change.sk == keys.CURRENT:
                yield from _of_article(rest, change)
            case "ARTICLE" if change.sk == keys.BANDS:
                yield from self._of_likeness(rest, change)
            case "ARTICLE" if change.sk == keys.ALIKE:
                yield from _of_alike(rest, change)
            case "ALIAS" if change.sk != keys.OWNER:
                yield names.of_alias(str((change.new or change.old or {})["address"]))
            case "INDEX":
                yield from self._of_line(change)
            case "ROLLUP":
                yield from self._of_count(change)
            case "CATALOG":
                yield from _of_catalog(change)
            case "IMAGE":
                yield from self._of_image(change)
            case "NEWEST":
                yield names.HOME
            case "SOURCE" if change.sk == "CONFIG":
                yield names.SOURCES

    def to_be_mirrored(self, change: Change) -> str | None:
        """Return the address of an image that is to be fetched: an article shows it since, or its refusal expired."""
        if not change.pk.startswith("IMAGE#"):
            return None
        if change.sk == keys.IMAGE:
            wanted = change.old if change.new is None else None
        else:
            wanted = change.new if change.old is None and self._mirrored_as(change.pk) is None else None
        return str(wanted["url"]) if wanted else None

    def _mirrored_as(self, image: str) -> str | None:
        return (self._table.get(Key(image, keys.IMAGE)) or {}).get("name")

    def _of_image(self, change: Change) -> Iterator[str]:
        """Name an image when it is mirrored, and when an article shows it since, or no longer does."""
        if change.sk == keys.IMAGE:
            mirrored = {(image or {}).get("name") for image in (change.old, change.new)}
        else:
            mirrored = {self._mirrored_as(change.pk)}
        yield from (names.IMAGE + name for name in mirrored if name)

    def _of_likeness(self, article_id: str, change: Change) -> Iterator[str]:
        """Name the articles that are to be compared again: a new one is only where there is something to compare."""
        found: set[str] = set()
        for image in filter(None, (change.old, change.new)):
            beside = around(likeness_from(image), self._table)
            found |= {*(other.article_id for other in beside.alike), *beside.at_the_end}
        if found or change.old:
            found.add(article_id)
        yield from (names.LIKENESS + found_id for found_id in found)

    def _of_line(self, change: Change) -> Iterator[str]:
        slug = names.slug_of(change.pk)
        if slug is None and change.pk != keys.INDEX_SITE:
            return
        if self._zone is None:
            self._zone = read_zone(self._table)
        yield names.of_day(change.pk, day_of_line(change.sk, self._zone))
        if slug is not None:
            # The home page follows from the lines that the category's writer sets.
            yield names.CATEGORY + slug

    def _of_count(self, change: Change) -> Iterator[str]:
        index = names.INDEX_PREFIX + change.pk.removeprefix("ROLLUP#")
        slug = names.slug_of(index)
        _, _, period = change.sk.partition("#")
        if len(period) == 10:
            if change.came_or_went:
                beside = neighbours(self._table, index, date.fromisoformat(period))
                yield from (names.of_day(index, day) for day in beside if day)
            if slug is not None:
                yield names.of_year(index, int(period[:4]))
            elif change.came_or_went or _sitemaps(change.old) != _sitemaps(change.new):
                yield names.SITEMAP
        elif slug is not None:
            yield names.CATEGORY + slug
            if change.came_or_went:
                yield from (names.of_year(index, int(year.period)) for year in counts(self._table, index, 4))


def _alters_image(change: Change) -> bool:
    """Return whether an image has another address since, on the site: how many show it, only reading on would tell."""
    return change.pk.startswith("IMAGE#") and change.sk == keys.IMAGE and change.differs("name")


def _sitemaps(image: Mapping[str, Any] | None) -> int:
    return -(-int((image or {}).get("count", 0)) // SITEMAP_SIZE)


def _of_article(article_id: str, change: Change) -> Iterator[str]:
    yield names.ARTICLE + article_id
    if change.differs("address", "state", "absorbed"):
        # The addresses of the articles merged into this one, and into those before, lead to wherever it is now.
        yield from (names.ARTICLE + merged for merged in (change.new or {}).get("absorbed", ()))
    if change.differs("address", "state"):
        for image in filter(None, (change.old, change.new)):
            aliases = (image.get("chosen") or {}).get("aliases", ())
            yield from (names.of_alias(address) for address in aliases if address != image.get("address"))


def _of_alike(article_id: str, change: Change) -> Iterator[str]:
    yield names.ARTICLE + article_id
    # Whoever came or went is to say the same of this one.
    old, new = (set((image or {}).get("others", ())) for image in (change.old, change.new))
    yield from (names.LIKENESS + other for other in old ^ new)


def _of_catalog(change: Change) -> Iterator[str]:
    if change.sk.startswith("SOURCE#"):
        yield names.SOURCES
    elif change.differs("name", "count"):
        yield names.CATEGORY_LIST


def needs_rebuild(change: Change) -> bool:
    """Return whether a change touches what every page depends on: settings, templates, a category's name.

    Recipes are not among it: they say how pages of others are read, not how ours are made.
    """
    if change.pk == keys.SITE and change.sk != PROGRESS and not change.sk.startswith(RECIPE_PREFIX):
        return change.differs("text")
    if change.pk == keys.CATALOG and change.sk.startswith("CATEGORY#"):
        return bool(change.old) and change.differs("name")
    return False
