"""Feeds in XML: Atom (RFC 4287) and RSS 2.0, both with the links of RFC 5005 between a feed and its archives."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime

from lxml import etree
from markupsafe import escape

from broadsheet.model.article import FeedEntry
from broadsheet.model.page import CACHE_SHORT, Page
from broadsheet.model.site import Site

from .feed_document import Feed, content, entry_id, feed_id, makers, rfc3339
from .permalink import site_key

ATOM = "http://www.w3.org/2005/Atom"
HISTORY = "http://purl.org/syndication/history/1.0"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
ATOM_TYPE = "application/atom+xml"
RSS_TYPE = "application/rss+xml"

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def atom_page(site: Site, feed: Feed, *, cache_control: str = CACHE_SHORT) -> Page:
    """Return ``feed`` as Atom."""
    namespaces = {None: ATOM, "fh": HISTORY} if feed.current else {None: ATOM}
    root = etree.Element(f"{{{ATOM}}}feed", nsmap=namespaces)  # type: ignore[arg-type]  # None is the default one
    root.set(_LANG, site.language)
    _atom(root, "id", feed_id(site, feed))
    _atom(root, "title", feed.title)
    if site.description:
        _atom(root, "subtitle", site.description)
    _atom(root, "updated", rfc3339(feed.newest))
    _atom(_atom(root, "author"), "name", site.title)
    _atom(root, "link", rel="self", type=ATOM_TYPE, href=site.url + feed.address)
    _atom(root, "link", rel="alternate", type="text/html", href=site.url + feed.home)
    _history(root, site, feed)
    for entry in feed.entries:
        _atom_entry(root, site, feed, entry)
    return _page(feed.address, root, ATOM_TYPE, cache_control)


def _atom_entry(root: etree._Element, site: Site, feed: Feed, entry: FeedEntry) -> None:
    line = entry.line
    element = _atom(root, "entry")
    if line.language:
        element.set(_LANG, _clean(line.language))
    _atom(element, "id", entry_id(site, line))
    _atom(element, "title", line.title)
    _atom(element, "link", rel="alternate", type="text/html", href=site.url + line.address)
    _atom(element, "published", rfc3339(line.instant))
    _atom(element, "updated", rfc3339(line.updated or line.instant))
    for name in makers(line):
        _atom(_atom(element, "author"), "name", name)
    for slug in line.categories:
        _atom(element, "category", term=slug, label=feed.names.get(slug, slug))
    if line.description or not entry.html:
        _atom(element, "summary", line.description or line.title)
    if entry.html:
        _atom(element, "content", content(site, entry), type="html")


def rss_page(site: Site, feed: Feed, *, cache_control: str = CACHE_SHORT) -> Page:
    """Return ``feed`` as RSS 2.0. The archives it links to are Atom, with the same ids."""
    root = etree.Element("rss", nsmap={"atom": ATOM, "content": CONTENT, "dc": DUBLIN_CORE})
    root.set("version", "2.0")
    channel = etree.SubElement(root, "channel")
    _rss(channel, "title", feed.title)
    _rss(channel, "link", site.url + feed.home)
    _rss(channel, "description", site.description or feed.title)
    _rss(channel, "language", site.language)
    _rss(channel, "lastBuildDate", _rfc822(feed.newest))
    _atom(channel, "link", rel="self", type=RSS_TYPE, href=site.url + feed.address)
    _history(channel, site, feed)
    for entry in feed.entries:
        _rss_item(channel, site, feed, entry)
    return _page(feed.address, root, RSS_TYPE, cache_control)


def _rss_item(channel: etree._Element, site: Site, feed: Feed, entry: FeedEntry) -> None:
    line = entry.line
    item = etree.SubElement(channel, "item")
    _rss(item, "title", line.title)
    _rss(item, "link", site.url + line.address)
    etree.SubElement(item, "guid", isPermaLink="false").text = entry_id(site, line)
    _rss(item, "pubDate", _rfc822(line.instant))
    for name in makers(line):
        _rss(item, f"{{{DUBLIN_CORE}}}creator", name)
    for slug in line.categories:
        _rss(item, "category", feed.names.get(slug, slug))
    if line.description:
        # RSS readers take a description for HTML (RSS 2.0, "description"), and this is text.
        _rss(item, "description", str(escape(line.description)))
    if entry.html:
        _rss(item, f"{{{CONTENT}}}encoded", content(site, entry))


def _history(parent: etree._Element, site: Site, feed: Feed) -> None:
    """Add where the feed stands among its archives (RFC 5005, section 4)."""
    if feed.current:
        etree.SubElement(parent, f"{{{HISTORY}}}archive")
    for relation, address in (("current", feed.current), ("prev-archive", feed.older)):
        if address:
            _atom(parent, "link", rel=relation, type=ATOM_TYPE, href=site.url + address)


def _atom(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{ATOM}}}{name}")
    for key, value in attributes.items():
        element.set(key, _clean(value))
    if text is not None:
        element.text = _clean(text)
    return element


def _rss(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = _clean(text)


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("", text)


def _page(address: str, root: etree._Element, content_type: str, cache_control: str) -> Page:
    etree.indent(root, space=" ")
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return Page(site_key(address), written + b"\n", f"{content_type}; charset=utf-8", cache_control)


def _rfc822(instant: datetime) -> str:
    return format_datetime(instant.astimezone(UTC))
