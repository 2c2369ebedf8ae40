"""How polling a source stands, and what is remembered of its rhythm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

MAX_NOTES = 10

Pending = tuple[tuple[datetime, bytes], ...]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a source has had something new, as far as that is remembered; whole numbers only, for the table.

    It is written by ``ingest.poll_schedule`` alone. Thousandths, so that old entries can weigh less than one.
    """

    at: datetime | None = None
    """The last look that was learned from: what is found later came after it."""
    counted: datetime | None = None
    """Up to when it is counted: the newest entry's time, or the first look where that told none."""
    listed: int = 0
    """The most entries that one look found."""
    entries: int = 0
    """How many entries were ever counted."""
    days_milli: int = 0
    """Days that were counted, old ones weighing less, as with what follows."""
    hours_milli: tuple[int, ...] = ()
    """Entries by the UTC hour they came in."""
    weekdays_milli: tuple[int, ...] = ()
    """Entries by the UTC weekday they came on, Monday first."""
    calm_milli: int = 0
    """How many entries it was due, by its habit, in the longest silence that it broke again."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """How polling ``source_id`` stands. Validators are verbatim from the last answer."""

    source_id: str
    last_poll: datetime | None = None
    next_poll: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    content_hash: str | None = None
    """Of the listing's bytes: what a server without validators answers with, twice, need not be read twice."""
    seen: bytes = b""
    """Marks of the listed entries that were found stored as they are: they need not be looked up again."""
    pending: Pending = ()
    """Marks of the listed entries that are on their way to be ingested, and until when they are expected."""
    failures: int = 0
    failing_since: datetime | None = None
    error: str | None = None
    last_new: datetime | None = None
    """When it last listed an entry that was not known."""
    rhythm: Rhythm | None = None
    ttl_seconds: int = 0
    """For how long a listing is good, as the listing itself says."""
    silent_since: datetime | None = None
    """Since when it has had nothing new, where that is far beyond its habit."""
    address: str | None = None
    """Where it is polled in place of its definition's address: it moved there, or its page announces this feed."""
    moved_to: str | None = None
    """Where permanent redirects have been leading lately."""
    moved_seen: int = 0
    """How many polls in a row they led there."""
    paused: str | None = None
    """Why the operator has paused it; None where it is not."""
    gone: str | None = None
    """Why it is polled no more: its server says that it is gone for good. Until resumed, or defined elsewhere."""
    backfilled: int = 0
    """How many older pages its first polls were told to follow."""
    parts: tuple[str, ...] = ()
    """Addresses of the sitemaps that its index lists and that are polled with it, newest first."""
    notes: tuple[tuple[datetime, str], ...] = ()
    """What changed about it without its definition, newest last."""

    @property
    def asleep(self) -> str | None:
        """Why it is not polled although its definition says so; None where it is."""
        return self.paused or self.gone

    def noted(self, at: datetime, text: str) -> tuple[tuple[datetime, str], ...]:
        """Return the notes with one more; the oldest go."""
        return (*self.notes, (at, text))[-MAX_NOTES:]


@dataclass(frozen=True, slots=True)
class PartState:
    """How polling one sitemap of a source's index stands."""

    url: str
    last_poll: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    content_hash: str | None = None
    seen: bytes = b""
    pending: Pending = ()
