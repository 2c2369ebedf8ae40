"""What ``ports.Table`` promises, of the adapter and of the fake alike."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.flow.ports import TRANSACTION_LIMIT, Check, Delete, Put, Table, Write
from broadsheet.model.errors import Conflict
from broadsheet.model.keys import Key

A, B, C = Key("P", "a"), Key("P", "b"), Key("Q", "c")


def item(key: Key, v: int = 1, **attributes: Any) -> dict[str, Any]:
    return {"pk": key.pk, "sk": key.sk, "v": v, **attributes}


def sort_keys(items: list[Any]) -> list[str]:
    return [found["sk"] for found in items]


class State(StrEnum):
    PUBLISHED = "published"


class TestValues:
    @pytest.mark.parametrize(
        ("value", "read"),
        [
            ("", ""),
            ("泉州晚报 𠮷 é", "泉州晚报 𠮷 é"),
            ("\x00\t\ufffd", "\x00\t\ufffd"),
            (0, 0),
            (-1, -1),
            (1200, 1200),
            (10**37 + 1, 10**37 + 1),
            (True, True),
            (False, False),
            (b"", b""),
            (bytes(range(256)), bytes(range(256))),
            ([], []),
            ({}, {}),
            (("a", 1), ["a", 1]),
            ([["x"], {"y": b"z"}], [["x"], {"y": b"z"}]),
            ({"kept": 0, "dropped": None}, {"kept": 0}),
            ({"新": {"deep": [{"er": True}]}}, {"新": {"deep": [{"er": True}]}}),
            (Decimal(7), 7),
            (State.PUBLISHED, "published"),
        ],
    )
    def test_a_value_comes_back(self, table: Table, value: object, read: object) -> None:
        table.put(item(A, value=value))
        found = table.get(A)
        assert found is not None
        assert found["value"] == read
        assert type(found["value"]) is type(read)
        assert table.query("P") == [found]
        assert table.batch_get([A]) == {A: found}

    def test_none_is_not_stored(self, table: Table) -> None:
        table.put(item(A, gone=None))
        assert table.get(A) == item(A)

    @pytest.mark.parametrize(
        ("value", "named"),
        [
            (1.5, "float"),
            ([1.0], "float"),
            ({"x": {1}}, "set"),
            ([None], "NoneType"),
            (Decimal("0.5"), "Decimal"),
            (10**38 + 1, "39 digits"),
            ("\ud800", "surrogate"),
            (object(), "object"),
        ],
    )
    def test_what_cannot_be_stored_is_refused_by_name(self, table: Table, value: object, named: str) -> None:
        with pytest.raises(ValueError, match=rf"P/a, attribute 'value'.*{named}"):
            table.put(item(A, value=value))
        assert table.get(A) is None

    def test_what_was_given_or_returned_can_be_changed_without_changing_what_is_stored(self, table: Table) -> None:
        given_item = item(A, names=["x"])
        table.put(given_item)
        given_item["names"].append("y")
        found = table.get(A)
        assert found is not None
        found["names"].append("z")
        assert table.get(A) == item(A, names=["x"])

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        value=st.recursive(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
            | st.integers(-(10**37), 10**37)
            | st.booleans()
            | st.binary(max_size=8),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab新"), inner),
            max_leaves=12,
        )
    )
    def test_any_plain_value_comes_back(self, table: Table, value: object) -> None:
        table.put(item(A, value=value))
        assert table.get(A) == item(A, value=value)


class TestConditions:
    def test_nothing_is_there_at_first(self, table: Table) -> None:
        assert table.get(A) is None
        assert table.query("P") == []
        assert table.batch_get([A, B]) == {}
        assert table.batch_get([]) == {}

    def test_put_replaces_the_whole_item(self, table: Table) -> None:
        table.put(item(A, old="x"))
        table.put(item(A, 2, new="y"))
        assert table.get(A) == item(A, 2, new="y")

    def test_put_expecting_nothing_meets_something(self, table: Table) -> None:
        table.put(item(A, text="first"), expect=0)
        with pytest.raises(Conflict, match="P/a"):
            table.put(item(A, text="second"), expect=0)
        assert table.get(A) == item(A, text="first")

    def test_put_expecting_a_version(self, table: Table) -> None:
        table.put(item(A, 3))
        table.put(item(A, 4), expect=3)
        with pytest.raises(Conflict, match="P/a"):
            table.put(item(A, 5), expect=3)
        with pytest.raises(Conflict, match="P/b"):
            table.put(item(B, 1), expect=3)
        assert table.get(A) == item(A, 4)
        assert table.get(B) is None

    def test_an_item_without_version_exists_but_has_none(self, table: Table) -> None:
        table.put({"pk": "P", "sk": "a"})
        with pytest.raises(Conflict):
            table.put(item(A), expect=0)
        with pytest.raises(Conflict):
            table.put(item(A), expect=1)

    def test_delete(self, table: Table) -> None:
        table.put(item(A))
        table.delete(A)
        table.delete(A)
        assert table.get(A) is None

    def test_delete_expecting_a_version(self, table: Table) -> None:
        table.put(item(A, 2))
        with pytest.raises(Conflict, match="P/a"):
            table.delete(A, expect=1)
        assert table.get(A) == item(A, 2)
        table.delete(A, expect=2)
        with pytest.raises(Conflict):
            table.delete(A, expect=2)

    def test_delete_expecting_nothing(self, table: Table) -> None:
        table.delete(A, expect=0)
        table.put(item(A))
        with pytest.raises(Conflict):
            table.delete(A, expect=0)
        assert table.get(A) == item(A)


class TestTransactions:
    def test_all_are_written(self, table: Table) -> None:
        table.put(item(B, 7))
        table.put(item(C, 1))
        table.transact([Put(item(A), expect=0), Delete(B, expect=7), Check(C, 1)])
        assert table.get(A) == item(A)
        assert table.get(B) is None
        assert table.get(C) == item(C, 1)

    @pytest.mark.parametrize(
        "failing",
        [
            Put(item(C), expect=0),
            Put(item(C), expect=2),
            Delete(C, expect=2),
            Delete(C, expect=0),
            Check(C, 2),
            Check(C, 0),
            Check(Key("Q", "absent"), 1),
        ],
        ids=str,
    )
    def test_one_unmet_expectation_and_nothing_is_written(self, table: Table, failing: Write) -> None:
        table.put(item(B))
        table.put(item(C, 1))
        with pytest.raises(Conflict, match=f"Q/{failing.key.sk}"):
            table.transact([Put(item(A), expect=0), failing, Delete(B)])
        assert table.get(A) is None
        assert table.get(B) == item(B)
        assert table.get(C) == item(C, 1)

    def test_every_unmet_expectation_is_named(self, table: Table) -> None:
        with pytest.raises(Conflict, match=r"P/a.*P/b") as caught:
            table.transact([Check(A, 1), Put(item(C)), Delete(B, expect=1)])
        assert "Q/c" not in str(caught.value)

    def test_nothing_to_write_is_fine(self, table: Table) -> None:
        table.transact([])
        assert table.query("P") == []

    def test_as_many_as_are_allowed(self, table: Table) -> None:
        table.transact([Put(item(Key("P", f"{n:03}")), expect=0) for n in range(TRANSACTION_LIMIT)])
        assert len(table.query("P")) == TRANSACTION_LIMIT

    def test_one_more_is_refused(self, table: Table) -> None:
        with pytest.raises(ValueError, match="101 writes, at most 100"):
            table.transact([Put(item(Key("P", f"{n:03}"))) for n in range(TRANSACTION_LIMIT + 1)])
        assert table.query("P") == []

    @pytest.mark.parametrize("second", [Put(item(A, 2)), Delete(A), Check(A, 0)], ids=str)
    def test_two_writes_to_one_item_are_refused(self, table: Table, second: Write) -> None:
        with pytest.raises(ValueError, match="P/a twice"):
            table.transact([Put(item(A)), Put(item(B)), second])
        assert table.query("P") == []

    def test_more_than_4_mb_is_refused(self, table: Table) -> None:
        writes = [Put(item(Key("P", str(n)), text="x" * 400_000)) for n in range(11)]
        with pytest.raises(ValueError, match=r"11 writes has 44\d{5} bytes, at most 4194304"):
            table.transact(writes)
        assert table.query("P") == []


class TestQuery:
    ORDERED = ("A", "B#1", "B#2", "B￰", "a", "é", "新", "\uffff", "𠮷")
    """By UTF-8 bytes, which is by code point: not by UTF-16 unit, where 𠮷 comes before U+FFFF."""

    @pytest.fixture
    def filled(self, table: Table) -> Table:
        for sk in reversed(self.ORDERED):
            table.put(item(Key("P", sk)))
        table.put(item(Key("PP", "B#1")))
        return table

    def test_order_is_by_bytes(self, filled: Table) -> None:
        assert sort_keys(filled.query("P")) == list(self.ORDERED)
        assert sort_keys(filled.query("P", newest_first=True)) == list(reversed(self.ORDERED))

    @pytest.mark.parametrize(
        ("bounds", "expected"),
        [
            ({"first": "B#"}, ORDERED[1:]),
            ({"first": "B#1"}, ORDERED[1:]),
            ({"last": "B#2"}, ORDERED[:3]),
            ({"last": "B#1z"}, ORDERED[:2]),
            ({"first": "B#", "last": "B#\uffff"}, ("B#1", "B#2")),
            ({"first": "a", "last": "a"}, ("a",)),
            ({"first": "b", "last": "b"}, ()),
            ({"first": "b", "last": "a"}, ()),
            ({"last": ""}, ()),
            ({"first": "𠮷a"}, ()),
        ],
    )
    def test_bounds_are_inclusive(self, filled: Table, bounds: dict[str, str], expected: tuple[str, ...]) -> None:
        assert sort_keys(filled.query("P", **bounds)) == list(expected)  # type: ignore[arg-type]

    @pytest.mark.parametrize(("limit", "expected"), [(0, ()), (1, ORDERED[1:2]), (2, ORDERED[1:3]), (99, ORDERED[1:])])
    def test_limit(self, filled: Table, limit: int, expected: tuple[str, ...]) -> None:
        assert sort_keys(filled.query("P", first="B", limit=limit)) == list(expected)

    def test_limit_cuts_after_the_order_is_reversed(self, filled: Table) -> None:
        assert sort_keys(filled.query("P", last="a", limit=2, newest_first=True)) == ["a", "B￰"]

    def test_a_limit_below_zero_is_refused(self, table: Table) -> None:
        with pytest.raises(ValueError, match="limit -1"):
            table.query("P", limit=-1)

    @pytest.mark.parametrize("newest_first", [False, True])
    def test_more_than_a_megabyte_comes_in_full(self, table: Table, newest_first: bool) -> None:
        numbers = [f"{n:02}" for n in range(12)]
        for n in numbers:
            table.put(item(Key("P", n), text="新" * 100_000))
        expected = numbers[::-1] if newest_first else numbers
        assert sort_keys(table.query("P", newest_first=newest_first)) == expected
        assert sort_keys(table.query("P", newest_first=newest_first, limit=7)) == expected[:7]
        assert sort_keys(table.query("P", first="02", last="09", newest_first=newest_first, limit=99)) == [
            n for n in expected if "02" <= n <= "09"
        ]


def test_batch_get_takes_any_number_of_keys(table: Table) -> None:
    keys = [Key(f"P{n % 7}", f"{n:03}") for n in range(250)]
    for start in range(0, 250, 100):
        table.transact([Put(item(key, n=start)) for key in keys[start : start + 100]])
    absent = Key("P0", "absent")
    asked = [*reversed(keys), absent, *keys]
    found = table.batch_get(iter(asked))
    assert list(found) == keys[::-1]
    assert all((read["pk"], read["sk"]) == key for key, read in found.items())


class TestLimits:
    @pytest.mark.parametrize(
        ("key", "named"),
        [
            (Key("", "a"), "pk must be text"),
            (Key("P", ""), "sk must be text"),
            (Key("新" * 683, "a"), "pk has 2049 bytes, at most 2048"),
            (Key("P", "新" * 342), "sk has 1026 bytes, at most 1024"),
        ],
        ids=["no-pk", "no-sk", "long-pk", "long-sk"],
    )
    def test_a_key_that_cannot_be(self, table: Table, key: Key, named: str) -> None:
        for attempt in (
            lambda: table.get(key),
            lambda: table.batch_get([A, key]),
            lambda: table.put(item(key)),
            lambda: table.delete(key),
            lambda: table.transact([Put(item(A)), Check(key, 0)]),
            lambda: table.transact([Put(item(A)), Put(item(key))]),
        ):
            with pytest.raises(ValueError, match=named):
                attempt()
        assert table.get(A) is None

    def test_keys_as_long_as_they_may_be(self, table: Table) -> None:
        key = Key("p" * 2048, "s" * 1024)
        table.put(item(key))
        assert table.get(key) == item(key)
        assert table.query(key.pk, first=key.sk) == [item(key)]

    def test_a_bound_that_cannot_be(self, table: Table) -> None:
        with pytest.raises(ValueError, match="sk has 1025 bytes"):
            table.query("P", last="x" * 1025)

    def test_an_item_too_large(self, table: Table) -> None:
        with pytest.raises(ValueError, match="P/a has 409613 bytes, at most 409600"):
            table.put(item(A, text="x" * 409_600))
        with pytest.raises(ValueError, match="P/a has 409613 bytes, at most 409600"):
            table.transact([Put(item(B)), Put(item(A, text="x" * 409_600))])
        assert table.query("P") == []

    def test_an_item_without_key(self, table: Table) -> None:
        with pytest.raises(ValueError, match="without pk or sk"):
            table.put({"pk": "P", "v": 1})
