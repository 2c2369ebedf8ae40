"""Each minute: work off what is due. Polls, releases of held uploads, expiries, pages that are to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadsheet.model import keys
from broadsheet.model.messages import DueMessage, PollMessage
from broadsheet.model.order import format_instant, later, parse_instant

from .page_names import page_message
from .ports import Item, Outgoing, Queue, Table

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
    never: a second poll for the same or an older time is dropped, a second release changes nothing. A poll's line
    is put off by a lease; the poll moves it from there to where it belongs.
    """
    due = ports.table.query(keys.DUE, last=f"{format_instant(now)}#\uffff", limit=AT_ONCE)
    polls = [item for item in due if item["kind"] == "poll"]
    pages = [item for item in due if item["kind"] == "page"]
    inputs = [item for item in due if item["kind"] not in {"poll", "page"}]
    sources = _to_be_polled(polls, now, ports.table)
    ports.polls.send([Outgoing(PollMessage(source, now).dump()) for source in sources])
    ports.pages.send([page_message(item["page"], f"due#{item['sk']}") for item in pages])
    ports.ingests.send([Outgoing(DueMessage(i["input"], _instant(i), i["kind"]).dump()) for i in inputs])
    for source in sources:
        ports.table.put(poll_item(source, lease_end(PollMessage(source, now))))
    for item in due:
        ports.table.delete(keys.Key(item["pk"], item["sk"]))
    return len(due)


def _instant(item: Item) -> datetime:
    return parse_instant(item["sk"].partition("#")[0])


def _to_be_polled(lines: Sequence[Item], now: datetime, table: Table) -> list[str]:
    """Return the sources that are due, each once; a line of a source that is not due any more is a leftover."""
    named = dict.fromkeys(str(line["source"]) for line in lines)
    states = table.batch_get(keys.source_state(source) for source in named) if named else {}
    following = {source: states.get(keys.source_state(source), {}).get("next_poll", "") for source in named}
    return [source for source in named if "" < following[source] <= format_instant(now)]


def lease_end(message: PollMessage) -> datetime:
    """Return when the source is polled again if the poll of ``message`` never comes to its end.

    A poll that must wait long for its slot has its lease from there.
    """
    slot = message.slot or message.observed_at
    waits_long = slot - message.observed_at > timedelta(seconds=POLL_LEASE_SECONDS / 2)
    return later(slot if waits_long else message.observed_at, POLL_LEASE_SECONDS)


def poll_item(source_id: str, at: datetime) -> Item:
    """Return the ``DUE`` item that has ``source_id`` polled at ``at``."""
    key = keys.due(at, "poll", source_id)
    return {"pk": key.pk, "sk": key.sk, "kind": "poll", "source": source_id}


def page_item(page: str, at: datetime) -> Item:
    """Return the ``DUE`` item that has the page of that name regenerated at ``at``."""
    key = keys.due(at, "page", page)
    return {"pk": key.pk, "sk": key.sk, "kind": "page", "page": page}
