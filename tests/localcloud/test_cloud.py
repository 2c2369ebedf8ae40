"""The local cloud from outside: a whole small application."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest

from localcloud.cloud import LocalCloud, Progress
from localcloud.stack import BucketNotification, EventSourceMapping, Stack

from .sample import FROM_S3, NOW, allow, bucket, cloud, function, queue, stack, table

UPLOADS = queue("uploads", policy=FROM_S3)
PAGES = queue("pages.fifo", delay=timedelta(seconds=30), content_based_deduplication=True)
ITEMS = table()

RECEIVE = """
import json, urllib.parse
import boto3
def handler(event, context):
    for record in event["Records"]:
        for told in json.loads(record["body"])["Records"]:
            about = told["s3"]["object"]
            key = urllib.parse.unquote_plus(about["key"])
            body = boto3.client("s3").get_object(Bucket="inbox", Key=key, VersionId=about["versionId"])["Body"].read()
            item = {"pk": {"S": key}, "sk": {"S": "0"}, "body": {"S": body.decode()}}
            boto3.client("dynamodb").put_item(TableName="Items", Item=item)
"""
MARK = """
import os
import boto3
def handler(event, context):
    for record in event["Records"]:
        key = record["dynamodb"]["Keys"]["pk"]["S"]
        boto3.client("sqs").send_message(QueueUrl=os.environ["PAGES"], MessageBody=key, MessageGroupId=key)
"""
WRITE = """
import boto3
def handler(event, context):
    for record in event["Records"]:
        key = {"pk": {"S": record["body"]}, "sk": {"S": "0"}}
        item = boto3.client("dynamodb").get_item(TableName="Items", Key=key)["Item"]
        boto3.client("s3").put_object(Bucket="site", Key=record["body"], Body=item["body"]["S"].upper().encode())
