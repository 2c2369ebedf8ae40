"""What a feed says, whatever its format, and the ids in it.

Ids are ``tag:`` URIs (RFC 4151) made of what is recorded once: host, the day in the article's address, its id. They
outlive corrections, moves, and a change of the site's scheme.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from broadsheet.model.article import FeedEntry, IndexLine
from broadsheet.model.site import Site

from .addresses import folder_of, is_path
from .markdown import PLAIN_HTML
from .permalink import day_of_address

TAG_DAY = "2026-01-01"
"""Stands in a ``tag:`` URI for what has no day of its own; any fixed day does (RFC 4151)."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""How new a feed without entries is: Atom wants a date, and there is no other that never changes."""

_RELATIVE = re.compile(r'\s(?:href|src|poster)="[/#]')
_ADDRESSES = ("href", "src", "poster")


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed and its entries, newest first. All addresses are paths on the site.

    A feed is one of a series (RFC 5005): the one people subscribe to, and an archive of each day, which all have
    the id of the first.
    """

    title: str
    address: str
    home: str
    """The page that shows the same to people."""
    entries: Sequence[FeedEntry]
    names: Mapping[str, str]
    """Display names of categories by slug, as far as they are known; else the slug is the name."""
    current: str | None = None
    """The feed to subscribe to, where this is an archive."""
    older: str | None = None
    """The archive before this feed."""

    @property
    def newest(self) -> datetime:
        """When anything in it changed last, as its entries tell."""
        lines = [entry.line for entry in self.entries]
        return max((max(line.instant, line.updated or line.instant) for line in lines), default=EPOCH)


def feed_id(site: Site, feed: Feed) -> str:
    """Return the id of the series that ``feed`` belongs to."""
    return f"tag:{_host(site)},{TAG_DAY}:{folder_of(site)}{feed.current or feed.address}"


def entry_id(site: Site, line: IndexLine) -> str:
    """Return the id of an article, the same in every feed and format."""
    day = day_of_address(line.address, line.article_id)
    return f"tag:{_host(site)},{day.isoformat() if day else TAG_DAY}:{line.article_id}"


def makers(line: IndexLine) -> tuple[str, ...]:
    """Return who an entry names as its authors: people, else the medium it comes from."""
    return line.authors or ((line.source_name,) if line.source_name else ())


def content(site: Site, entry: FeedEntry) -> str:
    """Return the entry's HTML with absolute addresses: a reader shows it under an address of its own.

    Sanitised HTML refers to footnotes within itself, and to what lies on the site itself by a path.
    """
    if not _RELATIVE.search(entry.html):
        return entry.html
    soup = BeautifulSoup(entry.html, "html.parser")
    for tag in soup.find_all(True):
        for name in _ADDRESSES:
            value = str(tag.get(name, ""))
            if value.startswith("#"):
                tag[name] = site.url + entry.line.address + value
            elif is_path(value):
                tag[name] = site.url + value
    written: str = soup.decode(formatter=PLAIN_HTML)
    return written


def rfc3339(instant: datetime) -> str:
    """Return an aware ``instant`` as Atom and JSON Feed write it, in UTC."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _host(site: Site) -> str:
    return urlsplit(site.url).hostname or "localhost"
