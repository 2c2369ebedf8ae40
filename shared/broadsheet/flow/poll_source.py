"""Poll sources: list each, enqueue the entries not yet seen as they are now, and settle when to look again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from broadsheet.ingest import poll_schedule
from broadsheet.ingest.listing import read_listing
from broadsheet.ingest.page_links import feed_links
from broadsheet.ingest.poll_schedule import Hints
from broadsheet.ingest.urls import host_of
from broadsheet.model import keys
from broadsheet.model.article import Entry, Listing, SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.identity import InputKey, digest_bytes
from broadsheet.model.keys import Key
from broadsheet.model.messages import PollMessage
from broadsheet.model.order import order_of_instant
from broadsheet.model.records import part_state_from, part_state_item, source_state_from, source_state_item
from broadsheet.model.source import Source
from broadsheet.model.source_state import PartState, SourceState
from broadsheet.model.web import FetchFailed, FetchRequest, FetchResponse, written_ports

from .dispatch_due import lease_end, poll_item
from .enqueue import Enqueued, enqueue_entries
from .fetching import Prefetcher
from .ports import Counter, Fetcher, Item, ObjectStore, Outgoing, Queue, Table
from .rejections import Rejection, clear_rejection, record_rejection
from .retries import another_try, to_next_slot
from .slots import delay_until, held_until, hold_host, pause_asked, take_slots
from .source_moves import address_of, fall_asleep, follow_redirect, give_up_address, long_dead, take_announced
from .source_state import Known, change_state, effective_source, without_validators

LISTING = "listing"
"""Stands for the entry's id where the listing itself was rejected."""
PARTS_POLLED = 3
"""Sitemaps of an index that are polled with it, its newest; the next ones are read once, as older pages are."""


@dataclass(frozen=True, slots=True)
class PollPorts:
    """What polling needs from outside."""

    table: Table
    archive: ObjectStore
    polls: Queue
    ingests: Queue
    fetcher: Fetcher
    counter: Counter


@dataclass(frozen=True, slots=True)
class _Look:
    """A poll that may be made now: of a source's listing, or of a further page of it."""

    message: PollMessage
    source: Source
    file: str
    state: SourceState
    v: int
    part: PartState | None
    part_v: int

    @property
    def at(self) -> datetime:
        return self.message.observed_at

    @property
    def address(self) -> str:
        return self.message.page or address_of(self.source, self.state)

    @property
    def known(self) -> SourceState | PartState | None:
        """What is known of the document at the address; None for an older page, which is read once."""
        return self.part if self.message.page else self.state

    @property
    def request(self) -> FetchRequest:
        known = self.known
        return FetchRequest(
            url=self.address,
            kind="json" if self.source.kind == "json" else "feed",
            etag=known.etag if known else None,
            last_modified=known.last_modified if known else None,
            headers=self.source.headers if host_of(self.address) == host_of(self.source.url) else {},
            extra_ports=written_ports([self.source.url]),
        )


