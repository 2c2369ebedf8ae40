"""One SQS queue: what is in it, what is in flight, and when the next message can be had.

Rules: SQS Developer Guide, "Visibility timeout", "FIFO delivery logic", "Exactly-once processing",
"Dead-letter queues". Every operation costs O(log n) of the messages held.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from localcloud.stack import Queue

DEDUPLICATION_WINDOW = timedelta(minutes=5)
"""How long a FIFO queue knows a deduplication id, whether or not its message is still there."""


@dataclass(slots=True, eq=False)
class Message:
    """A message in a queue; instants are aware, the body is the text that was sent."""

    id: str
    body: str
    sent: datetime
    visible_at: datetime
    attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    system: Mapping[str, str] = field(default_factory=dict)
    """System attributes given by the sender (``AWSTraceHeader``, ``SenderId``)."""
    sequence: int = 0
    group: str | None = None
    deduplication_id: str | None = None
    receives: int = 0
    first_received: datetime | None = None
    receipt: str | None = None
    in_flight: bool = False
    last_error: str | None = None
    rank: float = 0.0
    turn: int = 0
    """Grows with each change; tells a stale heap entry from a live one."""


@dataclass(slots=True)
class _Group:
    messages: deque[Message] = field(default_factory=deque)
    in_flight: int = 0
    turn: int = 0


class MessageStore:
    """The messages of one queue."""

    def __init__(self, queue: Queue, rank: Callable[[], float]) -> None:
        self.queue = queue
        self.on_change: Callable[[], None] = lambda: None
        """Called when a message may have become available sooner than known."""
        self.redrive: Callable[[Message], None] | None = None
        """Takes a message received too often; None where the queue has no dead-letter queue."""
        self.on_expired: Callable[[Message], None] = lambda _message: None
        self._rank = rank
        self._messages: dict[str, Message] = {}
        self._receipts: dict[str, Message] = {}
        self._groups: dict[str, _Group] = {}
        self._heap: list[tuple[datetime, float, int, int, Message | str]] = []
        self._number = itertools.count(1)
        self._known: dict[str, tuple[datetime, str, int]] = {}
        self._known_order: deque[tuple[datetime, str]] = deque()

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self._messages.values())

    # Deduplication

    def duplicate_of(self, deduplication_id: str, now: datetime) -> tuple[str, int] | None:
        """Give (message id, sequence number) of the send that this id repeats, if it is less than 5 minutes old."""
        while self._known_order and self._known_order[0][0] <= now:
            until, known = self._known_order.popleft()
            if self._known.get(known, (None,))[0] == until:
                del self._known[known]
        found = self._known.get(deduplication_id)
        return (found[1], found[2]) if found else None

    def remember(self, deduplication_id: str, until: datetime, message_id: str, sequence: int) -> None:
        """Know a deduplication id until an instant."""
        self._known[deduplication_id] = (until, message_id, sequence)
        self._known_order.append((until, deduplication_id))

    def known(self) -> dict[str, tuple[datetime, str, int]]:
        """Every deduplication id that is still known: until when, and for which message and sequence number."""
        return dict(self._known)

    # Sending and receiving

    def add(self, message: Message) -> None:
        """Hold a message (sent, redriven or restored)."""
        message.rank = self._rank()
        message.turn += 1
        self._messages[message.id] = message
        if message.receipt:
            self._receipts[message.receipt] = message
        if self.queue.fifo:
            group = self._groups.setdefault(message.group or "", _Group())
            group.messages.append(message)
            group.in_flight += message.in_flight
            if len(group.messages) == 1 or message.in_flight:
                self._push_group(message.group or "", group)
        else:
            self._push(message)
        self.on_change()

    def receive(self, now: datetime, limit: int, visibility: timedelta, receipt: Callable[[], str]) -> list[Message]:
        """Take up to ``limit`` available messages and hide them for ``visibility``.

        Messages received too often go to the dead-letter queue instead. ``receipt`` makes receipt handles.
        """
        if self.queue.fifo:
            return self._receive_fifo(now, limit, visibility, receipt)
        taken: list[Message] = []
        while len(taken) < limit and (message := self._pop_available(now)):
            if self._hand_out(message, now, visibility, receipt):
                taken.append(message)
        # Only now, or one that is not hidden at all would be taken again at once.
        for message in taken:
            self._push(message)
        return taken

    def next_available(self) -> datetime | None:
        """When the next message can be received; None where the queue is empty."""
        while self._heap:
            due, _, _, turn, what = self._heap[0]
            if self._is_live(what, turn):
                return due
            heapq.heappop(self._heap)
        return None

    def delete(self, receipt: str) -> bool:
        """Delete by receipt handle; False where the handle is not (or no longer) the message's own."""
        message = self._receipts.get(receipt)
        if message is None:
            return False
        self._forget(message)
        self.on_change()
        return True

    def hide(self, receipt: str, now: datetime, visibility: timedelta) -> bool:
        """Change how long a message in flight stays hidden from now; False where it is not in flight."""
        message = self._receipts.get(receipt)
        if message is None or not message.in_flight or message.visible_at <= now:
            return False
        message.visible_at = now + visibility
        if visibility <= timedelta(0):
            self._back(message)
        message.turn += 1
        if self.queue.fifo:
            self._push_group(message.group or "", self._groups[message.group or ""])
        else:
            self._push(message)
        self.on_change()
        return True

    def purge(self) -> None:
        """Drop every message; deduplication ids stay known."""
        self._messages.clear()
        self._receipts.clear()
        self._groups.clear()
        self._heap.clear()

    def counts(self, now: datetime) -> tuple[int, int, int]:
        """How many messages are (available, in flight, delayed) at ``now``."""
        waiting = [message for message in self._messages.values() if message.visible_at > now]
        flying = sum(message.in_flight for message in waiting)
        return len(self._messages) - len(waiting), flying, len(waiting) - flying

    # Inside

    def _hand_out(self, message: Message, now: datetime, visibility: timedelta, receipt: Callable[[], str]) -> bool:
        if message.in_flight:
            self._back(message)
        if now >= message.sent + self.queue.retention:
            self._forget(message)
            self.on_expired(message)
            return False
        limit = self.queue.max_receive_count
        if self.redrive is not None and limit is not None and message.receives >= limit:
            self._forget(message)
            self.redrive(message)
            return False
        message.receives += 1
        message.first_received = message.first_received or now
        message.visible_at = now + visibility
        if message.receipt:
            self._receipts.pop(message.receipt, None)
        message.receipt = receipt()
        self._receipts[message.receipt] = message
        if visibility > timedelta(0):
            message.in_flight = True
            if self.queue.fifo:
                self._groups[message.group or ""].in_flight += 1
        message.turn += 1
        return True

    def _receive_fifo(
        self, now: datetime, limit: int, visibility: timedelta, receipt: Callable[[], str]
    ) -> list[Message]:
        taken: list[Message] = []
        touched: list[str] = []
        while len(taken) < limit and (name := self._pop_group(now)) is not None:
            touched.append(name)
            group = self._groups[name]
            for message in list(itertools.islice(group.messages, limit - len(taken) + 1)):
                if len(taken) == limit or message.visible_at > now:
                    break
                if self._hand_out(message, now, visibility, receipt):
                    taken.append(message)
        for name in touched:
            if name in self._groups:
                self._push_group(name, self._groups[name])
        return taken

    def _back(self, message: Message) -> None:
        if message.in_flight:
            message.in_flight = False
            if self.queue.fifo:
                self._groups[message.group or ""].in_flight -= 1

    def _forget(self, message: Message) -> None:
        self._back(message)
        message.turn += 1
        self._messages.pop(message.id, None)
        if message.receipt:
            self._receipts.pop(message.receipt, None)
        if not self.queue.fifo:
            return
        name = message.group or ""
        group = self._groups[name]
        group.messages.remove(message)
        if group.messages:
            self._push_group(name, group)
        else:
            del self._groups[name]

    def _push(self, message: Message) -> None:
        entry = (message.visible_at, message.rank, next(self._number), message.turn, message)
        heapq.heappush(self._heap, entry)

    def _push_group(self, name: str, group: _Group) -> None:
        # A group is blocked until none of its messages is in flight; then its first message decides.
        group.turn += 1
        flying = itertools.islice((message for message in group.messages if message.in_flight), group.in_flight)
        due = max((message.visible_at for message in flying), default=group.messages[0].visible_at)
        heapq.heappush(self._heap, (due, self._rank(), next(self._number), group.turn, name))

    def _is_live(self, what: Message | str, turn: int) -> bool:
        if isinstance(what, str):
            group = self._groups.get(what)
            return group is not None and group.turn == turn
        return what.turn == turn and what.id in self._messages

    def _pop_available(self, now: datetime) -> Message | None:
        due = self.next_available()
        if due is None or due > now:
            return None
        what = heapq.heappop(self._heap)[4]
        return what if isinstance(what, Message) else None

    def _pop_group(self, now: datetime) -> str | None:
        due = self.next_available()
        if due is None or due > now:
            return None
        what = heapq.heappop(self._heap)[4]
        return what if isinstance(what, str) else None
