"""Feeds as listings: RSS 0.9x to 2.0, RDF, Atom and CDF by feedparser, JSON Feed by :mod:`.listing_json_feed`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from broadsheet.model.article import SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.source import Source

from .encoding import decode
from .feed_entry import author_names, feed_item, plain_text
from .listing_item import MAX_ITEMS, RawListing
from .listing_json_feed import read_json_feed_items
from .page_links import feed_links
from .plain_text import one_line

MAX_FEED_BYTES = 16 * 1024 * 1024
MAX_TTL = timedelta(days=1)
"""A feed that asks to be left alone for longer is looked at each day."""
_HTML_START = re.compile(
    rb"\s*+(?:<\?xml[^>]*+>\s*+|(?><!--.*?-->)\s*+)*+<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_CDF_ROOT = re.compile(r"<channel\b", re.IGNORECASE)
_FEED_ROOT = re.compile(rb"<(?:rss|feed|rdf:rdf|channel)\b", re.IGNORECASE)
_SINGLE_LANGUAGE = re.compile(r"[A-Za-z0-9_-]{2,35}")
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
"""Of ``sy:updatePeriod`` (RSS 1.0 module Syndication)."""


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
    return _read_xml(source, document)


def _read_xml(source: Source, document: SourceDocument) -> RawListing:
    from .feed_parser import IllFormedFeed, parse_feed  # noqa: PLC0415 - 66 ms to import, for feeds only

    # Decoded here, so that feeds and pages follow one rule.
    text = decode(document.body, document.content_type, kind="xml").text
    try:
        parsed = parse_feed(text, document.url, _answers_language(document))
    except IllFormedFeed as fault:
        raise ArticleRejected(
            f"{source.where}: {document.url} is {one_line(str(fault))}; its publisher must mend or shorten it"
        ) from fault
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError) as fault:
        raise ArticleRejected(
            f"{source.where}: {document.url} cannot be read as a feed ({type(fault).__name__}: {fault}); "
            "its publisher must mend it"
        ) from fault
    if not parsed.entries and not parsed.version and not _CDF_ROOT.search(text[:4096]):
        reason = one_line(parsed.fault)[:200]
        raise ArticleRejected(
            f"{source.where}: {document.url} is no feed{f' ({reason})' if reason else ''}; check the url and the kind"
        )
    feed, warnings = parsed.feed, []
    if parsed.fault:
        warnings.append(f"{document.url} is ill-formed: {one_line(parsed.fault)[:200]}")
    if parsed.cut:
        warnings.append(f"more than {MAX_ITEMS:,} entries, of which the first {MAX_ITEMS:,} were read")
    current = _link(feed, "current")
    if current and current != document.url:
        warnings.append(f"{document.url} is an archive, which gets no new entries; the feed to poll is {current}")
    # An Atom feed's author wrote its entries (RFC 4287, 4.2.1); what RSS has is an editor.
    authors = author_names(feed) if parsed.version.startswith("atom") else ()
    return RawListing(
        items=tuple(feed_item(entry, source, document.url, authors) for entry in parsed.entries),
        title=plain_text(feed, "title") or None,
        next_url=_link(feed, "prev-archive") or _link(feed, "next"),
        language=one_line(str(feed.get("language") or "")) or None,
        ttl=_ttl(feed),
        warnings=tuple(warnings),
    )


def _answers_language(document: SourceDocument) -> str | None:
    """Return what ``Content-Language`` says, where it names one language: it may name all of the readers'."""
    told = next((value for name, value in document.headers.items() if name.lower() == "content-language"), "").strip()
    return told if _SINGLE_LANGUAGE.fullmatch(told) else None


def _ttl(feed: Mapping[str, Any]) -> timedelta | None:
    """Return after how long the feed says to look again: RSS ``ttl`` in minutes, else by the module Syndication.

    None where it does not say, or says nonsense.
    """
    if minutes := _number(feed.get("ttl")):
        return min(timedelta(minutes=minutes), MAX_TTL)
    period, often = feed.get("sy_updateperiod"), feed.get("sy_updatefrequency")
    if period is None and often is None:
        return None
    length = _PERIODS.get(str(period or "daily").strip().lower())
    times = _number(often or "1")
    return min(length / times, MAX_TTL) if length and times else None


def _number(text: object) -> int:
    """Return a small positive whole number, 0 for anything else."""
    plain = str(text or "").strip()
    return int(plain) if re.fullmatch(r"[0-9]{1,6}", plain) else 0


def _page_instead(source: Source, document: SourceDocument) -> ArticleRejected:
    found = feed_links(document)
    remedy = f"its feeds are: {', '.join(found[:3])}" if found else "write the feed's own address, or kind: html"
    return ArticleRejected(f"{source.where}: {document.url} is an HTML page, no feed; {remedy}")


def _link(feed: Mapping[str, Any], rel: str) -> str | None:
    """Return the address of a relation (RFC 5005): ``next``, ``prev-archive``, ``current``."""
    links = feed.get("links", ())
    return next((link["href"] for link in links if link.get("rel") == rel and link.get("href")), None)
