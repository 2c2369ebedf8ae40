"""A queue that collects what it is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from broadsheet.aws import limits
from broadsheet.flow.ports import Outgoing


class FakeQueue:
    """``ports.Queue`` that keeps messages until they are taken.

    A ``fifo`` queue accepts and drops a message whose deduplication id it has seen, until :meth:`forget`: on AWS
    that is five minutes after the first, whether or not it was received.
    ``before_send``, where set, is called with what is about to be sent, and may raise.
    """

    def __init__(self, *, fifo: bool = False) -> None:
        self.messages: list[Outgoing] = []
        self.before_send: Callable[[Sequence[Outgoing]], None] | None = None
        self._fifo = fifo
        self._seen: set[str] = set()

    def send(self, messages: Sequence[Outgoing]) -> None:
        for message in messages:
            limits.check_message("fake", message, fifo=self._fifo)
        if self.before_send is not None:
            self.before_send(messages)
        for message in messages:
            if message.dedup is None or message.dedup not in self._seen:
                self.messages.append(message)
            if message.dedup is not None:
                self._seen.add(message.dedup)

    def take(self) -> list[Outgoing]:
        """Return what has arrived since the last call, in order."""
        taken, self.messages = self.messages, []
        return taken

    def forget(self) -> None:
        """Let the deduplication interval pass."""
        self._seen.clear()
