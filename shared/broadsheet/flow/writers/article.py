"""An article's page and post; and the redirects from the addresses it also wants to be reached at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce

from broadsheet.flow.also_reported import likeness_of
from broadsheet.flow.ports import Delete, Item, Put, Table, Write
from broadsheet.flow.shown_images import mirrored_images
from broadsheet.model import keys
from broadsheet.model.article import (
    Article,
    ArticleState,
    Body,
    CategoryLine,
    Likeness,
    MirroredImage,
    Origin,
    Report,
)
from broadsheet.model.choice import older
from broadsheet.model.keys import Key
from broadsheet.model.page import PageKey
from broadsheet.model.records import alike_from, article_from, band_items, likeness_from, likeness_item
from broadsheet.publish import html
from broadsheet.publish.article_body import images_of
from broadsheet.publish.permalink import site_key

from .writing import Newsroom, Rendered

MERGE_CHAIN = 64


@dataclass(frozen=True, slots=True)
class ArticleRead:
    """The article and all it was merged into, to the one that stands; its categories. Bodies are immutable.

    ``reports`` are others that tell the same; ``likeness`` is what it was recorded to be compared by. Where the site
    mirrors images, also the addresses of those it shows, which of them are mirrored, and which it was recorded to show.
    """

    chain: tuple[Article, ...]
    categories: tuple[CategoryLine, ...] = ()
    reports: tuple[Report, ...] = ()
    likeness: Likeness | None = field(default=None, compare=False)
    shown: tuple[str, ...] = ()
    images: tuple[MirroredImage, ...] = ()
    recorded: tuple[str, ...] = field(default=(), compare=False)
    v: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ArticleWriter:
    """``article/ID``: page and post; the lines of the images it shows, and of the bands that its text has."""

    room: Newsroom
    article_id: str

    def read(self) -> ArticleRead:
        """Read the article and, where it was merged away, those it leads to."""
        table = self.room.table
        items = table.query(keys.article(self.article_id), first=keys.ALIKE, last=keys.CURRENT)
        found = {item["sk"]: item for item in items}
        chain = _chain(table, found.get(keys.CURRENT))
        slugs = chain[0].chosen.categories if chain and chain[0].published and chain[0].chosen else ()
        reports = alike_from(found[keys.ALIKE]).newest if keys.ALIKE in found else ()
        likeness = likeness_from(found[keys.BANDS]) if keys.BANDS in found else None
        read = ArticleRead(chain, self.room.categories(slugs), reports, likeness)
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
        steps = self._likeness_steps(read)
        return replace(self._pages(read), writes=writes, steps=steps, first=bool(steps) and read.likeness is None)

    def _likeness_steps(self, read: ArticleRead) -> tuple[Write, ...]:
        """Return what makes the record, and before it the lines that lead to it, be those of the article's text."""
        article = read.chain[0] if read.chain else None
        chosen = article.chosen if article and article.published else None
        wanted = likeness_of(article, self._body(chosen)) if article and chosen else None
        if wanted == read.likeness:
            return ()
        old, new = (band_items(likeness) if likeness else {} for likeness in (read.likeness, wanted))
        gone = (Delete(key) for key in old if key not in new)
        come = (Put(item) for key, item in new.items() if old.get(key) != item)
        record = Put(likeness_item(wanted)) if wanted else Delete(keys.bands(self.article_id))
        return (*gone, *come, record)

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
            body = Body(article, self._body(article.chosen), read.categories, read.images, read.reports)
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
        table = self.room.table
        chains = [_chain(table, table.get(keys.current(str(item["article"])))) for item in items]
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


def _chain(table: Table, first: Item | None) -> tuple[Article, ...]:
    """Return the article of the item ``first``, and those it was merged into."""
    chain: list[Article] = []
    item = first
    while item is not None and len(chain) < MERGE_CHAIN:
        article, _ = article_from(item)
        chain.append(article)
        item = table.get(keys.current(article.merged_into)) if article.merged_into else None
    return tuple(chain)
