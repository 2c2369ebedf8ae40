"""The table in memory, with DynamoDB's semantics, a stream, and a place to inject faults."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from broadsheet.aws import limits
from broadsheet.aws.attributes import Wire, decode_item, encode_item
from broadsheet.flow.ports import Delete, Item, Put, Write
from broadsheet.model.errors import Conflict
from broadsheet.model.keys import Key


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One change, as the table's stream tells it: the item before and after, None where there was none."""

    key: Key
    old: Item | None
    new: Item | None


class FakeTable:
    """``ports.Table`` in memory.

    ``records`` is the stream: one record per item that a write changed, in order; take them out at will.
    ``before_write``, where set, is called with the writes that are about to be applied: it may raise (a crash
    before the write, a fault of the service) or write to the table as another writer would, unobserved by itself.
    ``after_write`` likewise, when they have been applied: raise there for an answer that was lost.
    ``calls`` counts calls by method name.
    """

    def __init__(self) -> None:
        self.records: list[StreamRecord] = []
        self.calls: Counter[str] = Counter()
        self.before_write: Callable[[Sequence[Write]], None] | None = None
        self.after_write: Callable[[Sequence[Write]], None] | None = None
        self._in_hook = False
        # Items are kept encoded, so that nobody can change what is stored through what was given or returned.
        self._items: dict[str, dict[str, Wire]] = {}
        self._order: dict[str, list[str]] = {}

    def get(self, key: Key) -> Item | None:
        self.calls["get"] += 1
        limits.check_key(key)
        return self._read(key)

    def batch_get(self, keys: Iterable[Key]) -> dict[Key, Item]:
        wanted = list(dict.fromkeys(Key(*key) for key in keys))
        for key in wanted:
            limits.check_key(key)
        self.calls["batch_get"] += -(-len(wanted) // 100)
        found = {key: self._read(key) for key in wanted}
        return {key: item for key, item in found.items() if item is not None}

    def query(
        self,
        pk: str,
        *,
        first: str = "",
        last: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> list[Item]:
        self.calls["query"] += 1
        if limit is not None and limit < 0:
            raise ValueError(f"query of {pk}: limit {limit} is below 0")
        for bound in (first, last):
            limits.check_key(Key(pk, bound or "any"))
        order = self._order.get(pk, [])
        sort_keys = order[bisect_left(order, first) : len(order) if last is None else bisect_right(order, last)]
        if newest_first:
            sort_keys.reverse()
        return [decode_item(self._items[pk][sk]) for sk in sort_keys[:limit]]

    def put(self, item: Item, expect: int | None = None) -> None:
        self.calls["put"] += 1
        limits.check_item(item)
        self._write([Put(item, expect)])

    def delete(self, key: Key, expect: int | None = None) -> None:
        self.calls["delete"] += 1
        limits.check_key(key)
        self._write([Delete(key, expect)])

    def transact(self, writes: Sequence[Write]) -> None:
        if not writes:
            return
        self.calls["transact"] += 1
        limits.check_transaction(writes)
        self._write(list(writes))

    def dump(self) -> dict[Key, Item]:
        """Return all items by key, in order: for comparing two tables."""
        return {Key(pk, sk): decode_item(self._items[pk][sk]) for pk in sorted(self._items) for sk in self._order[pk]}

    def _write(self, writes: list[Write]) -> None:
        self._call(self.before_write, writes)
        unmet = [write.key for write in writes if not self._is_met(write)]
        if unmet:
            raise Conflict(f"{'; '.join(f'{key.pk}/{key.sk}' for key in unmet)}: read again and decide again")
        for write in writes:
            if isinstance(write, Put):
                self._store(write.key, encode_item(write.item))
            elif isinstance(write, Delete):
                self._store(write.key, None)
        self._call(self.after_write, writes)

    def _call(self, hook: Callable[[Sequence[Write]], None] | None, writes: list[Write]) -> None:
        if hook is None or self._in_hook:
            return
        self._in_hook = True
        try:
            hook(writes)
        finally:
            self._in_hook = False

    def _is_met(self, write: Write) -> bool:
        if write.expect is None:
            return True
        stored = self._read(write.key)
        if write.expect == 0:
            return stored is None
        return stored is not None and stored.get("v") == write.expect

    def _read(self, key: Key) -> Item | None:
        wire = self._items.get(key.pk, {}).get(key.sk)
        return None if wire is None else decode_item(wire)

    def _store(self, key: Key, new: Wire | None) -> None:
        old = self._items.get(key.pk, {}).get(key.sk)
        if old == new:
            return
        if old is None:
            insort(self._order.setdefault(key.pk, []), key.sk)
        if new is None:
            self._order[key.pk].remove(key.sk)
            del self._items[key.pk][key.sk]
        else:
            self._items.setdefault(key.pk, {})[key.sk] = new
        self.records.append(StreamRecord(key, old and decode_item(old), new and decode_item(new)))
