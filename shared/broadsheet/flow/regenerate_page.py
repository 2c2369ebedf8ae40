"""Regenerate one page: read, render, write what differs, and read again.

Every page has one writer, its FIFO group. The page is done only if what it was rendered from is still what the table
says after the write; otherwise it is rendered again. So the last write of a page is always of the last state read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from broadsheet.model import keys
from broadsheet.model.article import Article, ArticleState, Body, CategoryLine, IndexLine
from broadsheet.model.errors import BroadsheetError, Conflict
from broadsheet.model.keys import Key
from broadsheet.model.page import Page, PageKey
from broadsheet.model.records import article_from, category_from, category_item, index_from
from broadsheet.model.site import Site
from broadsheet.publish import html

from .mark_pages import ARTICLE, CATALOG_LINE, CATEGORY, CATEGORY_LIST, HOME, STATIC
from .ports import Counter, ObjectStore, Table
from .settle import Store, read_body
from .site_settings import read_settings

ATTEMPTS = 5
"""Times a page is rendered again because the table changed under it, before it goes back to its queue."""
MERGE_CHAIN = 64


class PageUnsettled(BroadsheetError):
    """The table kept changing while a page was rendered."""


@dataclass(frozen=True, slots=True)
class PagePorts:
    """What regenerating needs from outside."""

    table: Table
    site: ObjectStore
    archive: ObjectStore
    counter: Counter

    def bucket(self, name: str) -> ObjectStore:
        """Return the store that a page's ``bucket`` names."""
        return self.site if name == "site" else self.archive


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a page is rendered from, comparable. Bodies are immutable and named by their article."""

    articles: tuple[Article, ...] = ()
    lines: tuple[IndexLine, ...] = ()
    categories: tuple[CategoryLine, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rendered:
    """Pages to be stored, keys to be without, and at most one line of the catalog to be set."""

    pages: tuple[Page, ...] = ()
    unwanted: tuple[PageKey, ...] = ()
    catalog: CategoryLine | None = None


class PageRegenerator:
    """Regenerates the pages of one invocation: the site's settings are read once, when it is made.

    A change of the settings names every page after it was committed, so a page that is rendered with older settings
    here is rendered again by the invocation that this brings.
    """

    def __init__(self, ports: PagePorts) -> None:
        self._ports = ports
        self._site: Site = read_settings(ports.table)
        self._store = Store(ports.table, ports.archive)

    def regenerate(self, name: str) -> None:
        """Make the page of that name what the table says.

        Raises PageUnsettled where the table kept changing, and LookupError for a name that is no page's.
        """
        read, render = self._kind(name)
        inputs = read()
        for _ in range(ATTEMPTS):
            settled = self._write(render(inputs), inputs)
            again = read()
            if settled and again == inputs:
                return
            inputs = again
        raise PageUnsettled(
            f"page {name!r}: the table changed {ATTEMPTS} times while it was rendered; back to the queue"
        )

    def _kind(self, name: str) -> tuple[Callable[[], Inputs], Callable[[Inputs], Rendered]]:
        if name.startswith(ARTICLE):
            article_id = name.removeprefix(ARTICLE)
            return lambda: self._read_article(article_id), self._render_article
        if name.startswith(CATEGORY):
            slug = name.removeprefix(CATEGORY)
            size = self._site.head_size
            return lambda: self._read_category(slug, size), lambda i: self._render_category(slug, i)
        if name.startswith(CATALOG_LINE):
            slug = name.removeprefix(CATALOG_LINE)
            size = self._site.home_category_size
            return lambda: self._read_category(slug, size), self._render_catalog_line
        if name == HOME:
            return self._read_home, self._render_home
        if name == CATEGORY_LIST:
            return self._read_categories, self._render_category_list
        if name == STATIC:
            return Inputs, lambda _: Rendered(tuple(html.static_pages(self._site)))
        raise LookupError(
            f"{name!r} names no page; pages are article/ID, category/SLUG, catalog/SLUG, home, categories, static"
        )

    def _write(self, rendered: Rendered, inputs: Inputs) -> bool:
        for page in rendered.pages:
            store = self._ports.bucket(page.bucket)
            stored = store.metadata(page.key)
            if stored is not None and stored.get("sha256") == page.sha256:
                self._ports.counter.add("PagesUnchanged")
                continue
            metadata = {"sha256": page.sha256} | ({"status": str(page.status)} if page.status != 200 else {})
            store.put(page.key, page.body, page.content_type, page.cache_control, metadata)
            self._ports.counter.add("PagesWritten")
        for unwanted in rendered.unwanted:
            store = self._ports.bucket(unwanted.bucket)
            if store.metadata(unwanted.key) is not None:
                store.delete(unwanted.key)
                self._ports.counter.add("PagesDeleted")
        if rendered.catalog is None:
            return True
        line = rendered.catalog
        v = inputs.versions[line.slug]
        try:
            self._ports.table.put(category_item(line, v + 1), v)
        except Conflict:
            return False
        return True

    def _read_article(self, article_id: str) -> Inputs:
        """Read the article and, where it was merged away, all it was merged into, to the one that stands."""
        chain: list[Article] = []
        for _ in range(MERGE_CHAIN):
            item = self._ports.table.get(keys.current(article_id))
            if item is None:
                break
            article, _ = article_from(item)
            chain.append(article)
            if article.merged_into is None:
                break
            article_id = article.merged_into
        slugs = chain[0].chosen.categories if chain and chain[0].published and chain[0].chosen else ()
        items = self._ports.table.batch_get(keys.category(slug) for slug in slugs)
        found = {slug: items.get(keys.category(slug)) for slug in slugs}
        names = tuple(CategoryLine(s, category_from(item)[0].name if item else s) for s, item in found.items())
        return Inputs(articles=tuple(chain), categories=names)

    def _render_article(self, inputs: Inputs) -> Rendered:
        if not inputs.articles:
            return Rendered()
        article, standing = inputs.articles[0], inputs.articles[-1]
        if article.address is None:
            return Rendered()
        if article.published and article.chosen:
            body = read_body(Key(article.chosen.body_pk, article.chosen.body_sk), self._store)
            return Rendered(tuple(html.article_pages(self._site, Body(article, body, inputs.categories))))
        page_keys = html.article_page_keys(self._site, article)
        if standing.state is ArticleState.TAKEN_DOWN:
            page = html.gone_page(self._site, article.address)
        elif article.state is ArticleState.MERGED and standing.published and standing.address:
            page = html.redirect_page(self._site, article.address, standing.address)
        else:
            return Rendered(unwanted=tuple(page_keys))
        return Rendered((page,), tuple(key for key in page_keys if (key.bucket, key.key) != (page.bucket, page.key)))

    def _read_category(self, slug: str, size: int) -> Inputs:
        item = self._ports.table.get(keys.category(slug))
        lines = self._lines(keys.index_category(slug), size)
        if item is None:
            return Inputs(lines=lines)
        line, v = category_from(item)
        return Inputs(lines=lines, categories=(line,), versions={slug: v})

    def _render_category(self, slug: str, inputs: Inputs) -> Rendered:
        if not inputs.lines or not inputs.categories:
            return Rendered(unwanted=tuple(html.category_page_keys(slug)))
        return Rendered(tuple(html.category_pages(self._site, inputs.categories[0], inputs.lines)))

    def _render_catalog_line(self, inputs: Inputs) -> Rendered:
        if not inputs.categories or inputs.categories[0].newest == inputs.lines:
            return Rendered()
        return Rendered(catalog=replace(inputs.categories[0], newest=inputs.lines))

    def _read_categories(self) -> Inputs:
        items = self._ports.table.query(keys.CATALOG, first="CATEGORY#", last="CATEGORY#\uffff")
        lines = (category_from(item)[0] for item in items)
        return Inputs(categories=tuple(line for line in lines if line.newest))

    def _read_home(self) -> Inputs:
        return replace(self._read_categories(), lines=self._lines(keys.INDEX_SITE, self._site.home_size))

    def _render_home(self, inputs: Inputs) -> Rendered:
        newest = sorted(inputs.categories, key=lambda c: (c.newest[0].instant, c.slug), reverse=True)
        shown = newest[: self._site.home_categories]
        return Rendered(tuple(html.home_pages(self._site, inputs.lines, shown)))

    def _render_category_list(self, inputs: Inputs) -> Rendered:
        return Rendered(tuple(html.categories_pages(self._site, inputs.categories)))

    def _lines(self, index: str, size: int) -> tuple[IndexLine, ...]:
        return tuple(index_from(i) for i in self._ports.table.query(index, limit=size, newest_first=True))
