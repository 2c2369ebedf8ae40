"""A table's stream: records of what changed, in shards, and expiry by time to live."""

from __future__ import annotations

import hashlib
import heapq
import itertools
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from localcloud.motoshims import store
from localcloud.motoshims.images import Image, image, key_of, size_bytes
from localcloud.plane.loop import Event, EventLoop
from localcloud.plane.numbering import Numbering
from localcloud.stack import Table

RETENTION = timedelta(hours=24)
"""How long a stream keeps a record."""
SHARDS = 4
_SEQUENCE_BASE = 100_000_000_000_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One record, as the function gets it, and where and when it was written."""

    sequence: str
    created: datetime
    shard: int
    key_hash: int
    """Of the partition key; equal keys have equal hashes, in every run."""
    event: dict[str, Any] = field(repr=False)


class TableStream:
    """Follows the changes of one table: streams them, and deletes what has expired."""

    def __init__(self, table: Table, region: str, loop: EventLoop) -> None:
        self.table = table
        self._region = region
        self._loop = loop
        self._moto = store.moto_table(table.name, region)
        self._keys: tuple[str, ...] = tuple(self._moto.table_key_attrs)
        self.counter = Numbering()
        """Numbers records; kept with the state."""
        self.readers: list[Callable[[StreamRecord], None]] = []
        # Of the call that runs: key → (item before the call, item now).
        self._changed: dict[tuple[Any, ...], tuple[Any, Any]] = {}
        self._expiring: list[tuple[float, int, tuple[Any, Any]]] = []
        self._number = itertools.count()
        self._next_expiry: Event | None = None
        store.watch(table.name, region, self._note)

    def discard(self) -> None:
        """Forget what a failed call changed and moto took back."""
        self._changed.clear()

    def flush(self, *, expired: bool = False) -> None:
        """Write the records of the call that just succeeded."""
        changed, self._changed = self._changed, {}
        for before, after in changed.values():
            if after is not None and self.table.ttl_attribute:
                self._watch_expiry(after)
            if self.table.stream_arn is not None and self.readers:
                self._write(before, after, expired=expired)

    def items(self) -> Iterator[Any]:
        """Every item that the table holds, as moto has it, in key order."""
        return iter(self._moto.all_items())

    def watch_expiries(self) -> None:
        """Watch what restored items say of their expiry."""
        if self.table.ttl_attribute:
            for item in self.items():
                self._watch_expiry(item)

    # Inside

    def _note(self, before: Any, after: Any) -> None:
        item = after if after is not None else before
        key = (item.hash_key, item.range_key)
        # moto tells of an update that makes an item twice; what counts is the state before the call.
        first = self._changed[key][0] if key in self._changed else before
        self._changed[key] = (first, after)

    def _write(self, before: Any, after: Any, *, expired: bool) -> None:
        old = image(before) if before is not None else None
        new = image(after) if after is not None else None
        if old == new:
            return
        named = new if new is not None else old
        if named is None:
            return
        number = next(self.counter)
        key_hash = zlib.crc32(str(sorted(named[self._keys[0]].items())).encode())
        record = StreamRecord(
            sequence=str(_SEQUENCE_BASE + number),
            created=self._loop.now,
            shard=key_hash % SHARDS,
            key_hash=key_hash // SHARDS,
            event=self._event(number, old, new, named, expired=expired),
        )
        for reader in self.readers:
            reader(record)

    def _event(
        self, number: int, old: Image | None, new: Image | None, named: Image, *, expired: bool
    ) -> dict[str, Any]:
        view = self.table.stream_view or "KEYS_ONLY"
        change: dict[str, Any] = {
            "ApproximateCreationDateTime": int((self._loop.now - _EPOCH).total_seconds()),
            "Keys": key_of(named, self._keys),
            "SequenceNumber": str(_SEQUENCE_BASE + number),
            "SizeBytes": size_bytes(old or {}) + size_bytes(new or {}),
            "StreamViewType": view,
        }
        if new is not None and view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
            change["NewImage"] = new
        if old is not None and view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
            change["OldImage"] = old
        event = {
            "eventID": hashlib.md5(f"{self.table.name} {number}".encode(), usedforsecurity=False).hexdigest(),
            "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": self._region,
            "dynamodb": change,
            "eventSourceARN": self.table.stream_arn,
        }
        if expired:
            event["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
        return event

    # Expiry. AWS takes up to some days; here an item goes as soon as the clock has passed its instant.

    def _watch_expiry(self, item: Any) -> None:
        expiry = _expiry(item, self.table.ttl_attribute)
        if expiry is not None:
            heapq.heappush(self._expiring, (expiry, next(self._number), (item.hash_key, item.range_key)))
            self._plan_expiry()

    def _plan_expiry(self) -> None:
        if not self._expiring:
            return
        due = _EPOCH + timedelta(seconds=min(self._expiring[0][0], 253_402_300_799))
        if self._next_expiry is not None and not self._next_expiry.cancelled:
            if self._next_expiry.due <= due:
                return
            self._next_expiry.cancel()
        self._next_expiry = self._loop.at(due, f"expiry in {self.table.name}", self._expire, background=True)

    def _expire(self) -> None:
        self._next_expiry = None
        now = (self._loop.now - _EPOCH).total_seconds()
        while self._expiring and self._expiring[0][0] <= now:
            _, _, (hash_key, range_key) = heapq.heappop(self._expiring)
            item = self._moto.get_item(hash_key, range_key)
            expiry = _expiry(item, self.table.ttl_attribute) if item is not None else None
            if expiry is not None and expiry <= now:
                self.discard()
                self._moto.delete_item(hash_key, range_key)
                self.flush(expired=True)
        self._plan_expiry()


def _expiry(item: Any, attribute: str | None) -> float | None:
    value = item.attrs.get(attribute)
    if value is None or value.type != "N":
        return None
    try:
        return float(value.value)
    except ValueError:
        return None
