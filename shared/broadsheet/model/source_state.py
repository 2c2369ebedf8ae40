"""How polling a source stands, and what is remembered of its rhythm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

MAX_NOTES = 10


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a source has had something new, as far as that is remembered; whole numbers only, for the table."""

    at: datetime | None = None
    """Up to when it was counted."""
    newest: datetime | None = None
    """When it last had something new, by the entry's date or by when it was seen, whichever is earlier."""
    days_milli: int = 0
    """Thousandths of days that were counted, old ones weighing less."""
    hours_milli: tuple[int, ...] = ()
    """Thousandths of entries by the UTC hour they came in, old ones weighing less."""


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
    failures: int = 0
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
    """Why it is not polled although its definition says so: by the operator, or because it is gone."""
    backfilled: int = 0
    """How many older pages its first polls were told to follow."""
    parts: tuple[str, ...] = ()
    """Addresses of the sitemaps that its index lists and that are polled with it, newest first."""
    notes: tuple[tuple[datetime, str], ...] = ()
    """What changed about it without its definition, newest last."""

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
