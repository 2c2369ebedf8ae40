"""Each minute: work off what is due. Polls, releases of held uploads, expiries, pages that are to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from broadsheet.model import keys
from broadsheet.model.errors import Conflict
from broadsheet.model.messages import DueMessage, PollMessage
from broadsheet.model.order import format_instant, later, parse_instant

from .page_names import page_message
from .ports import Delete, Item, Outgoing, Put, Queue, Table

AT_ONCE = 1_000
"""Things due that one invocation works off; the next minute goes on with the rest."""
POLL_LEASE_SECONDS = 900
"""A poll that was sent but never came to its end is sent again after this long."""


@dataclass(frozen=True, slots=True)
class DuePorts:
    """What dispatching needs from outside."""

    table: Table
    polls: Queue
    ingests: Queue
    pages: Queue


def dispatch_due(now: datetime, ports: DuePorts) -> int:
    """Send a message for all that is due at ``now``, the schedule's time, and return how many were due.

    A message is sent before its ``DUE`` line goes, so that a crash between the two sends it twice rather than
    never: a second poll for the same or an older time is dropped, a second release changes nothing.
    """
    due = ports.table.query(keys.DUE, last=f"{format_instant(now)}#\uffff", limit=AT_ONCE)
    polls = [item for item in due if item["kind"] == "poll"]
    pages = [item for item in due if item["kind"] == "page"]
    inputs = [item for item in due if item["kind"] not in {"poll", "page"}]
    ports.polls.send([Outgoing(PollMessage(item["source"], now).dump()) for item in polls])
    ports.pages.send([page_message(item["page"], f"due#{item['sk']}") for item in pages])
    ports.ingests.send([Outgoing(DueMessage(i["input"], _instant(i), i["kind"]).dump()) for i in inputs])
    for item in polls:
        _lease(item, now, ports.table)
    for item in (*pages, *inputs):
        ports.table.delete(keys.Key(item["pk"], item["sk"]))
    return len(due)


def _instant(item: Item) -> datetime:
    return parse_instant(item["sk"].partition("#")[0])


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


def page_item(page: str, at: datetime) -> Item:
    """Return the ``DUE`` item that has the page of that name regenerated at ``at``."""
    key = keys.due(at, "page", page)
    return {"pk": key.pk, "sk": key.sk, "kind": "page", "page": page}
