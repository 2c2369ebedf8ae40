"""An article's page and post; and the redirects from the addresses it also wants to be reached at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce

from broadsheet.flow.ports import Delete, Put, Table, Write
from broadsheet.flow.shown_images import mirrored_images
from broadsheet.model import keys
from broadsheet.model.article import Article, ArticleState, Body, CategoryLine, MirroredImage, Origin
from broadsheet.model.choice import older
from broadsheet.model.keys import Key
from broadsheet.model.page import PageKey
from broadsheet.model.records import article_from
from broadsheet.publish import html
from broadsheet.publish.article_body import images_of
from broadsheet.publish.permalink import site_key

from .writing import Newsroom, Rendered

MERGE_CHAIN = 64


@dataclass(frozen=True, slots=True)
class ArticleRead:
    """The article and all it was merged into, to the one that stands; its categories. Bodies are immutable.

    Where the site mirrors images, also the addresses of those it shows, which of them are mirrored, and which it was
    recorded to show.
    """

    chain: tuple[Article, ...]
    categories: tuple[CategoryLine, ...] = ()
    shown: tuple[str, ...] = ()
    images: tuple[MirroredImage, ...] = ()
    recorded: tuple[str, ...] = field(default=(), compare=False)
    v: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ArticleWriter:
    """``article/ID``: the page at the article's address, its post, and the lines of the images it shows."""

    room: Newsroom
    article_id: str

    def read(self) -> ArticleRead:
        """Read the article and, where it was merged away, those it leads to."""
        chain = _chain(self.room.table, self.article_id)
        slugs = chain[0].chosen.categories if chain and chain[0].published and chain[0].chosen else ()
        read = ArticleRead(chain, self.room.categories(slugs))
        return self._with_images(read) if self.room.site.mirror_images else read

    def _with_images(self, read: ArticleRead) -> ArticleRead:
        table, chosen = self.room.table, read.chain[0].chosen if read.chain and read.chain[0].published else None
        shown = images_of(self.room.site, chosen.image, self._body(chosen)) if chosen else ()
        item = table.get(keys.images_shown(self.article_id))
        recorded, v = (tuple(item["images"]), int(item["v"])) if item else ((), 0)
        return replace(read, shown=shown, images=tuple(mirrored_images(table, shown).values()), recorded=recorded, v=v)

    def _body(self, chosen: Origin) -> str:
        key = Key(chosen.body_pk, chosen.body_sk)
        return self.room.bodies.read([key])[key]

    def render(self, read: ArticleRead) -> Rendered:
        """Return page and post; of an article that is not published, what leads on or tells why, or nothing."""
        writes = self._image_writes(read) if self.room.site.mirror_images else ()
        return replace(self._pages(read), writes=writes)

    def _image_writes(self, read: ArticleRead) -> tuple[Write, ...]:
        """Return what makes the lines of the images be those of ``read.shown``: who sees them come has them fetched."""
        if read.shown == read.recorded:
            return ()
        key = keys.images_shown(self.article_id)
        item = {"pk": key.pk, "sk": key.sk, "images": list(read.shown), "v": read.v + 1}
        writes: list[Write] = [Put(item, read.v) if read.shown else Delete(key, read.v)]
        for url in read.shown:
            if url not in read.recorded:
                line = keys.image_shown(url, self.article_id)
                writes.append(Put({"pk": line.pk, "sk": line.sk, "url": url, "article": self.article_id}))
        gone = (url for url in read.recorded if url not in read.shown)
        return (*writes, *(Delete(keys.image_shown(url, self.article_id)) for url in gone))

    def _pages(self, read: ArticleRead) -> Rendered:
        site = self.room.site
        if not read.chain:
            return Rendered()
        article, standing = read.chain[0], read.chain[-1]
        if article.address is None:
            return Rendered()
        if article.published and article.chosen:
            body = Body(article, self._body(article.chosen), read.categories, read.images)
            return Rendered(tuple(html.article_pages(site, body)))
        page_keys = html.article_page_keys(site, article)
        if standing.state is ArticleState.TAKEN_DOWN:
            page = html.gone_page(site, article.address)
        elif article.state is ArticleState.MERGED and standing.published and standing.address:
            page = html.redirect_page(site, article.address, standing.address)
        else:
            return Rendered(unwanted=tuple(page_keys))
        return Rendered((page,), tuple(key for key in page_keys if (key.bucket, key.key) != (page.bucket, page.key)))


@dataclass(frozen=True, slots=True)
class AliasWriter:
    """``alias/ADDRESS``: the redirect at an address that articles want to be reached at besides their own."""

    room: Newsroom
    address: str

    def read(self) -> tuple[Article, ...] | None:
        """Read the articles that want the address; None where it is an article's own, whose writer alone writes it."""
        items = self.room.table.query(keys.alias(self.address))
        if any(item["sk"] == keys.OWNER for item in items):
            return None
        chains = [_chain(self.room.table, str(item["article"])) for item in items]
        return tuple(chain[-1] for chain in chains if chain)

    def render(self, read: tuple[Article, ...] | None) -> Rendered:
        """Return the redirect to the oldest published article of them, or what tells that it was taken down."""
        site = self.room.site
        if read is None:
            return Rendered()
        published = [article for article in read if article.published and article.address]
        if published:
            target = reduce(older, published)
            return Rendered((html.redirect_page(site, self.address, target.address or "/"),))
        if any(article.state is ArticleState.TAKEN_DOWN for article in read):
            return Rendered((html.gone_page(site, self.address),))
        return Rendered(unwanted=(PageKey(site_key(self.address)),))


def _chain(table: Table, article_id: str) -> tuple[Article, ...]:
    chain: list[Article] = []
    for _ in range(MERGE_CHAIN):
        item = table.get(keys.current(article_id))
        if item is None:
            break
        article, _ = article_from(item)
        chain.append(article)
        if article.merged_into is None:
            break
        article_id = article.merged_into
    return tuple(chain)
