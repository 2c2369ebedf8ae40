"""Slots of a host: one request each, whoever takes them and however many do at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from broadsheet.aws.table import DynamoTable
from broadsheet.flow.ports import Item, Table, Write
from broadsheet.flow.slots import (
    ATTEMPTS,
    KEPT,
    LONGEST_HOLD,
    SPACING,
    delay_until,
    held_until,
    hold_host,
    host_slots_from,
    pause_asked,
    space_host,
    take_slots,
)
from broadsheet.model import keys
from broadsheet.model.errors import Conflict
from broadsheet.model.keys import Key
from broadsheet.model.web import FetchFailed
from tests.builders import NOON, minutes
from tests.fakes.table import FakeTable

HOST = "news.example"


def seconds(*counts: float) -> list[datetime]:
    return [NOON + timedelta(seconds=count) for count in counts]


def known(table: Table) -> Item:
    item = table.get(keys.host(HOST))
    assert item
    return item


class OneCallAtATime:
    """A table whose single calls are atomic, as DynamoDB's are, for threads to meet at."""

    def __init__(self, inner: Table) -> None:
        self._inner = inner
        self._lock = threading.Lock()

    def get(self, key: Key) -> Item | None:
        with self._lock:
            return self._inner.get(key)

    def put(self, item: Item, expect: int | None = None) -> None:
        with self._lock:
            self._inner.put(item, expect)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"slots need no {name}")


