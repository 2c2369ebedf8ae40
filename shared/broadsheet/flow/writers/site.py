"""The pages there is one of: home and feeds, all categories, sitemap index, sources, what settings alone make."""

from __future__ import annotations

from dataclasses import dataclass

from broadsheet.flow.days import counts
from broadsheet.flow.source_state import effective_source
from broadsheet.ingest.opml import write_opml
from broadsheet.ingest.slugs import normalise_category
from broadsheet.model import keys
from broadsheet.model.article import CategoryLine, IndexLine, NewestLine, PeriodCount
from broadsheet.model.page import CACHE_SHORT, Page, PageKey
from broadsheet.model.records import category_from, newest_from
from broadsheet.model.source import Source
from broadsheet.publish import feeds, html, sitemap

from .category import front_size, newest_lines
from .writing import Newsroom, Rendered

OPML = "opml.xml"
ASSETS = "assets/"


@dataclass(frozen=True, slots=True)
class HomeRead:
    """The newest articles, the categories the home page shows, and the names of those that feeds name."""

    lines: tuple[IndexLine, ...]
    shown: tuple[NewestLine, ...]
    names: tuple[CategoryLine, ...]


@dataclass(frozen=True, slots=True)
class HomeWriter:
    """``home``: the home page, and the feeds of the site."""

    room: Newsroom

    def read(self) -> HomeRead:
        """Read what is shown, and no more: how many categories there are does not matter."""
        site, table = self.room.site, self.room.table
        lines = self.room.with_images(newest_lines(table, keys.INDEX_SITE, front_size(site)))
        in_feeds = lines[: site.head_size]
        names = self.room.categories(sorted({slug for line in in_feeds for slug in line.categories}))
        return HomeRead(lines, self._shown(), names)

    def _shown(self) -> tuple[NewestLine, ...]:
        """Return the categories that have a place of their own, in its order, then those with the newest articles."""
        size = self.room.site.home_categories
        if not size:
            return ()
        placed = self._placed()
        # One that is placed may be among the newest too.
        items = self.room.table.query(keys.NEWEST, limit=size + len(placed), newest_first=True)
        others = [line for line in map(newest_from, items) if line.slug not in placed]
        return (*placed.values(), *others)[:size]

    def _placed(self) -> dict[str, NewestLine]:
        """Return the categories with an ``order`` in ``categories.yaml`` that have articles, by slug, in that order."""
        site, table = self.room.site, self.room.table
        ordered = sorted((s for s in site.categories if s.order is not None), key=lambda s: (s.order or 0, s.name))
        links = table.batch_get(keys.category_name(normalise_category(setting.name)) for setting in ordered)
        slugs = dict.fromkeys(str(item["slug"]) for s in ordered if (item := links.get(_link(s.name))))
        lines = table.batch_get(keys.category(slug) for slug in slugs)
        at = {slug: category_from(item)[0].newest_at for slug in slugs if (item := lines.get(keys.category(slug)))}
        newest = {slug: keys.newest(instant, slug) for slug, instant in at.items() if instant}
        items = table.batch_get(newest.values())
        return {slug: newest_from(items[key]) for slug, key in newest.items() if key in items}

    def render(self, read: HomeRead) -> Rendered:
        """Return home page and feeds."""
        site = self.room.site
        home = html.home_page(site, read.lines[: site.home_size], read.shown)
        names = {line.slug: line.name for line in read.names}
        return Rendered((home, *feeds.site_feeds(site, names, self.room.entries(read.lines[: site.head_size]))))


def _link(name: str) -> keys.Key:
    return keys.category_name(normalise_category(name))


@dataclass(frozen=True, slots=True)
class CategoryListWriter:
    """``categories``: the page of all categories, and their part of the sitemap."""

    room: Newsroom

    def read(self) -> tuple[CategoryLine, ...]:
        """Read the whole catalog, whose lines are short."""
        items = self.room.table.query(keys.CATALOG, first="CATEGORY#", last="CATEGORY#\uffff")
        lines = (category_from(item)[0] for item in items)
        return tuple(CategoryLine(line.slug, line.name, line.count) for line in lines if line.count)

    def render(self, read: tuple[CategoryLine, ...]) -> Rendered:
        """Return the page and the sitemap of the sections."""
        return Rendered(tuple(html.categories_pages(self.room.site, read)))


@dataclass(frozen=True, slots=True)
class SitemapWriter:
    """``sitemap``: the index of the sitemaps."""

    room: Newsroom

    def read(self) -> tuple[PeriodCount, ...]:
        """Read which days there are."""
        return counts(self.room.table, keys.INDEX_SITE, 10)

    def render(self, read: tuple[PeriodCount, ...]) -> Rendered:
        """Return the index."""
        return Rendered((sitemap.sitemap_index(self.room.site, read),))


@dataclass(frozen=True, slots=True)
class SourcesWriter:
    """``sources``: the list of sources as OPML, where the site publishes it."""

    room: Newsroom

    def read(self) -> tuple[Source, ...]:
        """Read the definitions that are in force."""
        if not self.room.site.publish_sources:
            return ()
        listed = self.room.table.query(keys.CATALOG, first="SOURCE#", last="SOURCE#\uffff")
        wanted = [keys.source_config(str(item["sk"]).removeprefix("SOURCE#")) for item in listed]
        items = self.room.table.batch_get(wanted)
        found = (effective_source(items.get(key)) for key in wanted)
        return tuple(source for source, _ in filter(None, found))

    def render(self, read: tuple[Source, ...]) -> Rendered:
        """Return the list, or nothing where it is not to be published."""
        if not self.room.site.publish_sources:
            return Rendered(unwanted=(PageKey(OPML),))
        body = write_opml(read, self.room.site.title)
        return Rendered((Page(OPML, body, "text/x-opml; charset=utf-8", CACHE_SHORT),))


@dataclass(frozen=True, slots=True)
class StaticWriter:
    """``static``: what settings and templates alone make."""

    room: Newsroom

    def read(self) -> None:
        """Nothing besides the settings, which a change of brings all pages here again."""

    def render(self, read: None) -> Rendered:  # noqa: ARG002 - there is nothing to be read
        """Return stylesheet, icon, 404 page and robots.txt."""
        return Rendered(tuple(html.static_pages(self.room.site)))


@dataclass(frozen=True, slots=True)
class AssetsWriter:
    """``assets``: removes stylesheets and icons of former templates, once nobody's cache can ask for them."""

    room: Newsroom

    def read(self) -> tuple[str, ...]:
        """Read what lies under ``assets/``."""
        return tuple(self.room.pages.list(ASSETS))

    def render(self, read: tuple[str, ...]) -> Rendered:
        """Return what of it is no longer used."""
        used = {page.key for page in html.static_pages(self.room.site)}
        return Rendered(unwanted=tuple(PageKey(key) for key in read if key not in used))
