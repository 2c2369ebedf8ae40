"""Transactions that undo what they touched, where moto copies the whole table before each.

moto's own code runs; only its copy of the table is the table itself, and what its rollback would have put back is
put back item by item.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import moto.dynamodb.responses
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

_stock_transact = DynamoDBBackend.transact_write_items

MAX_TRANSACT_GETS = 100
"""As on AWS since 2022; moto still says 25."""


@contextmanager
def undoing_transactions() -> Iterator[None]:
    """Have moto's transactions cost what they touch."""
    with (
        patch.object(DynamoDBBackend, "transact_write_items", _transact),
        patch.object(moto.dynamodb.responses, "TRANSACTION_MAX_ITEMS", MAX_TRANSACT_GETS),
    ):
        yield


def _transact(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    touched = [before for entry in transact_items if (before := _Before.of(backend, entry)) is not None]
    Table.__deepcopy__ = _itself  # type: ignore[attr-defined]
    try:
        _stock_transact(backend, transact_items)
    except BaseException:
        for before in touched:
            before.restore()
        raise
    finally:
        del Table.__deepcopy__  # type: ignore[attr-defined]


def _itself(table: Table, _memo: dict[int, Any]) -> Table:
    return table


class _Before:
    """One item as it was before the transaction."""

    def __init__(self, table: Table, hash_key: DynamoType, range_key: DynamoType | None, item: Item | None) -> None:
        self._items: Any = table.items
        self._hash_key = hash_key
        self._range_key = range_key
        self._item = item

    @classmethod
    def of(cls, backend: DynamoDBBackend, entry: dict[str, Any]) -> _Before | None:
        """Remember the item that one entry of a transaction writes; None where it names none."""
        kind, part = next(iter(entry.items()))
        table = backend.tables.get(part.get("TableName"))
        key = part.get("Item" if kind == "Put" else "Key", {})
        if kind == "ConditionCheck" or table is None or any(name not in key for name in table.table_key_attrs):
            return None
        hash_key = DynamoType(key[table.hash_key_attr])
        range_key = DynamoType(key[table.range_key_attr]) if table.range_key_attr else None
        item = table.get_item(hash_key, range_key)
        # An update changes the item in place; a put and a deletion leave it as it is.
        return cls(table, hash_key, range_key, copy.deepcopy(item) if kind == "Update" else item)

    def restore(self) -> None:
        """Put the item back, or take it out where there was none."""
        if self._range_key is None:
            if self._item is None:
                self._items.pop(self._hash_key, None)
            else:
                self._items[self._hash_key] = self._item
        elif self._item is None:
            self._items[self._hash_key].pop(self._range_key, None)
        else:
            self._items[self._hash_key][self._range_key] = self._item
