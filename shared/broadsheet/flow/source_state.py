"""The state of a source in the table: the ways to change it that keep its line in ``DUE`` with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar

from broadsheet.ingest.configuration import read_source
from broadsheet.model import keys
from broadsheet.model.errors import Conflict
from broadsheet.model.messages import EntryMessage
from broadsheet.model.records import part_state_from, part_state_item, source_state_from, source_state_item
from broadsheet.model.source import Source
from broadsheet.model.source_state import PartState, SourceState

from .dispatch_due import poll_item
from .enqueue import is_pending, mark_of
from .ports import Delete, Item, Put, Table, Write, change_item

ATTEMPTS = 8


def read_state(source_id: str, table: Table) -> tuple[SourceState, int]:
    """Return how polling a source stands, and the version it was read at (0: nothing is known of it)."""
    return source_state_from(table.get(keys.source_state(source_id)), source_id)


def state_writes(old: SourceState, v: int, new: SourceState) -> list[Write]:
    """Return the writes that replace ``old``, read at version ``v``, by ``new`` and move its line in ``DUE``."""
    writes: list[Write] = [Put(source_state_item(new, v + 1), v)]
    if old.next_poll != new.next_poll:
        if old.next_poll:
            writes.append(Delete(keys.due(old.next_poll, "poll", old.source_id)))
        if new.next_poll:
            writes.append(Put(poll_item(new.source_id, new.next_poll)))
    return writes


def change_state(source_id: str, change: Callable[[SourceState], SourceState], table: Table) -> SourceState:
    """Replace the state by what ``change`` makes of it, again where another writer was faster, and return it.

    Writes nothing where that is what it was. Raises Conflict where others kept writing it.
    """
    for _ in range(ATTEMPTS):
        state, v = read_state(source_id, table)
        changed = change(state)
        if changed == state:
            return state
        try:
            table.transact(state_writes(state, v, changed))
        except Conflict:
            continue
        return changed
    raise Conflict(f"source {source_id}: others kept writing its state; try again")


Known = TypeVar("Known", SourceState, PartState)


def without_validators(state: Known) -> Known:
    """Return the state of a document whose next poll reads it as a whole again, and looks up all it lists."""
    return replace(state, etag=None, last_modified=None, content_hash=None, seen=b"", pending=())


def forget_validators(source_id: str, table: Table) -> None:
    """Have the source's next poll read all that it lists again: an entry of it still needs to be seen.

    Raises Conflict where others kept writing the state.
    """
    state = change_state(source_id, without_validators, table)
    for part in state.parts:
        _forget_part(source_id, part, table)


def recheck_listing(message: EntryMessage, table: Table) -> None:
    """Have a listing read again as a whole where an entry of it was ingested only after a later poll of it.

    That poll may have skipped the entry because what was stored looked like what it listed; now it may not, and a 304
    would hide that for ever. Nothing is hidden where the poll found it listed as in ``message``, and on its way. To be
    called after the write, so that no poll in between is trusted either. Raises Conflict as above.
    """
    state, _ = read_state(message.source, table)
    known: SourceState | PartState = state
    if message.listed_by:
        known, _ = part_state_from(table.get(keys.part_state(message.source, message.listed_by)), message.listed_by)
    polled_since = known.last_poll is not None and known.last_poll > message.observed_at
    if polled_since and not is_pending(known, mark_of(message.entry_id, message.fingerprint)):
        forget_validators(message.source, table)


def _forget_part(source_id: str, url: str, table: Table) -> None:
    change_item(
        keys.part_state(source_id, url),
        lambda item: part_state_from(item, url),
        without_validators,
        lambda part, v: part_state_item(source_id, part, v),
        table,
        ATTEMPTS,
        f"source {source_id}: {url}",
    )


def effective_source(item: Item | None) -> tuple[Source, str] | None:
    """Return (source, file) of a ``CONFIG`` item, or None where no file defines the source any more.

    Where several files define one id, the first by name counts, in whatever order they came.
    """
    if item is None:
        return None
    defining = sorted(file for file, definition in item["files"].items() if definition.get("text"))
    if not defining:
        return None
    return _parsed(item["files"][defining[0]]["text"], defining[0]), defining[0]


@lru_cache(maxsize=512)
def _parsed(text: str, file: str) -> Source:
    return read_source(text.encode(), file)
