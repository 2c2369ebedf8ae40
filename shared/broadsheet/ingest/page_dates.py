"""When an article was published and changed: JSON-LD, meta elements, ``time``, lines near the title, the address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from broadsheet.ingest.datelines import FIRST_MODERN, MODIFIED_WORD, PUBLISHED_WORD, SURE, read_datelines
from broadsheet.ingest.dates import parse_date
from broadsheet.ingest.evidence import Evidence, decided, seen
from broadsheet.ingest.fragment import Element, is_element, text_of
from broadsheet.ingest.json_ld import text_in
from broadsheet.ingest.page_sources import PageSources
from broadsheet.ingest.page_zone import zone_of
from broadsheet.ingest.plain_text import one_line
from broadsheet.ingest.written_dates import find_dates

_PUBLISHED_METAS = (
    "article:published_time", "og:article:published_time", "article:published", "og:published_time",
    "datepublished", "article.published", "parsely-pub-date", "sailthru.date", "pubdate", "publishdate",
    "publish-date", "publish_date", "publication_date", "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime", "bt:pubdate", "dcterms.issued", "dc.date.issued", "dcterms.created",
    "dc.date.created", "dc.date", "dcterms.date", "date", "date_published", "weibo:article:create_at",
    "citation_publication_date", "citation_date", "article_date_original", "originalpublicationdate",
    "datecreated", "created", "dc.created", "release_date", "weibo: article:create_at", "firstpublished",
    "cdate",
)  # fmt: skip
_MODIFIED_METAS = (
    "article:modified_time", "og:article:modified_time", "og:updated_time", "article:modified", "datemodified",
    "dcterms.modified", "dc.date.modified", "last-modified", "lastmod", "last_updated_date", "revised",
    "weibo:article:update_at", "modified",
)  # fmt: skip
"""Names of meta elements, the most trusted first."""
_CLOCK = re.compile(r"\d[Tt ]\s*\d{1,2}[:.]?\d{2}|\d:\d{2}|^\d{9,13}$|\d{1,2}[时時点]")
_WRITTEN_ZONE = re.compile(r"(?:\d|\s)(?:Z|[+-]\d{2}:?\d{2}|UTC|GMT|CE?S?T|[A-Z]{3,4})\W*$|^\d{9,13}$")
_ZULU = re.compile(r"\d(?:Z|\+00:?00)\s*$")
_IN_URL = re.compile(
    r"(?<!\d)((?:19|20)\d{2})[/_.-]?(0[1-9]|1[0-2])[/_.-]?(0[1-9]|[12]\d|3[01])(?!\d)|/((?:19"
    r"|20)\d{2})/(\d{1,2})/(\d{1,2})/|(?<!\d)([0-3]\d)[-_.]([01]\d)[-_.]((?:19|20)\d{2})(?!\d)"
)
_UPDATED_CLASS = re.compile(r"updat|modif|aktual|changed", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PageDates:
    """When an article was published and last changed, aware or None, and where both were seen.

    Where only the day is known ``published`` is its midnight in the zone of the page.
    """

    published: datetime | None
    modified: datetime | None
    published_evidence: tuple[Evidence, ...]
    modified_evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """A date told in one place of the page."""

    source: str
    text: str
    instant: datetime
    has_time: bool
    has_zone: bool


def read_dates(page: PageSources, title: str) -> PageDates:
    """Return when the article titled ``title`` was published and changed.

    Published, in the order of trust: JSON-LD ``datePublished`` of the article; meta elements ``article:…`` and
    ``og:…``; JSON-LD of the page; other meta elements; microdata; ``time`` elements; then the likeliest line (near the
    title, labelled, with a time) if it is sure or the address tells the same day; the address; any likely line.

    A day without a time takes the time that a later place gives for the same day. A time that says UTC while another
    place says the same clock time in another zone is a local time wrongly labelled: the other place is believed.
    Times without a zone are in the source's, see :func:`broadsheet.ingest.page_zone.zone_of`; what is written in UTC
    comes back on that zone's clock. Changed: the same places under their own names; what lies before the publication
    is dropped. Comments and side columns do not count.
    """
    zone = zone_of(page.url, page.timezone)
    reader = _Reader(page, zone)
    structured = list(reader.structured("datePublished", _PUBLISHED_METAS))
    changed = list(reader.structured("dateModified", _MODIFIED_METAS))
    if not any(told.source.startswith(("JSON-LD", "meta article", "microdata")) for told in structured):
        structured += reader.times(changed)
    first = structured[0] if structured else None
    if first is None or not first.has_time:
        structured += reader.lines_and_address(title)
        first = structured[0] if structured else None
    published, why = _refined(first, structured)
    told_changed = changed[0] if changed else None
    modified, note = told_changed.instant if told_changed else None, "the first place that tells"
    if modified and published and modified < published.instant:
        modified, note = None, "before the publication"
    return PageDates(
        _here(published.instant, reader.local) if published else None,
        _here(modified, reader.local) if modified else None,
        _evidence(structured, published, why),
        _evidence(changed, told_changed if modified else None, note),
    )


def _here(instant: datetime, local: ZoneInfo) -> datetime:
    """Return an instant written in UTC on the page's own clock, so that its day is the day readers saw."""
    return instant.astimezone(local) if instant.utcoffset() == timedelta(0) else instant


