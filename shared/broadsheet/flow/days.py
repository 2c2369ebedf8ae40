"""Days of the site's zone, and the lines of an index that fall on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from broadsheet.model import keys
from broadsheet.model.article import IndexLine, PeriodCount
from broadsheet.model.order import format_instant, parse_instant
from broadsheet.model.records import index_from, rollup_from

from .ports import Item, Table


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """Return the day that an aware ``instant`` falls on in ``zone``."""
    return instant.astimezone(zone).date()


def day_of_line(sk: str, zone: ZoneInfo) -> date:
    """Return the day of an index line, given its sort key."""
    return day_of(parse_instant(sk.partition("#")[0]), zone)


def lines_of_day(table: Table, index: str, day: date, zone: ZoneInfo) -> tuple[IndexLine, ...]:
    """Return the lines of ``index`` on ``day``, oldest first.

    A day may begin twice or not at all at midnight, where clocks are changed then: the widest span is read, and each
    line tells its day.
    """
    begin = min(_midnights(day, zone))
    end = max(_midnights(day + timedelta(days=1), zone)) if day < date.max else datetime.max.replace(tzinfo=UTC)
    items = table.query(index, first=format_instant(begin), last=f"{format_instant(end)}#\uffff")
    return tuple(line for line in map(index_from, items) if day_of(line.instant, zone) == day)


def _midnights(day: date, zone: ZoneInfo) -> list[datetime]:
    """Return when ``day`` begins, in UTC: by the clock before a change at midnight, and by the one after it."""
    midnight = datetime.combine(day, time.min, zone)
    try:
        return [midnight.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    except OverflowError:  # the first day there is, east of Greenwich
        return [midnight.replace(tzinfo=UTC)]


def neighbours(table: Table, index: str, day: date) -> tuple[date | None, date | None]:
    """Return the nearest days before and after ``day`` on which ``index`` has articles."""
    here = keys.rollup_line(index, day.isoformat()).sk
    prefix = keys.rollup_prefix(10)
    older = table.query(keys.rollup(index), first=prefix, last=here, limit=2, newest_first=True)
    newer = table.query(keys.rollup(index), first=here, last=f"{prefix}\uffff", limit=2)
    return _nearest(older, here), _nearest(newer, here)


def counts(table: Table, index: str, length: int, within: str = "") -> tuple[PeriodCount, ...]:
    """Return the counts of ``index`` over its years, months or days, oldest first.

    ``length`` is that of the period, 4 or 10 characters; ``within`` what all of them begin with: a year.
    """
    first = keys.rollup_prefix(length) + within
    return tuple(rollup_from(item)[0] for item in table.query(keys.rollup(index), first=first, last=f"{first}\uffff"))


def _nearest(items: Sequence[Item], here: str) -> date | None:
    return next((date.fromisoformat(rollup_from(item)[0].period) for item in items if item["sk"] != here), None)
