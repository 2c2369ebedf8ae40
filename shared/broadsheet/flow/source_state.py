"""How polling a source stands, as its item in the table; and the one way to move its next poll."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from broadsheet.ingest.configuration import read_source
from broadsheet.model import keys
from broadsheet.model.errors import Conflict
from broadsheet.model.order import format_instant, parse_instant
from broadsheet.model.source import Source

from .dispatch_due import poll_item
from .ports import Delete, Item, Put, Table, Write

ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class SourceState:
    """``v`` is the item's version, 0 for a source never seen. Validators are verbatim from the last answer."""

    source_id: str
    v: int = 0
    last_poll: datetime | None = None
    next_poll: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    content_hash: str | None = None
    """Of the listing's bytes: what a server without validators answers with, twice, need not be read twice."""
    failures: int = 0
    error: str | None = None
    last_new: datetime | None = None


def state_from(item: Item | None, source_id: str) -> SourceState:
    """Return the state that ``item`` keeps; the empty one for None."""
    if item is None:
        return SourceState(source_id)

    def instant(name: str) -> datetime | None:
        return parse_instant(item[name]) if name in item else None

    return SourceState(
        source_id,
        v=int(item["v"]),
        last_poll=instant("last_poll"),
        next_poll=instant("next_poll"),
        etag=item.get("etag"),
        last_modified=item.get("last_modified"),
        content_hash=item.get("content_hash"),
        failures=int(item.get("failures", 0)),
        error=item.get("error"),
        last_new=instant("last_new"),
    )


def _item(state: SourceState) -> Item:
    key = keys.source_state(state.source_id)
    values: dict[str, Any] = {
        "pk": key.pk,
        "sk": key.sk,
        "v": state.v,
        "last_poll": state.last_poll and format_instant(state.last_poll),
        "next_poll": state.next_poll and format_instant(state.next_poll),
        "etag": state.etag,
        "last_modified": state.last_modified,
        "content_hash": state.content_hash,
        "failures": state.failures or None,
        "error": state.error,
        "last_new": state.last_new and format_instant(state.last_new),
    }
    return {name: value for name, value in values.items() if value is not None}


def state_writes(old: SourceState, new: SourceState) -> list[Write]:
    """Return the writes that replace ``old`` by ``new`` and move the source's line in ``DUE``."""
    writes: list[Write] = [Put(_item(replace(new, v=old.v + 1)), old.v)]
    if old.next_poll != new.next_poll:
        if old.next_poll:
            writes.append(Delete(keys.due(old.next_poll, "poll", old.source_id)))
        if new.next_poll:
            writes.append(Put(poll_item(new.source_id, new.next_poll)))
    return writes


def write_state(old: SourceState, new: SourceState, table: Table) -> None:
    """Replace ``old`` by ``new``; raises Conflict where ``old`` is outdated."""
    table.transact(state_writes(old, new))


def forget_validators(source_id: str, table: Table) -> None:
    """Have the source's next poll read the whole listing again: an entry of it still needs to be seen.

    Raises Conflict where others kept writing the state.
    """
    for _ in range(ATTEMPTS):
        state = state_from(table.get(keys.source_state(source_id)), source_id)
        if not (state.etag or state.last_modified or state.content_hash):
            return
        try:
            write_state(state, replace(state, etag=None, last_modified=None, content_hash=None), table)
        except Conflict:
            continue
        return
    raise Conflict(f"source {source_id}: others kept writing its state; back to the queue")


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
