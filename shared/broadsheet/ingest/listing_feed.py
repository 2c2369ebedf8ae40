"""Feeds as listings: RSS 0.9x to 2.0, RDF, Atom and CDF by feedparser, JSON Feed by :mod:`.listing_json_feed`."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

from broadsheet.model.article import SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.source import Source

from .encoding import decode
from .listing_item import MAX_ITEMS, RawItem, RawListing, path_fields, texts
from .listing_json_feed import read_json_feed_items
from .page_links import feed_links
from .plain_text import one_line, tidy, to_html, trim, without_tags
from .urls import is_template

MAX_FEED_BYTES = 16 * 1024 * 1024
MAX_ILL_FORMED_BYTES = 2 * 1024 * 1024
"""Feedparser's loose parser needs up to 8 s per MB of ``<a <a <a``; its strict one about 2 s per MB of items."""

_HTML_START = re.compile(
    rb"\s*+(?:<\?xml[^>]*+>\s*+|(?><!--.*?-->)\s*+)*+<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_FEED_ROOT = re.compile(rb"<(?:rss|feed|rdf:rdf|channel)\b", re.IGNORECASE)
_ADDRESS = re.compile(r"\S+@\S+\.\S+")
_NO_FAULTS = frozenset(("CharacterEncodingOverride", "NonXMLContentType"))
_PLAIN = "text/plain"


def read_feed_items(source: Source, document: SourceDocument) -> RawListing:
    """Return the items of a feed of any format; what is ill-formed is read as far as it goes, with a warning.

    Fields that the source names are keys of feedparser's entry, or templates. Raises ArticleRejected where the
    document is larger than 16 MB, ill-formed and larger than 2 MB, or no feed; of an HTML page, its feeds are named.
    """
    body = document.body
    if len(body) > MAX_FEED_BYTES:
        raise ArticleRejected(
            f"{source.where}: {document.url} holds {len(body):,} bytes, more than {MAX_FEED_BYTES:,}; that is no feed"
        )
    if not body.strip():
        raise ArticleRejected(f"{source.where}: {document.url} is empty, no feed; check the url")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return read_json_feed_items(source, document)
    if _HTML_START.match(body[:4096]) and not _FEED_ROOT.search(body[:4096]):
        raise _page_instead(source, document)
    parsed = _parsed(source, document)
    if not parsed.entries and not parsed.get("version"):
        reason = one_line(str(parsed.get("bozo_exception", "")))[:200]
        raise ArticleRejected(
            f"{source.where}: {document.url} is no feed{f' ({reason})' if reason else ''}; check the url and the kind"
        )
    warnings = []
    if parsed.bozo and type(parsed.get("bozo_exception")).__name__ not in _NO_FAULTS:
        warnings.append(f"{document.url} is ill-formed: {one_line(str(parsed.get('bozo_exception', '')))[:200]}")
    if len(parsed.entries) > MAX_ITEMS:
        warnings.append(f"{len(parsed.entries):,} entries, of which the first {MAX_ITEMS:,} were read")
    feed = parsed.feed
    return RawListing(
        items=tuple(_item(entry, source) for entry in parsed.entries[:MAX_ITEMS]),
        title=_plain_text(feed, "title") or None,
        next_url=_link(feed.get("links", ()), "next"),
        language=one_line(str(feed.get("language") or "")) or None,
        warnings=tuple(warnings),
    )


def _parsed(source: Source, document: SourceDocument) -> Any:
    import feedparser  # noqa: PLC0415 - 66 ms to import, for feeds only

    # Decoded here, so that feeds and pages follow one rule; feedparser puts its own declaration in.
    text = decode(document.body, document.content_type, kind="xml").text
    if len(document.body) > MAX_ILL_FORMED_BYTES and not _well_formed(text):
        raise ArticleRejected(
            f"{source.where}: {document.url} is ill-formed XML of {len(document.body):,} bytes, "
            f"more than {MAX_ILL_FORMED_BYTES:,}; its publisher must mend or shorten it"
        )
    headers = {"content-location": document.url, "content-type": "application/xml; charset=utf-8"}
    # A stream, never the bytes: feedparser opens what happens to be a file's name or an address.
    stream = io.BytesIO(text.encode("utf-8", "replace"))
    try:
        return feedparser.parse(stream, response_headers=headers, sanitize_html=False)
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError) as fault:
        # What feedparser's loose parser is known to trip over in broken markup.
        raise ArticleRejected(
            f"{source.where}: {document.url} cannot be read as a feed ({type(fault).__name__}: {fault}); "
            "its publisher must mend it"
        ) from fault


