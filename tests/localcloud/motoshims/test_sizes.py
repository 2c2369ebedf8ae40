"""An item that knows its size knows the right one, whatever was done to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import Item

from localcloud.cloud import LocalCloud
from localcloud.motoshims import sizes, store

from ..sample import REGION, cloud, stack, table

VALUES = st.recursive(
    st.one_of(
        st.builds(lambda text: {"S": text}, st.sampled_from(["", "x", "ü新", "long" * 50])),
        st.builds(lambda text: {"N": text}, st.sampled_from(["0", "-1.5", "123456789"])),
        st.just({"B": b"\x00\xff"}),
        st.just({"NULL": True}),
        st.just({"BOOL": False}),
        st.just({"SS": ["a", "新"]}),
        st.just({"NS": ["1", "22"]}),
    ),
    lambda inner: st.one_of(
        st.builds(lambda values: {"L": values}, st.lists(inner, max_size=3)),
        st.builds(lambda values: {"M": values}, st.dictionaries(st.sampled_from(["k", "é"]), inner, max_size=2)),
    ),
    max_leaves=5,
)
NAMES = st.sampled_from(["v", "w", "name"])
UPDATES = st.sampled_from(
    [
        "SET v = :new",
        "SET v[0] = :new",
        "SET w.k = :new",
        "SET w = :new, v = :new",
        "SET w = :new REMOVE v",
        "REMOVE v[0]",
        "ADD v :one",
        "SET w = :new ADD v :one",
    ]
)


@pytest.fixture(scope="module")
def running() -> Iterator[LocalCloud]:
    with cloud(stack(table())) as entered:
        yield entered


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(NAMES, VALUES, max_size=3),
    st.lists(st.tuples(UPDATES, VALUES, st.booleans()), min_size=1, max_size=4),
)
def test_sizes_after_updates(
    running: LocalCloud, attributes: dict[str, Any], updates: list[tuple[str, Any, bool]]
) -> None:
    client = running.client("dynamodb")
    key = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    client.put_item(TableName="Items", Item={**key, **attributes})
    _check_size()
    for expression, new, in_transaction in updates:
        wanted = {":new": new, ":one": {"N": "1"}}
        values = {name: value for name, value in wanted.items() if name in expression}
        update = {"TableName": "Items", "Key": key, "UpdateExpression": expression}
        if values:
            update["ExpressionAttributeValues"] = values
        failing = {
            "TableName": "Items",
            "Key": {**key, "sk": {"S": "none"}},
            "ConditionExpression": "attribute_exists(pk)",
        }
        try:
            if in_transaction:
                # The second entry fails always, so that the first is undone.
                client.transact_write_items(TransactItems=[{"Update": update}, {"ConditionCheck": failing}])
            else:
                client.update_item(**update)
        except ClientError:
            pass
        _check_size()


def _check_size() -> None:
    (item,) = store.moto_table("Items", REGION).all_items()
    assert item.size() == sizes._stock_size(item)


def test_a_size_is_counted_once(running: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Item] = []

    def counting(item: Item) -> int:
        counted.append(item)
        return 7

    monkeypatch.setattr(sizes, "_stock_size", counting)
    client = running.client("dynamodb")
    key = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    client.put_item(TableName="Items", Item=key)
    read = {
        "TableName": "Items",
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "p"}},
    }
    assert client.query(**read)["Count"] == 1
    assert counted == []
    client.update_item(
        TableName="Items", Key=key, UpdateExpression="SET v = :v", ExpressionAttributeValues={":v": {"S": ""}}
    )
    assert client.query(**read)["Count"] == client.query(**read)["Count"] == 1
    assert len(counted) == 1


def test_an_item_too_large_is_refused_by_moto_itself() -> None:
    key = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    with sizes.counted_once(), pytest.raises(ItemSizeTooLarge):
        Item(hash_key=None, range_key=None, attrs={**key, "a": {"S": "x" * 300_000}, "b": {"S": "x" * 110_000}})  # type: ignore[arg-type]