def _evidence(all_told: Iterable[_Told], winner: _Told | None, why: str) -> tuple[Evidence, ...]:
    items = {id(told): seen(told.source, told.text) for told in all_told}
    return decided(items.values(), items.get(id(winner)), why)


def _refined(first: _Told | None, others: list[_Told]) -> tuple[_Told | None, str]:
    """Return the date to believe and why, given the first place's and all places'."""
    if first is None:
        return None, ""
    for other in others[:20]:
        if not first.has_time and other.has_time and _day(other) == _day(first) and other.source != "address":
            return other, f"the time of the day that {first.source} gives"
        if first.has_time and other.has_time and _ZULU.search(first.text) and other.has_zone:
            offset = other.instant.utcoffset()
            if offset and other.instant.replace(tzinfo=None) == first.instant.replace(tzinfo=None):
                return other, f"the zone that {first.source} labels as UTC"
    return first, "the first place that tells"


def _day(told: _Told) -> object:
    return told.instant.date()


class _Reader:
    """Reads the dates of one page in one zone."""

    def __init__(self, page: PageSources, zone: str) -> None:
        self.page = page
        self.zone = zone
        self.local = ZoneInfo(zone)
        language = (page.root.get("lang") or page.meta("og:locale")).replace("_", "-").lower()
        self.month_first = language in {"en", "en-us", ""} and zone == "UTC"

    def structured(self, name: str, metas: Iterable[str]) -> Iterator[_Told]:
        """Yield the dates that JSON-LD, meta elements and microdata tell under a name of schema.org."""
        linked = self.page.linked
        yield from self._told("JSON-LD " + name, text_in(linked.article.get(name)))
        if name == "datePublished":
            yield from self._told("JSON-LD dateCreated", text_in(linked.article.get("dateCreated")))
        own = [meta for meta in metas if meta.startswith(("article", "og:"))]
        yield from self._metas(own)
        yield from self._told(f"JSON-LD page {name}", text_in(linked.page.get(name)))
        yield from self._metas([meta for meta in metas if meta not in own])
        if linked.article.get(name) or any(map(self.page.contents, own)):
            return  # looking through all elements takes longer than all before
        for element in self.page.microdata:
            if (element.get("itemprop") or "").lower() == name.lower() and not self.page.is_beside(element):
                yield from self._told(f"microdata {name}", _value(element))

    def _metas(self, names: Iterable[str]) -> Iterator[_Told]:
        for name in names:
            for value in self.page.contents(name)[:3]:
                yield from self._told(f"meta {name}", value)

    def times(self, changed: list[_Told]) -> list[_Told]:
        """Return the dates of ``time`` elements; those that say they are of a change are added to ``changed``."""
        found: list[_Told] = []
        for element in self.page.root.iter("time"):
            if len(found) > 8:
                break
            if self.page.is_beside(element):
                continue
            marks = " ".join(filter(None, (element.get("class"), element.get("itemprop"))))
            told = list(self._told("time", _value(element))) or list(
                self._told("time", one_line(text_of(element)[:200]))
            )
            label = marks + " " + _before(element)
            if (_UPDATED_CLASS.search(marks) and "publi" not in marks) or (
                MODIFIED_WORD.search(label) and not PUBLISHED_WORD.search(label)
            ):
                changed += told
            else:
                found += told
        # With many, the page lists other stories: only those that share the first one's day are about this one.
        return [told for told in found if told.instant.date() == found[0].instant.date()]

    def address(self) -> Iterator[_Told]:
        """Yield the day in the page's address."""
        for match in _IN_URL.finditer(self.page.url.partition("?")[0]):
            digits = [part for part in match.groups() if part]
            yield from self._told("address", "-".join(digits if len(digits[0]) == 4 else digits[::-1]))

    def lines_and_address(self, title: str) -> list[_Told]:
        """Return the dates of lines and of the address, the likeliest first."""
        addressed = list(self.address())
        days = {told.instant.date() for told in addressed}
        written = read_datelines(self.page.lines_near, title, self.local, month_first=self.month_first)
        told = [_Told("line", line.text, line.date.instant, line.date.has_time, line.date.has_zone) for line in written]
        believed = [date for date in told if date.instant.date() in days]
        if not believed and written and written[0].points >= SURE:
            believed = told[:1]
        return believed + addressed + [date for date in told if date not in believed]

    def _told(self, source: str, text: str) -> Iterator[_Told]:
        if not text:
            return
        instant = parse_date(text, self.zone)
        has_time, has_zone = _CLOCK.search(text) is not None, _WRITTEN_ZONE.search(text) is not None
        if instant is None and (date := next(find_dates(text[:200], self.local, month_first=self.month_first), None)):
            instant, has_time, has_zone = date.instant, date.has_time, date.has_zone
        if instant is not None and instant >= FIRST_MODERN:
            midnight = (instant.hour, instant.minute, instant.second) == (0, 0, 0)
            yield _Told(source, text, instant, has_time and not midnight, has_zone)


def _value(element: Element) -> str:
    value = element.get("datetime") or element.get("content") or element.get("title") if element.tag != "a" else None
    return one_line(value or text_of(element)[:200])


def _before(element: Element) -> str:
    """Return the text that stands before ``element`` on its line."""
    previous = element.getprevious()
    parent = element.getparent()
    if previous is None:
        return one_line(parent.text or "")[-60:] if parent is not None else ""
    inside = text_of(previous)[-60:] if is_element(previous) else ""
    return one_line(f"{inside} {previous.tail or ''}")[-60:]