@pytest.fixture
def moto_table() -> Iterator[DynamoTable]:
    with mock_aws():
        client = boto3.client(
            "dynamodb", region_name="eu-central-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        client.create_table(
            TableName="slots",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        yield DynamoTable(client, "slots")


class TestTaking:
    def test_slots_lie_a_second_apart_from_the_time_of_the_message_on(self) -> None:
        table = FakeTable()
        assert take_slots(HOST, 3, NOON, table) == seconds(0, 1, 2)
        assert take_slots(HOST, 1, NOON, table) == seconds(3)
        assert take_slots(HOST, 1, minutes(1), table) == [minutes(1)], "time that passed unused is gone"
        assert take_slots("other.example", 1, NOON, table) == [NOON]

    def test_one_read_and_one_write(self) -> None:
        table = FakeTable()
        for _ in range(2):
            table.calls.clear()
            take_slots(HOST, 50, NOON, table)
            assert table.calls == {"get": 1, "put": 1}

    def test_only_those_that_come_in_time(self) -> None:
        table = FakeTable()
        assert take_slots(HOST, 5, NOON, table, before=NOON + timedelta(seconds=2)) == seconds(0, 1)
        written = len(table.records)
        assert take_slots(HOST, 5, NOON, table, before=NOON + timedelta(seconds=2)) == []
        assert len(table.records) == written, "nothing was taken"
        assert take_slots(HOST, 1, NOON, table) == seconds(2)

    def test_a_host_left_alone_is_forgotten(self) -> None:
        table = FakeTable()
        take_slots(HOST, 1, NOON, table)
        assert known(table)["ttl"] == int((NOON + SPACING + KEPT).timestamp())

    def test_a_hundred_at_the_same_moment_get_a_hundred(self) -> None:
        table = OneCallAtATime(FakeTable())
        start = threading.Barrier(ATTEMPTS)

        def take(_: int) -> list[datetime]:
            start.wait()
            return take_slots(HOST, 1, NOON, table)

        with ThreadPoolExecutor(ATTEMPTS) as pool:
            taken = [slot for slots in pool.map(take, range(ATTEMPTS)) for slot in slots]
        assert sorted(taken) == seconds(*range(ATTEMPTS))

    def test_a_hundred_in_ten_functions_through_dynamodb_get_a_hundred(self, moto_table: DynamoTable) -> None:
        table = OneCallAtATime(moto_table)
        with ThreadPoolExecutor(10) as pool:
            taken = [s for slots in pool.map(lambda _: take_slots(HOST, 1, NOON, table), range(100)) for s in slots]
        assert sorted(taken) == seconds(*range(100))

    def test_who_never_gets_a_turn_goes_back_to_the_queue(self) -> None:
        table = FakeTable()

        def another(_: Sequence[Write]) -> None:
            take_slots(HOST, 1, NOON, table)

        table.before_write = another
        with pytest.raises(Conflict, match=r"host news\.example"):
            take_slots(HOST, 1, NOON, table)


class TestHolding:
    def test_a_held_host_hands_out_no_slot_before_the_end_and_others_do(self) -> None:
        table = FakeTable()
        hold_host(HOST, minutes(10), table)
        assert take_slots(HOST, 2, NOON, table) == [minutes(10), minutes(10) + SPACING]
        assert take_slots("other.example", 1, NOON, table) == [NOON]
        assert held_until(HOST, table) == minutes(10)
        assert held_until("other.example", table) is None

    def test_slots_handed_out_before_are_void_and_those_after_are_not(self) -> None:
        table = FakeTable()
        before = take_slots(HOST, 3, NOON, table)
        hold_host(HOST, NOON + timedelta(seconds=2), table)
        after = take_slots(HOST, 2, NOON, table)
        slots = host_slots_from(known(table))
        assert [slots.voids(slot) for slot in before] == [True, True, False]
        assert [slots.voids(slot) for slot in after] == [False, False]
        assert not set(before[2:]) & set(after)

    def test_a_shorter_hold_shortens_none(self) -> None:
        table = FakeTable()
        hold_host(HOST, minutes(10), table)
        hold_host(HOST, minutes(5), table)
        assert held_until(HOST, table) == minutes(10)
        assert len(table.records) == 1

    def test_a_hold_keeps_the_spacing(self) -> None:
        table = FakeTable()
        space_host(HOST, timedelta(seconds=7), NOON, table)
        hold_host(HOST, minutes(10), table)
        assert take_slots(HOST, 2, NOON, table) == [minutes(10), minutes(10) + timedelta(seconds=7)]

    @pytest.mark.parametrize(
        ("asked", "until"),
        [
            (None, None),
            (timedelta(seconds=0), None),
            (timedelta(seconds=90), minutes(1.5)),
            (timedelta(days=30), NOON + LONGEST_HOLD),
            (minutes(7), minutes(7)),
            (minutes(-7), None),
            (NOON + timedelta(days=3650), NOON + LONGEST_HOLD),
        ],
    )
    def test_what_a_server_asks_for_is_kept_within_bounds(
        self, asked: timedelta | datetime | None, until: datetime | None
    ) -> None:
        assert pause_asked(FetchFailed("answered 503", transient=True, retry_after=asked), NOON) == until


class TestSpacing:
    def test_slots_lie_as_far_apart_as_the_host_asks_for(self) -> None:
        table = FakeTable()
        take_slots(HOST, 1, NOON, table)
        space_host(HOST, timedelta(seconds=10), NOON, table)
        assert take_slots(HOST, 3, NOON, table) == seconds(10, 20, 30)

    def test_slots_handed_out_more_densely_are_void(self) -> None:
        table = FakeTable()
        dense = take_slots(HOST, 30, NOON, table)
        space_host(HOST, timedelta(seconds=10), NOON, table)
        slots = host_slots_from(known(table))
        assert all(slots.voids(slot) for slot in dense)
        assert take_slots(HOST, 2, NOON, table) == seconds(30, 40)

    def test_a_spacing_that_shrinks_voids_nothing(self) -> None:
        table = FakeTable()
        space_host(HOST, timedelta(seconds=10), NOON, table)
        wide = take_slots(HOST, 2, NOON, table)
        space_host(HOST, SPACING, NOON, table)
        assert not host_slots_from(known(table)).voids(wide[0])
        assert take_slots(HOST, 2, NOON, table) == seconds(20, 21)
        assert "spacing_seconds" not in known(table)

    def test_the_same_again_writes_nothing(self) -> None:
        table = FakeTable()
        space_host(HOST, SPACING, NOON, table)
        space_host(HOST, timedelta(seconds=10), NOON, table)
        space_host(HOST, timedelta(seconds=10), minutes(5), table)
        assert len(table.records) == 1


@pytest.mark.parametrize(
    ("slot", "delay", "until"),
    [
        (NOON, 0, NOON),
        (minutes(-1), 0, NOON),
        (NOON + timedelta(milliseconds=1), 1, seconds(1)[0]),
        (minutes(20), 900, minutes(15)),
    ],
)
def test_a_message_is_delayed_by_whole_seconds_and_no_more_than_a_queue_can(
    slot: datetime, delay: int, until: datetime
) -> None:
    assert delay_until(slot, NOON) == (delay, until)
