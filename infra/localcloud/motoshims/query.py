"""A table's Query that reads what it answers with instead of the whole table, and a Scan that need not sort it.

moto sorts the whole table for each page of either. Here each partition keeps its sort keys in order, so that a query
finds its first item by bisection and stops at its last. Answers are moto's own, quirks included (an exhausted limit
gives a LastEvaluatedKey if the partition holds any further item, whether or not it matches).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import RESULT_SIZE_LIMIT, Table

_stock_init = Table.__init__
_stock_query = Table.query
_stock_all_items = Table.all_items


@contextmanager
def partition_queries() -> Iterator[None]:
    """Have moto's tables, from now on made, answer queries of their own key by partition.

    Queries of indexes, and the legacy query filters, are answered as ever.
    """
    with (
        patch.object(Table, "__init__", _init),
        patch.object(Table, "query", _query),
        patch.object(Table, "all_items", _all_items),
    ):
        yield


class SortedPartition(dict[DynamoType, Item]):
    """The items of one partition, with their sort keys in order."""

    __slots__ = ("_order",)

    def __init__(self) -> None:
        super().__init__()
        self._order: list[tuple[Any, DynamoType]] = []

    def __setitem__(self, key: DynamoType, item: Item) -> None:
        if key not in self:
            insort(self._order, (key.cast_value, key), key=_sort_value)
        super().__setitem__(key, item)

    def pop(self, key: DynamoType, *default: Any) -> Any:
        """Take an item out, as a dict does."""
        if key in self:
            del self._order[bisect_left(self._order, key.cast_value, key=_sort_value)]
        return super().pop(key, *default)

    def span(self, comparison: str | None, values: list[DynamoType]) -> tuple[int, int]:
        """The positions [first, end) of the sort keys for which a key condition holds."""
        first, end = 0, len(self._order)
        if comparison is None:
            return first, end
        low = values[0].cast_value
        match comparison.upper():
            case "=" | "EQ":
                return self._left(low), self._right(low)
            case "<" | "LT":
                return first, self._left(low)
            case "<=" | "LE":
                return first, self._right(low)
            case ">" | "GT":
                return self._right(low), end
            case ">=" | "GE":
                return self._left(low), end
            case "BETWEEN":
                begin = self._left(low)
                return begin, max(begin, self._right(values[1].cast_value))
            case "BEGINS_WITH":
                begin = self._left(low)
                return begin, bisect_left(self._order, 1, begin, key=lambda entry: not entry[0].startswith(low))
            case _:
                raise ValueError(f"no key condition is called {comparison}")

    def at(self, position: int) -> Item:
        """The item at a position in key order."""
        return self[self._order[position][1]]

    def in_order(self) -> Iterator[Item]:
        """All items, by their sort keys."""
        return (self[key] for _, key in self._order)

    def after(self, key: DynamoType) -> int:
        """The position of the first sort key greater than ``key``."""
        return self._right(key.cast_value)

    def before(self, key: DynamoType) -> int:
        """The position of the first sort key not less than ``key``."""
        return self._left(key.cast_value)

    def _left(self, value: Any) -> int:
        return bisect_left(self._order, value, key=_sort_value)

    def _right(self, value: Any) -> int:
        return bisect_right(self._order, value, key=_sort_value)


def _sort_value(entry: tuple[Any, DynamoType]) -> Any:
    return entry[0]


def _init(table: Table, *args: Any, **kwargs: Any) -> None:
    _stock_init(table, *args, **kwargs)
    if table.has_range_key:
        table.items = defaultdict(SortedPartition)


def _all_items(table: Table) -> list[Item]:
    partitions: Any = table.items
    if getattr(partitions, "default_factory", None) is not SortedPartition:
        return list(_stock_all_items(table))
    hash_keys = sorted(partitions, key=lambda key: key.cast_value)
    return [item for hash_key in hash_keys for item in partitions[hash_key].in_order()]


def _query(
    table: Table,
    hash_key: DynamoType | None,
    range_comparison: str | None,
    range_objs: list[DynamoType],
    limit: int,
    exclusive_start_key: Any,
    scan_index_forward: bool,
    projection_expressions: list[list[str]] | None,
    index_name: str | None = None,
    consistent_read: bool = False,
    filter_expression: Any = None,
    **rest: Any,
) -> tuple[list[Item], int, dict[str, Any] | None]:
    partition = table.items.get(hash_key, SortedPartition()) if hash_key is not None else None
    conditions = rest.pop("hash_key_conditions", None), rest.pop("range_key_conditions", None)
    if index_name or rest or not isinstance(partition, SortedPartition) or limit == 0:
        return _stock_query(
            table,
            hash_key,
            range_comparison,
            range_objs,
            limit,
            exclusive_start_key,
            scan_index_forward,
            projection_expressions,
            index_name,
            consistent_read,
            filter_expression,
            hash_key_conditions=conditions[0],
            range_key_conditions=conditions[1],
            **rest,
        )
    results, last_evaluated_key = _page(
        table, partition, partition.span(range_comparison, range_objs), limit, exclusive_start_key, scan_index_forward
    )
    scanned = len(results)
    if filter_expression is not None:
        results = [item for item in results if filter_expression.expr(item)]
    if projection_expressions:
        results = [item.project(projection_expressions) for item in results]
    return results, scanned, last_evaluated_key


def _page(
    table: Table,
    partition: SortedPartition,
    span: tuple[int, int],
    limit: int | None,
    start_key: dict[str, Any] | None,
    forward: bool,
) -> tuple[list[Item], dict[str, Any] | None]:
    first, end = span
    if start_key is not None:
        # moto leaves out what comes before or at the start key, by hash key first.
        hash_key = DynamoType(start_key[table.hash_key_attr])
        range_key = DynamoType(start_key[str(table.range_key_attr)])
        if len(partition) and partition.at(0).hash_key != hash_key:
            if (partition.at(0).hash_key < hash_key) == forward:
                end = first
        elif forward:
            first = max(first, partition.after(range_key))
        else:
            end = min(end, partition.before(range_key))
    positions = range(first, end) if forward else range(end - 1, first - 1, -1)
    results: list[Item] = []
    size = 0
    for position in positions:
        item = partition.at(position)
        item_size = item.size()
        if len(results) == limit or size + item_size > RESULT_SIZE_LIMIT:
            return results, _key_of(table, results[-1])
        results.append(item)
        size += item_size
    beyond = end < len(partition) if forward else first > 0
    if results and len(results) == limit and beyond:
        return results, _key_of(table, results[-1])
    return results, None


def _key_of(table: Table, item: Item) -> dict[str, Any]:
    return {table.hash_key_attr: item.hash_key, str(table.range_key_attr): item.range_key}
