"""What is to be expected of a source: how many entries at which hour of which weekday, from those that came before.

Times are seconds since 1970, so that hours and weekdays (UTC) are a division. A source's own zone is not asked for: its
rhythm has the same shape in any, an hour off for a while when its clocks change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from broadsheet.model.source_state import Rhythm

HOUR = 3_600
DAY = 24 * HOUR
WEEK = 7 * DAY
HOURS, WEEKDAYS = 24, 7
_THURSDAY = 3
"""The weekday of 1970-01-01, Monday being 0."""
_LEAST_DAYS = 0.02
"""Added to the days that were counted: a handful of entries within a minute is no rate."""
_HOUR_DOUBT, _WEEKDAY_DOUBT = 1.5, 3.0
"""Entries of each hour or weekday that are imagined at the source's mean rate: a few real ones are no pattern."""
_HOUR_DAYS, _WEEKDAY_DAYS = 1.0, 7.0
"""Days that are imagined at the mean rate: hours that were never watched are not empty ones."""


def pressure(waiting: float, waited: float, rate: float, seconds: float) -> float:
    """Return how much a poll is called for after ``seconds`` more at ``rate`` entries per second.

    (entries waiting)^2 x (seconds that they have waited, together); ``waiting`` and ``waited`` are what there was.
    """
    return (waiting + rate * seconds) ** 2 * (waited + waiting * seconds + rate * seconds * seconds / 2)


def hour_of(seconds: float) -> int:
    """Return the hour of the day, UTC."""
    return int(seconds // HOUR) % HOURS


def weekday_of(seconds: float) -> int:
    """Return the weekday, UTC, Monday being 0."""
    return (int(seconds // DAY) + _THURSDAY) % WEEKDAYS


@dataclass(frozen=True, slots=True)
class Habit:
    """Entries per second on the mean, and how many times that each hour of the day and each weekday has."""

    per_second: float
    hours: tuple[float, ...]
    weekdays: tuple[float, ...]

    def slowed(self, part: float) -> Habit:
        """Return the habit of a source that has ``part`` (0 to 1) of this one's entries."""
        return Habit(self.per_second * part, self.hours, self.weekdays)

    def stretches(self, start: float, length: float) -> Iterator[tuple[float, float]]:
        """Yield (seconds, entries per second) from ``start`` on, hour by hour, ``length`` seconds in all."""
        end = start + length
        while start < end:
            following = min(end, (start // HOUR + 1) * HOUR)
            yield (
                following - start,
                self.per_second * self.hours[hour_of(start)] * self.weekdays[weekday_of(start)],
            )
            start = following

    def due(self, start: float, end: float) -> float:
        """Return how many entries are to be expected between two times."""
        weeks, rest = divmod(max(end - start, 0.0), WEEK)
        in_a_week = self.per_second * HOUR * sum(self.hours) * sum(self.weekdays)
        return weeks * in_a_week + sum(seconds * rate for seconds, rate in self.stretches(start, rest))

    def until_pressing(self, start: float, bound: float, longest: float) -> float:
        """Return after how many seconds the pressure (:func:`pressure`) reaches ``bound``, at most ``longest``.

        Nothing waits at ``start``.
        """
        passed = waiting = waited = 0.0
        for seconds, rate in self.stretches(start, longest):
            if pressure(waiting, waited, rate, seconds) >= bound:
                return passed + _first_second(waiting, waited, rate, seconds, bound)
            waited += waiting * seconds + rate * seconds * seconds / 2
            waiting += rate * seconds
            passed += seconds
        return longest

    def until_waiting(self, start: float, entries: float, longest: float) -> float:
        """Return after how many seconds ``entries`` are to be expected, at most ``longest``."""
        passed = waiting = 0.0
        for seconds, rate in self.stretches(start, longest):
            if waiting + rate * seconds >= entries:
                return passed + (entries - waiting) / rate
            waiting += rate * seconds
            passed += seconds
        return longest


def habit_of(rhythm: Rhythm) -> Habit:
    """Return the habit that ``rhythm`` tells of; few entries and few days leave it flat."""
    entries, days = sum(rhythm.hours_milli) / 1000, rhythm.days_milli / 1000 + _LEAST_DAYS
    hours = [count / 1000 for count in rhythm.hours_milli or (0,) * HOURS]
    smooth = [(hours[i - 1] + 2 * hours[i] + hours[(i + 1) % HOURS]) / 4 for i in range(HOURS)]
    weekdays = [count / 1000 for count in rhythm.weekdays_milli or (0,) * WEEKDAYS]
    return Habit(
        entries / days / DAY,
        _factors(smooth, _HOUR_DOUBT + entries / HOURS * _HOUR_DAYS / days),
        _factors(weekdays, _WEEKDAY_DOUBT + entries / WEEKDAYS * _WEEKDAY_DAYS / days),
    )


def _factors(counts: Sequence[float], doubt: float) -> tuple[float, ...]:
    """Return each count as a multiple of their mean, ``doubt`` having been added to all."""
    mean = sum(counts) / len(counts) + doubt
    return tuple((count + doubt) / mean for count in counts)


def _first_second(waiting: float, waited: float, rate: float, seconds: float, bound: float) -> float:
    """Return the first whole second at which the bound is reached, which it is after ``seconds``."""
    low, high = 0, -int(-seconds // 1)
    while high - low > 1:
        middle = (low + high) // 2
        if pressure(waiting, waited, rate, middle) >= bound:
            high = middle
        else:
            low = middle
    return min(high, seconds)
