"""Sitemaps as listings: urlset, news and image extensions, indexes, plain text (sitemaps.org/protocol.html)."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from broadsheet.model.article import SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.source import Source

from .dates import parse_date
from .encoding import decode
from .listing_feed import read_feed_items
from .listing_item import MAX_ITEMS, RawItem, RawListing, Values
from .plain_text import one_line
from .urls import is_template

MAX_SITEMAP_BYTES = 50 * 1024 * 1024
"""The protocol's own bound, uncompressed."""
_GZIP = b"\x1f\x8b"
_FEED_ROOTS = frozenset(("rss", "feed", "RDF"))
_EXTENSIONS = {"sitemap-image": "image_", "sitemap-video": "video_", "schemas/sitemap-mobile": "mobile_"}
"""What a namespace's elements are called by: image:loc is no second address, and video:title not the story's."""
_DATES = ("publication_date", "lastmod")
_BARE_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?")
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_NUMBER = re.compile(r"[0-9]{1,18}")


def read_sitemap_items(source: Source, document: SourceDocument) -> RawListing:
    """Return the addresses of a sitemap, the last modified first; of an index, its sitemaps as ``parts``.

    Plain text and feeds are sitemaps too, by the protocol. Fields that the source names are names of elements
    (``loc``, ``lastmod``, ``title``, ``publication_date``, …). Most sitemaps tell no titles: such entries need
    ``body: {from: page}``. Raises ArticleRejected where the document is no sitemap.
    """
    body = _unpacked(source, document)
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and (lines := _addresses(body, document)):
        return lines
    root = _root(source, document, body)
    match _local(root.tag):
        case "sitemapindex":
            return RawListing(items=(), parts=tuple(_newest_first(root)))
        case "urlset":
            return _of_urlset(root, source)
        case name if name in _FEED_ROOTS:
            return read_feed_items(source, replace(document, body=body))
        case name:
            raise ArticleRejected(
                f"{source.where}: {document.url} is XML with the root '{name}', no sitemap; check the kind"
            )


def _unpacked(source: Source, document: SourceDocument) -> bytes:
    body = document.body
    if body.startswith(_GZIP):
        inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            body = inflater.decompress(body, MAX_SITEMAP_BYTES + 1)
        except zlib.error as fault:
            raise ArticleRejected(f"{source.where}: {document.url} is broken gzip ({fault})") from fault
        if len(body) <= MAX_SITEMAP_BYTES and not inflater.eof:
            raise ArticleRejected(f"{source.where}: {document.url} is broken gzip (it is cut short)")
    if len(body) > MAX_SITEMAP_BYTES:
        raise ArticleRejected(f"{source.where}: {document.url} holds more than {MAX_SITEMAP_BYTES:,} bytes")
    return body


def _addresses(body: bytes, document: SourceDocument) -> RawListing | None:
    """Return the addresses of a plain text sitemap, one a line; None where its first line is none."""
    lines = [line.strip() for line in decode(body, document.content_type, kind="text").text.splitlines()]
    lines = [line for line in lines if line]
    if not lines or not _is_address(lines[0]):
        return None
    items = (
        RawItem({"id": (line,), "url": (line,)}, {"loc": (line,)})
        if _is_address(line)
        else RawItem({}, problem=f"'{line[:60]}' is no address")
        for line in lines[:MAX_ITEMS]
    )
    return RawListing(items=tuple(items), warnings=_too_many(len(lines), "first"))


def _is_address(line: str) -> bool:
    return re.match(r"https?://\S+$", line, re.IGNORECASE) is not None


def _root(source: Source, document: SourceDocument, body: bytes) -> Any:
    from lxml import etree  # noqa: PLC0415 - for sitemaps only

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


def _newest_first(root: Any) -> list[str]:
    """Return the sitemaps of an index: the last modified first, then those that do not say.

    Where dates are equal or missing, the higher number comes first among addresses that differ by numbers only
    (``post-sitemap3.xml``, ``2024-05.xml``): sites count their sitemaps up, and fill the last. Others stay in the
    index's order. They may be of any host: the operator named the index, and whoever writes it could list the same
    articles in a sitemap of its own.
    """
    sitemaps = [_texts(child) for child in root if _local(child.tag) == "sitemap"]
    groups: dict[str, list[Values]] = {}
    for sitemap in sitemaps:
        if sitemap.get("loc"):
            groups.setdefault(_NUMBER.sub("#", sitemap["loc"][0]), []).append(sitemap)
    ordered = [sitemap for group in groups.values() for sitemap in sorted(group, key=_numbers, reverse=True)]
    ordered.sort(key=_modified, reverse=True)
    return [sitemap["loc"][0] for sitemap in ordered]


def _numbers(sitemap: Values) -> list[int]:
    return [int(number) for number in _NUMBER.findall(sitemap["loc"][0])]


def _of_urlset(root: Any, source: Source) -> RawListing:
    urls = [_texts(child) for child in root if _local(child.tag) == "url"]
    urls.sort(key=_modified, reverse=True)
    return RawListing(
        items=tuple(_item(url, source) for url in urls[:MAX_ITEMS]), warnings=_too_many(len(urls), "last modified")
    )


def _too_many(count: int, which: str) -> tuple[str, ...]:
    return (f"{count:,} addresses, of which the {MAX_ITEMS:,} {which} were read",) if count > MAX_ITEMS else ()


def _modified(found: Values) -> datetime:
    """Return when a sitemap or an address last changed, as far as it says; unsaid is longest ago."""
    for name in _DATES:
        for text in found.get(name, ()):
            try:
                instant = datetime.fromisoformat(text)
            except ValueError:
                return parse_date(text, "UTC") or _EARLIEST
            return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return _EARLIEST


def _texts(element: Any) -> dict[str, tuple[str, ...]]:
    """Return the texts below an element by local name, the first of each."""
    found: dict[str, tuple[str, ...]] = {}
    for child in element.iter():
        if isinstance(child.tag, str) and (text := one_line(child.text or "")):
            name = _name(child.tag)
            match name:
                case "keywords":
                    values = tuple(word for part in re.split(r"[,，、;；]", text) if (word := part.strip()))
                case "publication_date" | "lastmod":
                    values = (_whole_date(text),)
                case _:
                    values = (text,)
            found.setdefault(name, values)
    return found


def _name(tag: str) -> str:
    for extension, prefix in _EXTENSIONS.items():
        if extension in tag:
            return prefix + _local(tag)
    return _local(tag)


def _whole_date(text: str) -> str:
    """Return a W3C date of a year or a month alone (www.w3.org/TR/NOTE-datetime) as its first day."""
    bare = _BARE_DATE.fullmatch(text)
    return f"{bare[1]}-{bare[2] or '01'}-01" if bare else text


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
