"""A category's head page and feed; and its lines in the catalog, with what the home page shows of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from broadsheet.flow.days import counts
from broadsheet.flow.ports import Delete, Put, Table, Write
from broadsheet.model import keys
from broadsheet.model.article import CategoryLine, IndexLine, NewestLine, PeriodCount
from broadsheet.model.identity import digest
from broadsheet.model.records import category_from, category_item, index_from, newest_from, newest_item
from broadsheet.model.site import Site
from broadsheet.publish import feeds, html

from .writing import Newsroom, Rendered


@dataclass(frozen=True, slots=True)
class CategoryRead:
    """The category by its name, its newest articles and the counts of its years; its lines as they are stored."""

    category: CategoryLine | None
    lines: tuple[IndexLine, ...]
    shown: tuple[IndexLine, ...]
    """The same lines with the addresses of mirrored images."""
    years: tuple[PeriodCount, ...]
    stored: CategoryLine | None = field(default=None, compare=False)
    v: int = field(default=0, compare=False)
    newest: NewestLine | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class CategoryWriter:
    """``category/SLUG``: head page and Atom feed; how many articles there are, and the newest for the home page."""

    room: Newsroom
    slug: str

    def read(self) -> CategoryRead:
        """Read as many lines as the largest of what follows shows."""
        table, index = self.room.table, keys.index_category(self.slug)
        lines = newest_lines(table, index, max(front_size(self.room.site), self.room.site.home_category_size))
        shown, years = self.room.with_images(lines), counts(table, index, 4)
        item = table.get(keys.category(self.slug))
        if item is None:
            return CategoryRead(None, lines, shown, years)
        stored, v = category_from(item)
        newest = table.get(keys.newest(stored.newest_at, self.slug)) if stored.newest_at else None
        named = CategoryLine(self.slug, stored.name)
        return CategoryRead(named, lines, shown, years, stored, v, newest_from(newest) if newest else None)

    def render(self, read: CategoryRead) -> Rendered:
        """Return head page and feed, or nothing where the category has no articles; and its lines."""
        writes = self._lines(read)
        if not read.lines or read.category is None:
            return Rendered(unwanted=tuple(html.category_page_keys(self.slug)), writes=writes)
        site = self.room.site
        head = read.shown[: site.head_size]
        page = html.category_head(site, read.category, head, [int(year.period) for year in reversed(read.years)])
        return Rendered((page, feeds.category_feed(site, read.category, self.room.entries(head))), writes=writes)

    def _lines(self, read: CategoryRead) -> tuple[Write, ...]:
        """Return what makes the stored lines tell what was read: nothing where they do."""
        if read.stored is None:
            return ()
        site, newest_at = self.room.site, read.lines[0].instant if read.lines else None
        line = replace(read.stored, count=sum(year.count for year in read.years), newest_at=newest_at)
        writes: list[Write] = []
        if read.stored.newest_at and read.stored.newest_at != newest_at:
            writes.append(Delete(keys.newest(read.stored.newest_at, self.slug)))
        if read.lines:
            head = digest(repr(read.lines[: front_size(site)]))
            newest = NewestLine(self.slug, line.name, read.lines[: site.home_category_size], head)
            if newest != read.newest:
                writes.append(Put(newest_item(newest)))
        if writes or line != read.stored:
            writes.append(Put(category_item(line, read.v + 1), read.v))
        return tuple(writes)


def front_size(site: Site) -> int:
    """Return how many of the newest articles the home page and the feeds of the site are made of."""
    return max(site.home_size, site.head_size)


def named(table: Table, slug: str) -> CategoryLine | None:
    """Return a category by slug and name alone: what its pages depend on. None where there is none."""
    item = table.get(keys.category(slug))
    return CategoryLine(slug, category_from(item)[0].name) if item else None


def newest_lines(table: Table, index: str, size: int) -> tuple[IndexLine, ...]:
    """Return the newest ``size`` lines of an index, newest first."""
    return tuple(index_from(item) for item in table.query(index, limit=size, newest_first=True)) if size else ()
