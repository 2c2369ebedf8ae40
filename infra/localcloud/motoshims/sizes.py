"""Items that know their size: moto counts every byte of an item anew at each attribute, and whenever it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.utilities import bytesize
from moto.dynamodb.parsing.executors import UpdateExpressionExecutor

_stock_size = Item.size
_stock_update = Item.update_with_attribute_updates
_stock_execute = UpdateExpressionExecutor.execute

_SIZE = "_localcloud_size"
_MAX_BYTES = 405_000
"""moto's own limit; AWS's stricter one is checked before the call gets here."""


@contextmanager
def counted_once() -> Iterator[None]:
    """Have moto's items be counted when they are made, and again only after an update."""
    with (
        patch.object(Item, "__init__", _init),
        patch.object(Item, "size", _size),
        patch.object(Item, "update_with_attribute_updates", _update),
        patch.object(UpdateExpressionExecutor, "execute", _execute),
    ):
        yield


def _init(item: Item, hash_key: DynamoType, range_key: DynamoType | None, attrs: Mapping[str, Any]) -> None:
    item.hash_key = hash_key
    item.range_key = range_key
    item.attrs = LimitedSizeDict()
    size = 0
    for name, value in attrs.items():
        attribute = DynamoType(value)
        size += bytesize(name) + attribute.size()
        if size > _MAX_BYTES:
            raise ItemSizeTooLarge
        # Past the dictionary's own check, which adds up all that is in it already.
        dict.__setitem__(item.attrs, name, attribute)
    item.__dict__[_SIZE] = size


def _size(item: Item) -> int:
    known = item.__dict__.get(_SIZE)
    if known is None:
        known = item.__dict__[_SIZE] = _stock_size(item)
    return int(known)


def _execute(executor: UpdateExpressionExecutor, node: Any = None) -> None:
    # Only updates change an item in place. Forgotten before, because they may fail halfway.
    executor.item.__dict__.pop(_SIZE, None)
    _stock_execute(executor, node)


def _update(item: Item, attribute_updates: dict[str, Any]) -> None:
    item.__dict__.pop(_SIZE, None)
    _stock_update(item, attribute_updates)
