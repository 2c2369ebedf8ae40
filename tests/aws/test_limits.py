"""Sizes by the rules AWS documents, on figures worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from broadsheet.aws import limits
from broadsheet.flow.ports import Check, Delete, Put
from broadsheet.model.keys import Key


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({}, 0),
        ({"ab": ""}, 2),
        ({"ab": "新"}, 5),
        ({"新": "ab"}, 5),
        ({"ab": b"\x00\xff"}, 4),
        ({"ab": True}, 3),
        ({"ab": None}, 0),
        ({"ab": 0}, 3),
        ({"ab": 7}, 4),
        ({"ab": 1200}, 4),
        ({"ab": 123}, 5),
        ({"ab": -123}, 6),
        ({"ab": []}, 5),
        ({"ab": {}}, 5),
        ({"ab": ["x", 7]}, 2 + 3 + (1 + 1) + (1 + 2)),
        ({"ab": {"k": "x", "none": None}}, 2 + 3 + (1 + 1 + 1)),
        ({"ab": [{"k": [True]}]}, 2 + 3 + 1 + (3 + 1 + 1 + (3 + 1 + 1))),
    ],
    ids=str,
)
def test_item_bytes(item: dict[str, Any], size: int) -> None:
    assert limits.item_bytes(item) == size


def nested(levels: int) -> Any:
    return [nested(levels - 1)] if levels else "x"


def test_nesting_ends_at_32_levels() -> None:
    limits.check_item({"pk": "P", "sk": "a", "x": nested(32)})
    with pytest.raises(ValueError, match="P/a, attribute 'x': nested deeper than 32 levels"):
        limits.check_item({"pk": "P", "sk": "a", "x": nested(33)})


def test_an_item_of_exactly_400_kb_is_allowed() -> None:
    item = {"pk": "P", "sk": "a", "x": "y" * (limits.ITEM_BYTES - 7)}
    assert limits.check_item(item) == limits.ITEM_BYTES
    with pytest.raises(ValueError, match="has 409601 bytes"):
        limits.check_item(item | {"x": item["x"] + "y"})


def test_a_transaction_of_exactly_4_mb_is_allowed() -> None:
    def put(n: int, size: int) -> Put:
        return Put({"pk": "P", "sk": f"{n:02}", "x": "y" * (size - 8)})

    size = limits.TRANSACTION_BYTES // 11
    writes = [put(n, size) for n in range(11)]
    spare = limits.TRANSACTION_BYTES - 11 * size
    assert spare == 4
    limits.check_transaction([*writes, Delete(Key("P", "abc"))])
    with pytest.raises(ValueError, match="has 4194305 bytes"):
        limits.check_transaction([*writes, Check(Key("P", "abcd"), 1)])


def test_a_key_that_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="pk must be text"):
        limits.check_item({"pk": 1, "sk": "a"})


@pytest.mark.parametrize("item", [{"": "x"}, {"names": {"": "x"}}, {"names": [{"a": {"": 1}}]}])
def test_an_attribute_without_a_name_is_refused(item: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="an attribute has no name"):
        limits.check_item({"pk": "P", "sk": "S", **item})
