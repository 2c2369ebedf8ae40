"""Politeness across concurrent functions: each host hands out slots, in the table, in event time.

A slot is max(next free, time of the message) + spacing. Nothing waits inside a function: a message whose slot
has not come goes back to its queue, delayed; how far it has been delayed is what it knows of the present.

A host that asks to be left alone is held: it hands out no slot before then, and those before then that it has handed
out are void, so that whoever holds one takes another. Other hosts notice nothing. A host whose robots.txt asks for more
time between requests than it was given is held in the same way until the last slot that was handed out too densely.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from broadsheet.model import keys
from broadsheet.model.errors import BroadsheetError
from broadsheet.model.order import format_instant, parse_instant
from broadsheet.model.web import FetchFailed

from .ports import Item, Table, change_item

SPACING = timedelta(seconds=1)
"""Between two requests to one host that asks for nothing else."""
LONGEST_HOLD = timedelta(hours=24)
"""A host that asks for a longer pause is asked again after a day: what it says is often a mistake."""
LONGEST_DELAY_SECONDS = 900
"""SQS delays a message by at most 15 minutes; a longer wait takes several."""
KEPT = timedelta(days=7)
"""A host that was left alone for so long says nothing of value any more."""
ATTEMPTS = 100
"""Each that fails is another's success, so that as many may take slots of one host at the same moment."""


class SlotNeeded(BroadsheetError):
    """``host`` is not to be asked in this slot: the message goes on to another one."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is not to be asked in this slot; take another")
        self.host = host


@dataclass(frozen=True, slots=True)
class HostSlots:
    """What is known of a host. ``next`` is its next free slot; one before ``held_until`` is void."""

    next: datetime | None = None
    spacing: timedelta = SPACING
    held_until: datetime | None = None

    def free_from(self, at: datetime) -> datetime:
        """Return the first free slot from ``at`` on."""
        return max(self.next, at) if self.next else at

    def voids(self, slot: datetime) -> bool:
        """Return whether ``slot`` was handed out before the host was held, and lies before its end."""
        return self.held_until is not None and slot < self.held_until


def host_slots_from(item: Item | None) -> HostSlots:
    """Return what ``item``, of the key ``keys.host``, says; the beginning for None."""
    if item is None:
        return HostSlots()
    return HostSlots(
        parse_instant(item["next"]),
        timedelta(seconds=int(item["spacing_seconds"])) if "spacing_seconds" in item else SPACING,
        parse_instant(item["held_until"]) if "held_until" in item else None,
    )


def take_slots(host: str, count: int, at: datetime, table: Table, *, before: datetime | None = None) -> list[datetime]:
    """Return ``count`` instants from ``at`` on that nobody else was given for ``host``, as far apart as it asks for.

    Where ``before`` is given, fewer: only those that come before it. Raises Conflict where others kept taking slots at
    the same moment.
    """
    slots: list[datetime] = []

    def take(known: HostSlots) -> HostSlots:
        free = known.free_from(at)
        spaced = [free + known.spacing * i for i in range(count)]
        slots[:] = [slot for slot in spaced if before is None or slot < before]
        return replace(known, next=slots[-1] + known.spacing) if slots else known

    _change(host, take, table)
    return slots


def hold_host(host: str, until: datetime, table: Table) -> None:
    """Have ``host`` hand out no slot before ``until``, and void those that it has. Raises Conflict as above."""

    def hold(known: HostSlots) -> HostSlots:
        if known.held_until and known.held_until >= until:
            return known
        return replace(known, next=known.free_from(until), held_until=until)

    _change(host, hold, table)


def space_host(host: str, spacing: timedelta, at: datetime, table: Table) -> None:
    """Have the slots of ``host`` lie ``spacing`` apart (whole seconds) from ``at`` on. Raises Conflict as above."""

    def space(known: HostSlots) -> HostSlots:
        if spacing <= known.spacing or known.next is None:
            return replace(known, next=known.free_from(at), spacing=spacing) if spacing != known.spacing else known
        held = max(known.held_until, known.next) if known.held_until else known.next
        return replace(known, next=known.free_from(at + spacing), spacing=spacing, held_until=held)

    _change(host, space, table)


def held_until(host: str, table: Table) -> datetime | None:
    """Return until when ``host`` is held: a slot before that is void. None where it never was."""
    return host_slots_from(table.get(keys.host(host))).held_until


def pause_asked(failure: FetchFailed, at: datetime) -> datetime | None:
    """Return until when a server that answered at ``at`` asks to be left alone (RFC 9110 §10.2.3), within bounds."""
    asked = failure.retry_after
    if asked is None:
        return None
    until = at + min(asked, LONGEST_HOLD) if isinstance(asked, timedelta) else min(asked, at + LONGEST_HOLD)
    return until if until > at else None


def delay_until(slot: datetime, present: datetime) -> tuple[int, datetime]:
    """Return (seconds to delay a message, the instant it is then delayed to) on the way to ``slot``.

    Seconds are whole, rounded up, at most ``LONGEST_DELAY_SECONDS``; 0 where the slot has come.
    """
    left = (slot - present).total_seconds()
    if left <= 0:
        return 0, present
    seconds = min(int(-(-left // 1)), LONGEST_DELAY_SECONDS)
    return seconds, present + timedelta(seconds=seconds)


def _change(host: str, change: Callable[[HostSlots], HostSlots], table: Table) -> None:
    def load(item: Item | None) -> tuple[HostSlots, int]:
        return host_slots_from(item), int(item["v"]) if item else 0

    def dump(known: HostSlots, v: int) -> Item:
        return _item(host, known, v)

    change_item(keys.host(host), load, change, dump, table, ATTEMPTS, f"host {host}")


def _item(host: str, known: HostSlots, v: int) -> Item:
    key = keys.host(host)
    assert known.next is not None  # noqa: S101 - every change sets it
    item: dict[str, Any] = {"pk": key.pk, "sk": key.sk, "v": v, "next": format_instant(known.next)}
    if known.spacing != SPACING:
        item["spacing_seconds"] = int(known.spacing.total_seconds())
    if known.held_until:
        item["held_until"] = format_instant(known.held_until)
    item["ttl"] = int((known.next + KEPT).timestamp())
    return item
