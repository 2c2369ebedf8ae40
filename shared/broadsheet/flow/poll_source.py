"""Poll one source: list it, and enqueue the entries not yet seen as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

from broadsheet.ingest.entry_filter import why_skipped
from broadsheet.ingest.listing import read_listing
from broadsheet.ingest.urls import expand
from broadsheet.model import keys
from broadsheet.model.article import Entry, SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.identity import InputKey, digest, digest_bytes
from broadsheet.model.inputs import state_from as input_state_from
from broadsheet.model.messages import MESSAGE_LIMIT_BYTES, EntryMessage, PollMessage, dump, entry_to_plain
from broadsheet.model.order import order_of_instant
from broadsheet.model.source import Source
from broadsheet.model.web import FetchFailed, FetchRequest, FetchResponse, written_ports

from .ports import Counter, Fetcher, ObjectStore, Outgoing, Queue, Table
from .recipes import Recipes
from .rejections import Rejection, clear_rejection, record_rejection, still_rejected
from .slots import delay_until, take_slots
from .source_state import SourceState, effective_source, state_from, write_state

LISTING = "listing"
"""Stands for the entry's id where the listing itself was rejected."""


@dataclass(frozen=True, slots=True)
class PollPorts:
    """What polling needs from outside."""

    table: Table
    archive: ObjectStore
    polls: Queue
    ingests: Queue
    fetcher: Fetcher
    counter: Counter


def poll_source(message: PollMessage, ports: PollPorts) -> None:
    """Poll ``message.source`` for ``message.observed_at``, if it exists, is not paused and was not polled since.

    Raises what is our own fault only (Conflict among it): a source that fails is recorded and polled again later.
    """
    items = ports.table.batch_get([keys.source_config(message.source), keys.source_state(message.source)])
    effective = effective_source(items.get(keys.source_config(message.source)))
    state = state_from(items.get(keys.source_state(message.source)), message.source)
    if effective is None or effective[0].paused:
        return
    source, file = effective
    if state.last_poll and message.observed_at <= state.last_poll:
        return
    if not _slot_has_come(message, host_of(source.url), ports):
        return
    try:
        document = _fetch(source, state, message.observed_at, ports)
        found = _read(source, document, message.observed_at) if document else ()
    except FetchFailed as failure:
        _record_failure(source, file, state, message.observed_at, failure.reason, failure, ports)
        return
    except ArticleRejected as rejected:
        _record_failure(source, file, state, message.observed_at, rejected.reason, None, ports)
        return
    new, complete = _enqueue(source, found, message.observed_at, ports)
    if state.failures:
        clear_rejection(InputKey("entry", source.id, LISTING), order_of_instant(message.observed_at), ports.table)
    write_state(
        state,
        replace(
            _knowing(state, document, complete) if document else state,
            last_poll=message.observed_at,
            next_poll=message.observed_at + source.poll_every,
            failures=0,
            error=None,
            last_new=message.observed_at if new else state.last_new,
        ),
        ports.table,
    )


def _knowing(state: SourceState, document: SourceDocument, complete: bool) -> SourceState:
    """Return the state that knows ``document`` again, or none where it must be read again although it is the same."""
    if not complete:
        return replace(state, etag=None, last_modified=None, content_hash=None)
    return replace(
        state,
        etag=document.headers.get("etag"),
        last_modified=document.headers.get("last-modified"),
        content_hash=digest_bytes(document.body),
    )


def host_of(url: str) -> str:
    """Return the host of ``url`` in lower case: what slots are handed out for."""
    return (urlsplit(url).hostname or "").lower()


def _slot_has_come(message: PollMessage, host: str, ports: PollPorts) -> bool:
    """Return whether the source may be asked now; if not, the message is on its way to its slot."""
    present = message.waited_until or message.observed_at
    slot = message.slot or take_slots(host, 1, present, ports.table)[0]
    seconds, until = delay_until(slot, present)
    if not seconds:
        return True
    again = replace(message, slot=slot, waited_until=until)
    ports.polls.send([Outgoing(again.dump(), delay_seconds=seconds)])
    return False


def _fetch(source: Source, state: SourceState, at: datetime, ports: PollPorts) -> SourceDocument | None:
    """Return the listing, or None where it is what it was. Raises FetchFailed."""
    response: FetchResponse = ports.fetcher.fetch(
        FetchRequest(
            url=source.url,
            kind="json" if source.kind == "json" else "feed",
            etag=state.etag,
            last_modified=state.last_modified,
            headers=source.headers,
            extra_ports=written_ports([source.url]),
        )
    )
    if response.status == HTTPStatus.NOT_MODIFIED or digest_bytes(response.body) == state.content_hash:
        return None
    headers = {"etag": response.etag, "last-modified": response.last_modified}
    return SourceDocument(
        response.body,
        response.url,
        response.content_type,
        retrieved_at=at,
        headers={name: value for name, value in headers.items() if value},
    )


