"""When schedules fire, and what they give their functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localcloud.plane.schedules import ScheduleError, parse
from localcloud.stack import Schedule

from ..sample import NOW, REGION, Printed, cloud, function, stack

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TICKS = Schedule("Ticks", "ticks", "rate(1 hour)", "F")
NIGHT = Schedule("Night", "night", "cron(0 3 * * ? *)", "F", '{"night": true}', "Asia/Shanghai", scheduler=True)
OFF = Schedule("Off", "off", "rate(1 minute)", "F", enabled=False)


def times(expression: str, count: int, timezone: str = "UTC", start: datetime = BEGIN) -> list[str]:
    parsed = parse(expression, start, timezone)
    found: list[str] = []
    instant: datetime | None = start
    while instant is not None and len(found) < count:
        instant = parsed.after(instant)
        if instant is not None:
            found.append(instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(5 minutes)", ["2026-01-01 00:05", "2026-01-01 00:10"]),
        ("rate(1 day)", ["2026-01-02 00:00", "2026-01-03 00:00"]),
        ("cron(0 10 * * ? *)", ["2026-01-01 10:00", "2026-01-02 10:00"]),
        ("cron(15 12 * * ? 2027)", ["2027-01-01 12:15", "2027-01-02 12:15"]),
        ("cron(0/20 8-9 ? * MON-FRI *)", ["2026-01-01 08:00", "2026-01-01 08:20"]),
        ("cron(0 18 ? * MON-FRI *)", ["2026-01-01 18:00", "2026-01-02 18:00", "2026-01-05 18:00"]),
        ("cron(0 8 1 * ? *)", ["2026-01-01 08:00", "2026-02-01 08:00"]),
        ("cron(0 0 L * ? *)", ["2026-01-31 00:00", "2026-02-28 00:00"]),
        ("cron(0 9 ? * 6L *)", ["2026-01-30 09:00", "2026-02-27 09:00"]),
        ("cron(0 9 ? * TUE#2 *)", ["2026-01-13 09:00", "2026-02-10 09:00"]),
        ("cron(0 9 3W * ? *)", ["2026-01-02 09:00", "2026-02-03 09:00"]),
        ("cron(0 9 1W 8 ? *)", ["2026-08-03 09:00", "2027-08-02 09:00"]),
        ("cron(0 9 LW 5 ? *)", ["2026-05-29 09:00", "2027-05-31 09:00"]),
        ("cron(30 6 ? JAN,JUL SUN *)", ["2026-01-04 06:30", "2026-01-11 06:30"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("at(2026-05-01T10:00:00)", ["2026-05-01 10:00"]),
    ],
)
def test_expressions(expression: str, expected: list[str]) -> None:
    assert times(expression, len(expected)) == expected


def test_a_single_time_fires_once() -> None:
    assert times("at(2026-05-01T10:00:00)", 5) == ["2026-05-01 10:00"]


def test_time_zones_and_the_hour_that_daylight_saving_skips() -> None:
    assert times("cron(0 3 * * ? *)", 1, "Asia/Shanghai") == ["2026-01-01 19:00"]
    # 29 March 2026 has no 02:30 in Berlin.
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert times("cron(30 2 * * ? *)", 2, "Europe/Berlin", start) == ["2026-03-30 00:30", "2026-03-31 00:30"]


@pytest.mark.parametrize(
    "wrong",
    [
        "rate(1 minutes)",
        "rate(2 minute)",
        "rate(0 minutes)",
        "rate(5 seconds)",
        "cron(0 10 * * *)",
        "cron(0 10 * * * *)",
        "cron(0 10 ? * ? *)",
        "cron(60 10 * * ? *)",
        "cron(0 10 ? * FOO *)",
        "every hour",
    ],
)
def test_what_eventbridge_would_refuse(wrong: str) -> None:
    with pytest.raises(ScheduleError):
        parse(wrong, BEGIN)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ScheduleError, match="Mars"):
        parse("cron(0 10 * * ? *)", BEGIN, "Mars/Olympus")


def fired(printed: Printed) -> list[Any]:
    return printed.by("F")


def test_schedules_fire_in_their_time_and_not_while_draining() -> None:
    printed = Printed()
    with cloud(stack(function("F"), TICKS, NIGHT, OFF), printed) as running:
        running.drain()
        assert printed == []
        running.run_for(timedelta(hours=8))
        running.drain()
        assert running.now == NOW + timedelta(hours=8)
    assert [event["time"] for event in fired(printed) if "time" in event] == [
        f"2026-03-01T{hour}:00:00Z" for hour in range(13, 21)
    ]
    assert [event for event in fired(printed) if "time" not in event] == [{"night": True}]


def test_each_schedule_fires_once_on_demand() -> None:
    printed = Printed()
    with cloud(stack(function("F"), TICKS, NIGHT, OFF), printed) as running:
        running.fire_schedules()
        running.drain()
        assert running.now == NOW
    event = next(event for event in fired(printed) if "time" in event)
    assert len(fired(printed)) == 2
    assert event["source"] == "aws.events"
    assert event["detail-type"] == "Scheduled Event"
    assert event["resources"] == [f"arn:aws:events:{REGION}:123456789012:rule/ticks"]


def test_the_clock_of_a_watch_follows_its_pacing() -> None:
    class Steps:
        """A wall clock that only moves when waited for."""

        def __init__(self) -> None:
            self.instant = datetime(2030, 5, 5, tzinfo=UTC)

        def now(self) -> datetime:
            return self.instant

        def wait(self, seconds: float) -> None:
            self.instant += timedelta(seconds=seconds)

    pacing, printed = Steps(), Printed()
    begin = pacing.instant
    with cloud(stack(function("F"), TICKS), printed) as running:
        running.run_realtime(lambda: pacing.instant - begin >= timedelta(hours=2, minutes=1), pacing)
        assert running.now - NOW >= timedelta(hours=2)
    assert [event["time"] for event in fired(printed)] == ["2026-03-01T13:00:00Z", "2026-03-01T14:00:00Z"]
