"""Which entries of a listing are not stored as they are listed, and the messages that have them ingested."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from broadsheet.ingest.entry_article import body_address
from broadsheet.ingest.entry_filter import why_skipped
from broadsheet.ingest.urls import host_of
from broadsheet.model import keys
from broadsheet.model.article import Entry, Listing
from broadsheet.model.identity import InputKey, digest, digest_bytes
from broadsheet.model.inputs import state_from
from broadsheet.model.messages import MESSAGE_LIMIT_BYTES, EntryMessage, dump, entry_to_plain
from broadsheet.model.order import later, order_of_instant
from broadsheet.model.source import Source
from broadsheet.model.source_state import PartState, Pending, SourceState

from .ports import Counter, ObjectStore, Outgoing, Queue, Table
from .recipes import Recipes
from .rejections import Rejection, record_rejection, still_rejected
from .slots import delay_until, take_slots

PENDING_SECONDS = 600
"""After its slot, an entry has so long to be ingested until a poll sends it again: its message may have failed."""
MARK_BYTES = 5
"""Of the hash that stands for an entry as it is listed: two of a thousand entries share one once in two million."""
MAX_MARKS = 128
"""Entries of a listing that are remembered as stored; its state must stay small, and long listings are rare."""
MAX_PENDING = 2_000
"""Entries of a listing that are remembered as on their way: a source's first listing may be long."""


class EnqueuePorts(Protocol):
    """What enqueuing needs from outside."""

    @property
    def table(self) -> Table:
        """The table."""

    @property
    def archive(self) -> ObjectStore:
        """Where entries lie that are too large for a message."""

    @property
    def ingests(self) -> Queue:
        """Where the messages go."""

    @property
    def counter(self) -> Counter:
        """What counts rejections."""


@dataclass(frozen=True, slots=True)
class Enqueued:
    """What became of a listing's entries."""

    seen: bytes
    """Marks of those that are stored as they are listed: what the next poll of the same need not look up."""
    pending: Pending
    """Marks of those that are on their way, and until when the next poll leaves them alone."""
    unknown: tuple[Entry, ...]
    """Those that were never stored nor rejected before."""
    complete: bool
    """False where an entry waits for its next try, so that a later poll must see it listed again."""


def enqueue_entries(
    source: Source,
    listing: Listing,
    at: datetime,
    known: SourceState | PartState | None,
    page: str,
    ports: EnqueuePorts,
) -> Enqueued:
    """Send a message for each entry of ``listing``, seen at ``at``, that is not stored as it is listed.

    ``known`` is what the last poll of the same document left; None for one that is read once, of which only entries
    are taken that are not known at all. ``page`` is the document's address where it is not the source's own. What the
    listing itself skipped is recorded as rejected.
    """
    rules = digest(dump(source.raw), 12)
    recipes = Recipes(ports.table)
    listed: list[tuple[Entry, InputKey, str, bytes]] = []
    for entry in listing.entries:
        if why_skipped(entry, source.filter):
            continue
        recipe = recipes.version(entry.url) if source.body.origin == "page" and entry.url else ""
        fingerprint = digest(rules + recipe + dump(entry_to_plain(entry)))
        listed.append((entry, InputKey("entry", source.id, entry.id), fingerprint, mark_of(entry.id, fingerprint)))
    marks = set(_split(known.seen)) if known else set()
    expected = _expected(known.pending, at) if known else {}
    asked = [name for _, name, _, mark in listed if mark not in marks and mark not in expected]
    items = ports.table.batch_get(key for name in asked for key in (keys.input_state(name), keys.rejection(name)))
    stored: list[bytes] = []
    new: list[tuple[Entry, str]] = []
    pending: dict[bytes, datetime] = {}
    unknown: list[Entry] = []
    complete = True
    for entry, name, fingerprint, mark in listed:
        if mark in expected:
            pending[mark] = expected[mark]
            continue
        told, rejected = items.get(keys.input_state(name)), items.get(keys.rejection(name))
        if mark in marks or state_from(told, name)[0].fingerprint == fingerprint:
            stored.append(mark)
            continue
        if rejected and still_rejected(rejected, fingerprint, at):
            complete = complete and "retry_at" not in rejected
            continue
        if told is None and rejected is None:
            unknown.append(entry)
        elif known is None:
            continue
        new.append((entry, fingerprint))
    messages = _messages(source, new, at, page, ports)
    ports.ingests.send([outgoing for _, outgoing in messages])
    for message, _ in messages:
        pending[mark_of(message.entry_id, message.fingerprint)] = later(message.slot or at, PENDING_SECONDS)
    _record_skipped(source, listing, at, ports)
    return Enqueued(b"".join(stored[:MAX_MARKS]), _grouped(pending), tuple(unknown), complete)


