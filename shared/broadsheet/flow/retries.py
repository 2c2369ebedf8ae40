"""Messages that fetch: each waits for its slot of the host, and after a failure that may pass for another, later one.

Nothing waits inside a function. A message whose time has not come goes back to its queue, delayed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from broadsheet.model.messages import EntryMessage, ImageMessage, PollMessage
from broadsheet.model.order import later

from .ports import Outgoing, Table
from .slots import delay_until, take_slots

TRIES = 4
"""Fetches of one address, 1, 2 and 4 minutes apart, before it is given up."""
FIRST_RETRY_SECONDS = 60

M = TypeVar("M", EntryMessage, ImageMessage, PollMessage)


def still_waiting(message: M) -> Outgoing | None:
    """Return ``message`` with the delay to its slot, None where the slot has come or none was taken."""
    if message.slot is None or message.waited_until is None:
        return None
    seconds, until = delay_until(message.slot, message.waited_until)
    return Outgoing(replace(message, waited_until=until).dump(), delay_seconds=seconds) if seconds else None


def to_next_slot(message: M, host: str, table: Table) -> Outgoing:
    """Return ``message`` on its way to a slot of ``host`` that it takes now; its tries stay what they are."""
    return _at_slot(message, message.waited_until or message.observed_at, host, table)


def another_try(message: M, host: str, table: Table, not_before: datetime | None = None) -> Outgoing | None:
    """Return ``message`` for another fetch from ``host``, each after twice as long; None after the last.

    The tries of a message that waits while its host is held do not count: it makes none.
    """
    if message.tries >= TRIES - 1:
        return None
    present = message.waited_until or message.observed_at
    at = later(present, FIRST_RETRY_SECONDS * 2**message.tries)
    again = replace(message, tries=message.tries + 1)
    return _at_slot(again, max(at, not_before) if not_before else at, host, table)


def _at_slot(message: M, at: datetime, host: str, table: Table) -> Outgoing:
    """Return ``message`` with a slot from ``at`` on, delayed by as much of the way there as a queue can."""
    slot = take_slots(host, 1, at, table)[0]
    seconds, until = delay_until(slot, message.waited_until or message.observed_at)
    return Outgoing(replace(message, slot=slot, waited_until=until).dump(), delay_seconds=seconds)
