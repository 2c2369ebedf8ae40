"""Regenerate one page: read, render, write what differs, and read again.

Every page has one writer, its FIFO group. The page is done only if what it was rendered from is still what the table
says after the write; otherwise it is rendered again. So the last write of a page is always of the last state read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from broadsheet.model.errors import BroadsheetError, Conflict, TemplateFault
from broadsheet.model.page import Page, PageKey
from broadsheet.publish.templates_env import without_templates

from . import page_names as names
from .bodies import Bodies
from .ports import Counter, ObjectStore, Table, write_all
from .rejections import report_template
from .site_settings import read_settings
from .writers.archive import DayWriter, YearWriter
from .writers.article import AliasWriter, ArticleWriter
from .writers.category import CategoryWriter
from .writers.image import ImageWriter
from .writers.likeness import LikenessWriter
from .writers.site import AssetsWriter, CategoryListWriter, HomeWriter, SitemapWriter, SourcesWriter, StaticWriter
from .writers.writing import Newsroom, Rendered, Writer

ATTEMPTS = 5
"""Times a page is rendered again because the table changed under it, before it goes back to its queue."""


class PageUnsettled(BroadsheetError):
    """The table kept changing while a page was rendered."""


@dataclass(frozen=True, slots=True)
class PagePorts:
    """What regenerating needs from outside."""

    table: Table
    site: ObjectStore
    archive: ObjectStore
    counter: Counter
    bodies: Bodies

    def bucket(self, name: str) -> ObjectStore:
        """Return the store that a page's ``bucket`` names."""
        return self.site if name == "site" else self.archive


class PageRegenerator:
    """Regenerates the pages of one invocation: the site's settings are read once, when it is made.

    A change of the settings names every page after it was committed, so a page that is rendered with older settings
    here is rendered again by the invocation that this brings.
    """

    def __init__(self, ports: PagePorts) -> None:
        self._ports = ports
        self._room = Newsroom(read_settings(ports.table), ports.table, ports.bodies, ports.site, ports.archive)

    def regenerate(self, name: str) -> None:
        """Make the page of that name what the table says.

        Raises PageUnsettled where the table kept changing, and LookupError for a name that is no page's.
        """
        writer = writer_of(name, self._room)
        read = writer.read()
        for _ in range(ATTEMPTS):
            settled = self._write(self._rendered(name, writer, read))
            again = writer.read()
            if settled and again == read:
                return
            read = again
        raise PageUnsettled(
            f"page {name!r}: the table changed {ATTEMPTS} times while it was rendered; back to the queue"
        )

    def _rendered(self, name: str, writer: Writer[Any], read: Any) -> Rendered:
        """Return what is to be; where a template of the site's own does not work, by the built-in ones, and say so."""
        try:
            return writer.render(read)
        except TemplateFault as fault:
            if report_template(fault, self._room.site, self._ports.table):
                self._ports.counter.add("TemplatesFailed")
            return writer_of(name, replace(self._room, site=without_templates(self._room.site))).render(read)

    def _write(self, rendered: Rendered) -> bool:
        """Write what differs; return False where another writer of a line was faster."""
        for page in rendered.pages:
            self._put(page, first=rendered.first)
        for unwanted in rendered.unwanted:
            self._delete(unwanted)
        for unwanted in rendered.beyond:
            if not self._delete(unwanted):
                break
        try:
            if rendered.writes:
                write_all(self._ports.table, rendered.writes)
            for step in rendered.steps:
                write_all(self._ports.table, [step])
        except Conflict:
            return False
        return True

    def _put(self, page: Page, *, first: bool) -> None:
        store = self._ports.bucket(page.bucket)
        stored = None if first else store.metadata(page.key)
        metadata = page.metadata
        if stored is not None and dict(stored) == metadata:
            self._ports.counter.add("PagesUnchanged")
            return
        store.put(page.key, page.body, page.content_type, page.cache_control, metadata)
        self._ports.counter.add("PagesWritten")

    def _delete(self, unwanted: PageKey) -> bool:
        """Delete a page, and return whether it was there."""
        store = self._ports.bucket(unwanted.bucket)
        if store.metadata(unwanted.key) is None:
            return False
        store.delete(unwanted.key)
        self._ports.counter.add("PagesDeleted")
        return True


_FIXED: dict[str, Callable[[Newsroom], Writer[Any]]] = {
    names.HOME: HomeWriter,
    names.CATEGORY_LIST: CategoryListWriter,
    names.SITEMAP: SitemapWriter,
    names.SOURCES: SourcesWriter,
    names.STATIC: StaticWriter,
    names.ASSETS: AssetsWriter,
}


def writer_of(name: str, room: Newsroom) -> Writer[Any]:
    """Return the writer of the page of that name; raises LookupError for a name that is no page's."""
    if name in _FIXED:
        return _FIXED[name](room)
    kind, _, rest = name.partition("/")
    match f"{kind}/":
        case names.ARTICLE:
            return ArticleWriter(room, rest)
        case names.ALIAS:
            return AliasWriter(room, f"/{rest}")
        case names.IMAGE:
            return ImageWriter(room, rest)
        case names.LIKENESS:
            return LikenessWriter(room, rest)
        case names.CATEGORY:
            return CategoryWriter(room, rest)
        case names.DAY:
            index, period = names.index_and_period(name)
            return DayWriter(room, index, date.fromisoformat(period))
        case names.YEAR:
            index, period = names.index_and_period(name)
            slug = names.slug_of(index)
            if slug is not None:
                return YearWriter(room, index, slug, int(period))
    raise LookupError(
        f"{name!r} names no page; pages are {', '.join(sorted(_FIXED))}, article/ID, alias/PATH, category/SLUG, "
        "image/NAME, likeness/ID, day/site/YYYY-MM-DD, day/category/SLUG/YYYY-MM-DD, year/category/SLUG/YYYY"
    )
