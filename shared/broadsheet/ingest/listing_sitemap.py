"""Sitemaps as listings: urlset, news and image extensions, and indexes (sitemaps.org/protocol.html)."""

from __future__ import annotations

import zlib
from typing import Any

from broadsheet.model.article import SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.source import Source

from .listing_item import MAX_ITEMS, RawItem, RawListing, Values
from .plain_text import one_line
from .urls import is_template

MAX_SITEMAP_BYTES = 50 * 1024 * 1024
"""The protocol's own bound, uncompressed."""
_GZIP = b"\x1f\x8b"
_MANY = frozenset(("keywords",))


def read_sitemap_items(source: Source, document: SourceDocument) -> RawListing:
    """Return the addresses of a sitemap, the last modified first; of an index, its newest sitemap as next_url.

    Fields that the source names are names of elements (``loc``, ``lastmod``, ``title``, ``publication_date``, …).
    Most sitemaps tell no titles: such entries need ``body: {from: page}``. Raises ArticleRejected where the
    document is no sitemap.
    """
    root = _root(source, document)
    if _local(root.tag) == "sitemapindex":
        return _of_index(root)
    if _local(root.tag) != "urlset":
        raise ArticleRejected(
            f"{source.where}: {document.url} is XML with the root '{_local(root.tag)}', no sitemap; check the kind"
        )
    urls = [_texts(child) for child in root if _local(child.tag) == "url"]
    urls.sort(key=lambda url: url.get("publication_date", url.get("lastmod", ("",)))[0], reverse=True)
    warnings: tuple[str, ...] = ()
    if len(urls) > MAX_ITEMS:
        warnings = (f"{len(urls):,} addresses, of which the {MAX_ITEMS:,} last modified were read",)
    return RawListing(items=tuple(_item(url, source) for url in urls[:MAX_ITEMS]), warnings=warnings)


def _root(source: Source, document: SourceDocument) -> Any:
    from lxml import etree  # noqa: PLC0415 - for sitemaps only

    body = _unpacked(source, document)
    # Without huge_tree, libxml2 itself refuses depth beyond 256 and text beyond 10 MB.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body.lstrip(b" \t\r\n"), parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        raise ArticleRejected(f"{source.where}: {document.url} is no sitemap ({fault}); check the url") from fault
    if root.getroottree().docinfo.internalDTD is not None:
        raise ArticleRejected(f"{source.where}: {document.url} carries a document type; no sitemap has one")
    return root


def _unpacked(source: Source, document: SourceDocument) -> bytes:
    body = document.body
    if body.startswith(_GZIP):
        inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            body = inflater.decompress(body, MAX_SITEMAP_BYTES + 1)
        except zlib.error as fault:
            raise ArticleRejected(f"{source.where}: {document.url} is broken gzip ({fault})") from fault
    if len(body) > MAX_SITEMAP_BYTES:
        raise ArticleRejected(f"{source.where}: {document.url} holds more than {MAX_SITEMAP_BYTES:,} bytes")
    return body


def _of_index(root: Any) -> RawListing:
    sitemaps = [_texts(child) for child in root if _local(child.tag) == "sitemap"]
    sitemaps = [one for one in sitemaps if one.get("loc")]
    newest = max(sitemaps, key=lambda one: (one.get("lastmod", ("",))[0], one["loc"][0]), default=None)
    return RawListing(
        items=(),
        next_url=newest["loc"][0] if newest else None,
        warnings=(f"an index of {len(sitemaps)} sitemaps; the newest is followed",),
    )


def _texts(element: Any) -> dict[str, tuple[str, ...]]:
    """Return the texts below an element by local name, the first of each."""
    found: dict[str, tuple[str, ...]] = {}
    for child in element.iter():
        if isinstance(child.tag, str) and (text := one_line(child.text or "")):
            # image:loc is no second address, and image:title not the story's.
            name = f"image_{_local(child.tag)}" if "sitemap-image" in child.tag else _local(child.tag)
            found.setdefault(name, tuple(text.split(", ")) if name in _MANY else (text,))
    return found


def _item(url: Values, source: Source) -> RawItem:
    named = {
        "id": url.get("loc", ()),
        "title": url.get("title", ()),
        "url": url.get("loc", ()),
        "published": url.get("publication_date", ()),
        "updated": url.get("lastmod", ()),
        "tags": url.get("keywords", ()),
        "image": url.get("image_loc", ()),
        "source_name": url.get("name", ()),
        "language": url.get("language", ()),
    }
    for name, path in source.fields.items():
        if not is_template(path):
            named[name] = named[path] if path in named else url.get(path, ())
    return RawItem(named, url)


def _local(tag: Any) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
