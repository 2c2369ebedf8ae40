"""Our reading of a case's feed, compared with what the case expects.

It goes the whole way of a poll: bytes to :func:`read_listing` of a source of kind ``feed``, to entries. So that all can
be compared:

- ``Content-Location`` stands for the feed's own address, relative to the one the cases were served from.
- An entry without a title, which a poll would leave for later, is given one and read again.
- A link or an address is compared as browsers write it (``http://a.org`` is ``http://a.org/``), a date as an instant.
- A title is text here and HTML there, sometimes; it must be the expected one as text, or as what a browser shows of it.
- Content is compared as the tree a browser makes of it, with relative addresses made absolute. Plain text is paragraphs
  here: their text is compared. The expected HTML has been through the other parser's allow-list, so what differs is
  compared after ours, in both.
- An article has one language: its text's. Where a case gives each part of an entry another, that of a title is missed.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from unicodedata import normalize
from urllib.parse import urljoin

from ada_url import URL
from lxml import etree

from broadsheet.ingest.configuration import read_source
from broadsheet.ingest.listing import read_listing
from broadsheet.ingest.sanitize import sanitize
from broadsheet.model.article import Entry, Listing, SourceDocument
from broadsheet.model.errors import ArticleRejected

from .feed_cases import Case, Claim

SERVED_FROM = "http://127.0.0.1:8097/tests/case.xml"
"""Where the cases' own test server has them; some expect addresses relative to it."""
LOOKED_AT = datetime(2026, 1, 1, tzinfo=UTC)
_SOURCE = read_source(f"id: case\nkind: feed\nurl: {SERVED_FROM}\n".encode(), "sources/case.yaml")
_END = re.compile(rb"</((?:\w+:)?)(entry|item)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a case: its listing, or the reason why there is none; ``titled`` has a title for each entry."""

    listing: Listing
    titled: Listing
    refused: str = ""


def read_case(case: Case) -> Reading:
    """Return our reading of ``case``; raises nothing for any bytes, which is part of what is tested."""
    place = case.headers.get("content-location", "")
    found = urljoin(SERVED_FROM, place)
    url = found if found.startswith("http") else SERVED_FROM
    try:
        listing = _look(case.body, case, url)
        untitled = [reason for _, reason in listing.skipped if reason.startswith("no title")]
        titled = _look(_END.sub(_Titles(), case.body), case, url) if untitled else listing
    except ArticleRejected as fault:
        nothing = Listing(())
        return Reading(nothing, nothing, fault.reason)
    return Reading(listing, titled)


class _Titles:
    """Writes a title before the end of an entry, each time another, so that entries without ids stay apart."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, end: re.Match[bytes]) -> bytes:
        self._count += 1
        prefix = end[1].decode()
        return f"<{prefix}title>Untitled {self._count}</{prefix}title>".encode() + end[0]


def _look(body: bytes, case: Case, url: str) -> Listing:
    content_type = case.headers.get("content-type", "")
    return read_listing(_SOURCE, SourceDocument(body, url, content_type, LOOKED_AT, case.headers), LOOKED_AT)


def aspect(claim: Claim) -> str | None:
    """Return what a claim is about, ``title`` or ``link``, say; None where an article has no place for it."""
    return _OF_ENTRY.get(claim.key, _OF_FEED.get(claim.key, (None,)))[0]


def holds(claim: Claim, reading: Reading) -> bool:
    """Return whether what we read is what ``claim`` expects; False for what :func:`aspect` has no name for."""
    if claim.key in _OF_FEED:
        return _OF_FEED[claim.key][1](reading.listing, claim.value)
    if claim.key not in _OF_ENTRY:
        return False
    number = claim.path[1]
    holder = reading.listing if claim.key.startswith("entries.n.title") else reading.titled
    entries = holder.entries
    return isinstance(number, int) and number < len(entries) and _OF_ENTRY[claim.key][1](entries[number], claim.value)


def _is_title(title: str | None, value: object) -> bool:
    return (title or "") in {" ".join(str(value).split()), " ".join(shown_text(str(value)).split())}


def _is_address(url: str | None, value: object) -> bool:
    return url is not None and url == str(URL(str(value)).href)


def _is_instant(instant: datetime | None, value: object) -> bool:
    return instant is not None and instant.replace(microsecond=0) == _instant(value)


def _instant(value: object) -> datetime:
    if isinstance(value, tuple):
        return datetime.fromtimestamp(timegm(value), UTC)
    text = str(value)
    return parsedate_to_datetime(text) if "," in text else datetime.fromisoformat(text)


def _is_content(entry: Entry, value: object) -> bool:
    expected = str(value)
    return any(_says(text, expected) for text in (entry.content_html, entry.summary_html) if text) or not expected


def _says(ours: str, expected: str) -> bool:
    if _tree(ours) == _tree(expected) or _tree(sanitize(ours)) == _tree(sanitize(expected)):
        return True
    plain = set(re.findall(r"</?(\w+)", ours)) <= {"p", "br"}
    return plain and shown_text(ours).split() == expected.split()


def _tree(markup: str) -> bytes:
    """Return ``markup`` as a browser's tree, written out with sorted attributes and without space at its edges."""
    root = parsed_html(markup.strip())
    for element in root.iter(etree.Element):
        attributes = sorted((str(name), _absolute(str(name), str(value))) for name, value in element.items())
        element.attrib.clear()
        element.attrib.update(attributes)
    written: bytes = etree.tostring(root)
    return written


def _absolute(name: str, value: str) -> str:
    return urljoin(SERVED_FROM, value) if name in {"href", "src"} else value


def shown_text(markup: str) -> str:
    """Return the text that a browser shows of ``markup``."""
    return str(etree.tostring(parsed_html(markup), method="text", encoding="unicode"))


def parsed_html(markup: str) -> etree._Element:
    """Return the tree that a browser makes of ``markup``, from ``<html>`` on."""
    return etree.fromstring(f"<html><body><div>{markup}</div></body></html>", etree.HTMLParser())


def _is_author(entry: Entry, value: object) -> bool:
    """``author`` may hold an address beside the name; ours are names alone."""
    return any(str(value) in {name, *(f"{name} ({mail})" for mail in _mails(str(value)))} for name in entry.authors)


def _mails(text: str) -> list[str]:
    return re.findall(r"[\w.]+@[\w.]+", text)


_OF_ENTRY: Mapping[str, tuple[str, Callable[[Entry, object], bool]]] = {
    f"entries.n.{key}": told
    for keys, told in {
        "title title_detail.value": ("title", lambda e, v: _is_title(e.title, v)),
        "link": ("link", lambda e, v: _is_address(e.url, v)),
        "id guid": ("id", lambda e, v: e.id == v),
        "published published_parsed created created_parsed": ("date", lambda e, v: _is_instant(e.published, v)),
        "updated updated_parsed": ("date", lambda e, v: _is_instant(e.updated or e.published, v)),
        "content.n.value description summary summary_detail.value": ("content", _is_content),
        "author author_detail.name authors.n.name": ("author", _is_author),
        "category tags.n.term tags.n.label": ("category", lambda e, v: normalize("NFC", str(v)) in e.tags),
        "language content.n.language summary_detail.language title_detail.language": (
            "language",
            lambda e, v: e.language == v,
        ),
        "image.href media_thumbnail.n.url": ("image", lambda e, v: _is_address(e.image, v)),
        "enclosures.n.href enclosures.n.url": ("enclosure", lambda e, v: str(v) in (e.content_html or "")),
        "source.title source.title_detail.value": ("source", lambda e, v: _is_title(e.source_name, v)),
    }.items()
    for key in keys.split()
}
_OF_FEED: Mapping[str, tuple[str, Callable[[Listing, object], bool]]] = {
    "feed.title": ("feed title", lambda listing, v: _is_title(listing.title, v)),
    "feed.title_detail.value": ("feed title", lambda listing, v: _is_title(listing.title, v)),
    "feed.ttl": ("ttl", lambda listing, v: listing.ttl == timedelta(minutes=int(str(v)))),
}
