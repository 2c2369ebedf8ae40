"""The virtual clock and the events due on it."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

Action = Callable[[], None]


class NeverQuietError(RuntimeError):
    """Draining went on past its bound: something feeds itself."""


@dataclass(slots=True, order=True)
class Event:
    """One thing due at an instant; events due together go in the order of ``rank``, which the seed gives."""

    due: datetime
    rank: float
    number: int
    label: str = field(compare=False)
    action: Action = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Take the event back; it is skipped when its time comes."""
        self.cancelled = True


class EventLoop:
    """A heap of due events and the instant that has been reached.

    Deliveries (*foreground*) are what draining waits for. Schedules and expiries (*background*) only happen
    when time passes for another reason.
    """

    def __init__(self, now: datetime, seed: int = 0) -> None:
        if now.tzinfo is None:
            raise ValueError("LocalCloud: `now` has no time zone; pass an aware datetime, for example in UTC")
        self.now = now
        self._random = random.Random(seed)  # noqa: S311 - an order to try, not a secret
        self._foreground: list[Event] = []
        self._background: list[Event] = []
        self._number = 0

    def rank(self) -> float:
        """A seeded number that orders what may happen at once."""
        return self._random.random()

    def at(self, due: datetime, label: str, action: Action, *, background: bool = False) -> Event:
        """Have ``action`` run at ``due`` (at once where that is past); ``label`` names it when it loops."""
        self._number += 1
        event = Event(max(due, self.now), self.rank(), self._number, label, action)
        heapq.heappush(self._background if background else self._foreground, event)
        return event

    def next_delivery(self) -> datetime | None:
        """When the next delivery is due; None where all is quiet."""
        return self._peek(self._foreground)

    def next_due(self) -> datetime | None:
        """When anything at all is due, schedules and expiries included."""
        instants = [due for heap in (self._foreground, self._background) if (due := self._peek(heap))]
        return min(instants, default=None)

    def drain(self, max_events: int) -> int:
        """Run deliveries until none is due, the clock jumping to each.

        Returns how many ran. Raises NeverQuietError past ``max_events``, naming what ran most.
        """
        seen: Counter[str] = Counter()
        total = 0
        while True:
            due = self.next_delivery()
            if self._pass_background_until(due or self.now):
                continue
            if due is None:
                return total
            event = heapq.heappop(self._foreground)
            total += 1
            seen[event.label] += 1
            if total > max_events:
                loudest = ", ".join(f"{label} ({count} times)" for label, count in seen.most_common(3))
                raise NeverQuietError(
                    f"LocalCloud: not quiet after {max_events} events, most of them: {loudest}; "
                    "something feeds itself, or raise max_events"
                )
            self._run(event)

    def run_until(self, end: datetime) -> int:
        """Run everything due up to and at ``end``, in order, and leave the clock there."""
        total = 0
        while True:
            front, back = self._peek(self._foreground), self._peek(self._background)
            due = min((instant for instant in (front, back) if instant is not None), default=None)
            if due is None or due > end:
                break
            heap = self._foreground if front == due and (back != due or self._first_is_front()) else self._background
            self._run(heapq.heappop(heap))
            total += 1
        self.now = max(self.now, end)
        return total

    def _first_is_front(self) -> bool:
        return self._foreground[0] < self._background[0]

    def _pass_background_until(self, due: datetime) -> bool:
        passed = False
        while (instant := self._peek(self._background)) is not None and instant <= due:
            self._run(heapq.heappop(self._background))
            passed = True
        return passed

    def _run(self, event: Event) -> None:
        if event.cancelled:
            return
        self.now = max(self.now, event.due)
        event.action()

    @staticmethod
    def _peek(heap: list[Event]) -> datetime | None:
        while heap and heap[0].cancelled:
            heapq.heappop(heap)
        return heap[0].due if heap else None
