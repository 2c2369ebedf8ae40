"""Messages that fetch: each waits for its slot of the host, and after a failure that may pass for another, later one.

Nothing waits inside a function. A message whose time has not come goes back to its queue, delayed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from broadsheet.model.messages import EntryMessage, ImageMessage
from broadsheet.model.order import later

from .ports import Outgoing, Table
from .slots import delay_until, take_slots

TRIES = 4
"""Fetches of one address, 1, 2 and 4 minutes apart, before it is given up."""
FIRST_RETRY_SECONDS = 60

M = TypeVar("M", EntryMessage, ImageMessage)


def still_waiting(message: M) -> Outgoing | None:
    """Return ``message`` with the delay to its slot, None where the slot has come or none was taken."""
    if message.slot is None or message.waited_until is None:
        return None
    seconds, until = delay_until(message.slot, message.waited_until)
    return Outgoing(replace(message, waited_until=until).dump(), delay_seconds=seconds) if seconds else None


def another_try(message: M, host: str, table: Table) -> Outgoing | None:
    """Return ``message`` for another fetch from ``host``, each after twice as long; None after the last."""
    if message.tries >= TRIES - 1:
        return None
    present = message.waited_until or message.observed_at
    slot = take_slots(host, 1, later(present, FIRST_RETRY_SECONDS * 2**message.tries), table)[0]
    seconds, until = delay_until(slot, present)
    again = replace(message, slot=slot, waited_until=until, tries=message.tries + 1)
    return Outgoing(again.dump(), delay_seconds=seconds)