class SourcePoller:
    """Polls for the messages of one invocation; what they ask for is fetched side by side."""

    def __init__(self, ports: PollPorts) -> None:
        self._ports = ports
        self._fetcher = Prefetcher(ports.fetcher)
        self._looks: dict[PollMessage, _Look | None] = {}

    def prefetch(self, messages: Sequence[PollMessage]) -> None:
        """Fetch what ``messages`` ask for, each source once, before they are polled one after the other."""
        asked: dict[tuple[str, str | None], PollMessage] = {}
        for message in messages:
            asked.setdefault((message.source, message.page), message)
        first = asked.values()
        items = self._ports.table.batch_get({key for message in first for key in _keys(message)})
        for message in first:
            with suppress(Exception):  # it is met again, and told, in the message's own turn
                self._looks[message] = self._look(message, items)
        self._fetcher.prefetch([look.request for message in first if (look := self._looks.get(message))])

    def poll(self, message: PollMessage) -> None:
        """Poll ``message.source`` for ``message.observed_at``, if it exists, is not paused and was not polled since.

        Raises what is our own fault only (Conflict among it): a source that fails is recorded and polled again later.
        """
        if message not in self._looks:
            self._looks[message] = self._look(message, self._ports.table.batch_get(_keys(message)))
        look = self._looks.pop(message)
        if look is None:
            return
        try:
            response = self._fetcher.fetch(look.request)
        except FetchFailed as failure:
            self._failed(look, failure.reason, failure)
            return
        try:
            self._page(look, response) if message.page else self._head(look, response)
        except ArticleRejected as rejected:
            self._failed(look, rejected.reason)

    # Whether to ask, and when.

    def _look(self, message: PollMessage, items: dict[Key, Item]) -> _Look | None:
        """Return the poll of ``message`` where it may be made now; else it is dropped, or on its way to its slot."""
        effective = effective_source(items.get(keys.source_config(message.source)))
        state, v = source_state_from(items.get(keys.source_state(message.source)), message.source)
        if effective is None or effective[0].paused or state.asleep:
            return None
        source, file = effective
        part, part_v = None, 0
        if message.part and message.page:
            part, part_v = part_state_from(items.get(keys.part_state(source.id, message.page)), message.page)
        look = _Look(message, source, file, state, v, part, part_v)
        last_poll = look.known.last_poll if look.known else None
        if last_poll and message.observed_at <= last_poll:
            if not message.page and message.observed_at == last_poll:
                self._set_due(message, state)  # the function that wrote the state may have died before it did this
            return None
        return look if self._slot_has_come(message, host_of(look.address)) else None

    def _slot_has_come(self, message: PollMessage, host: str) -> bool:
        """Return whether the host may be asked now; if not, the message is on its way to its slot."""
        present = message.waited_until or message.observed_at
        slot = message.slot
        if slot is None or slot < (held_until(host, self._ports.table) or slot):
            slot = take_slots(host, 1, present, self._ports.table)[0]
        seconds, until = delay_until(slot, present)
        if not seconds:
            return True
        again = replace(message, slot=slot, waited_until=until)
        if lease_end(again) != lease_end(message) and not message.page:
            self._ports.table.put(poll_item(message.source, lease_end(again)))
            self._ports.table.delete(keys.due(lease_end(message), "poll", message.source))
        self._ports.polls.send([Outgoing(again.dump(), delay_seconds=seconds)])
        return False

    def _set_due(self, message: PollMessage, state: SourceState) -> None:
        """Put the source's line in ``DUE`` where ``state`` says, and take away the lease that ``message`` had."""
        lease = lease_end(message)
        if state.next_poll:
            self._ports.table.put(poll_item(state.source_id, state.next_poll))
        if state.next_poll != lease:
            self._ports.table.delete(keys.due(lease, "poll", state.source_id))

    def _write(self, look: _Look, state: SourceState) -> None:
        """Write the state that follows from a look; raises Conflict where another writer was faster."""
        self._ports.table.put(source_state_item(state, look.v + 1), look.v)
        self._set_due(look.message, state)

    # The listing itself, and its further pages.

    def _head(self, look: _Look, response: FetchResponse) -> None:
        """Take in an answer of the listing. Raises ArticleRejected where it cannot be read."""
        source, at = look.source, look.at
        state = follow_redirect(source, look.state, response.permanent_url, at)
        if state.address != look.state.address:
            self._ports.counter.add("SourcesMoved")
        if _unchanged(look, response):
            state = _learned(self._followed(look, state, None), at, ())
        else:
            document = _document(response, at)
            try:
                listing = read_listing(source, document, at)
            except ArticleRejected:
                feeds = feed_links(document) if source.kind == "feed" else []
                if moved := feeds and take_announced(source, state, feeds[0], at):
                    self._write(look, replace(moved, last_poll=at, next_poll=at + source.poll_min))
                    return
                raise
            enqueued = enqueue_entries(source, listing, at, state, "", self._ports)
            state = self._followed(look, _knowing(state, response, enqueued), listing)
            ttl = int(listing.ttl.total_seconds()) if listing.ttl else 0
            state = replace(_learned(state, at, enqueued.unknown), ttl_seconds=ttl)
        if state.failures:
            clear_rejection(InputKey("entry", source.id, LISTING), order_of_instant(at), self._ports.table)
        self._write(look, self._scheduled(source, state, response, at))

    def _page(self, look: _Look, response: FetchResponse) -> None:
        """Take in an answer of a further page. Raises ArticleRejected where it cannot be read."""
        source, message, at, table = look.source, look.message, look.at, self._ports.table
        if _unchanged(look, response):
            return
        listing = read_listing(source, _document(response, at), at, message.number + 1)
        part = look.part
        enqueued = enqueue_entries(source, listing, at, part, look.address, self._ports)
        if message.pages_left and listing.next_url:
            onward = PollMessage(
                source.id, at, page=listing.next_url, number=message.number + 1, pages_left=message.pages_left - 1
            )
            self._send([onward], message)
        if part is None:
            return
        table.put(
            part_state_item(source.id, replace(_knowing(part, response, enqueued), last_poll=at), look.part_v + 1),
            look.part_v,
        )
        if enqueued.unknown:
            change_state(source.id, lambda state: _learned(state, at, enqueued.unknown, first=True), table)

    def _scheduled(self, source: Source, state: SourceState, response: FetchResponse, at: datetime) -> SourceState:
        """Return the state with the next poll set, and silence told."""
        ttl = timedelta(seconds=state.ttl_seconds) if state.ttl_seconds else None
        hints = Hints(poll_schedule.max_age_of(response.headers), ttl)
        silent = poll_schedule.silent_since(state.rhythm, at)
        notes = state.notes
        if silent and not state.silent_since:
            self._ports.counter.add("SourcesSilent")
            notes = state.noted(at, "has had nothing new for far longer than usual")
        return replace(
            state,
            last_poll=at,
            next_poll=poll_schedule.next_poll(source, at, state.rhythm, hints),
            failures=0,
            failing_since=None,
            error=None,
            silent_since=silent,
            notes=notes,
        )

    def _followed(self, look: _Look, state: SourceState, listing: Listing | None) -> SourceState:
        """Send messages for what else is to be read of a listing: its parts, and what is older, once.

        ``listing`` is None where it is what it was: its parts may have changed all the same.
        """
        source, message = look.source, look.message
        parts = listing.parts[:PARTS_POLLED] if listing else state.parts
        further = [PollMessage(source.id, look.at, page=url, part=True) for url in parts]
        if listing and source.backfill > state.backfilled:
            older = listing.parts[PARTS_POLLED : PARTS_POLLED + source.backfill]
            further += [PollMessage(source.id, look.at, page=url) for url in older]
            if listing.next_url:
                further.append(
                    PollMessage(source.id, look.at, page=listing.next_url, number=1, pages_left=source.backfill - 1)
                )
        self._send(further, message)
        return replace(state, parts=parts, backfilled=max(source.backfill, state.backfilled))

    def _send(self, messages: Sequence[PollMessage], cause: PollMessage) -> None:
        """Send ``messages`` to slots of their hosts, from the present of ``cause`` on."""
        present, table = cause.waited_until or cause.observed_at, self._ports.table
        waiting = (replace(message, waited_until=present) for message in messages)
        if outgoing := [to_next_slot(message, host_of(message.page or ""), table) for message in waiting]:
            self._ports.polls.send(outgoing)

    # What failed.

    def _failed(self, look: _Look, reason: str, failure: FetchFailed | None = None) -> None:
        """Record why nothing could be read, and have it tried again later, if that may help."""
        if failure and (until := pause_asked(failure, look.message.waited_until or look.at)):
            hold_host(host_of(look.address), until, self._ports.table)
        if look.message.page:
            self._page_failed(look, reason, failure)
            return
        source, at = look.source, look.at
        asked = failure.retry_after if failure else None
        state = replace(
            look.state,
            last_poll=at,
            failures=look.state.failures + 1,
            failing_since=look.state.failing_since or at,
            error=reason,
        )
        if failure and failure.status == HTTPStatus.GONE:
            self._ports.counter.add("SourcesGone")
            state = fall_asleep(state, reason, at)
        elif state.failing_since and long_dead(state, at):
            self._ports.counter.add("SourcesGone")
            state = fall_asleep(state, f"it has failed since {state.failing_since:%Y-%m-%d}, at last: {reason}", at)
        else:
            following = poll_schedule.next_try(source, at, state.failures, asked)
            state = replace(give_up_address(source, state, at), next_poll=following)
        self._reject(look, LISTING, reason, failure, state.next_poll)
        self._write(look, state)

    def _page_failed(self, look: _Look, reason: str, failure: FetchFailed | None) -> None:
        message = look.message
        if failure and failure.transient and (again := another_try(message, host_of(look.address), self._ports.table)):
            self._ports.polls.send([again])
            return
        self._reject(look, look.address, reason, failure, None)

    def _reject(
        self, look: _Look, name: str, reason: str, failure: FetchFailed | None, retry_at: datetime | None
    ) -> None:
        shown = reason if reason.startswith(look.file) else f"{look.file}: {reason}"
        rejection = Rejection(
            InputKey("entry", look.source.id, name),
            shown,
            order_of_instant(look.at),
            look.at,
            retry_at=retry_at,
            status=failure.status if failure else None,
        )
        if record_rejection(rejection, self._ports.table):
            self._ports.counter.add("ListingsRejected")


