"""Each minute: work off what is due. Polls, releases of held uploads, expiries."""

from __future__ import annotations

from datetime import datetime

from broadsheet.model import keys
from broadsheet.model.errors import Conflict
from broadsheet.model.messages import DueMessage, PollMessage
from broadsheet.model.order import format_instant, later, parse_instant

from .ports import Delete, Item, Outgoing, Put, Queue, Table

AT_ONCE = 1_000
"""Things due that one invocation works off; the next minute goes on with the rest."""
POLL_LEASE_SECONDS = 900
"""A poll that was sent but never came to its end is sent again after this long."""


def dispatch_due(now: datetime, table: Table, polls: Queue, ingests: Queue) -> int:
    """Send a message for all that is due at ``now``, the schedule's time, and return how many were due.

    A message is sent before its ``DUE`` line goes, so that a crash between the two sends it twice rather than
    never: a second poll for the same or an older time is dropped, a second release changes nothing.
    """
    due = table.query(keys.DUE, last=f"{format_instant(now)}#\uffff", limit=AT_ONCE)
    poll_items = [item for item in due if item["kind"] == "poll"]
    polls.send([Outgoing(PollMessage(item["source"], now).dump()) for item in poll_items])
    others = [item for item in due if item["kind"] != "poll"]
    ingests.send(
        [Outgoing(DueMessage(i["input"], parse_instant(i["sk"].partition("#")[0]), i["kind"]).dump()) for i in others]
    )
    for item in poll_items:
        _lease(item, now, table)
    for item in others:
        table.delete(keys.Key(item["pk"], item["sk"]))
    return len(due)


def _lease(item: Item, now: datetime, table: Table) -> None:
    """Put a poll's line off; ``poll_source`` moves it to where it belongs when the poll is done."""
    source_id = item["source"]
    state_key = keys.source_state(source_id)
    state = table.get(state_key)
    old = keys.Key(item["pk"], item["sk"])
    if state is None or state.get("next_poll") != item["sk"].partition("#")[0]:
        # Polled, moved or removed meanwhile: this line is a leftover.
        table.delete(old)
        return
    until = later(now, POLL_LEASE_SECONDS)
    try:
        table.transact(
            [
                Put({**state, "next_poll": format_instant(until), "v": int(state["v"]) + 1}, int(state["v"])),
                Delete(old),
                Put(poll_item(source_id, until)),
            ]
        )
    except Conflict:
        # The poll itself was faster and has moved the line already.
        return


def poll_item(source_id: str, at: datetime) -> Item:
    """Return the ``DUE`` item that has ``source_id`` polled at ``at``."""
    key = keys.due(at, "poll", source_id)
    return {"pk": key.pk, "sk": key.sk, "kind": "poll", "source": source_id}
