"""Items of tables, from moto into the saved state and back."""

from __future__ import annotations

import base64
import json
import sqlite3
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict

from localcloud.motoshims import store
from localcloud.motoshims.images import image
from localcloud.saved.file import StateError
from localcloud.stack import Stack


def save_tables(database: sqlite3.Connection, stack: Stack) -> None:
    """Write every item of the stack's tables."""
    for table in stack.tables.values():
        rows = (
            (table.name, json.dumps(image(item), ensure_ascii=False, separators=(",", ":")))
            for item in store.moto_table(table.name, stack.region).all_items()
        )
        database.executemany("INSERT INTO item VALUES (?, ?)", rows)


def restore_tables(database: sqlite3.Connection, stack: Stack) -> set[str]:
    """Put the items back; returns the names of saved tables that the stack has no more.

    Raises StateError where a table's key has changed.
    """
    tables: dict[str, Any] = {table.name: store.moto_table(table.name, stack.region) for table in stack.tables.values()}
    missing: set[str] = set()
    for name, text in database.execute("SELECT tbl, image FROM item ORDER BY rowid"):
        table = tables.get(name)
        if table is None:
            missing.add(name)
            continue
        item = _item(json.loads(text), table.hash_key_attr, table.range_key_attr)
        if item is None:
            raise StateError(
                f"table {name}: a saved item lacks the key {table.table_key_attrs} that the template now gives the "
                "table; give the table another name, or start with another state folder"
            )
        if item.range_key is None:
            table.items[item.hash_key] = item
        else:
            table.items[item.hash_key][item.range_key] = item
    return missing


def _item(saved: dict[str, Any], hash_name: str, range_name: str | None) -> Item | None:
    # Built by hand: moto's own constructor weighs the whole item anew for each attribute.
    attributes = LimitedSizeDict.__new__(LimitedSizeDict)
    dict.update(attributes, {name: _value(value) for name, value in saved.items()})
    if hash_name not in attributes or (range_name is not None and range_name not in attributes):
        return None
    item: Any = Item.__new__(Item)
    item.attrs = attributes
    item.hash_key = DynamoType(attributes[hash_name])
    item.range_key = DynamoType(attributes[range_name]) if range_name is not None else None
    return item  # type: ignore[no-any-return]


def _value(saved: dict[str, Any]) -> DynamoType:
    ((kind, content),) = saved.items()
    value = DynamoType.__new__(DynamoType)
    value.type = kind
    if kind == "M":
        value.value = {name: _value(inner) for name, inner in content.items()}
    elif kind == "L":
        value.value = [_value(inner) for inner in content]
    elif kind == "B":
        value.value = base64.b64decode(content)
    elif kind == "BS":
        value.value = [base64.b64decode(inner) for inner in content]
    else:
        value.value = content
    return value