def _keys(message: PollMessage) -> list[Key]:
    """Return the keys of what must be known before ``message`` is acted on."""
    keys_of_source = [keys.source_config(message.source), keys.source_state(message.source)]
    return [
        *keys_of_source,
        *([keys.part_state(message.source, message.page)] if message.part and message.page else ()),
    ]


def _document(response: FetchResponse, at: datetime) -> SourceDocument:
    return SourceDocument(response.body, response.url, response.content_type, at, response.headers)


def _unchanged(look: _Look, response: FetchResponse) -> bool:
    """Return whether the document is what it was."""
    if response.status == HTTPStatus.NOT_MODIFIED:
        return True
    return look.known is not None and digest_bytes(response.body) == look.known.content_hash


def _knowing(known: Known, response: FetchResponse, enqueued: Enqueued) -> Known:
    """Return what is known of a document now; no validators where it must be read again although it is the same."""
    known = replace(without_validators(known), seen=enqueued.seen, pending=enqueued.pending)
    if not enqueued.complete:
        return known
    return replace(
        known,
        etag=response.etag,
        last_modified=response.last_modified,
        content_hash=digest_bytes(response.body),
    )


def _learned(state: SourceState, at: datetime, unknown: Sequence[Entry], *, first: bool = False) -> SourceState:
    """Return the state that has learned from a look which found ``unknown`` entries.

    What an index lists stands in its parts: their ``first`` entries are where its rhythm begins.
    """
    if state.parts and state.rhythm is None and not first:
        return state
    rhythm = poll_schedule.learn(state.rhythm, at, [entry.published for entry in unknown])
    return replace(state, rhythm=rhythm, last_new=at if unknown else state.last_new)
