"""From bytes to article: one frozen type per stage, named after the stage that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

MAX_CATEGORIES = 8
"""An article is listed in at most this many categories; a transaction must stay bounded."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a listing, as the source's fields tell it, before anything is fetched or cleaned.

    Text fields are NFC and stripped, HTML fields are raw. ``published`` and ``updated`` are aware or None.
    """

    id: str
    """The entry's id at its source; unique within the listing."""
    title: str
    url: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    summary_html: str = ""
    content_html: str | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str | None = None
    image: str | None = None
    source_name: str | None = None
    """The medium the entry names (``medianame``, ``from``, RSS ``source``)."""
    identifier: str | None = None
    """Value of the field that ``identity`` names, where it names one."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """What ``{name}`` in a URL or tag template can name: the source's own ``fields``, as text."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What one look at a source gave. ``skipped`` are (entry id or position, reason)."""

    entries: tuple[Entry, ...]
    skipped: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    title: str | None = None
    next_url: str | None = None
    """Where older entries are listed: the next page, or the archive before this document (RFC 5005)."""
    parts: tuple[str, ...] = ()
    """Of a sitemap index: the addresses of its sitemaps, newest first."""
    ttl: timedelta | None = None
    """For how long the listing is good, as it says itself."""


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """Bytes with their provenance. ``url`` is where they were read from (``s3://…`` for uploads)."""

    body: bytes
    url: str
    content_type: str
    retrieved_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParsedArticle:
    """What a document says, not yet cleaned. Dates are aware or None; ``html`` is an unsanitised fragment."""

    title: str
    html: str
    published: datetime | None = None
    modified: datetime | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    description: str | None = None
    image: str | None = None
    canonical_url: str | None = None
    source_name: str | None = None
    source_url: str | None = None
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    edits: str | None = None
    """Id of an existing article that this upload is an edit of."""
    slug: str | None = None
    aliases: tuple[str, ...] = ()
    """``redirect_from``: addresses on this site that are to lead to the article besides its own."""
    draft: bool = False
    base_url: str | None = None
    """What relative addresses in ``html`` are relative to."""
    method: str = ""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class CleanArticle:
    """What may be stored and shown: allow-listed HTML, NFC text, aware dates, bounded lists."""

    title: str
    html: str
    published: datetime | None = None
    modified: datetime | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    description: str = ""
    image: str | None = None
    canonical_url: str | None = None
    source_name: str | None = None
    source_url: str | None = None
    categories: tuple[str, ...] = ()
    """Display names, first is the main one; at most ``MAX_CATEGORIES``."""
    tags: tuple[str, ...] = ()
    edits: str | None = None
    slug: str | None = None
    """What the address is to be made of: given, or from the title, the entry's id or the file's name."""
    aliases: tuple[str, ...] = ()
    """Addresses on this site that lead to the article besides its own, each with slashes or a file name at its end."""
    draft: bool = False
    content_hash: str = ""
    """Hash of all fields above, with a version letter; empty fields do not count."""


class ArticleState(StrEnum):
    """How an article stands. Only ``PUBLISHED`` ones are on the site."""

    PUBLISHED = "published"
    HELD = "held"
    DRAFT = "draft"
    GONE = "gone"
    TAKEN_DOWN = "taken_down"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Origin:
    """What one input says of an article: a clean version with what the choice needs. Body by reference."""

    input: str
    """``str()`` of the :class:`InputKey`."""
    upload: bool
    priority: int
    version: str
    """:func:`version_key` of the version it holds."""
    observed_at: datetime
    first_seen: datetime
    """The earliest time any version of this input was observed."""
    content_since: datetime
    """Since when this input has said what it says now."""
    title: str
    content_hash: str
    body_pk: str
    """Partition and sort key of the revision that holds the body."""
    body_sk: str
    slug: str
    published: datetime | None = None
    modified: datetime | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    description: str = ""
    image: str | None = None
    canonical_url: str | None = None
    source_id: str | None = None
    source_name: str | None = None
    source_url: str | None = None
    categories: tuple[str, ...] = ()
    """Slugs."""
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    draft: bool = False
    release_at: datetime | None = None
    """Held until then; removed when that time has come."""
    expires_at: datetime | None = None

    @property
    def instant(self) -> datetime:
        """The article's time as this input tells it: its date, or when it was first seen."""
        return self.published or self.first_seen

    @property
    def updated(self) -> datetime | None:
        """When the text was last corrected: as it says itself, else as observed; None if it never was."""
        if self.modified and self.modified > self.instant:
            return self.modified
        return self.content_since if self.content_since > self.first_seen else None

    @property
    def rank(self) -> tuple[bool, int, str]:
        """Between inputs: upload over source, then priority, then input id."""
        return (self.upload, self.priority, self.input)


