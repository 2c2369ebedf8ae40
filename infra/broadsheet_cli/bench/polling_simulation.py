"""Polling made-up outlets by the schedule alone, without fetching anything; and at a fixed interval, to compare.

A poll is served at the next full minute, as ``dispatch_due`` does, and finds what is published by then.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from broadsheet.ingest.poll_schedule import Hints, learn, next_poll, silent_since
from broadsheet.model.source import Source
from broadsheet.model.source_state import Rhythm

from .outlets import BEGIN, DAY, LONGEST_PAST_DAYS, Outlet

MINUTE = 60.0
LOOKS = DAY / 4
"""Between two looks for silence."""


@dataclass(frozen=True, slots=True)
class Polled:
    """What polling came to in the measured days: seconds from publication to the poll that found it, sorted."""

    requests: float
    changed: float
    """Requests that found the feed changed; the others are 304s."""
    delays: tuple[float, ...]
    unseen: int = 0
    """Articles that had fallen off their listing before it was read."""

    @property
    def per_new(self) -> float:
        """Requests per new article."""
        return self.requests / max(len(self.delays), 1)

    @property
    def mean(self) -> float:
        """Seconds."""
        return sum(self.delays) / max(len(self.delays), 1)

    def quantile(self, part: float) -> float:
        """Return the delay, in seconds, that ``part`` of the articles do not exceed."""
        return self.delays[int(part * (len(self.delays) - 1))] if self.delays else 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """The schedule, and one interval for all outlets that is as fast, or as expensive."""

    ours: Polled
    as_fast: Polled
    """With the same median delay."""
    as_fast_seconds: float
    as_fast_heeding: Polled
    """The same of one that leaves a server alone for as long as it asks, as ours does."""
    as_dear: Polled
    """With as many requests."""
    as_dear_seconds: float

    @property
    def share(self) -> float:
        """Our requests per new article as a share of those of the interval that is as fast."""
        return self.ours.per_new / self.as_fast.per_new

    @property
    def share_of_heeding(self) -> float:
        """The same of the interval that heeds what servers ask."""
        return self.ours.per_new / self.as_fast_heeding.per_new


def compare(outlets: Sequence[Outlet], ours: Polled, days: int = 1) -> Comparison:
    """Return ``ours`` beside fixed intervals over the same publications."""
    as_fast = _as_fast(outlets, ours.quantile(0.5), days, heeding=False)
    heeding = _as_fast(outlets, ours.quantile(0.5), days, heeding=True)
    as_dear = len(outlets) * days * DAY / ours.requests
    return Comparison(
        ours,
        poll_fixed(outlets, as_fast, days),
        as_fast,
        poll_fixed(outlets, heeding, days, heeding=True),
        poll_fixed(outlets, as_dear, days),
        as_dear,
    )


def _as_fast(outlets: Sequence[Outlet], median: float, days: int, *, heeding: bool) -> float:
    """Return the interval with this median delay; the shortest there is where none is as fast."""
    low, high = MINUTE / 2, DAY
    while high / low > 1.002:
        middle = math.sqrt(low * high)
        if poll_fixed(outlets, middle, days, heeding=heeding).quantile(0.5) < median:
            low = middle
        else:
            high = middle
    return high


def poll_fixed(outlets: Sequence[Outlet], interval: float, days: int = 1, *, heeding: bool = False) -> Polled:
    """Poll every outlet each ``interval`` seconds, from a moment of its own on; or as seldom as it asks."""
    delays = []
    requests = 0.0
    for outlet in outlets:
        step = max(interval, outlet.max_age, outlet.ttl) if heeding else interval
        first = random.Random(outlet.number).random() * step  # noqa: S311 - a phase
        requests += days * DAY / step
        for published in outlet.published[outlet.published_until(0) :]:
            found = _full_minute(first + math.ceil((published - first) / step) * step)
            if found < days * DAY:
                delays.append(found - published)
    return Polled(requests, 0, tuple(sorted(delays)))


def poll_by_schedule(outlets: Sequence[Outlet], bounds: Source, known_days: float, days: int = 1) -> Polled:
    """Poll every outlet as the schedule says, within the bounds of a source, after :func:`get_to_know`."""
    polls = [_measure(outlet, get_to_know(outlet, bounds, known_days), bounds, days) for outlet in outlets]
    return Polled(
        sum(polled.requests for polled in polls),
        sum(polled.changed for polled in polls),
        tuple(sorted(delay for polled in polls for delay in polled.delays)),
        sum(polled.unseen for polled in polls),
    )


@dataclass(frozen=True, slots=True)
class Known:
    """How polling an outlet stands when the measured days begin."""

    rhythm: Rhythm | None
    next_poll: float
    last_poll: float
    """Before it began: with the first look, everything is new."""


def get_to_know(outlet: Outlet, bounds: Source, days: float) -> Known:
    """Poll an outlet for ``days`` days up to the measured ones, beginning with a first look at its listing.

    With 0, the first look is at the beginning of the measured days, at all outlets together.
    """
    source, hints = source_of(outlet, bounds), hints_of(outlet)
    at = last = -days * DAY
    if days:
        at += random.Random(outlet.number).randrange(1440) * MINUTE  # noqa: S311 - a phase
    rhythm: Rhythm | None = None
    while at < 0:
        rhythm, following = _look(outlet, source, hints, rhythm, last, at)
        last, at = at, following
    return Known(rhythm, at, last)


def _measure(outlet: Outlet, known: Known, bounds: Source, days: int) -> Polled:
    source, hints = source_of(outlet, bounds), hints_of(outlet)
    rhythm, at, last = known.rhythm, known.next_poll, known.last_poll
    requests = changed = unseen = 0
    delays: list[float] = []
    while at < days * DAY:
        before, there = outlet.published_until(last), outlet.published_until(at)
        listed = max(before, there - outlet.listed)
        requests += 1
        changed += there != before or outlet.edited_until(last) != outlet.edited_until(at)
        if rhythm is not None:
            unseen += listed - before
        measured = outlet.published[max(listed, outlet.published_until(0)) : there]
        delays += [at - published for published in measured]
        rhythm, following = _look(outlet, source, hints, rhythm, last, at)
        last, at = at, following
    return Polled(requests, changed, tuple(delays), unseen)


def _look(
    outlet: Outlet, source: Source, hints: Hints, rhythm: Rhythm | None, last: float, at: float
) -> tuple[Rhythm, float]:
    """Return the rhythm after a look at ``at``, and when the next one is served."""
    there = outlet.published_until(at)
    before = outlet.published_until(last) if rhythm else 0
    dates = [outlet.date(number) for number in range(max(before, there - outlet.listed), there)]
    learned = learn(rhythm, instant(at), dates)
    return learned, _full_minute((next_poll(source, instant(at), learned, hints) - BEGIN).total_seconds())


def source_of(outlet: Outlet, bounds: Source) -> Source:
    """Return the source that polls ``outlet`` within the bounds of another."""
    return replace(bounds, id=f"outlet-{outlet.number}")


def instant(at: float) -> datetime:
    """Return the instant of a time of an outlet."""
    return BEGIN + timedelta(seconds=at)


def hints_of(outlet: Outlet) -> Hints:
    """Return what the outlet's server and feed ask."""
    return Hints(
        timedelta(seconds=outlet.max_age) if outlet.max_age else None,
        timedelta(seconds=outlet.ttl) if outlet.ttl else None,
    )