def _well_formed(text: str) -> bool:
    from lxml import etree  # noqa: PLC0415 - for large feeds only

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        etree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1).encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return False
    return True


def _page_instead(source: Source, document: SourceDocument) -> ArticleRejected:
    found = feed_links(document)
    remedy = f"its feeds are: {', '.join(found[:3])}" if found else "write the feed's own address, or kind: html"
    return ArticleRejected(f"{source.where}: {document.url} is an HTML page, no feed; {remedy}")


def _item(entry: Any, source: Source) -> RawItem:
    raw = {key: found for key, value in entry.items() if (found := texts(value))}
    content, language = _content(entry)
    summary = _markup(entry.get("summary"), entry.get("summary_detail"))
    named = {
        "id": texts(entry.get("id")),
        "title": texts(_plain_text(entry, "title")),
        "url": texts(entry.get("feedburner_origlink") or entry.get("link")),
        "published": _dates(entry, "published", "created"),
        "updated": _dates(entry, "updated"),
        "summary": texts(summary),
        "content": texts(content),
        "authors": _authors(entry),
        "categories": tuple(_categories(entry)),
        "tags": (),
        "image": tuple(_images(entry))[:1],
        "source_name": texts(_plain_text(entry.get("source") or {}, "title")),
        "language": texts(language),
    }
    for name, path in path_fields(source, frozenset()).items():
        if name in source.fields and not is_template(path):
            named[name] = named[path] if path in named else raw.get(path, ())
    base = (entry.get("title_detail") or entry.get("summary_detail") or {}).get("base")
    return RawItem(named, raw, base_url=base or None)


def _plain_text(holder: Mapping[str, Any], name: str) -> str:
    value = str(holder.get(name) or "")
    detail = holder.get(f"{name}_detail") or {}
    return one_line(value) if detail.get("type") == _PLAIN else without_tags(value)


def _markup(value: Any, detail: Mapping[str, Any] | None) -> str:
    text = trim(tidy(str(value or "")))
    if detail and detail.get("type") == _PLAIN and text:
        return to_html(text)
    return text


def _content(entry: Any) -> tuple[str, str | None]:
    """Return the longest content, as HTML, and its language."""
    contents = [part for part in entry.get("content", ()) if part.get("value")]
    if not contents:
        return "", (entry.get("title_detail") or {}).get("language")
    longest = max(contents, key=lambda part: len(part["value"]))
    kind = str(longest.get("type") or "")
    if kind != _PLAIN and not kind.endswith(("html", "xml")):
        return "", longest.get("language")  # base64 and the like
    return _markup(longest["value"], longest), longest.get("language")


def _dates(entry: Any, *names: str) -> tuple[str, ...]:
    """Return the date as written, then as feedparser reads it: it knows old formats, we know the source's zone."""
    found: list[str] = []
    for name in names:
        found += texts(entry.get(name, "") if name in entry else "")
        if name in entry and (parsed := entry.get(f"{name}_parsed")):
            year, month, day, hour, minute, second = parsed[:6]
            found.append(f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    return tuple(found)


def _authors(entry: Any) -> tuple[str, ...]:
    """Return the authors' names; mail addresses stay where they are."""
    names: list[str] = []
    for author in entry.get("authors") or ():
        name = without_tags(str(author.get("name") or ""))
        if wrapped := re.fullmatch(rf"{_ADDRESS.pattern}\s*\((.+)\)", name):
            name = wrapped[1]
        if name and not _ADDRESS.fullmatch(name):
            names.append(name)
    return tuple(dict.fromkeys(names))


def _categories(entry: Any) -> Iterable[str]:
    for tag in entry.get("tags") or ():
        if name := without_tags(str(tag.get("label") or tag.get("term") or "")):
            yield name


def _images(entry: Any) -> Iterable[str]:
    """Yield addresses of pictures, the most telling first: media:content, thumbnail, enclosure, iTunes."""
    for media in entry.get("media_content") or ():
        kind = str(media.get("type") or "")
        if media.get("url") and (media.get("medium") == "image" or kind.startswith("image/")):
            yield media["url"]
    for thumbnail in entry.get("media_thumbnail") or ():
        if thumbnail.get("url"):
            yield thumbnail["url"]
    for link in entry.get("links") or ():
        if link.get("rel") == "enclosure" and str(link.get("type") or "").startswith("image/") and link.get("href"):
            yield link["href"]
    if href := (entry.get("image") or {}).get("href"):
        yield href


def _link(links: Iterable[Mapping[str, Any]], rel: str) -> str | None:
    return next((link["href"] for link in links if link.get("rel") == rel and link.get("href")), None)