def _read(source: Source, document: SourceDocument, observed_at: datetime) -> Sequence[Entry | Rejection]:
    """Return the listing's entries, and rejections for those that cannot be one. Raises ArticleRejected."""
    listing = read_listing(source, document, observed_at)
    order = order_of_instant(observed_at)
    rejected = [
        Rejection(InputKey("entry", source.id, name), reason, order, observed_at, fingerprint=digest(reason))
        for name, reason in listing.skipped
    ]
    return [*(entry for entry in listing.entries if not why_skipped(entry, source.filter)), *rejected]


def _enqueue(source: Source, found: Sequence[Entry | Rejection], at: datetime, ports: PollPorts) -> tuple[int, bool]:
    """Send a message for each entry that is not stored as it is now.

    Returns how many, and whether that was all: False where an entry waits for its next try, so that a later poll
    must see it listed again.
    """
    rules = digest(dump(source.raw), 12)
    recipes = Recipes(ports.table)
    entries = [thing for thing in found if isinstance(thing, Entry)]
    inputs = {entry.id: InputKey("entry", source.id, entry.id) for entry in entries}
    items = ports.table.batch_get([key for i in inputs.values() for key in (keys.input_state(i), keys.rejection(i))])
    new: list[tuple[Entry, str]] = []
    complete = True
    for entry in entries:
        recipe = recipes.version(entry.url) if source.body.origin == "page" and entry.url else ""
        fingerprint = digest(rules + recipe + dump(entry_to_plain(entry)))
        state, _ = input_state_from(items.get(keys.input_state(inputs[entry.id])), inputs[entry.id])
        if state.fingerprint == fingerprint:
            continue
        rejected = items.get(keys.rejection(inputs[entry.id]))
        if rejected and still_rejected(rejected, fingerprint, at):
            complete = complete and "retry_at" not in rejected
            continue
        new.append((entry, fingerprint))
    ports.ingests.send(_messages(source, new, at, ports))
    for thing in found:
        if isinstance(thing, Rejection) and record_rejection(thing, ports.table):
            ports.counter.add("ArticlesRejected")
    return len(new), complete


def _messages(source: Source, new: Sequence[tuple[Entry, str]], at: datetime, ports: PollPorts) -> list[Outgoing]:
    slots = _body_slots(source, [entry for entry, _ in new], at, ports)
    messages = []
    for (entry, fingerprint), slot in zip(new, slots, strict=True):
        message = EntryMessage(source.id, at, fingerprint, entry.id, entry=entry_to_plain(entry))
        packed = message.dump().encode()
        if len(packed) > MESSAGE_LIMIT_BYTES:
            key = f"entries/{digest_bytes(packed)}.json"
            ports.archive.put(key, packed, "application/json")
            message = replace(message, entry={}, entry_key=key)
        seconds = 0
        if slot:
            seconds, until = delay_until(slot, at)
            message = replace(message, slot=slot, waited_until=until)
        messages.append(Outgoing(message.dump(), delay_seconds=seconds))
    return messages


def _body_slots(source: Source, entries: list[Entry], at: datetime, ports: PollPorts) -> list[datetime | None]:
    """Return when each entry's body may be fetched; None for those that need no fetch."""
    wanted: dict[str, list[int]] = {}
    for i, entry in enumerate(entries):
        address = body_address(source, entry)
        if address:
            wanted.setdefault(host_of(address), []).append(i)
    slots: list[datetime | None] = [None] * len(entries)
    for host in sorted(wanted):
        for i, slot in zip(wanted[host], take_slots(host, len(wanted[host]), at, ports.table), strict=True):
            slots[i] = slot
    return slots


def body_address(source: Source, entry: Entry) -> str | None:
    """Return the address that the entry's body must be fetched from, or None where the listing carries it.

    A template that names a missing field gives None too: ``ingest_article`` rejects that entry by name.
    """
    if source.body.origin == "page":
        return entry.url
    if source.body.origin == "json" and source.body.url:
        try:
            return expand(source.body.url, entry.fields)
        except ArticleRejected:
            return None
    return None


def _record_failure(
    source: Source,
    file: str,
    state: SourceState,
    at: datetime,
    reason: str,
    failure: FetchFailed | None,
    ports: PollPorts,
) -> None:
    """Record that the listing could not be read, and poll again later: each failure doubles the wait."""
    failures = state.failures + 1
    wait = min(source.poll_every * 2 ** min(failures, 16), source.poll_max)
    asked = failure.retry_after if failure else None
    next_poll = at + max(wait, source.poll_min)
    if isinstance(asked, timedelta):
        next_poll = max(next_poll, at + min(asked, source.poll_max))
    elif isinstance(asked, datetime):
        next_poll = max(next_poll, min(asked, at + source.poll_max))
    shown = reason if reason.startswith(file) else f"{file}: {reason}"
    rejection = Rejection(
        InputKey("entry", source.id, LISTING),
        shown,
        order_of_instant(at),
        at,
        retry_at=next_poll,
        status=failure.status if failure else None,
    )
    if record_rejection(rejection, ports.table):
        ports.counter.add("ListingsRejected")
    write_state(state, replace(state, last_poll=at, next_poll=next_poll, failures=failures, error=reason), ports.table)
