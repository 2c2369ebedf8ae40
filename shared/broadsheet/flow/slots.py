"""Politeness across concurrent functions: each host hands out slots, in the table, in event time.

A slot is max(next free, time of the message) + spacing. Nothing waits inside a function: a message whose slot
has not come goes back to its queue, delayed; how far it has been delayed is what it knows of the present.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from broadsheet.model import keys
from broadsheet.model.errors import Conflict
from broadsheet.model.order import format_instant, parse_instant

from .ports import Table

SPACING = timedelta(seconds=1)
"""Between two requests to one host."""
LONGEST_DELAY_SECONDS = 900
"""SQS delays a message by at most 15 minutes; a longer wait takes several."""
ATTEMPTS = 20


def take_slots(host: str, count: int, at: datetime, table: Table, spacing: timedelta = SPACING) -> list[datetime]:
    """Return ``count`` instants from ``at`` on, ``spacing`` apart, that nobody else was given for ``host``.

    Raises Conflict where others kept taking slots at the same moment.
    """
    key = keys.host(host)
    for _ in range(ATTEMPTS):
        stored = table.get(key)
        v = int(stored["v"]) if stored else 0
        free = max(parse_instant(stored["next"]), at) if stored else at
        after = free + spacing * count
        item = {"pk": key.pk, "sk": key.sk, "v": v + 1, "next": format_instant(after)}
        # A host that was left alone for a week says nothing of value any more.
        item["ttl"] = int((after + timedelta(days=7)).timestamp())
        try:
            table.put(item, v)
        except Conflict:
            continue
        return [free + spacing * i for i in range(count)]
    raise Conflict(f"host {host}: others kept taking its slots; back to the queue")


def delay_until(slot: datetime, present: datetime) -> tuple[int, datetime]:
    """Return (seconds to delay a message, the instant it is then delayed to) on the way to ``slot``.

    Seconds are whole, rounded up, at most ``LONGEST_DELAY_SECONDS``; 0 where the slot has come.
    """
    left = (slot - present).total_seconds()
    if left <= 0:
        return 0, present
    seconds = min(int(-(-left // 1)), LONGEST_DELAY_SECONDS)
    return seconds, present + timedelta(seconds=seconds)