def is_pending(known: SourceState | PartState, mark: bytes) -> bool:
    """Return whether the last poll of a document found an entry listed just so, and on its way."""
    return any(mark in _split(marks) for _, marks in known.pending)


def _split(marks: bytes) -> list[bytes]:
    return [marks[i : i + MARK_BYTES] for i in range(0, len(marks), MARK_BYTES)]


def _expected(pending: Pending, at: datetime) -> dict[bytes, datetime]:
    return {mark: until for until, marks in pending if until > at for mark in _split(marks)}


def _grouped(pending: Mapping[bytes, datetime]) -> Pending:
    """Return marks by the minute until which they are expected; the rest of too many is not remembered."""
    groups: dict[datetime, list[bytes]] = {}
    for mark, until in list(pending.items())[:MAX_PENDING]:
        groups.setdefault(until.replace(second=0, microsecond=0), []).append(mark)
    return tuple((until, b"".join(marks)) for until, marks in sorted(groups.items()))


def mark_of(entry_id: str, fingerprint: str) -> bytes:
    """Return what stands for an entry as it is listed."""
    return hashlib.sha256(f"{entry_id}\0{fingerprint}".encode()).digest()[:MARK_BYTES]


def _record_skipped(source: Source, listing: Listing, at: datetime, ports: EnqueuePorts) -> None:
    order = order_of_instant(at)
    skipped = [
        Rejection(InputKey("entry", source.id, name), reason, order, at, fingerprint=digest(reason))
        for name, reason in listing.skipped
    ]
    recorded = ports.table.batch_get(keys.rejection(rejection.input) for rejection in skipped)
    for rejection in skipped:
        if still_rejected(recorded.get(keys.rejection(rejection.input)), rejection.fingerprint, at):
            continue
        if record_rejection(rejection, ports.table):
            ports.counter.add("ArticlesRejected")


def _messages(
    source: Source, new: Sequence[tuple[Entry, str]], at: datetime, page: str, ports: EnqueuePorts
) -> list[tuple[EntryMessage, Outgoing]]:
    slots = _body_slots(source, [entry for entry, _ in new], at, ports.table)
    messages = []
    for (entry, fingerprint), slot in zip(new, slots, strict=True):
        message = EntryMessage(source.id, at, fingerprint, entry.id, entry=entry_to_plain(entry), listed_by=page)
        packed = message.dump().encode()
        if len(packed) > MESSAGE_LIMIT_BYTES:
            key = f"entries/{digest_bytes(packed)}.json"
            ports.archive.put(key, packed, "application/json")
            message = replace(message, entry={}, entry_key=key)
        seconds = 0
        if slot:
            seconds, until = delay_until(slot, at)
            message = replace(message, slot=slot, waited_until=until)
        messages.append((message, Outgoing(message.dump(), delay_seconds=seconds)))
    return messages


def _body_slots(source: Source, entries: Sequence[Entry], at: datetime, table: Table) -> list[datetime | None]:
    """Return when each entry's body may be fetched; None for those that need no fetch."""
    wanted: dict[str, list[int]] = {}
    for i, entry in enumerate(entries):
        if address := body_address(source, entry):
            wanted.setdefault(host_of(address), []).append(i)
    slots: list[datetime | None] = [None] * len(entries)
    for host in sorted(wanted):
        for i, slot in zip(wanted[host], take_slots(host, len(wanted[host]), at, table), strict=True):
            slots[i] = slot
    return slots
