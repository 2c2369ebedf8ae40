"""A category's head page and feed; and its line in the catalog, with what the home page shows of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from broadsheet.flow.days import counts
from broadsheet.flow.ports import Delete, Put, Table, Write
from broadsheet.model import keys
from broadsheet.model.article import CategoryLine, IndexLine, NewestLine
from broadsheet.model.records import category_from, category_item, index_from, newest_from, newest_item
from broadsheet.publish import feeds, html

from .writing import Newsroom, Rendered


@dataclass(frozen=True, slots=True)
class HeadRead:
    """The category by its name, its newest articles, and the years it has articles in, newest first."""

    category: CategoryLine | None
    lines: tuple[IndexLine, ...]
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HeadWriter:
    """``category/SLUG``: head page and Atom feed."""

    room: Newsroom
    slug: str

    def read(self) -> HeadRead:
        """Read as many lines as the head page shows."""
        table, index = self.room.table, keys.index_category(self.slug)
        return HeadRead(
            named(table, self.slug),
            self.room.with_images(newest_lines(table, index, self.room.site.head_size)),
            tuple(int(year.period) for year in reversed(counts(table, index, 4))),
        )

    def render(self, read: HeadRead) -> Rendered:
        """Return head page and feed, or nothing where the category has no articles."""
        if not read.lines or read.category is None:
            return Rendered(unwanted=tuple(html.category_page_keys(self.slug)))
        site = self.room.site
        head = html.category_head(site, read.category, read.lines, read.years)
        return Rendered((head, feeds.category_feed(site, read.category, self.room.entries(read.lines))))


@dataclass(frozen=True, slots=True)
class CatalogRead:
    """What a category's lines in the catalog follow from, and how they are stored."""

    name: str | None
    newest: tuple[IndexLine, ...]
    count: int
    stored: CategoryLine | None = field(default=None, compare=False)
    v: int = field(default=0, compare=False)
    stored_newest: NewestLine | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class CatalogWriter:
    """``catalog/SLUG``: how many articles the category has, and the newest of them for the home page."""

    room: Newsroom
    slug: str

    def read(self) -> CatalogRead:
        """Read the newest articles and the counts of all years."""
        table, index = self.room.table, keys.index_category(self.slug)
        item = table.get(keys.category(self.slug))
        newest = newest_lines(table, index, self.room.site.home_category_size)
        count = sum(year.count for year in counts(table, index, 4))
        if item is None:
            return CatalogRead(None, newest, count)
        line, v = category_from(item)
        at = line.newest_at
        stored = table.get(keys.newest(at, self.slug)) if at else None
        return CatalogRead(line.name, newest, count, line, v, newest_from(stored) if stored else None)

    def render(self, read: CatalogRead) -> Rendered:
        """Return the lines that differ from what is stored, as one transaction."""
        if read.stored is None:
            return Rendered()
        newest_at = read.newest[0].instant if read.newest else None
        line = replace(read.stored, count=read.count, newest_at=newest_at)
        shown = NewestLine(self.slug, line.name, read.newest) if read.newest else None
        writes: list[Write] = []
        if read.stored.newest_at and read.stored.newest_at != newest_at:
            writes.append(Delete(keys.newest(read.stored.newest_at, self.slug)))
        if shown and shown != read.stored_newest:
            writes.append(Put(newest_item(shown)))
        if writes or line != read.stored:
            writes.append(Put(category_item(line, read.v + 1), read.v))
        return Rendered(writes=tuple(writes))


def named(table: Table, slug: str) -> CategoryLine | None:
    """Return a category by slug and name alone: what its pages depend on. None where there is none."""
    item = table.get(keys.category(slug))
    return CategoryLine(slug, category_from(item)[0].name) if item else None


def newest_lines(table: Table, index: str, size: int) -> tuple[IndexLine, ...]:
    """Return the newest ``size`` lines of an index, newest first."""
    return tuple(index_from(item) for item in table.query(index, limit=size, newest_first=True)) if size else ()