@dataclass(frozen=True, slots=True)
class Takedown:
    """A register: the newest ``order`` says whether the article is taken down."""

    order: str
    active: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """An article as it stands: recorded decisions, and the origin chosen from all of them."""

    id: str
    created_at: datetime
    """Event time of the decision that made it; the older of two articles wins a merge."""
    claims: tuple[str, ...]
    state: ArticleState
    address: str | None = None
    """Path on the site, ``/category/2026/01/05/slug-abc123/``; recorded when first published."""
    chosen: Origin | None = None
    also: tuple[tuple[str, str | None], ...] = ()
    """(name, URL) of the article's other origins, for "also reported by"."""
    takedown: Takedown | None = None
    merged_into: str | None = None
    """Id of the article this one was merged into; it may have been merged itself."""
    absorbed: tuple[str, ...] = ()
    """Ids of all articles merged into this one, whose addresses redirect here."""

    @property
    def published(self) -> bool:
        """Whether the article is on the site."""
        return self.state is ArticleState.PUBLISHED


@dataclass(frozen=True, slots=True)
class IndexLine:
    """What an index needs of an article. ``instant`` is its time, ``updated`` None if it never was corrected."""

    article_id: str
    instant: datetime
    title: str
    address: str
    description: str = ""
    source_name: str | None = None
    language: str | None = None
    image: str | None = None
    categories: tuple[str, ...] = ()
    updated: datetime | None = None
    authors: tuple[str, ...] = ()
    body_pk: str = ""
    """Partition of the revision that is shown, where it is not the article's own: see ``choice.body_key``."""
    body_sk: str = ""
    """Sort key of the revision that is shown. With it a line differs wherever the text does."""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """A category in the catalog."""

    slug: str
    name: str
    count: int = 0
    """Articles in it: the sum of its years."""
    newest_at: datetime | None = None
    """Instant of its newest article: where its :class:`NewestLine` stands. None while it has none."""


@dataclass(frozen=True, slots=True)
class NewestLine:
    """What the home page shows of a category: its newest articles, newest first."""

    slug: str
    name: str
    newest: tuple[IndexLine, ...]
    head: str = ""
    """Hash of as many of its newest lines as the home page and the feeds show of the whole site: these cannot change
    without those of a category, so the home page follows from these lines alone."""


@dataclass(frozen=True, slots=True)
class PeriodCount:
    """How many articles an index has in a year, a month or a day of the site's zone."""

    period: str
    """``2026``, ``2026-01`` or ``2026-01-05``."""
    count: int


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An entry of a feed: its index line, and its text as sanitised HTML, "" where the feed carries summaries."""

    line: IndexLine
    html: str = ""


@dataclass(frozen=True, slots=True)
class MirroredImage:
    """An image of another site that is shown from this one."""

    url: str
    """Where it was found, as articles have it."""
    name: str
    """Hash of its bytes, and the ending of its format."""
    content_type: str
    width: int
    height: int
    """In pixels, as a browser shows it."""
    size_bytes: int

    @property
    def key(self) -> str:
        """Where its bytes lie, in the archive and on the site."""
        return f"images/{self.name}"

    @property
    def address(self) -> str:
        """Its address on the site."""
        return f"/{self.key}"


@dataclass(frozen=True, slots=True)
class Report:
    """What an article shows of another that tells the same."""

    article_id: str
    instant: datetime
    title: str
    address: str
    source_name: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """What an article on the site is compared with others by, and what they show of it."""

    report: Report
    source: str
    """Whose report it is: two of one source are never said to tell the same."""
    signature: bytes
    bands: tuple[str, ...]

    @property
    def article_id(self) -> str:
        """The article's id."""
        return self.report.article_id


@dataclass(frozen=True, slots=True)
class Alike:
    """The articles of other sources that tell the same as one: all of them, and what it shows of the newest."""

    article_id: str
    others: tuple[str, ...]
    """Ids, sorted."""
    newest: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """A published article with its text: what an article page and a post are made from."""

    article: Article
    html: str
    categories: tuple[CategoryLine, ...] = ()
    """The article's categories in order."""
    images: tuple[MirroredImage, ...] = ()
    """Those of its images that are mirrored."""
    reports: tuple[Report, ...] = ()
    """What others on the site tell alike, newest first."""
