"""Made-up news outlets to poll: when each publishes, and what its feed tells of it. The same for the same seed.

Rates follow Zipf's law. Most outlets have a day of their own zone and many a week; some publish in bursts, some by the
clock, some have fallen silent. Dates, max-ages and ttls are as right and as wrong as real ones.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

BEGIN = datetime(2026, 1, 7, tzinfo=UTC)
"""When the measured days begin, a Wednesday; an outlet's times are seconds from there, those before it negative."""
DAY = 86_400.0
WEDNESDAY = 2
ZONES = (-8, -5, 0, 1, 1, 3, 5, 8, 8, 9)
PEAKS = (9, 11, 14, 18)
LISTED = (10, 20, 30, 50, 100)
MAX_AGES = (60, 300, 300, 600, 900, 1800, 3600)
TTLS = (300, 900, 1800, 3600, 3600)
LONG = 86_400
"""The max-age and ttl of servers and templates that were set up without a thought of news."""
BURST = (3, 5, 8)
WITHIN_BURST = 300.0
LONGEST_PAST_DAYS = 400
"""So far back goes the past of slow outlets, whose listings would be empty otherwise."""

Dates = Literal["right", "none", "zone", "day"]
"""Of a feed: right, left out, eight hours in the future, or the day alone."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """One source. ``published`` and ``edited`` are sorted; ``max_age`` and ``ttl`` are seconds, 0 for none."""

    number: int
    published: tuple[float, ...]
    edited: tuple[tuple[float, int], ...]
    """When which article was changed: the feed is another then, and brings nothing new."""
    died: float | None
    listed: int
    max_age: int
    ttl: int
    dates: Dates

    def published_until(self, at: float) -> int:
        """Return how many articles there are at ``at``."""
        return bisect_right(self.published, at)

    def edited_until(self, at: float) -> int:
        """Return how many edits there have been at ``at``."""
        return bisect_right(self.edited, (at, len(self.published)))

    def date(self, number: int) -> datetime | None:
        """Return the date that the feed gives to the article of that number."""
        written = BEGIN + timedelta(seconds=int(self.published[number]))
        match self.dates:
            case "none":
                return None
            case "zone":
                return written + timedelta(hours=8)
            case "day":
                return written.replace(hour=0, minute=0, second=0)
        return written


@dataclass(frozen=True, slots=True)
class Workload:
    """What is made up: ``per_day`` articles of ``outlets`` outlets, whose rates go with rank to the -``exponent``."""

    seed: str
    outlets: int = 1_000
    exponent: float = 1.0
    per_day: float = 5_000.0
    bursty: float = 0.3
    """The part of the outlets that publishes in bursts."""
    flat: float = 0.1
    """The part that publishes around the clock, all week."""
    before: int = 35
    """Days that are made up before the measured ones."""
    days: int = 1
    dying: float = 0.05
    """The part that falls silent for good, at any time that is made up."""


def make_outlets(workload: Workload) -> list[Outlet]:
    """Return the outlets, the busiest first."""
    weights = [(rank + 1) ** -workload.exponent for rank in range(workload.outlets)]
    return [
        _outlet(workload, rank, workload.per_day * weight / sum(weights), random.Random(f"{workload.seed} {rank}"))  # noqa: S311 - news to measure with
        for rank, weight in enumerate(weights)
    ]


def _outlet(workload: Workload, rank: int, per_day: float, draw: random.Random) -> Outlet:
    hours, weekdays = _rhythm(workload, draw)
    past = max(workload.before, min(LONGEST_PAST_DAYS, math.ceil(max(LISTED) / 2 / per_day)))
    style = draw.random()
    if style < workload.bursty:
        published = _in_bursts(per_day, past, workload.days, hours, weekdays, draw)
    elif style < workload.bursty + 0.05:
        published = _by_the_clock(per_day, past, workload.days, draw)
    else:
        published = _by_chance(per_day, past, workload.days, hours, weekdays, draw)
    end = workload.days * DAY
    died = draw.uniform(-workload.before * DAY, end) if draw.random() < workload.dying else None
    published = sorted(at for at in published if at < min(end, end if died is None else died))
    edited = sorted(
        (at + draw.uniform(60, 7200), number)
        for number, at in enumerate(published)
        if at > -2 * DAY and draw.random() < 0.05
    )
    asks, tells, dated = draw.random(), draw.random(), draw.random()
    return Outlet(
        number=rank,
        published=tuple(published),
        edited=tuple(edited),
        died=died,
        listed=draw.choice(LISTED),
        max_age=draw.choice(MAX_AGES) if asks < 0.20 else LONG if asks < 0.23 else 0,
        ttl=draw.choice(TTLS) if tells < 0.15 else LONG if tells < 0.18 else 0,
        dates="none" if dated < 0.05 else "zone" if dated < 0.08 else "day" if dated < 0.10 else "right",
    )


def _rhythm(workload: Workload, draw: random.Random) -> tuple[list[float], list[float]]:
    """Return how many times the mean each UTC hour and each weekday (Monday first) has."""
    if draw.random() < workload.flat:
        return [1.0] * 24, [1.0] * 7
    zone, peak, width, night = draw.choice(ZONES), draw.choice(PEAKS), draw.choice((4, 6, 8)), draw.choice((0.02, 0.1))
    from_peak = [min((hour + zone - peak) % 24, (peak - hour - zone) % 24) for hour in range(24)]
    return (
        _mean_one([night + math.exp(-((far / width) ** 2)) for far in from_peak]),
        _mean_one([1.0] * 5 + [draw.choice((0.1, 0.3, 0.7, 1.0))] * 2),
    )


def _mean_one(values: list[float]) -> list[float]:
    mean = sum(values) / len(values)
    return [value / mean for value in values]


def _by_chance(
    per_day: float, past: int, days: int, hours: Sequence[float], weekdays: Sequence[float], draw: random.Random
) -> list[float]:
    """Return times of a Poisson process with this rhythm, by thinning one at its highest rate."""
    most = max(hours) * max(weekdays)
    at, times = -past * DAY, []
    while (at := at + draw.expovariate(per_day / DAY * most)) < days * DAY:
        if draw.random() * most < hours[int(at // 3600) % 24] * weekdays[(WEDNESDAY + int(at // DAY)) % 7]:
            times.append(at)
    return times


def _in_bursts(
    per_day: float, past: int, days: int, hours: Sequence[float], weekdays: Sequence[float], draw: random.Random
) -> list[float]:
    size = draw.choice(BURST)
    times = []
    for at in _by_chance(per_day / size, past, days, hours, weekdays, draw):
        after = 0.0
        for _ in range(draw.randint(1, 2 * size - 1)):
            times.append(at + after)
            after += draw.expovariate(1 / WITHIN_BURST)
    return times


def _by_the_clock(per_day: float, past: int, days: int, draw: random.Random) -> list[float]:
    """Return equal steps from an hour of the day on, a whole number of them in a day or of days in a step."""
    step = DAY / round(per_day) if per_day >= 1 else DAY * round(1 / per_day)
    first = -past * DAY + draw.randrange(24) * 3600
    return [first + step * number for number in range(int((days * DAY - first) / step) + 1)]
