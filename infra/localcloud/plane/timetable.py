"""The schedules of a stack on the clock: when each fires, and the event it gives its function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from localcloud.plane.asynchronous import Asynchronous, constant_input
from localcloud.plane.loop import Event, EventLoop
from localcloud.plane.numbering import Numbering
from localcloud.plane.schedules import Expression, parse
from localcloud.stack import ACCOUNT_ID, Function, Schedule


class Timetable:
    """Fires schedules, in their time or on demand.

    Rates count from ``anchor``, the instant the stack was first run. Schedules are background events: they fire
    when time passes, and a drain does not wait for them.
    """

    def __init__(
        self,
        schedules: Iterable[Schedule],
        functions: Mapping[str, Function],
        loop: EventLoop,
        asynchronous: Asynchronous,
        region: str,
        anchor: datetime,
    ) -> None:
        self._loop = loop
        self._asynchronous = asynchronous
        self._region = region
        self._functions = functions
        self.counter = Numbering()
        """Makes event ids; kept with the state."""
        self._schedules = [schedule for schedule in schedules if schedule.enabled]
        self._expressions: list[Expression] = [
            parse(schedule.expression, anchor, schedule.timezone) for schedule in self._schedules
        ]
        self._planned: list[Event] = []

    def fire_all(self) -> None:
        """Fire every enabled schedule once, now."""
        for schedule in self._schedules:
            self._fire(schedule)

    def start(self, end: datetime | None = None) -> None:
        """Have schedules fire in their time from now on, until ``end``."""
        for schedule, expression in zip(self._schedules, self._expressions, strict=True):
            self._plan(schedule, expression, end)

    def stop(self) -> None:
        """Have no schedule fire any more."""
        for event in self._planned:
            event.cancel()
        self._planned.clear()

    def _plan(self, schedule: Schedule, expression: Expression, end: datetime | None) -> None:
        due = expression.after(self._loop.now)
        if due is None or (end is not None and due > end):
            return

        def fire() -> None:
            self._planned.remove(event)
            self._fire(schedule)
            self._plan(schedule, expression, end)

        event = self._loop.at(due, f"schedule {schedule.name}", fire, background=True)
        self._planned.append(event)

    def _fire(self, schedule: Schedule) -> None:
        event = schedule_event(schedule, self._loop.now, self._region, next(self.counter))
        self._asynchronous.invoke(self._functions[schedule.function], event)


def schedule_event(schedule: Schedule, now: datetime, region: str, number: int) -> Any:
    """The event of a schedule, or its constant input (text that is no JSON is given as a string)."""
    if schedule.input is not None:
        return constant_input(schedule.input)
    kind = (
        f"arn:aws:scheduler:{region}:{ACCOUNT_ID}:schedule/default/"
        if schedule.scheduler
        else (f"arn:aws:events:{region}:{ACCOUNT_ID}:rule/")
    )
    return {
        "version": "0",
        "id": f"5c4ed01e-0000-4000-8000-{number:012x}",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler" if schedule.scheduler else "aws.events",
        "account": ACCOUNT_ID,
        "time": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [kind + schedule.name],
        "detail": "{}" if schedule.scheduler else {},
    }