def _full_minute(at: float) -> float:
    return math.ceil(at / MINUTE) * MINUTE


@dataclass(frozen=True, slots=True)
class Silence:
    """What the alarm for silence came to, looking at each outlet every six hours."""

    outlet_days: int
    """Days of outlets that were alive."""
    false_alarms: int
    """Silences reported that ended of themselves."""
    dead: int
    """Outlets that fell silent for good, long enough before the end to be found out."""
    found: tuple[float, ...]
    """Of those that were reported: days from the last article to the alarm, sorted."""


def watch_silence(outlets: Sequence[Outlet], days: int) -> Silence:
    """Look for silence over ``days`` days, in outlets that are all known from their first listing."""
    false_alarms = outlet_days = dead = 0
    found: list[float] = []
    for outlet in outlets:
        alarms = _alarms(outlet, days)
        died = outlet.died if outlet.died is not None else days * DAY
        outlet_days += int(max(died, 0) / DAY)
        newest = outlet.published[-1] if outlet.published else -LONGEST_PAST_DAYS * DAY
        true = [at for at in alarms if outlet.died is not None and at >= newest]
        false_alarms += len(alarms) - len(true)
        if 0 < died < days * DAY / 2:
            dead += 1
            found += [(at - newest) / DAY for at in true[:1]]
    return Silence(outlet_days, false_alarms, dead, tuple(sorted(found)))


def _alarms(outlet: Outlet, days: int) -> list[float]:
    """Return when silences of an outlet are reported, each once."""
    rhythm: Rhythm | None = None
    alarms: list[float] = []
    seen, told = 0, False
    for step in range(int(days * DAY / LOOKS)):
        at = step * LOOKS
        there = outlet.published_until(at)
        if rhythm is None or there > seen:
            dates = [outlet.date(number) for number in range(max(seen, there - outlet.listed), there)]
            rhythm, seen, told = learn(rhythm, instant(at), dates), there, False
        if not told and silent_since(rhythm, instant(at)):
            alarms.append(at)
            told = True
    return alarms
