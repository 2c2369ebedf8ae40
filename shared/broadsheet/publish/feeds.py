"""Feeds from index lines: Atom (RFC 4287), RSS 2.0 with ``atom:link``, and JSON Feed 1.1.

The same lines give the same bytes: a feed is as new as its newest line, and an entry's id is a ``tag:`` URI made
of what is recorded once (host, the day in its address, the article's id).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlsplit

from lxml import etree
from markupsafe import escape

from broadsheet.model.article import IndexLine
from broadsheet.model.page import Page
from broadsheet.model.site import Site

from .escaping import web_url
from .permalink import day_of_address, site_key

ATOM = "http://www.w3.org/2005/Atom"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
TAG_DAY = "2026-01-01"
"""Stands in a ``tag:`` URI for articles whose address names no day; any fixed day does (RFC 4151)."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""How new a feed without entries is: Atom wants a date, and there is no other that never changes."""

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed says of itself, and its lines, newest first. Addresses are paths on the site."""

    title: str
    home: str
    lines: Sequence[IndexLine]
    names: Mapping[str, str]
    """Display names of categories by slug, as far as they are known; else the slug is the name."""


def entry_id(site: Site, line: IndexLine) -> str:
    """Return the ``tag:`` URI of an article; it outlives corrections, moves and a change of the site's scheme."""
    host = urlsplit(site.url).hostname or "localhost"
    day = day_of_address(line.address, line.article_id)
    return f"tag:{host},{day.isoformat() if day else TAG_DAY}:{line.article_id}"


def atom_page(site: Site, feed: Feed, address: str) -> Page:
    """Return the Atom feed that is served at ``address``."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})  # type: ignore[dict-item]  # None is the default
    root.set("{http://www.w3.org/XML/1998/namespace}lang", site.language)
    _add(root, "id", site.url + address)
    _add(root, "title", feed.title)
    if site.description:
        _add(root, "subtitle", site.description)
    _add(root, "updated", _rfc3339(_newest(feed.lines)))
    _add(root, "link", rel="self", type="application/atom+xml", href=site.url + address)
    _add(root, "link", rel="alternate", type="text/html", href=site.url + feed.home)
    _add(_add(root, "author"), "name", site.title)
    for line in feed.lines:
        entry = _add(root, "entry")
        if line.language:
            entry.set("{http://www.w3.org/XML/1998/namespace}lang", line.language)
        _add(entry, "id", entry_id(site, line))
        _add(entry, "title", line.title)
        _add(entry, "link", rel="alternate", type="text/html", href=site.url + line.address)
        _add(entry, "published", _rfc3339(line.instant))
        _add(entry, "updated", _rfc3339(line.updated or line.instant))
        for name in line.authors or ((line.source_name,) if line.source_name else ()):
            _add(_add(entry, "author"), "name", name)
        for slug in line.categories:
            _add(entry, "category", term=slug, label=feed.names.get(slug, slug))
        if line.description:
            _add(entry, "summary", line.description)
    return _page(site_key(address), _xml(root), "application/atom+xml; charset=utf-8")


def rss_page(site: Site, feed: Feed, address: str) -> Page:
    """Return the RSS 2.0 feed that is served at ``address``."""
    root = etree.Element("rss", nsmap={"atom": ATOM, "dc": DUBLIN_CORE})
    root.set("version", "2.0")
    channel = etree.SubElement(root, "channel")
    _plain(channel, "title", feed.title)
    _plain(channel, "link", site.url + feed.home)
    _plain(channel, "description", site.description or feed.title)
    _plain(channel, "language", site.language)
    _plain(channel, "lastBuildDate", _rfc822(_newest(feed.lines)))
    _add(channel, "link", rel="self", type="application/rss+xml", href=site.url + address)
    for line in feed.lines:
        item = etree.SubElement(channel, "item")
        _plain(item, "title", line.title)
        _plain(item, "link", site.url + line.address)
        etree.SubElement(item, "guid", isPermaLink="false").text = entry_id(site, line)
        _plain(item, "pubDate", _rfc822(line.instant))
        for name in line.authors or ((line.source_name,) if line.source_name else ()):
            _plain(item, f"{{{DUBLIN_CORE}}}creator", name)
        for slug in line.categories:
            _plain(item, "category", feed.names.get(slug, slug))
        if line.description:
            # RSS readers take a description for HTML (RSS 2.0, "description"), and this is text.
            _plain(item, "description", str(escape(line.description)))
    return _page(site_key(address), _xml(root), "application/rss+xml; charset=utf-8")


def json_feed_page(site: Site, feed: Feed, address: str) -> Page:
    """Return the JSON Feed that is served at ``address``."""
    data = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": site.url + feed.home,
        "feed_url": site.url + address,
        "description": site.description,
        "language": site.language,
        "items": [_json_item(site, feed, line) for line in feed.lines],
    }
    text = json.dumps({key: value for key, value in data.items() if value != ""}, ensure_ascii=False, indent=1)
    return _page(site_key(address), text.encode() + b"\n", "application/feed+json; charset=utf-8")


def _json_item(site: Site, feed: Feed, line: IndexLine) -> dict[str, object]:
    item = {
        "id": entry_id(site, line),
        "url": site.url + line.address,
        "title": line.title,
        # The format wants a text even where there is no summary.
        "content_text": line.description or line.title,
        "summary": line.description,
        "image": web_url(line.image),
        "date_published": _rfc3339(line.instant),
        "date_modified": _rfc3339(line.updated) if line.updated else None,
        "authors": [{"name": name} for name in line.authors or (line.source_name,) if name],
        "tags": [feed.names.get(slug, slug) for slug in line.categories],
        "language": line.language,
    }
    return {key: value for key, value in item.items() if value}


def _newest(lines: Sequence[IndexLine]) -> datetime:
    return max((max(line.instant, line.updated or line.instant) for line in lines), default=EPOCH)


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{ATOM}}}{name}")
    for key, value in attributes.items():
        element.set(key, _NOT_IN_XML.sub("", value))
    if text is not None:
        element.text = _NOT_IN_XML.sub("", text)
    return element


def _plain(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = _NOT_IN_XML.sub("", text)


def _xml(root: etree._Element) -> bytes:
    etree.indent(root)
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _page(key: str, body: bytes, content_type: str) -> Page:
    return Page(key=key, body=body, content_type=content_type)


def _rfc3339(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _rfc822(instant: datetime) -> str:
    return format_datetime(instant.astimezone(UTC))
