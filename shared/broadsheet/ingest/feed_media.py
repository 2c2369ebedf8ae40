"""What a feed attaches to an entry: pictures, and recordings, films and papers, which the article links to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import unquote, urlsplit

from .plain_text import one_line, without_tags
from .urls import web_url

MAX_LINKS = 10
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:[?#]|\Z)", re.IGNORECASE)
_RECORDING = re.compile(r"(?:audio|video)/|application/(?:pdf|epub\+zip|ogg|mp4)\Z", re.IGNORECASE)
_NO_FILE = frozenset(("text/html", "application/x-shockwave-flash"))
"""Types of what is a page or no longer runs anywhere."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to an entry, by its address as it is written. ``title`` is what it calls itself, or ""."""

    url: str
    type: str = ""
    title: str = ""

    @property
    def is_picture(self) -> bool:
        """Whether it is an image, by its type, or by its name where no type is given."""
        return self.type.startswith("image/") or (not self.type and _PICTURE.search(self.url) is not None)


def pictures(entry: Any) -> Iterator[str]:
    """Yield addresses of an entry's pictures, the most telling first: media:content, thumbnail, enclosure, iTunes."""
    for media in entry.get("media_content") or ():
        if media.get("url") and (media.get("medium") == "image" or str(media.get("type") or "").startswith("image/")):
            yield media["url"]
    for thumbnail in entry.get("media_thumbnail") or ():
        if thumbnail.get("url"):
            yield thumbnail["url"]
    yield from (enclosure.url for enclosure in _enclosures(entry) if enclosure.is_picture)
    if href := (entry.get("image") or {}).get("href"):
        yield href


def attachments(entry: Any) -> Iterator[Attachment]:
    """Yield an entry's enclosures that are no pictures, and one recording or film of media:content."""
    yield from (enclosure for enclosure in _enclosures(entry) if not enclosure.is_picture)
    media = [
        one
        for one in entry.get("media_content") or ()
        if one.get("url") and (one.get("medium") in {"audio", "video"} or _RECORDING.match(str(one.get("type") or "")))
    ]
    if media:  # others are the same in other sizes
        shown = next((one for one in media if one.get("isdefault") == "true"), media[0])
        yield Attachment(shown["url"], str(shown.get("type") or ""))


def _enclosures(entry: Any) -> Iterator[Attachment]:
    for link in entry.get("links") or ():
        if link.get("rel") == "enclosure" and link.get("href"):
            yield Attachment(link["href"], str(link.get("type") or ""), one_line(str(link.get("title") or "")))


def with_attachments(content: str, summary: str, attached: Iterable[Attachment], base: str) -> str:
    """Return ``content`` (HTML, may be "") with a paragraph that links to each attachment that it does not name yet.

    Where there is something to add and no content to add it to, it follows the summary: an episode is an article even
    where nothing is said of it. Addresses are made absolute by ``base``; what has none on the web, and what is no file,
    is left out.
    """
    written = content or summary
    links: dict[str, str] = {}
    for attachment in attached:
        url = web_url(base, attachment.url)
        if url and attachment.type not in _NO_FILE and not any(name in written for name in _written(attachment.url)):
            links.setdefault(url, without_tags(attachment.title) or _file_name(url))
    paragraphs = [f'<p><a href="{escape(url)}">{escape(name)}</a></p>' for url, name in list(links.items())[:MAX_LINKS]]
    return "\n".join(([written] if written else []) + paragraphs) if paragraphs else content


def _written(url: str) -> tuple[str, str]:
    return url, escape(url)


def _file_name(url: str) -> str:
    parts = urlsplit(url)
    return one_line(unquote(parts.path.rpartition("/")[2])) or (parts.hostname or "")
