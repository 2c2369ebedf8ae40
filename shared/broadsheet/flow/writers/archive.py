"""Archives: a day's pages and its count, a year's calendar and its count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count as counting

from broadsheet.flow.days import counts, lines_of_day, neighbours
from broadsheet.flow.page_names import slug_of
from broadsheet.flow.ports import Delete, Put, Write
from broadsheet.model import keys
from broadsheet.model.article import CategoryLine, IndexLine, PeriodCount
from broadsheet.model.page import Page, PageKey
from broadsheet.model.records import rollup_from, rollup_item
from broadsheet.publish import archive, feeds, sitemap

from .category import named
from .writing import Newsroom, Rendered


@dataclass(frozen=True, slots=True)
class DayRead:
    """A day's lines, oldest first, with the nearest days that have any; and the category, where it is one's."""

    lines: tuple[IndexLine, ...]
    older: date | None
    newer: date | None
    category: CategoryLine | None
    stored: PeriodCount | None = field(default=None, compare=False)
    v: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class DayWriter:
    """``day/INDEX/YYYY-MM-DD``: of a category the archive pages, of the site the sitemap; and of both a feed."""

    room: Newsroom
    index: str
    day: date

    def read(self) -> DayRead:
        """Read the day's lines."""
        table = self.room.table
        lines = lines_of_day(table, self.index, self.day, self.room.site.zone)
        older, newer = neighbours(table, self.index, self.day)
        slug = slug_of(self.index)
        category = named(table, slug) if slug else None
        item = table.get(keys.rollup_line(self.index, self.day.isoformat()))
        stored, v = rollup_from(item) if item else (None, 0)
        return DayRead(lines, older, newer, category, stored, v)

    def render(self, read: DayRead) -> Rendered:
        """Return the day's pages, or nothing where there are no articles on it any more; and its count."""
        slug = slug_of(self.index)
        writes = count_writes(self.index, self.day.isoformat(), len(read.lines), read.stored, read.v)
        if slug is None:
            return self._render_site(read, writes)
        if not read.lines or read.category is None:
            unwanted = tuple(archive.day_page_keys(slug, self.day))
            return Rendered(unwanted=unwanted, beyond=self._parts(slug, 2), writes=writes)
        pages = archive.day_pages(self.room.site, read.category, self.day, read.lines, read.older, read.newer)
        following = -(-len(read.lines) // self.room.site.day_size) + 1
        unwanted = _others(archive.day_page_keys(slug, self.day), pages)
        return Rendered(tuple(pages), unwanted, self._parts(slug, following), writes)

    def _render_site(self, read: DayRead, writes: tuple[Write, ...]) -> Rendered:
        site = self.room.site
        if not read.lines:
            return Rendered(unwanted=(feeds.site_day_feed_key(self.day),), beyond=self._sitemaps(1), writes=writes)
        parts = sitemap.day_sitemaps(site, self.day, read.lines)
        feed = feeds.site_day_feed(site, self.day, read.lines, read.older, read.newer)
        pages = (*parts, feed) if feed else tuple(parts)
        unwanted = _others([feeds.site_day_feed_key(self.day)], pages)
        return Rendered(pages, unwanted, self._sitemaps(len(parts) + 1), writes)

    def _parts(self, slug: str, first: int) -> Iterator[PageKey]:
        return (archive.day_part_key(slug, self.day, part) for part in counting(first))

    def _sitemaps(self, first: int) -> Iterator[PageKey]:
        return (sitemap.day_sitemap_key(self.day, part) for part in counting(first))


def _others(possible: Iterable[PageKey], pages: Iterable[Page]) -> tuple[PageKey, ...]:
    """Return those keys a day may have that are none of its ``pages``."""
    there = {page.key for page in pages}
    return tuple(key for key in possible if key.key not in there)


@dataclass(frozen=True, slots=True)
class YearRead:
    """The days of a year that have articles, with the category and all its years, newest first."""

    category: CategoryLine | None
    days: tuple[PeriodCount, ...]
    years: tuple[int, ...]
    stored: PeriodCount | None = field(default=None, compare=False)
    v: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class YearWriter:
    """``year/INDEX/YYYY``: a category's calendar of the year, and the year's count."""

    room: Newsroom
    index: str
    slug: str
    year: int

    def read(self) -> YearRead:
        """Read the counts of the year's days, and which years there are."""
        table, period = self.room.table, f"{self.year:04d}"
        years = {int(year.period): year for year in counts(table, self.index, 4)}
        item = table.get(keys.rollup_line(self.index, period)) if self.year in years else None
        stored, v = rollup_from(item) if item else (None, 0)
        days = counts(table, self.index, 10, f"{period}-")
        return YearRead(named(table, self.slug), days, tuple(sorted({*years, self.year}, reverse=True)), stored, v)

    def render(self, read: YearRead) -> Rendered:
        """Return the calendar, or nothing where the year has no articles any more; and the year's count."""
        total = sum(day.count for day in read.days)
        writes = count_writes(self.index, f"{self.year:04d}", total, read.stored, read.v)
        if not read.days or read.category is None:
            return Rendered(unwanted=(archive.year_page_key(self.slug, self.year),), writes=writes)
        page = archive.year_page(
            self.room.site, read.category, self.year, [date.fromisoformat(day.period) for day in read.days], read.years
        )
        return Rendered((page,), writes=writes)


def count_writes(index: str, period: str, count: int, stored: PeriodCount | None, v: int) -> tuple[Write, ...]:
    """Return what makes the stored count of ``period`` be ``count``: nothing where it is; a count of 0 has no line."""
    if count == 0:
        return (Delete(keys.rollup_line(index, period), v),) if stored else ()
    counted = PeriodCount(period, count)
    return () if counted == stored else (Put(rollup_item(index, counted, v + 1), v),)
