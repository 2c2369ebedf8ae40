"""What an HTML page says of its feeds: ``<link rel=alternate>``, as browsers and readers discover them."""

from __future__ import annotations

from html.parser import HTMLParser

from broadsheet.model.article import SourceDocument

from .encoding import decode
from .urls import web_url

FEED_TYPES = frozenset(("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"))
_HEAD_BYTES = 256 * 1024


def feed_links(document: SourceDocument) -> list[str]:
    """Return the absolute addresses of the feeds that a page announces, in its order, each once."""
    collector = _LinkCollector()
    collector.feed(decode(document.body[:_HEAD_BYTES], document.content_type, kind="html").text)
    base = web_url(document.url, collector.base) if collector.base else document.url
    found = (web_url(base, href) for href in collector.hrefs)
    return list(dict.fromkeys(url for url in found if url))


class _LinkCollector(HTMLParser):
    """Collects ``<base>`` and the feeds' ``<link>``; the standard library's parser does not recurse."""

    def __init__(self) -> None:
        super().__init__()
        self.base: str | None = None
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "base" and self.base is None:
            self.base = given.get("href")
        if tag == "link" and "alternate" in given.get("rel", "").lower().split():
            kind = given.get("type", "").partition(";")[0].strip().lower()
            if kind in FEED_TYPES and given.get("href"):
                self.hrefs.append(given["href"])
