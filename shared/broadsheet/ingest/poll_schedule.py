"""When a source is polled next: from its own rhythm, within its bounds, as its server and its feed ask."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadsheet.model.identity import digest_bytes
from broadsheet.model.order import format_instant
from broadsheet.model.source import Source
from broadsheet.model.source_state import Rhythm

HOURS = 24
HALF_LIFE = timedelta(days=14)
"""After so long what was counted weighs half."""
PER_POLL = 0.5
"""Entries that a poll is expected to find: half of the polls bring something."""
JITTER = 0.1
"""Part of the interval that the next poll may come earlier or later, so that sources do not march in step."""
LONGEST_ASKED = timedelta(days=1)
"""A server or a feed that asks to be left alone for longer is asked once a day all the same."""
SILENT_FACTOR = 8
"""Times its usual gap that a source must be silent to be reported."""
SILENT_AT_LEAST = timedelta(days=2)
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hints:
    """How long an answer is good for, as its server (``max_age``) and the feed (``ttl``) say; None where they do not."""

    max_age: timedelta | None = None
    ttl: timedelta | None = None


def max_age_of(headers: Mapping[str, str]) -> timedelta | None:
    """Return the freshness that a Cache-Control header (lower-case name) grants, less its Age (RFC 9111 §4.2)."""
    control = headers.get("cache-control", "")
    found = _MAX_AGE.search(control)
    if found is None or "no-cache" in control.lower() or "no-store" in control.lower():
        return None
    age = headers.get("age", "").strip()
    left = int(found[1]) - (int(age) if age.isdecimal() and len(age) < 10 else 0)
    return timedelta(seconds=left) if left > 0 else None


def learn(rhythm: Rhythm | None, at: datetime, dates: Sequence[datetime | None]) -> Rhythm:
    """Return the rhythm after a look at ``at`` that found entries never seen before, of these ``dates`` (aware or None).

    The first look teaches from the dates of all that is listed; after it, an entry counts when it is seen.
    """
    known = sorted(min(date, at) for date in dates if date)
    if rhythm is None or rhythm.at is None:
        began = max(known[0], at - HALF_LIFE) if known else at
        rhythm = Rhythm(at=began, hours_milli=(0,) * HOURS)
        known = [date for date in known if date >= began]
    else:
        known = [max(date, rhythm.at or date) for date in known]
    passed = max(at - (rhythm.at or at), timedelta())
    kept = 0.5 ** (passed / HALF_LIFE)
    hours = [int(count * kept) for count in rhythm.hours_milli or (0,) * HOURS]
    for date in [*known, *(at for date in dates if date is None)]:
        hours[date.hour] += 1000
    newest = max([*known, *([rhythm.newest] if rhythm.newest else [])], default=at if dates else None)
    days = int(rhythm.days_milli * kept + passed / timedelta(days=1) * 1000)
    return Rhythm(at=max(at, rhythm.at or at), newest=newest, days_milli=days, hours_milli=tuple(hours))


def next_poll(source: Source, at: datetime, rhythm: Rhythm | None, hints: Hints) -> datetime:
    """Return when to poll ``source`` again after a look at ``at`` that went well: aware, later than ``at``."""
    interval = source.poll_every
    if rhythm is not None and rhythm.days_milli > 250:
        per_day = sum(rhythm.hours_milli) / rhythm.days_milli
        interval = timedelta(days=PER_POLL / per_day) if per_day else source.poll_max
    asked = max((min(hint, LONGEST_ASKED) for hint in (hints.max_age, hints.ttl) if hint), default=timedelta())
    interval = max(source.poll_min, min(max(interval, asked), source.poll_max))
    return at + interval * (1 + JITTER * _jitter(source.id, at))


def next_try(source: Source, at: datetime, failures: int, asked: timedelta | datetime | None) -> datetime:
    """Return when to poll again after the ``failures``-th failure in a row: each doubles the wait.

    ``asked`` is the server's Retry-After; it is kept, as long as it is within the source's longest interval.
    """
    wait = max(min(source.poll_every * 2 ** min(failures, 16), source.poll_max), source.poll_min)
    following = at + wait
    if isinstance(asked, timedelta):
        return max(following, at + min(asked, source.poll_max))
    if isinstance(asked, datetime):
        return max(following, min(asked, at + source.poll_max))
    return following


def silent_since(rhythm: Rhythm | None, at: datetime) -> datetime | None:
    """Return since when a source has been silent, where that is far beyond its habit; else None."""
    if rhythm is None or rhythm.newest is None or not sum(rhythm.hours_milli):
        return None
    gap = timedelta(days=rhythm.days_milli / sum(rhythm.hours_milli))
    return rhythm.newest if at - rhythm.newest > max(SILENT_FACTOR * gap, SILENT_AT_LEAST) else None


def _jitter(source_id: str, at: datetime) -> float:
    """Return a number in [-1, 1) that is the same whenever it is asked for this source and time."""
    number = int.from_bytes(digest_bytes(f"{source_id}#{format_instant(at)}".encode()).encode()[:4])
    return number / 2**31 - 1