"""


def application() -> Stack:
    return stack(
        UPLOADS,
        PAGES,
        ITEMS,
        bucket("inbox", BucketNotification(("s3:ObjectCreated:*",), UPLOADS.arn)),
        bucket("site"),
        function("Receive", RECEIVE, role="receive"),
        function("Mark", MARK, role="mark", environment={"PAGES": PAGES.url}),
        function("Write", WRITE, role="write"),
        EventSourceMapping("m1", UPLOADS.arn, "Receive"),
        EventSourceMapping("m2", str(ITEMS.stream_arn), "Mark"),
        EventSourceMapping("m3", PAGES.arn, "Write"),
        roles={
            "receive": (
                allow("sqs:*", resource=UPLOADS.arn),
                allow("s3:GetObjectVersion", resource="arn:aws:s3:::inbox/*"),
                allow("dynamodb:PutItem", resource=ITEMS.arn),
            ),
            "mark": (
                allow("dynamodb:*", resource=str(ITEMS.stream_arn)),
                allow("sqs:SendMessage", resource=PAGES.arn),
            ),
            "write": (
                allow("sqs:*", resource=PAGES.arn),
                allow("dynamodb:GetItem", resource=ITEMS.arn),
                allow("s3:PutObject", resource="arn:aws:s3:::site/*"),
            ),
        },
    )


def run(isolate: bool, seed: int = 0) -> tuple[dict[str, bytes], Any, datetime]:
    with cloud(application(), isolate=isolate, seed=seed) as running:
        s3 = running.client("s3")
        for number in range(12):
            s3.put_object(Bucket="inbox", Key=f"a b/{number}.md", Body=f"ü{number}".encode())
        running.drain()
        listed = s3.list_objects_v2(Bucket="site").get("Contents", [])
        site = {entry["Key"]: s3.get_object(Bucket="site", Key=entry["Key"])["Body"].read() for entry in listed}
        return site, running.report(), running.now


@pytest.mark.parametrize("isolate", [False, True], ids=["in process", "isolated"])
def test_an_upload_goes_all_the_way(isolate: bool) -> None:
    site, report, now = run(isolate)
    assert site == {f"a b/{number}.md": f"Ü{number}".encode() for number in range(12)}
    assert now == NOW + timedelta(seconds=30)
    assert report.errors == {}
    assert report.warnings == ()
    assert report.dead_letters == ()
    assert report.policy_denials == {}
    assert dict(report.aws_calls) == {
        "s3:GetObject": 12,
        "dynamodb:PutItem": 12,
        "sqs:SendMessage": 12,
        "dynamodb:GetItem": 12,
        "s3:PutObject": 12,
    }


def test_one_process_and_several_give_the_same_run() -> None:
    (site, report, now), (other_site, other_report, other_now) = run(isolate=False), run(isolate=True)
    assert (site, now, report.invocations) == (other_site, other_now, other_report.invocations)
    assert report.aws_calls == other_report.aws_calls


def test_progress_is_told_after_each_invocation() -> None:
    told: list[Progress] = []
    with cloud(application(), on_progress=told.append) as running:
        running.client("s3").put_object(Bucket="inbox", Key="a", Body=b"x")
        running.drain()
    assert [(progress.function, progress.invocations) for progress in told] == [
        ("Receive", 1),
        ("Mark", 2),
        ("Write", 3),
    ]
    assert all(progress.error is None for progress in told)


def test_now_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        LocalCloud(application(), now=datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused


def test_it_must_be_entered() -> None:
    with pytest.raises(RuntimeError, match="not entered"):
        cloud(application()).drain()


def test_nothing_is_left_for_the_next_one() -> None:
    with cloud(application()) as running:
        running.client("s3").put_object(Bucket="inbox", Key="a", Body=b"x")
    with cloud(application()) as running:
        assert running.client("s3").list_objects_v2(Bucket="inbox")["KeyCount"] == 0
        running.drain()
        assert not running.report().invocations


def test_nothing_goes_out_to_another_endpoint() -> None:
    with cloud(application()), pytest.raises(ConnectionRefusedError, match="does not reach"):
        boto3.client(
            "s3",
            endpoint_url="http://127.0.0.1:9",
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
        ).list_buckets()


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"pk": {"S": "x" * 2049}, "sk": {"S": "0"}}, "hashkey has exceeded the maximum size limit"),
        ({"pk": {"S": "x"}, "sk": {"S": "0" * 1025}}, "rangekey has exceeded the maximum size limit"),
        ({"pk": {"S": "x"}, "sk": {"S": "0"}, "b": {"S": "x" * 409_600}}, "Item size has exceeded"),
    ],
)
def test_sizes_that_dynamodb_refuses(attributes: dict[str, Any], message: str) -> None:
    with cloud(stack(ITEMS)) as running:
        db = running.client("dynamodb")
        writes: tuple[Callable[[], Any], ...] = (
            lambda: db.put_item(TableName="Items", Item=attributes),
            lambda: db.batch_write_item(RequestItems={"Items": [{"PutRequest": {"Item": attributes}}]}),
            lambda: db.transact_write_items(TransactItems=[{"Put": {"TableName": "Items", "Item": attributes}}]),
        )
        for write in writes:
            with pytest.raises(db.exceptions.ClientError, match=message):
                write()
        assert db.scan(TableName="Items")["Count"] == 0


def test_an_update_that_makes_an_item_too_large_is_refused() -> None:
    with cloud(stack(ITEMS)) as running:
        db, key = running.client("dynamodb"), {"pk": {"S": "a"}, "sk": {"S": "0"}}
        db.put_item(TableName="Items", Item={**key, "a": {"S": "x" * 300_000}})
        with pytest.raises(db.exceptions.ClientError, match="tem size"):
            db.update_item(
                TableName="Items",
                Key=key,
                UpdateExpression="SET b = :b",
                ExpressionAttributeValues={":b": {"S": "x" * 200_000}},
            )
        assert "b" not in db.get_item(TableName="Items", Key=key)["Item"]


def test_transactions_have_their_limits() -> None:
    def puts(count: int, size: int) -> list[dict[str, Any]]:
        body = {"S": "x" * size}
        return [
            {"Put": {"TableName": "Items", "Item": {"pk": {"S": str(n)}, "sk": {"S": "0"}, "b": body}}}
            for n in range(count)
        ]

    with cloud(stack(ITEMS)) as running:
        db = running.client("dynamodb")
        for entries in (puts(101, 1), puts(11, 400_000)):
            with pytest.raises(db.exceptions.ClientError):
                db.transact_write_items(TransactItems=entries)
        db.transact_write_items(TransactItems=puts(100, 1))
        assert db.scan(TableName="Items")["Count"] == 100
        assert json.dumps(running.report().warnings) == "[]"
