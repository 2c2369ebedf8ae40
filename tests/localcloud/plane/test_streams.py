"""Functions that a table's stream feeds."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import groupby
from typing import Any

import pytest

from localcloud.cloud import LocalCloud
from localcloud.stack import EventSourceMapping

from ..sample import NOW, Printed, allow, bucket, cloud, function, put, queue, stack, table

TABLE = table()
STREAM = str(TABLE.stream_arn)
FAILED = queue("failed")
KEPT = bucket("kept", versioned=False)

SHOW = """
import json
def handler(event, context):
    for record in event["Records"]:
        print(json.dumps(record))
"""
# Fails on the item whose sort key is "bad"; prints the sort keys of each batch.
POISONED = """
import json
def handler(event, context):
    keys = [record["dynamodb"]["Keys"]["sk"]["S"] for record in event["Records"]]
    print(json.dumps(keys))
    if "bad" in keys:
        raise RuntimeError("poison")
"""


def records(printed: Printed) -> list[Any]:
    return printed.by("F")


def changes(record: dict[str, Any]) -> tuple[str, Any, Any]:
    change = record["dynamodb"]
    return record["eventName"], change.get("OldImage", {}).get("n"), change.get("NewImage", {}).get("n")


def test_writes_become_records_and_what_changes_nothing_does_not() -> None:
    printed = Printed()
    mapping = EventSourceMapping("m", STREAM, "F", batch_size=100)
    with cloud(stack(TABLE, function("F", SHOW), mapping), printed) as running:
        db, key = running.client("dynamodb"), {"pk": {"S": "a"}, "sk": {"S": "0"}}
        put(running, "a", n={"N": "1"})
        put(running, "a", n={"N": "1"})
        for value in ("2", "2"):
            db.update_item(
                TableName="Items",
                Key=key,
                UpdateExpression="SET n = :n",
                ExpressionAttributeValues={":n": {"N": value}},
            )
        db.delete_item(TableName="Items", Key=key)
        db.delete_item(TableName="Items", Key=key)
        running.drain()
    assert [changes(record) for record in records(printed)] == [
        ("INSERT", None, {"N": "1"}),
        ("MODIFY", {"N": "1"}, {"N": "2"}),
        ("REMOVE", {"N": "2"}, None),
    ]
    first = records(printed)[0]
    assert first["eventSourceARN"] == STREAM
    assert first["dynamodb"]["ApproximateCreationDateTime"] == int(NOW.timestamp())
    assert first["dynamodb"]["Keys"] == {"pk": {"S": "a"}, "sk": {"S": "0"}}
    assert int(first["dynamodb"]["SequenceNumber"]) < int(records(printed)[1]["dynamodb"]["SequenceNumber"])


def test_batches_and_transactions_become_a_record_for_each_item() -> None:
    printed = Printed()
    with cloud(stack(TABLE, function("F", SHOW), EventSourceMapping("m", STREAM, "F")), printed) as running:
        db = running.client("dynamodb")
        item = {"pk": {"S": "a"}, "sk": {"S": "1"}}
        db.batch_write_item(RequestItems={"Items": [{"PutRequest": {"Item": item}}]})
        other = {"pk": {"S": "b"}, "sk": {"S": "2"}}
        db.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": "Items", "Item": other}},
                {"Delete": {"TableName": "Items", "Key": item}},
            ]
        )
        running.drain()
    got = {(record["eventName"], record["dynamodb"]["Keys"]["sk"]["S"]) for record in records(printed)}
    assert got == {("INSERT", "1"), ("INSERT", "2"), ("REMOVE", "1")}


def test_a_transaction_that_fails_makes_no_record() -> None:
    printed = Printed()
    with cloud(stack(TABLE, function("F", SHOW), EventSourceMapping("m", STREAM, "F")), printed) as running:
        db = running.client("dynamodb")
        put(running, "there")
        running.drain()
        printed.clear()
        entries = [
            {"Put": {"TableName": "Items", "Item": {"pk": {"S": "new"}, "sk": {"S": "0"}}}},
            {
                "ConditionCheck": {
                    "TableName": "Items",
                    "Key": {"pk": {"S": "there"}, "sk": {"S": "0"}},
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            },
        ]
        with pytest.raises(db.exceptions.TransactionCanceledException):
            db.transact_write_items(TransactItems=entries)
        put(running, "later")
        running.drain()
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in records(printed)] == ["later"]


@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("KEYS_ONLY", set()),
        ("NEW_IMAGE", {"NewImage"}),
        ("OLD_IMAGE", {"OldImage"}),
        ("NEW_AND_OLD_IMAGES", {"NewImage", "OldImage"}),
    ],
)
def test_the_view_decides_the_images(view: str, images: set[str]) -> None:
    printed = Printed()
    mapping = EventSourceMapping("m", STREAM, "F", filters=({"eventName": ["MODIFY"]},))
    with cloud(stack(table(view=view), function("F", SHOW), mapping), printed) as running:
        put(running, "a", n={"N": "1"})
        put(running, "a", n={"N": "2"})
        running.drain()
    (record,) = records(printed)
    assert {"NewImage", "OldImage"} & record["dynamodb"].keys() == images


def test_binary_values_and_sets_are_told_as_streams_tell_them() -> None:
    printed = Printed()
    with cloud(stack(TABLE, function("F", SHOW), EventSourceMapping("m", STREAM, "F")), printed) as running:
        put(running, "a", b={"B": b"\x00\xff"}, s={"SS": ["y", "x"]}, l={"L": [{"M": {"k": {"NULL": True}}}]})
        running.drain()
    image = records(printed)[0]["dynamodb"]["NewImage"]
    assert image["b"] == {"B": "AP8="}
    assert image["s"] == {"SS": ["x", "y"]}
    assert image["l"] == {"L": [{"M": {"k": {"NULL": True}}}]}


@pytest.mark.parametrize("factor", [1, 3])
def test_each_key_stays_in_order_across_several_shards(factor: int) -> None:
    printed = Printed()
    code = """
    import json
    def handler(event, context):
        print(json.dumps([(r["dynamodb"]["Keys"]["pk"]["S"], r["dynamodb"]["NewImage"]["n"]["N"])
                          for r in event["Records"]]))
    """
    mapping = EventSourceMapping("m", STREAM, "F", batch_size=2, parallelization_factor=factor)
    with cloud(stack(TABLE, function("F", code), mapping), printed, seed=5) as running:
        for number in range(4):
            for key in "abcdefghijkl":
                put(running, key, n={"N": str(number)})
        running.drain()
    seen = [tuple(pair) for batch in printed.by("F") for pair in batch]
    for _, of_key in groupby(sorted(seen, key=lambda pair: pair[0]), key=lambda pair: pair[0]):
        assert [number for _, number in of_key] == ["0", "1", "2", "3"]
    # Several shards: the keys did not all go one after the other, as they were written.
    assert [key for key, _ in seen] != [key for _ in range(4) for key in "abcdefghijkl"]


def test_a_filter_lets_through_what_it_says() -> None:
    printed = Printed()
    pattern = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "ARTICLE#"}]}}}}
    mapping = EventSourceMapping("m", STREAM, "F", filters=(pattern,))
    with cloud(stack(TABLE, function("F", SHOW), mapping), printed) as running:
        for key in ("ARTICLE#1", "SOURCE#1"):
            put(running, key, n={"N": "1"})
            put(running, key, n={"N": "2"})
        running.drain()
        assert running.report().invocations["F"] == 1
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in records(printed)] == ["ARTICLE#1"]


def poisoned(mapping: EventSourceMapping, printed: Printed, *extra: Any) -> LocalCloud:
    roles = {"r": (allow("dynamodb:*", "sqs:*", "s3:*"),)}
    running = cloud(
        stack(TABLE, FAILED, KEPT, function("F", POISONED, role="r"), mapping, *extra, roles=roles), printed
    )
    running.__enter__()
    for sort in ("0", "1", "bad", "3", "4"):
        put(running, "a", sort)
    running.drain()
    running.__exit__(None, None, None)
    return running


def test_bisection_leaves_only_the_poison_behind() -> None:
    printed = Printed()
    mapping = EventSourceMapping(
        "m", STREAM, "F", bisect_on_error=True, maximum_retry_attempts=1, on_failure_arn=FAILED.arn
    )
    poisoned(mapping, printed)
    batches = printed.by("F")
    assert [sort for batch in batches if "bad" not in batch for sort in batch] == ["0", "1", "3", "4"]
    assert batches.count(["bad"]) == 2


def test_without_bisection_the_whole_batch_is_given_up() -> None:
    printed = Printed()
    poisoned(EventSourceMapping("m", STREAM, "F", maximum_retry_attempts=2), printed)
    assert printed.by("F") == [["0", "1", "bad", "3", "4"]] * 3


def test_a_retry_waits_longer_each_time_and_holds_up_its_shard_only() -> None:
    mapping = EventSourceMapping("m", STREAM, "F", maximum_retry_attempts=3)
    with cloud(stack(TABLE, function("F", POISONED), mapping)) as running:
        put(running, "a", "bad")
        running.drain()
        assert running.now == NOW + timedelta(seconds=1 + 2 + 4)
        assert running.report().invocations["F"] == 4


def test_records_older_than_the_mapping_allows_are_given_up() -> None:
    mapping = EventSourceMapping("m", STREAM, "F", maximum_record_age=timedelta(seconds=100))
    with cloud(stack(TABLE, function("F", POISONED), mapping)) as running:
        put(running, "a", "bad")
        running.drain()
        assert running.now < NOW + timedelta(minutes=5)
        assert any("RecordAgeExceeded" in warning for warning in running.report().warnings)


def test_given_up_records_go_to_the_queue_without_their_content() -> None:
    mapping = EventSourceMapping("m", STREAM, "F", maximum_retry_attempts=0, on_failure_arn=FAILED.arn)
    with cloud(stack(TABLE, FAILED, function("F", POISONED), mapping)) as running:
        put(running, "a", "bad")
        running.drain()
        (letter,) = running.report().dead_letters
    record = json.loads(letter.body)
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["DDBStreamBatchInfo"]["batchSize"] == 1
    assert record["DDBStreamBatchInfo"]["streamArn"] == STREAM
    assert "payload" not in record


def test_given_up_records_go_to_the_bucket_whole() -> None:
    mapping = EventSourceMapping("m", STREAM, "F", maximum_retry_attempts=0, on_failure_arn=KEPT.arn)
    with cloud(stack(TABLE, KEPT, function("F", POISONED), mapping)) as running:
        put(running, "a", "bad")
        running.drain()
        s3 = running.client("s3")
        (entry,) = s3.list_objects_v2(Bucket="kept")["Contents"]
        record = json.loads(s3.get_object(Bucket="kept", Key=entry["Key"])["Body"].read())
    assert entry["Key"].startswith("aws/lambda/m/shardId-")
    payload = json.loads(record["payload"])
    assert payload["Records"][0]["dynamodb"]["Keys"]["sk"] == {"S": "bad"}


def test_a_destination_the_role_may_not_write_to_loses_the_records_loudly() -> None:
    mapping = EventSourceMapping("m", STREAM, "F", maximum_retry_attempts=0, on_failure_arn=FAILED.arn)
    roles = {"r": (allow("dynamodb:*"),)}
    with cloud(stack(TABLE, FAILED, function("F", POISONED, role="r"), mapping, roles=roles)) as running:
        put(running, "a", "bad")
        running.drain()
        report = running.report()
    assert f"F: sqs:SendMessage on {FAILED.arn}" in report.policy_denials
    assert report.dead_letters[0].destination == ""


def test_a_partial_failure_is_the_checkpoint() -> None:
    printed = Printed()
    code = """
    import json
    tried = []
    def handler(event, context):
        keys = [(r["dynamodb"]["Keys"]["sk"]["S"], r["dynamodb"]["SequenceNumber"]) for r in event["Records"]]
        print(json.dumps([key for key, _ in keys]))
        if not tried:
            tried.append(1)
            return {"batchItemFailures": [{"itemIdentifier": number} for key, number in keys if key in "24"]}
    """
    mapping = EventSourceMapping("m", STREAM, "F", report_batch_item_failures=True)
    with cloud(stack(TABLE, function("F", code), mapping), printed) as running:
        for sort in "01234":
            put(running, "a", sort)
        running.drain()
    assert printed.by("F") == [["0", "1", "2", "3", "4"], ["2", "3", "4"]]


def test_a_window_gathers_records() -> None:
    printed = Printed()
    mapping = EventSourceMapping("m", STREAM, "F", batch_size=10, batching_window=timedelta(seconds=5))
    with cloud(stack(TABLE, function("F", POISONED), mapping), printed) as running:
        put(running, "a", "0")
        running.run_for(timedelta(seconds=2))
        put(running, "a", "1")
        running.drain()
        assert running.now == NOW + timedelta(seconds=5)
    assert printed.by("F") == [["0", "1"]]


def test_a_full_batch_does_not_wait_for_its_window() -> None:
    printed = Printed()
    mapping = EventSourceMapping("m", STREAM, "F", batch_size=3, batching_window=timedelta(seconds=5))
    with cloud(stack(TABLE, function("F", POISONED), mapping), printed) as running:
        for sort in "012":
            put(running, "a", sort)
        running.drain()
        assert running.now == NOW
    assert printed.by("F") == [["0", "1", "2"]]


def test_items_expire_when_the_clock_passes_them() -> None:
    printed = Printed()
    later = int((NOW + timedelta(hours=1)).timestamp())
    with cloud(stack(table(ttl="ttl"), function("F", SHOW), EventSourceMapping("m", STREAM, "F")), printed) as running:
        put(running, "goes", ttl={"N": str(later)})
        put(running, "stays", ttl={"N": str(later + 7200)})
        put(running, "never")
        running.drain()
        assert running.now == NOW
        printed.clear()
        running.run_for(timedelta(hours=1))
        running.drain()
        left = {item["pk"]["S"] for item in running.client("dynamodb").scan(TableName="Items")["Items"]}
    assert left == {"stays", "never"}
    (record,) = records(printed)
    assert record["eventName"] == "REMOVE"
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def test_an_expiry_that_was_put_off_counts_anew() -> None:
    soon, late = (int((NOW + timedelta(hours=hours)).timestamp()) for hours in (1, 3))
    with cloud(stack(table(ttl="ttl"))) as running:
        put(running, "a", ttl={"N": str(soon)})
        put(running, "a", ttl={"N": str(late)})
        running.run_for(timedelta(hours=2))
        assert running.client("dynamodb").scan(TableName="Items")["Count"] == 1
        running.run_for(timedelta(hours=1))
        assert running.client("dynamodb").scan(TableName="Items")["Count"] == 0
