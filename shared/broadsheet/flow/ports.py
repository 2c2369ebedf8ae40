"""What the flow needs from outside, and nothing more: a table, object stores, queues, a fetcher, metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from broadsheet.model.errors import Conflict
from broadsheet.model.keys import Key
from broadsheet.model.web import FetchRequest, FetchResponse

T = TypeVar("T")

Item = Mapping[str, Any]
"""An item of the table: ``pk`` and ``sk``, plain values (str, int, float-free numbers, bool, bytes, list, dict);
None is not stored. ``v``, an int, is the version that conditions compare."""

TRANSACTION_LIMIT = 100
"""Items in one transaction (DynamoDB quota)."""


@dataclass(frozen=True, slots=True)
class Put:
    """Write an item. ``expect`` is the ``v`` the stored item must have: 0 for "must not exist", None for any."""

    item: Item
    expect: int | None = None

    @property
    def key(self) -> Key:
        """The item's key."""
        return Key(self.item["pk"], self.item["sk"])


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an item. ``expect`` as in :class:`Put`; an absent item is fine where ``expect`` is None."""

    key: Key
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Write nothing, but require the item's ``v`` (0: it must not exist)."""

    key: Key
    expect: int


Write = Put | Delete | Check


class Table(Protocol):
    """The one table. All reads are strongly consistent."""

    def get(self, key: Key) -> Item | None:
        """Return the item, or None."""
        ...

    def batch_get(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """Return those of the items that exist; any number of keys, duplicates allowed."""
        ...

    def query(
        self,
        pk: str,
        *,
        first: str = "",
        last: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> list[Item]:
        """Return the partition's items with ``first <= sk <= last`` in sort order (or reversed), at most ``limit``."""
        ...

    def put(self, item: Item, expect: int | None = None) -> None:
        """Write one item; raises Conflict where ``expect`` is not met."""
        ...

    def delete(self, key: Key, expect: int | None = None) -> None:
        """Delete one item; raises Conflict where ``expect`` is not met."""
        ...

    def transact(self, writes: Sequence[Write]) -> None:
        """Write all or none; raises Conflict where an ``expect`` is not met or another writer is at it.

        Raises ValueError past ``TRANSACTION_LIMIT`` writes, DynamoDB's item or transaction size, or for two
        writes to one key.
        """
        ...


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as read. ``metadata`` has lower-case names without ``x-amz-meta-``."""

    body: bytes
    content_type: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    size_bytes: int = 0


class ObjectStore(Protocol):
    """One bucket."""

    def get(self, key: str, version: str | None = None) -> StoredObject | None:
        """Return the object (of that version), or None where there is none."""
        ...

    def metadata(self, key: str) -> Mapping[str, str] | None:
        """Return the object's metadata without its bytes, or None where there is none."""
        ...

    def put(
        self,
        key: str,
        body: bytes,
        content_type: str,
        cache_control: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Write the object. Metadata values must be ASCII."""
        ...

    def delete(self, key: str) -> None:
        """Delete the object; one that does not exist is fine."""
        ...

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with ``prefix``, in the order of their UTF-8 bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send. ``group`` and ``dedup`` are for FIFO queues, ``delay_seconds`` (≤ 900) for others."""

    body: str
    delay_seconds: int = 0
    group: str | None = None
    dedup: str | None = None


class Queue(Protocol):
    """One queue."""

    def send(self, messages: Sequence[Outgoing]) -> None:
        """Send all messages, in batches; raises where any was refused after the SDK's retries."""
        ...


class Fetcher(Protocol):
    """The web, safely."""

    def fetch(self, request: FetchRequest) -> FetchResponse:
        """Return the answer (200 or 304); raises FetchFailed with its reason otherwise."""
        ...


class Counter(Protocol):
    """Business metrics."""

    def add(self, name: str, count: int = 1) -> None:
        """Count ``count`` of ``name`` (``ArticlesStored``)."""
        ...


def write_all(table: Table, writes: Sequence[Write]) -> None:
    """Write all or none, by a transaction only where there are several: in one, everything costs twice.

    Raises Conflict as ``Table.transact`` does.
    """
    match writes:
        case [Put(item, expect)]:
            table.put(item, expect)
        case [Delete(key, expect)]:
            table.delete(key, expect)
        case _:
            table.transact(writes)


def change_item(
    key: Key,
    load: Callable[[Item | None], tuple[T, int]],
    change: Callable[[T], T],
    dump: Callable[[T, int], Item],
    table: Table,
    attempts: int,
    called: str,
) -> T:
    """Replace what ``load`` makes of an item by what ``change`` makes of that, and return it.

    ``load`` also gives the version that was read (0: no item), and ``dump`` makes the item of the next one. Reads and
    changes again where another writer was faster; writes nothing where that changes nothing. Raises Conflict, by
    what the item is ``called``, where others were faster ``attempts`` times in a row.
    """
    # Reading first is the cheaper way: a write that fails because the item is there already costs five times a read.
    for _ in range(attempts):
        known, v = load(table.get(key))
        changed = change(known)
        if changed == known:
            return known
        try:
            table.put(dump(changed, v + 1), v)
        except Conflict:
            continue
        return changed
    raise Conflict(f"{called}: others kept writing it; back to the queue")
