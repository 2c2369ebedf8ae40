"""What an HTML page says of its feeds: ``<link rel=alternate>``, as browsers and readers discover them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from broadsheet.model.article import SourceDocument

from .encoding import decode
from .urls import same_site, web_url

FEED_TYPES = frozenset(("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"))
_HEAD_BYTES = 256 * 1024
_COMMENTS = re.compile(
    r"comment|kommentar|commentaire|comentario|commento|评论|評論|留言|コメント|댓글|комментар", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Announced:
    href: str
    title: str


def feed_links(document: SourceDocument) -> list[str]:
    """Return the absolute addresses of the feeds that a page announces, each once, the most likely first.

    That is the page's own order, save that feeds of another site come after its own, and feeds of comments, by their
    title or address, last. Only what the page announces by a feed's type counts: a link that looks like one may lead
    anywhere.
    """
    collector = _LinkCollector()
    collector.feed(decode(document.body[:_HEAD_BYTES], document.content_type, kind="html").text)
    base = web_url(document.url, collector.base) if collector.base else document.url
    found = [(url, link.title) for link in collector.links if (url := web_url(base, link.href))]
    found.sort(key=lambda feed: (_of_comments(*feed), not same_site(feed[0], document.url)))
    return list(dict.fromkeys(url for url, _ in found))


def _of_comments(url: str, title: str) -> bool:
    return _COMMENTS.search(title) is not None or _COMMENTS.search(url) is not None


class _LinkCollector(HTMLParser):
    """Collects ``<base>`` and the feeds' ``<link>``; the standard library's parser does not recurse."""

    def __init__(self) -> None:
        super().__init__()
        self.base: str | None = None
        self.links: list[_Announced] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "base" and self.base is None:
            self.base = given.get("href")
        if tag == "link" and "alternate" in given.get("rel", "").lower().split():
            kind = given.get("type", "").partition(";")[0].strip().lower()
            if kind in FEED_TYPES and given.get("href"):
                self.links.append(_Announced(given["href"], given.get("title", "")))
