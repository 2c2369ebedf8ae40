"""What follows on a change of an object."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from localcloud.cloud import LocalCloud
from localcloud.stack import BucketNotification, EventRule, EventSourceMapping, PolicyStatement

from ..sample import FROM_S3, NOW, REGION, Printed, bucket, cloud, function, queue, stack

EVENTS = queue("events", policy=FROM_S3)
EVERYTHING = BucketNotification(("s3:ObjectCreated:*", "s3:ObjectRemoved:*"), EVENTS.arn)


def taken(running: LocalCloud) -> list[dict[str, Any]]:
    """The records that lie in the queue, in the order of their sequencers."""
    found = []
    while (
        messages := running.client("sqs").receive_message(QueueUrl=EVENTS.url, MaxNumberOfMessages=10).get("Messages")
    ):
        for message in messages:
            found += json.loads(message["Body"])["Records"]
    return sorted(found, key=lambda record: str(record["s3"]["object"]["sequencer"]))


def test_the_life_of_an_object() -> None:
    with cloud(stack(EVENTS, bucket("inbox", EVERYTHING))) as running:
        s3 = running.client("s3")
        first = s3.put_object(Bucket="inbox", Key="a b/ü+.md", Body=b"12345")
        s3.put_object(Bucket="inbox", Key="a b/ü+.md", Body=b"1")
        s3.delete_object(Bucket="inbox", Key="a b/ü+.md")
        s3.delete_object(Bucket="inbox", Key="a b/ü+.md", VersionId=first["VersionId"])
        records = taken(running)
    assert [record["eventName"] for record in records] == [
        "ObjectCreated:Put",
        "ObjectCreated:Put",
        "ObjectRemoved:DeleteMarkerCreated",
        "ObjectRemoved:Delete",
    ]
    created = records[0]
    assert (created["eventVersion"], created["eventSource"], created["awsRegion"]) == ("2.1", "aws:s3", REGION)
    assert created["eventTime"] == "2026-03-01T12:00:00.000Z"
    described = created["s3"]["object"]
    assert described["key"] == "a+b/%C3%BC%2B.md"
    assert (described["size"], described["versionId"]) == (5, first["VersionId"])
    assert described["eTag"] == first["ETag"].strip('"')
    sequencers = [record["s3"]["object"]["sequencer"] for record in records]
    assert sequencers == sorted(set(sequencers))
    assert all(int(sequencer, 16) for sequencer in sequencers)
    assert records[3]["s3"]["object"]["versionId"] == first["VersionId"]
    assert records[2]["s3"]["object"]["versionId"] not in (None, first["VersionId"])


def test_copies_uploads_in_parts_and_deletions_of_many() -> None:
    with cloud(stack(EVENTS, bucket("inbox", EVERYTHING, versioned=False))) as running:
        s3 = running.client("s3")
        s3.put_object(Bucket="inbox", Key="a", Body=b"1")
        s3.copy_object(Bucket="inbox", Key="b", CopySource={"Bucket": "inbox", "Key": "a"})
        upload = s3.create_multipart_upload(Bucket="inbox", Key="c")["UploadId"]
        part = s3.upload_part(Bucket="inbox", Key="c", UploadId=upload, PartNumber=1, Body=b"x")
        s3.complete_multipart_upload(
            Bucket="inbox",
            Key="c",
            UploadId=upload,
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
        )
        s3.delete_objects(Bucket="inbox", Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]})
        records = taken(running)
    assert [(record["eventName"], record["s3"]["object"]["key"]) for record in records] == [
        ("ObjectCreated:Put", "a"),
        ("ObjectCreated:Copy", "b"),
        ("ObjectCreated:CompleteMultipartUpload", "c"),
        ("ObjectRemoved:Delete", "a"),
        ("ObjectRemoved:Delete", "b"),
    ]
    assert "versionId" not in records[0]["s3"]["object"]


@pytest.mark.parametrize(
    ("notification", "keys"),
    [
        (BucketNotification(("s3:ObjectCreated:*",), EVENTS.arn, prefix="in/"), ["in/a.md", "in/b.txt"]),
        (BucketNotification(("s3:ObjectCreated:Put",), EVENTS.arn, suffix=".md"), ["in/a.md", "out/c.md"]),
        (BucketNotification(("s3:ObjectCreated:Copy",), EVENTS.arn), []),
        (BucketNotification(("s3:*",), EVENTS.arn, "in/", ".md"), ["in/a.md"]),
    ],
)
def test_a_notification_asks_for_events_and_keys(notification: BucketNotification, keys: list[str]) -> None:
    with cloud(stack(EVENTS, bucket("inbox", notification))) as running:
        for key in ("in/a.md", "in/b.txt", "out/c.md"):
            running.client("s3").put_object(Bucket="inbox", Key=key, Body=b"x")
        assert [record["s3"]["object"]["key"] for record in taken(running)] == keys


def test_versions_at_one_instant_are_listed_newest_first() -> None:
    with cloud(stack(bucket("inbox"))) as running:
        s3 = running.client("s3")
        made = [s3.put_object(Bucket="inbox", Key="a", Body=bytes([n]))["VersionId"] for n in range(3)]
        listed = s3.list_object_versions(Bucket="inbox")["Versions"]
        assert [version["VersionId"] for version in listed] == made[::-1]
        assert [version["IsLatest"] for version in listed] == [True, False, False]
        assert s3.get_object(Bucket="inbox", Key="a")["LastModified"] == NOW


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ((), "queue events refuses it"),
        ((PolicyStatement("Allow", ("sqs:SendMessage",), ("*",), principals=("sns.amazonaws.com",)),), "refuses"),
        (
            (
                PolicyStatement(
                    "Allow",
                    ("sqs:SendMessage",),
                    ("*",),
                    principals=("s3.amazonaws.com",),
                    source_arns=("arn:aws:s3:::another",),
                ),
            ),
            "refuses",
        ),
    ],
)
def test_a_queue_that_does_not_let_s3_in_loses_the_event_loudly(policy: tuple[PolicyStatement, ...], why: str) -> None:
    closed = queue("events", policy=policy)
    with cloud(stack(closed, bucket("inbox", EVERYTHING))) as running:
        running.client("s3").put_object(Bucket="inbox", Key="a", Body=b"x")
        assert taken(running) == []
        (warning,) = running.report().warnings
    assert "ObjectCreated:Put of a was lost" in warning
    assert why in warning


def test_a_function_is_invoked_with_the_event_if_it_lets_s3_in() -> None:
    printed = Printed()
    code = (
        "import json\ndef handler(event, context):\n    print(json.dumps(event['Records'][0]['s3']['object']['key']))\n"
    )
    opened = function("Open", code, invoke_permissions=("s3.amazonaws.com",))
    closed = function("Closed", code)
    inbox = bucket(
        "inbox",
        BucketNotification(("s3:ObjectCreated:*",), opened.arn),
        BucketNotification(("s3:ObjectCreated:*",), closed.arn),
    )
    with cloud(stack(opened, closed, inbox), printed) as running:
        running.client("s3").put_object(Bucket="inbox", Key="a", Body=b"x")
        running.drain()
        assert any("function Closed does not let" in warning for warning in running.report().warnings)
    assert printed == [("Open", "a")]


def test_a_bucket_that_sends_to_the_event_bus() -> None:
    printed = Printed()
    rule = EventRule(
        "Uploads",
        "uploads",
        {"source": ["aws.s3"], "detail": {"object": {"key": [{"suffix": ".md"}]}}},
        "F",
    )
    with cloud(stack(function("F"), rule, bucket("inbox", eventbridge=True)), printed) as running:
        s3 = running.client("s3")
        s3.put_object(Bucket="inbox", Key="a ü.md", Body=b"123")
        s3.put_object(Bucket="inbox", Key="b.txt", Body=b"x")
        s3.delete_object(Bucket="inbox", Key="a ü.md")
        running.drain()
    created, deleted = printed.by("F")
    if created["detail-type"] != "Object Created":
        created, deleted = deleted, created
    assert created["detail"]["object"]["key"] == "a ü.md"
    assert created["detail"]["object"]["size"] == 3
    assert created["detail"]["reason"] == "PutObject"
    assert deleted["detail-type"] == "Object Deleted"
    assert deleted["detail"]["deletion-type"] == "Delete Marker Created"


def test_handlers_make_events_too() -> None:
    code = """
    import boto3
    def handler(event, context):
        boto3.client("s3").put_object(Bucket="inbox", Key="made", Body=b"x")
    """
    work = queue("work")
    parts = stack(
        EVENTS, work, function("F", code), EventSourceMapping("m", work.arn, "F"), bucket("inbox", EVERYTHING)
    )
    with cloud(parts) as running:
        running.client("sqs").send_message(QueueUrl=work.url, MessageBody="x")
        running.run_for(timedelta(seconds=5))
        assert [record["s3"]["object"]["key"] for record in taken(running)] == ["made"]
