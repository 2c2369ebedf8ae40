"""When schedules fire: EventBridge's ``rate(...)``, ``cron(...)`` and ``at(...)``.

After the EventBridge User Guide, "Cron-based schedules" and "Rate-based schedules", and the EventBridge Scheduler
User Guide, "Schedule types".
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_RATE = re.compile(r"rate\(\s*(\d+)\s+(minute|hour|day)(s?)\s*\)")
_AT = re.compile(r"at\(\s*(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\s*\)")
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), start=1)}
_LAST_YEAR = 2199


class ScheduleError(ValueError):
    """An expression that EventBridge would refuse."""


class Expression(Protocol):
    """When something fires."""

    def after(self, instant: datetime) -> datetime | None:
        """The first time it fires after an instant (aware); None where it never does again."""


def parse(text: str, anchor: datetime, timezone: str = "UTC") -> Expression:
    """Read an expression; a rate counts from ``anchor``, cron and at are in ``timezone``.

    Raises ScheduleError, which says what is wrong with it.
    """
    if found := _RATE.fullmatch(text.strip()):
        count, unit, plural = int(found[1]), _UNITS[found[2]], bool(found[3])
        if count < 1 or plural != (count != 1):
            raise ScheduleError(f"{text}: write rate(1 {found[2]}) for one and rate({count} {found[2]}s) for more")
        return Rate(anchor, unit * count)
    if found := _AT.fullmatch(text.strip()):
        return Once(datetime.fromisoformat(found[1]).replace(tzinfo=_zone(timezone)))
    if text.strip().startswith("cron(") and text.strip().endswith(")"):
        return Cron.parse(text.strip()[5:-1], _zone(timezone))
    raise ScheduleError(f"{text}: neither rate(...), cron(...) nor at(...)")


@dataclass(frozen=True, slots=True)
class Rate:
    """Every ``period``, counted from ``anchor``."""

    anchor: datetime
    period: timedelta

    def after(self, instant: datetime) -> datetime:
        """The first multiple after an instant."""
        passed = max(-1, (instant - self.anchor) // self.period) if instant >= self.anchor else -1
        return self.anchor + (max(passed, 0) + 1) * self.period


@dataclass(frozen=True, slots=True)
class Once:
    """At one instant."""

    instant: datetime

    def after(self, instant: datetime) -> datetime | None:
        """The instant, if it is still to come."""
        return self.instant if self.instant > instant else None


DayRule = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Cron:
    """Minutes, hours, day of month, month, day of week, year."""

    minutes: frozenset[int]
    hours: frozenset[int]
    months: frozenset[int]
    years: frozenset[int]
    day: DayRule
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, zone: ZoneInfo) -> Cron:
        """Read the six fields between the parentheses."""
        fields = text.split()
        if len(fields) != 6:
            raise ScheduleError(f"cron({text}): {len(fields)} fields, but minutes hours day month weekday year are 6")
        minutes, hours, month_day, months, week_day, years = fields
        if (month_day == "?") == (week_day == "?"):
            raise ScheduleError(f"cron({text}): exactly one of day of month and day of week must be ?")
        try:
            return cls(
                minutes=_numbers(minutes, 0, 59),
                hours=_numbers(hours, 0, 23),
                months=_numbers(months, 1, 12, _MONTHS),
                years=_numbers(years, 1970, _LAST_YEAR),
                day=_month_day(month_day) if week_day == "?" else _week_day(week_day),
                zone=zone,
            )
        except ValueError as error:
            raise ScheduleError(f"cron({text}): {error}") from error

    def after(self, instant: datetime) -> datetime | None:
        """The first fitting minute after an instant."""
        local = instant.astimezone(self.zone)
        day = local.date()
        while day.year <= min(_LAST_YEAR, local.year + 200):
            if day.year not in self.years:
                day = date(day.year + 1, 1, 1)
                continue
            if day.month not in self.months:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
                continue
            if self.day(day):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        fires = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
                        if _exists(fires) and fires.astimezone(UTC) > instant.astimezone(UTC):
                            return fires.astimezone(UTC)
            day += timedelta(days=1)
        return None


def _exists(local: datetime) -> bool:
    # An hour that daylight saving skips comes back as another one.
    there = local.astimezone(UTC).astimezone(local.tzinfo)
    return there.replace(tzinfo=None) == local.replace(tzinfo=None)


def _numbers(field: str, low: int, high: int, names: dict[str, int] | None = None) -> frozenset[int]:
    def number(text: str) -> int:
        value = (names or {}).get(text.upper())
        value = int(text) if value is None else value
        if not low <= value <= high:
            raise ValueError(f"{text} is not within {low}-{high}")
        return value

    result: set[int] = set()
    for part in field.split(","):
        span, _, step_text = part.partition("/")
        step = int(step_text) if step_text else 1
        if step < 1:
            raise ValueError(f"{part} has no positive step")
        if span in ("*", "?"):
            first, last = low, high
        elif "-" in span:
            first, last = (number(text) for text in span.split("-", 1))
        else:
            first = number(span)
            last = high if step_text else first
        # A range may wrap, as FRI-MON does.
        values = list(range(first, last + 1)) if first <= last else [*range(first, high + 1), *range(low, last + 1)]
        result.update(values[::step])
    return frozenset(result)


def _month_day(field: str) -> DayRule:
    if field == "L":
        return lambda day: day.day == _last_day(day)
    if field == "LW":
        return lambda day: day.day == _nearest_weekday(day, _last_day(day))
    if field.endswith("W"):
        wanted = int(field[:-1])
        if not 1 <= wanted <= 31:
            raise ValueError(f"{field} names no day of a month")
        return lambda day: wanted <= _last_day(day) and day.day == _nearest_weekday(day, wanted)
    days = _numbers(field, 1, 31)
    return lambda day: day.day in days


def _week_day(field: str) -> DayRule:
    if field == "L":
        return lambda day: _week_number(day) == 7
    if "#" in field:
        name, _, which = field.partition("#")
        wanted, count = min(_numbers(name, 1, 7, _DAYS)), int(which)
        if not 1 <= count <= 5:
            raise ValueError(f"{field} names no week of a month")
        return lambda day: _week_number(day) == wanted and (day.day - 1) // 7 + 1 == count
    if field.endswith("L"):
        last = min(_numbers(field[:-1], 1, 7, _DAYS))
        return lambda day: _week_number(day) == last and day.day + 7 > _last_day(day)
    days = _numbers(field, 1, 7, _DAYS)
    return lambda day: _week_number(day) in days


def _week_number(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _last_day(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date, wanted: int) -> int:
    target = day.replace(day=wanted)
    if target.weekday() < 5:
        return wanted
    if target.weekday() == 5:
        return wanted - 1 if wanted > 1 else wanted + 2
    return wanted + 1 if wanted < _last_day(day) else wanted - 2


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError) as error:
        raise ScheduleError(f"time zone {name!r} is not known") from error
