"""What DynamoDB may answer besides the expected, and moto never does: the adapter alone, on stubbed answers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from broadsheet.aws.table import BATCH_TRIES, DynamoTable, ReadIncomplete
from broadsheet.flow.ports import Check, Put, Write
from broadsheet.model.errors import Conflict
from broadsheet.model.keys import Key
from tests.aws.conftest import client_of

KEYS = [Key("P", str(n)) for n in range(3)]


def item(key: Key) -> dict[str, Any]:
    return {"pk": key.pk, "sk": key.sk}


def wire(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


@pytest.fixture
def client() -> Any:
    return client_of("dynamodb")


@pytest.fixture
def dynamodb(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def table(client: Any, dynamodb: Stubber, pauses: list[float]) -> DynamoTable:
    return DynamoTable(client, "T", pause=pauses.append)


def batch(keys: list[Key]) -> dict[str, Any]:
    return {"RequestItems": {"T": {"Keys": [wire(key) for key in keys], "ConsistentRead": True}}}


def answer(read: list[Key], unread: list[Key]) -> dict[str, Any]:
    left = {"T": {"Keys": [wire(key) for key in unread], "ConsistentRead": True}} if unread else {}
    return {"Responses": {"T": [wire(key) for key in read]}, "UnprocessedKeys": left}


class TestBatchGet:
    def test_what_did_not_fit_in_the_answer_is_asked_for_at_once(
        self, table: DynamoTable, dynamodb: Stubber, pauses: list[float]
    ) -> None:
        dynamodb.add_response("batch_get_item", answer(KEYS[:1], KEYS[1:]), batch(KEYS))
        dynamodb.add_response("batch_get_item", answer(KEYS[1:], []), batch(KEYS[1:]))
        assert list(table.batch_get(KEYS)) == KEYS
        assert pauses == []

    def test_an_answer_that_brings_nothing_is_followed_by_longer_pauses(
        self, table: DynamoTable, dynamodb: Stubber, pauses: list[float]
    ) -> None:
        for _ in range(BATCH_TRIES - 1):
            dynamodb.add_response("batch_get_item", answer([], KEYS), batch(KEYS))
        dynamodb.add_response("batch_get_item", answer(KEYS, []), batch(KEYS))
        assert list(table.batch_get(KEYS)) == KEYS
        assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0]

    def test_it_gives_up_by_name(self, table: DynamoTable, dynamodb: Stubber, pauses: list[float]) -> None:
        dynamodb.add_response("batch_get_item", answer(KEYS[:1], KEYS[1:]), batch(KEYS))
        for _ in range(BATCH_TRIES):
            dynamodb.add_response("batch_get_item", answer([], KEYS[1:]), batch(KEYS[1:]))
        with pytest.raises(ReadIncomplete, match=r"table T left 2 of 2 keys unread 8 times.*'sk': '1'"):
            table.batch_get(KEYS)
        assert len(pauses) == BATCH_TRIES - 1


def cancelled(stubber: Stubber, *codes: str) -> None:
    stubber.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        "Transaction cancelled, please refer cancellation reasons for specific reasons",
        http_status_code=400,
        modeled_fields={"CancellationReasons": [{"Code": code, "Message": f"why {code}"} for code in codes]},
    )


WRITES: list[Write] = [Put(item(KEYS[0]), expect=0), Put(item(KEYS[1]), expect=4), Check(KEYS[2], 1)]


class TestTransaction:
    def test_another_transaction_at_an_item_is_a_conflict(self, table: DynamoTable, dynamodb: Stubber) -> None:
        cancelled(dynamodb, "None", "TransactionConflict", "None")
        with pytest.raises(Conflict, match=r"^P/1 is in another's transaction; read again"):
            table.transact(WRITES)

    def test_unmet_expectations_are_told_apart(self, table: DynamoTable, dynamodb: Stubber) -> None:
        cancelled(dynamodb, "ConditionalCheckFailed", "ConditionalCheckFailed", "ConditionalCheckFailed")
        with pytest.raises(Conflict, match=r"^P/0 exists already; P/1 is not at version 4; P/2 is not at version 1;"):
            table.transact(WRITES)

    def test_a_conflict_counts_even_when_another_item_is_throttled(self, table: DynamoTable, dynamodb: Stubber) -> None:
        cancelled(dynamodb, "ThrottlingError", "ConditionalCheckFailed", "None")
        with pytest.raises(Conflict, match=r"^P/1 is not at version 4;"):
            table.transact(WRITES)

    def test_throttling_alone_propagates(self, table: DynamoTable, dynamodb: Stubber) -> None:
        cancelled(dynamodb, "ThrottlingError", "None", "None")
        with pytest.raises(ClientError, match="TransactionCanceledException") as caught:
            table.transact(WRITES)
        assert caught.value.__cause__ is None

    def test_what_dynamodb_finds_invalid_is_named_and_no_conflict(self, table: DynamoTable, dynamodb: Stubber) -> None:
        cancelled(dynamodb, "ConditionalCheckFailed", "ValidationError", "None")
        with pytest.raises(ValueError, match=r"refuses P/1 \(6 bytes\): why ValidationError$"):
            table.transact(WRITES)


class TestSingleWrites:
    @pytest.mark.parametrize("method", ["put_item", "delete_item"])
    @pytest.mark.parametrize(
        ("code", "raised", "message"),
        [
            ("ConditionalCheckFailedException", Conflict, "P/0 is not at version 4"),
            ("TransactionConflictException", Conflict, "P/0 is in another's transaction"),
            ("ValidationException", ValueError, r"refuses P/0 \(\d bytes\): told why"),
            ("ProvisionedThroughputExceededException", ClientError, "ProvisionedThroughputExceeded"),
            ("ResourceNotFoundException", ClientError, "ResourceNotFound"),
        ],
    )
    def test_errors(
        self, table: DynamoTable, dynamodb: Stubber, method: str, code: str, raised: type[Exception], message: str
    ) -> None:
        dynamodb.add_client_error(method, code, "told why")
        write = partial(table.put, item(KEYS[0])) if method == "put_item" else partial(table.delete, KEYS[0])
        with pytest.raises(raised, match=message):
            write(expect=4)


class TestReads:
    @pytest.mark.parametrize("attribute", [{"SS": ["a"]}, {"NS": ["1"]}, {"N": "1.5"}])
    def test_what_we_never_write_is_refused(self, table: DynamoTable, dynamodb: Stubber, attribute: Any) -> None:
        dynamodb.add_response("get_item", {"Item": wire(KEYS[0]) | {"x": attribute}})
        with pytest.raises(ValueError, match="not written by Broadsheet"):
            table.get(KEYS[0])

    @pytest.mark.parametrize(("number", "read"), [("7", 7), ("1E+3", 1000), ("7.00", 7), ("-0", 0)])
    def test_a_number_however_written_is_an_int(
        self, table: DynamoTable, dynamodb: Stubber, number: str, read: int
    ) -> None:
        dynamodb.add_response("get_item", {"Item": {"n": {"N": number}, "nothing": {"NULL": True}}})
        assert table.get(KEYS[0]) == {"n": read, "nothing": None}

    def test_reads_are_strongly_consistent(self, table: DynamoTable, dynamodb: Stubber) -> None:
        dynamodb.add_response("get_item", {}, {"TableName": "T", "Key": wire(KEYS[0]), "ConsistentRead": True})
        dynamodb.add_response(
            "query",
            {"Items": [wire(KEYS[0])], "LastEvaluatedKey": wire(KEYS[0])},
            {
                "TableName": "T",
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": {":pk": {"S": "P"}},
                "ConsistentRead": True,
                "ScanIndexForward": True,
                "Limit": 1,
            },
        )
        assert table.get(KEYS[0]) is None
        assert table.query("P", limit=1) == [item(KEYS[0])]

    def test_a_page_of_a_query_may_be_empty(self, table: DynamoTable, dynamodb: Stubber) -> None:
        dynamodb.add_response("query", {"Items": [], "LastEvaluatedKey": wire(KEYS[0])})
        dynamodb.add_response("query", {"Items": [wire(KEYS[1])]})
        assert table.query("P", limit=5) == [item(KEYS[1])]
