"""The shims answer what stock moto answers: same results, same errors, same table in the end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from localcloud.motoshims.query import partition_queries
from localcloud.motoshims.sizes import counted_once
from localcloud.motoshims.transactions import undoing_transactions
from localcloud.stack import Table

from ..sample import REGION, cloud, stack

STRINGS = st.sampled_from(["", "a", "ab", "abc", "b", "é", "新", "😀", "~"])
KEYS = {"S": STRINGS.filter(bool), "N": st.sampled_from(["-2", "0", "1", "1.5", "10", "2"])}
HASHES = st.sampled_from(["p", "q"])
SIGNS = st.sampled_from(["=", "<", "<=", ">", ">=", "BETWEEN", "begins_with", None])


def definition(sort_type: str) -> dict[str, Any]:
    return {
        "TableName": "T",
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": sort_type},
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    """A client of moto as it comes, without the local cloud."""
    with mock_aws():
        yield boto3.client("dynamodb", region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")


@contextlib.contextmanager
def table(client: Any, sort_type: str, *, shims: bool) -> Iterator[None]:
    """Have a table, with or without the shims."""
    with contextlib.ExitStack() as entered:
        if shims:
            entered.enter_context(counted_once())
            entered.enter_context(partition_queries())
            entered.enter_context(undoing_transactions())
        client.create_table(**definition(sort_type))
        try:
            yield
        finally:
            client.delete_table(TableName="T")


def answer(call: Any, **params: Any) -> Any:
    """What a call gives: its members, or its error."""
    try:
        result = call(**params)
    except ClientError as error:
        return {"Error": error.response["Error"], "Reasons": error.response.get("CancellationReasons")}
    result.pop("ResponseMetadata", None)
    return result


@st.composite
def queries(draw: st.DrawFn) -> tuple[str, list[tuple[str, str, str]], list[dict[str, Any]]]:
    sort_type = draw(st.sampled_from(["S", "N"]))
    items = draw(st.lists(st.tuples(HASHES, KEYS[sort_type], st.sampled_from("xyz")), max_size=14))
    asked = []
    for _ in range(draw(st.integers(1, 4))):
        sign = draw(SIGNS if sort_type == "S" else SIGNS.filter(lambda sign: sign != "begins_with"))
        condition, values = "pk = :pk", {":pk": {"S": draw(HASHES)}}
        if sign == "BETWEEN":
            low, high = draw(KEYS[sort_type]), draw(KEYS[sort_type])
            condition += " AND sk BETWEEN :a AND :b"
            values |= {":a": {sort_type: low}, ":b": {sort_type: high}}
        elif sign == "begins_with":
            condition += " AND begins_with(sk, :a)"
            values[":a"] = {"S": draw(KEYS["S"])}
        elif sign is not None:
            condition += f" AND sk {sign} :a"
            values[":a"] = {sort_type: draw(KEYS[sort_type])}
        query: dict[str, Any] = {"KeyConditionExpression": condition, "ExpressionAttributeValues": values}
        if draw(st.booleans()):
            query["Limit"] = draw(st.integers(1, 5))
        if draw(st.booleans()):
            query["ScanIndexForward"] = draw(st.booleans())
        if draw(st.booleans()):
            query["FilterExpression"] = "v = :v"
            values[":v"] = {"S": draw(st.sampled_from("xyz"))}
        if draw(st.booleans()):
            query["ProjectionExpression"] = "sk"
        asked.append(query)
    return sort_type, items, asked


def pages(call: Any, query: dict[str, Any]) -> list[Any]:
    """Every page of a query or scan, at most twenty."""
    found: list[Any] = []
    start: dict[str, Any] = {}
    while len(found) < 20:
        page = answer(call, TableName="T", **query, **start)
        found.append(page)
        if not page.get("LastEvaluatedKey"):
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    return found


def asked_of(client: Any, sort_type: str, items: Any, asked: Any, *, shims: bool) -> list[Any]:
    with table(client, sort_type, shims=shims):
        for hash_key, sort_key, value in items:
            client.put_item(TableName="T", Item={"pk": {"S": hash_key}, "sk": {sort_type: sort_key}, "v": {"S": value}})
        for hash_key, sort_key, value in items[::3]:
            if value == "z":
                client.delete_item(TableName="T", Key={"pk": {"S": hash_key}, "sk": {sort_type: sort_key}})
        queried = [pages(client.query, query) for query in asked]
        return [*queried, pages(client.scan, {}), pages(client.scan, {"Limit": 2})]


@settings(max_examples=40, deadline=None)
@given(queries())
def test_queries(moto: Any, case: tuple[str, Any, Any]) -> None:
    assert asked_of(moto, *case, shims=True) == asked_of(moto, *case, shims=False)


CONDITIONS = st.sampled_from([None, "attribute_exists(pk)", "attribute_not_exists(pk)", "v = :v"])


@st.composite
def transactions(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    made = []
    for _ in range(draw(st.integers(1, 4))):
        entries = []
        for _ in range(draw(st.integers(1, 4))):
            kind = draw(st.sampled_from(["Put", "Update", "Delete", "ConditionCheck"]))
            key = {"pk": {"S": draw(HASHES)}, "sk": {"S": draw(st.sampled_from("ab"))}}
            part: dict[str, Any] = {"TableName": draw(st.sampled_from(["T", "T", "T", "T", "Missing"]))}
            condition = draw(CONDITIONS)
            if kind == "ConditionCheck":
                condition = condition or "attribute_exists(pk)"
            values: dict[str, Any] = {}
            if condition:
                part["ConditionExpression"] = condition
                if ":v" in condition:
                    values[":v"] = {"S": draw(st.sampled_from("xy"))}
            if draw(st.booleans()):
                part["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
            if kind == "Put":
                part["Item"] = {**key, "v": {"S": draw(st.sampled_from("xy"))}, "l": {"L": [{"N": "1"}]}}
            else:
                part["Key"] = key
            if kind == "Update":
                part["UpdateExpression"] = draw(
                    st.sampled_from(["SET v = :n", "ADD c :one", "REMOVE v", "SET l[0] = :one", "ADD v :one"])
                )
                values |= {":n": {"S": "z"}} if ":n" in part["UpdateExpression"] else {}
                values |= {":one": {"N": "1"}} if ":one" in part["UpdateExpression"] else {}
            if values:
                part["ExpressionAttributeValues"] = values
            entries.append({kind: part})
        made.append(entries)
    return made


def transacted(client: Any, cases: list[list[dict[str, Any]]], *, shims: bool) -> tuple[list[Any], list[Any]]:
    with table(client, "S", shims=shims):
        client.put_item(TableName="T", Item={"pk": {"S": "p"}, "sk": {"S": "a"}, "v": {"S": "x"}})
        said = [answer(client.transact_write_items, TransactItems=entries) for entries in cases]
        return said, sorted(client.scan(TableName="T")["Items"], key=repr)


@settings(max_examples=60, deadline=None)
@given(transactions())
def test_transactions(moto: Any, cases: list[list[dict[str, Any]]]) -> None:
    assert transacted(moto, cases, shims=True) == transacted(moto, cases, shims=False)


# The same through the local cloud's own way to moto, which leaves HTTP out.


def calls(client: Any) -> list[Any]:
    key = {"pk": {"S": "p"}, "sk": {"S": "a"}}
    item = {
        **key,
        "v": {"S": "x"},
        "b": {"B": b"\x00\xff"},
        "m": {"M": {"l": {"L": [{"NULL": True}, {"BOOL": False}]}}},
    }
    item |= {"ss": {"SS": ["y", "x"]}, "bs": {"BS": [b"1", b"2"]}, "n": {"N": "1.50"}}
    return [
        answer(client.put_item, TableName="T", Item=item),
        answer(client.put_item, TableName="T", Item={**item, "v": {"S": "y"}}, ReturnValues="ALL_OLD"),
        answer(client.get_item, TableName="T", Key=key),
        answer(client.get_item, TableName="T", Key=key, ProjectionExpression="b, m.l[0]"),
        answer(client.get_item, TableName="T", Key={"pk": {"S": "p"}, "sk": {"S": "none"}}),
        answer(client.get_item, TableName="T", Key={"pk": {"S": "p"}}),
        answer(client.get_item, TableName="None", Key=key),
        answer(client.put_item, TableName="T", Item=item, ConditionExpression="attribute_not_exists(pk)"),
        answer(
            client.put_item,
            TableName="T",
            Item=item,
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        ),
        answer(
            client.update_item,
            TableName="T",
            Key=key,
            UpdateExpression="SET #n = #n + :one, m.extra = :b REMOVE v",
            ExpressionAttributeNames={"#n": "n"},
            ExpressionAttributeValues={":one": {"N": "1"}, ":b": {"B": b"\x01"}},
            ReturnValues="ALL_NEW",
        ),
        answer(client.update_item, TableName="T", Key=key, UpdateExpression="SET broken"),
        answer(
            client.query,
            TableName="T",
            KeyConditionExpression="pk = :p AND begins_with(sk, :a)",
            ExpressionAttributeValues={":p": {"S": "p"}, ":a": {"S": "a"}},
            ReturnConsumedCapacity="TOTAL",
        ),
        answer(client.query, TableName="T", KeyConditionExpression="nonsense"),
        answer(client.scan, TableName="T", Select="COUNT"),
        answer(client.batch_get_item, RequestItems={"T": {"Keys": [key]}}),
        answer(client.transact_get_items, TransactItems=[{"Get": {"TableName": "T", "Key": key}}]),
        answer(
            client.batch_write_item,
            RequestItems={"T": [{"DeleteRequest": {"Key": key}}, {"PutRequest": {"Item": {**key, "sk": {"S": "b"}}}}]},
        ),
        answer(client.delete_item, TableName="T", Key={**key, "sk": {"S": "b"}}, ReturnValues="ALL_OLD"),
        answer(client.delete_item, TableName="T", Key=key, ReturnValues="ALL_OLD"),
    ]


def test_calls_without_http(moto: Any) -> None:
    arn = f"arn:aws:dynamodb:{REGION}:123456789012:table/T"
    given_definition = {key: value for key, value in definition("S").items() if key != "TableName"}
    with table(moto, "S", shims=False):
        stock = calls(moto)
    with cloud(stack(Table("T", "T", arn, given_definition))) as running:
        ours = calls(running.client("dynamodb"))
    for mine, theirs in zip(ours, stock, strict=True):
        assert mine == theirs
