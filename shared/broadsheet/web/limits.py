"""What one fetch may still spend, in seconds and in bytes: checked at the socket, below everything that parses."""

from __future__ import annotations

from collections.abc import Callable

from broadsheet.model.errors import BroadsheetError

MonotonicClock = Callable[[], float]
"""Seconds since some fixed moment. It decides only when a fetch has failed, never what is stored."""


class OutOfTime(BroadsheetError):
    """The whole fetch, redirects included, took longer than it may."""


class TooMuchReceived(BroadsheetError):
    """The server sent more than the answer may have; the message is one clause, without the address."""


class Allowance:
    """The budget of one fetch.

    A read timeout alone starts anew with every byte, so a slow drip lasts for ever; and size checks on bodies do
    not see headers, chunk framing or trailers. Both budgets therefore hold where bytes come in.
    """

    __slots__ = ("_bytes_left", "_clock", "_deadline", "_what", "seconds")

    def __init__(self, seconds: float, clock: MonotonicClock) -> None:
        self.seconds = seconds
        self._clock = clock
        self._deadline = clock() + seconds
        self._bytes_left = 0
        self._what = "anything"

    def remaining(self) -> float:
        """Return the seconds left, more than 0. Raises OutOfTime."""
        left = self._deadline - self._clock()
        if left <= 0:
            raise OutOfTime(f"no complete answer within {self.seconds:g} seconds")
        return left

    def grant(self, size: int, what: str) -> None:
        """Let ``size`` more bytes come in, and no more, as ``what`` (for the message)."""
        self._bytes_left = size
        self._what = f"{what} larger than {size:,} bytes"

    def count(self, received: int) -> None:
        """Take ``received`` bytes off the budget. Raises TooMuchReceived."""
        self._bytes_left -= received
        if self._bytes_left < 0:
            raise TooMuchReceived(f"it sent {self._what}")
