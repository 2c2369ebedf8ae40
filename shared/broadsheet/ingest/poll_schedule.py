"""When a source is polled next: from its own rhythm, within its bounds, as its server and its feed ask.

What waits unseen costs, and so does a request. The fewest requests for a mean delay take intervals that go with a
source's rate to the power of -1/2; for the delay of the median article, which busy sources bring, the power is nearer
to -1. Here it is -3/4 for a steady source: of what was measured, as near to -1 as leaves the slowest tenth of articles
no later than one interval for all, with as many requests, would. As the rate follows hour and weekday, nights and
weekends need no case of their own.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from broadsheet.model.order import format_instant
from broadsheet.model.source import Source
from broadsheet.model.source_state import Rhythm

from .source_habit import DAY, HOURS, WEEKDAYS, Habit, habit_of, hour_of, pressure, weekday_of

USUAL_PER_DAY = 50
"""Entries a day of a source that is polled every ``poll_every``; busier ones are polled more often, others less."""
NEWCOMER = 8
"""A source that has never had anything new is asked again after such a part of the time that it was watched."""
CALM = 5.0
"""Entries that may be overdue before a source is taken to have slowed down: one gap in 150 of a steady one."""
JITTER = 0.1
"""Part of the interval that the next poll may come earlier, so that sources do not march in step."""
LONGEST_ASKED = timedelta(days=1)
"""A server or a feed that asks to be left alone for longer is asked once a day all the same."""
TTL_STRETCH = 2
"""How many times a source's own interval its ttl may make of it: templates write "hourly" into every site's feed."""
CROWDED = 0.5
"""Part of a listing that may be new at a poll, whoever asks for patience: what has fallen off it is lost for good."""
SILENT_FACTOR = 3.0
"""Times its longest silence, in entries that were due, that a source must be silent to be reported."""
SILENT_DOUBT = 20
"""Of so many entries the longest silence that is known counts double, of fewer still more: it is soon exceeded."""
SILENT_DUE = 6.0
"""Entries that must be overdue in any case."""
SILENT_AT_LEAST = timedelta(days=2)
_HALF_LIFE = timedelta(days=14)
"""After so long what was counted weighs half."""
_MEAN_LIFE = _HALF_LIFE / math.log(2)
_CALM_KEPT = 0.99
"""Part of its longest silence that a source keeps with each look that found something."""
_PINNED = 4
"""One in so many of a first listing, the oldest, does not count: a pinned entry would stretch the span by years."""
_ENOUGH = 500
"""Dates of a first listing that are looked at, the newest: a sitemap may list 50,000."""
_OLDEST = timedelta(days=3650)
_MINUTE = timedelta(minutes=1)
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hints:
    """How long an answer is good for: as its server says (``max_age``), as the feed says (``ttl``); else None."""

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
    """Return the rhythm after a look at ``at`` that found entries not seen before, with these ``dates``, aware or None.

    The first look teaches from the dates of all that is listed; after it, an entry came between the last look and this
    one, whatever its date says. A look that found nothing teaches nothing: silence is measured by what was before it.
    """
    if rhythm is None or rhythm.at is None or rhythm.counted is None:
        return _first_look(at, dates)
    last, counted = rhythm.at, rhythm.counted
    if at > last:
        came = sorted(min(max(date, last), at) if date else at for date in dates)
    else:  # a further part of what was looked at: what is older than that look's newest says nothing new
        came = sorted(date for date in dates if date and counted < date <= last)
    rhythm = replace(rhythm, at=max(at, last), listed=max(rhythm.listed, len(dates)))
    if not came:
        return rhythm
    silence = habit_of(rhythm).due(counted.timestamp(), came[0].timestamp())
    return replace(
        _count(rhythm, max(came[-1], counted), came),
        calm_milli=max(int(rhythm.calm_milli * _CALM_KEPT), int(silence * 1000)),
    )


def _first_look(at: datetime, dates: Sequence[datetime | None]) -> Rhythm:
    known = sorted(max(min(date, at), at - _OLDEST) for date in dates if date)[-_ENOUGH:]
    if not known:
        return Rhythm(at=at, counted=at, listed=len(dates))
    began = known[len(known) // _PINNED]
    came = [date for date in known if date > began]
    empty = Rhythm(at=at, counted=began, listed=len(dates))
    learned = _count(empty, known[-1], came, hours_known=_tells_hours(at, dates))
    habit = habit_of(learned)
    times = [date.timestamp() for date in (began, *came)]
    silence = max((habit.due(*gap) for gap in pairwise(times)), default=0.0)
    return replace(learned, calm_milli=int(silence * 1000))


def _tells_hours(at: datetime, dates: Sequence[datetime | None]) -> bool:
    """Return whether the dates of a first listing can be believed to the hour.

    One in the future was written in another zone; all at the same minute of an hour are days, with a time made up.
    """
    known = [date for date in dates if date]
    same_minute = len(known) > 2 and len({(date.minute, date.second) for date in known}) == 1
    return not same_minute and all(date <= at + _MINUTE for date in known)


def _count(rhythm: Rhythm, until: datetime, came: Sequence[datetime], *, hours_known: bool = True) -> Rhythm:
    """Return the rhythm that has counted these entries, all not later than ``until``, and the days up to there.

    An entry weighs what the days of the span weigh that it came in, or slow sources would seem faster than they are.
    """
    span = until - (rhythm.counted or until)
    kept = 0.5 ** (span / _HALF_LIFE)
    days = _MEAN_LIFE * (1 - kept)
    weight = days / span if span else 1.0
    hours = [count * kept for count in rhythm.hours_milli or (0,) * HOURS]
    weekdays = [count * kept for count in rhythm.weekdays_milli or (0,) * WEEKDAYS]
    for date in came:
        seconds = date.timestamp()
        weekdays[weekday_of(seconds)] += 1000 * weight
        for hour in (hour_of(seconds),) if hours_known else range(HOURS):
            hours[hour] += 1000 * weight / (1 if hours_known else HOURS)
    return replace(
        rhythm,
        counted=until,
        entries=rhythm.entries + len(came),
        days_milli=int(rhythm.days_milli * kept + days / timedelta(days=1) * 1000),
        hours_milli=tuple(map(int, hours)),
        weekdays_milli=tuple(map(int, weekdays)),
    )


def next_poll(source: Source, at: datetime, rhythm: Rhythm | None, hints: Hints) -> datetime:
    """Return when to poll ``source`` again after a look at ``at`` that went well: aware, later than ``at``.

    Whole minutes later, for polls are handed out once a minute, unless its bounds say otherwise. A max-age counts in
    full, a ttl only so far (``TTL_STRETCH``): the first is sent by who pays for the request, the second is written into
    a template once. Neither may have entries fall off the listing unseen, nor exceed the longest interval: Miniflux
    caps both too, NetNewsWire heeded max-age until it met feeds that said a year.
    """
    chance = _chance(source.id, at)
    own, crowded = _own_intervals(source, at, rhythm)
    ttl = hints.ttl or timedelta()
    if rhythm is not None and any(rhythm.hours_milli):
        ttl = min(ttl, own * TTL_STRETCH)
    asked = min(max(hints.max_age or timedelta(), ttl), LONGEST_ASKED, crowded)
    interval = max(own * (1 - JITTER * chance), asked * (1 + JITTER * chance))
    interval = max(round(interval / _MINUTE), 1) * _MINUTE
    return at + max(source.poll_min, min(interval, source.poll_max))


def _own_intervals(source: Source, at: datetime, rhythm: Rhythm | None) -> tuple[timedelta, timedelta]:
    """Return after how long the source is due by its habit, and after how long its listing has turned over too far."""
    if rhythm is None or rhythm.counted is None or rhythm.at is None:
        return source.poll_every, source.poll_max
    if not any(rhythm.hours_milli):
        return max(source.poll_every, (at - rhythm.counted) / NEWCOMER), source.poll_max
    habit, now, longest = _present_habit(rhythm, at), at.timestamp(), source.poll_max.total_seconds()
    usual = source.poll_every.total_seconds()
    bound = pressure(0, 0, USUAL_PER_DAY / DAY, usual)
    return (
        timedelta(seconds=habit.until_pressing(now, bound, longest)),
        timedelta(seconds=habit.until_waiting(now, max(rhythm.listed, 1) * CROWDED, longest)),
    )


def _present_habit(rhythm: Rhythm, at: datetime) -> Habit:
    """Return the habit, slowed down as far as the present silence has gone beyond all silences before."""
    habit = habit_of(rhythm)
    overdue = _overdue(rhythm, habit, at)
    allowed = max(CALM, rhythm.calm_milli / 1000)
    return habit.slowed(allowed / overdue) if overdue > allowed else habit


def _overdue(rhythm: Rhythm, habit: Habit, at: datetime) -> float:
    """Return how many entries were due since the newest."""
    return habit.due(rhythm.counted.timestamp(), at.timestamp()) if rhythm.counted else 0.0


def next_try(source: Source, at: datetime, failures: int, asked: timedelta | datetime | None) -> datetime:
    """Return when to poll again after the ``failures``-th failure in a row: each doubles the wait.

    ``asked`` is the server's Retry-After; it is kept, as long as it is within the source's longest interval.
    """
    wait = max(min(source.poll_every * (1 << min(failures, 16)), source.poll_max), source.poll_min)
    following = at + wait
    if isinstance(asked, timedelta):
        return max(following, at + min(asked, source.poll_max))
    if isinstance(asked, datetime):
        return max(following, min(asked, at + source.poll_max))
    return following


def silent_since(rhythm: Rhythm | None, at: datetime) -> datetime | None:
    """Return since when a source has been silent, where that is far beyond its habit; else None.

    Silence is told in entries that were due, so nights and weekends do not count for a source that knows them; and it
    is compared with the longest that the source broke again, so a source that writes in bursts is given more of it.
    """
    if rhythm is None or rhythm.counted is None or not any(rhythm.hours_milli):
        return None
    if at - rhythm.counted < SILENT_AT_LEAST:
        return None
    longest = rhythm.calm_milli / 1000 * (1 + SILENT_DOUBT / rhythm.entries)
    overdue = _overdue(rhythm, habit_of(rhythm), at)
    return rhythm.counted if overdue > max(SILENT_DUE, SILENT_FACTOR * longest) else None


def _chance(source_id: str, at: datetime) -> float:
    """Return a number in [0, 1) that is the same whenever it is asked for this source and time."""
    drawn = hashlib.sha256(f"{source_id}#{format_instant(at)}".encode()).digest()
    return int.from_bytes(drawn[:4]) / 2**32
