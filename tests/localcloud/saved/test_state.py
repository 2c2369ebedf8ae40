"""A run that goes on where the last one was saved."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from localcloud.cloud import LocalCloud, StateError
from localcloud.saved import file as state_file
from localcloud.saved.file import held
from localcloud.stack import BucketNotification, EventSourceMapping, Schedule, Stack, Table

from ..sample import FROM_S3, NOW, Printed, bucket, cloud, function, put, queue, send, stack, table

PLAIN = queue("plain", dead_letter_arn=queue("dead").arn, max_receive_count=3)
DEAD = queue("dead")
PAGES = queue("pages.fifo")
EVENTS = queue("events", policy=FROM_S3)
ITEMS = table(ttl="ttl")
THINGS = bucket("things")
FLAT = bucket("flat", versioned=False)
HOLDS = stack(PLAIN, DEAD, PAGES, EVENTS, ITEMS, THINGS, FLAT)


def contents(running: LocalCloud) -> dict[str, Any]:
    """Everything that a client sees of tables and buckets."""
    db, s3 = running.client("dynamodb"), running.client("s3")
    found: dict[str, Any] = {"items": sorted(db.scan(TableName="Items")["Items"], key=repr)}
    for name in ("things", "flat"):
        listed = s3.list_object_versions(Bucket=name)
        found[name] = [listed.get("Versions"), listed.get("DeleteMarkers")]
        for version in listed.get("Versions", ()):
            got = s3.get_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
            kept = ("Metadata", "ContentType", "CacheControl", "ContentEncoding", "ETag", "LastModified", "TagCount")
            found[f"{name} {version['Key']} {version['VersionId']}"] = [
                got["Body"].read(),
                {key: got.get(key) for key in kept},
            ]
    return found


def fill(running: LocalCloud) -> None:
    db, s3 = running.client("dynamodb"), running.client("s3")
    nested = {"M": {"l": {"L": [{"N": "1.50"}, {"NULL": True}, {"B": b"\x01"}]}, "t": {"BOOL": True}}}
    put(
        running,
        "ü",
        b={"B": b"\x00\xff"},
        m=nested,
        s={"SS": ["a", "b"]},
        bs={"BS": [b"1", b"2"]},
        n={"NS": ["1", "2"]},
    )
    put(running, "p", "2")
    put(running, "p", "1")
    db.update_item(
        TableName="Items",
        Key={"pk": {"S": "p"}, "sk": {"S": "1"}},
        UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": {"S": "x"}},
    )
    s3.put_object(
        Bucket="things",
        Key="a b/ü",
        Body=b"one",
        Metadata={"sha256": "x"},
        ContentType="text/html; charset=utf-8",
        CacheControl="max-age=60",
        Tagging="kind=page",
    )
    running.run_for(timedelta(seconds=5))
    s3.put_object(Bucket="things", Key="a b/ü", Body=b"two")
    s3.put_object(Bucket="things", Key="gone", Body=b"x")
    s3.delete_object(Bucket="things", Key="gone")
    s3.put_object(Bucket="flat", Key="empty", Body=b"")


def test_tables_and_buckets_are_the_same_afterwards(tmp_path: Path) -> None:
    with cloud(HOLDS, state=tmp_path) as running:
        fill(running)
        running.save()
        before = contents(running)
    with cloud(HOLDS, state=tmp_path) as running:
        assert contents(running) == before
        assert not running.report().warnings
        # And once more: what is restored is saved as it was.
        running.save()
    with cloud(HOLDS, state=tmp_path) as running:
        assert contents(running) == before
        with pytest.raises(running.client("s3").exceptions.NoSuchKey):
            running.client("s3").get_object(Bucket="things", Key="gone")


def test_later_versions_get_ids_of_their_own(tmp_path: Path) -> None:
    for _ in range(3):
        with cloud(HOLDS, state=tmp_path) as running:
            running.client("s3").put_object(Bucket="things", Key="a", Body=b"same")
            listed = running.client("s3").list_object_versions(Bucket="things")["Versions"]
            running.save()
    assert len({version["VersionId"] for version in listed}) == 3


@pytest.mark.parametrize(
    ("later", "expected"),
    [(timedelta(0), timedelta(minutes=10)), (timedelta(hours=2), timedelta(hours=2))],
)
def test_the_clock_never_goes_back(tmp_path: Path, later: timedelta, expected: timedelta) -> None:
    with cloud(HOLDS, state=tmp_path) as running:
        running.run_for(timedelta(minutes=10))
        running.save()
    with cloud(HOLDS, state=tmp_path, now=NOW + later) as running:
        assert running.now == NOW + expected


def receive(running: LocalCloud, of: Any) -> list[tuple[str, str]]:
    answer = running.client("sqs").receive_message(
        QueueUrl=of.url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"], VisibilityTimeout=30
    )
    found = answer.get("Messages", [])
    return [(message["Body"], message["Attributes"]["ApproximateReceiveCount"]) for message in found]


def test_queues_go_on_where_they_were(tmp_path: Path) -> None:
    with cloud(HOLDS, state=tmp_path) as running:
        send(running, PLAIN, ["flies"])
        assert receive(running, PLAIN) == [("flies", "1")]
        send(running, PLAIN, ["waits"], MessageAttributes={"b": {"DataType": "Binary", "BinaryValue": b"\xff"}})
        send(running, PLAIN, ["delayed"], DelaySeconds=40)
        running.save()
    with cloud(HOLDS, state=tmp_path) as running:
        sqs = running.client("sqs")
        (message,) = sqs.receive_message(
            QueueUrl=PLAIN.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=300
        )["Messages"]
        assert message["Body"] == "waits"
        assert message["MessageAttributes"]["b"]["BinaryValue"] == b"\xff"
        running.run_for(timedelta(seconds=30))
        assert receive(running, PLAIN) == [("flies", "2")]
        running.run_for(timedelta(seconds=10))
        assert receive(running, PLAIN) == [("delayed", "1")]


def test_fifo_queues_keep_order_groups_in_flight_and_deduplication(tmp_path: Path) -> None:
    def page(running: LocalCloud, body: str, group: str = "g") -> Any:
        return running.client("sqs").send_message(
            QueueUrl=PAGES.url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=f"{group} {body}"
        )

    with cloud(HOLDS, state=tmp_path) as running:
        first = page(running, "1")
        (message,) = running.client("sqs").receive_message(QueueUrl=PAGES.url)["Messages"]
        page(running, "2")
        page(running, "3")
        deleted = page(running, "x", "other")
        (other,) = running.client("sqs").receive_message(QueueUrl=PAGES.url)["Messages"]
        running.client("sqs").delete_message(QueueUrl=PAGES.url, ReceiptHandle=other["ReceiptHandle"])
        running.save()
    with cloud(HOLDS, state=tmp_path) as running:
        assert page(running, "1")["SequenceNumber"] == first["SequenceNumber"]
        assert page(running, "x", "other")["MessageId"] == deleted["MessageId"]
        assert receive(running, PAGES) == []
        running.client("sqs").delete_message(QueueUrl=PAGES.url, ReceiptHandle=message["ReceiptHandle"])
        assert int(page(running, "4")["SequenceNumber"]) > int(first["SequenceNumber"])
        assert [body for body, _ in receive(running, PAGES)] == ["2", "3", "4"]


def test_object_events_go_on_counting(tmp_path: Path) -> None:
    notified = bucket("things", BucketNotification(("s3:ObjectCreated:*",), EVENTS.arn))
    sequencers = []
    for _ in range(2):
        with cloud(stack(EVENTS, notified), state=tmp_path) as running:
            running.client("s3").put_object(Bucket="things", Key="a", Body=b"x")
            running.save()
            (message,) = running.client("sqs").receive_message(QueueUrl=EVENTS.url)["Messages"]
            sequencers.append(json.loads(message["Body"])["Records"][0]["s3"]["object"]["sequencer"])
            running.client("sqs").purge_queue(QueueUrl=EVENTS.url)
            running.save()
    assert sequencers[0] < sequencers[1]


SORTS = """
import json
def handler(event, context):
    keys = [record["dynamodb"]["Keys"]["sk"]["S"] for record in event["Records"]]
    print(json.dumps(keys))
    if "bad" in keys:
        raise RuntimeError("poison")
"""


def fed(**settings: Any) -> Stack:
    mapping = EventSourceMapping("m", str(ITEMS.stream_arn), "F", bisect_on_error=True, **settings)
    return stack(ITEMS, function("F", SORTS), mapping)


@pytest.mark.parametrize("factor", [1, 5])
def test_unread_records_and_retries_are_taken_up_in_order(tmp_path: Path, factor: int) -> None:
    printed = Printed()
    with cloud(fed(maximum_retry_attempts=9), printed, state=tmp_path) as running:
        for sort in ("0", "1", "bad", "3"):
            put(running, "a", sort)
        running.run_for(timedelta(0))
        put(running, "a", "4")
        running.save()
    assert printed.by("F") == [["0", "1", "bad", "3"], ["0", "1"], ["bad", "3"], ["bad"]]
    printed.clear()
    # The second time with another parallelization factor, if any, and fewer retries.
    with cloud(fed(maximum_retry_attempts=2, parallelization_factor=factor), printed, state=tmp_path) as running:
        running.drain()
        put(running, "a", "5")
        running.drain()
    assert printed.by("F") == [["bad"], ["bad"], ["3"], ["4"], ["5"]]


def test_an_asynchronous_invocation_is_retried_by_the_next_run(tmp_path: Path) -> None:
    code = "import json\ndef handler(event, context):\n    print(json.dumps(event))\n    raise RuntimeError\n"
    tick = Schedule("T", "t", "rate(1 hour)", "F", '{"n": 1}')
    printed = Printed()
    with cloud(stack(function("F", code), tick), printed, state=tmp_path) as running:
        running.fire_schedules()
        running.run_for(timedelta(seconds=1))
        running.save()
    assert len(printed) == 1
    with cloud(stack(function("F", code), tick), printed, state=tmp_path) as running:
        running.drain()
        assert running.now == NOW + timedelta(minutes=3)
    assert printed.by("F") == [{"n": 1}] * 3


def test_rates_count_from_the_first_run(tmp_path: Path) -> None:
    tick = Schedule("T", "t", "rate(1 hour)", "F")
    printed = Printed()
    with cloud(stack(function("F"), tick), printed, state=tmp_path) as running:
        running.run_for(timedelta(minutes=90))
        running.save()
    with cloud(stack(function("F"), tick), printed, state=tmp_path) as running:
        running.run_for(timedelta(minutes=45))
    assert [event["time"] for event in printed.by("F")] == ["2026-03-01T13:00:00Z", "2026-03-01T14:00:00Z"]
    assert len({event["id"] for event in printed.by("F")}) == 2


def test_items_expire_that_an_earlier_run_wrote(tmp_path: Path) -> None:
    with cloud(HOLDS, state=tmp_path) as running:
        put(running, "a", ttl={"N": str(int(NOW.timestamp()) + 60)})
        running.save()
    with cloud(HOLDS, state=tmp_path, now=NOW + timedelta(minutes=2)) as running:
        running.drain()
        assert running.client("dynamodb").scan(TableName="Items")["Count"] == 0


def test_what_the_template_has_no_more_is_left_out_loudly(tmp_path: Path) -> None:
    mapping = EventSourceMapping("m", str(ITEMS.stream_arn), "F")
    with cloud(stack(ITEMS, PLAIN, FLAT, function("F"), mapping), state=tmp_path) as running:
        put(running, "a")
        send(running, PLAIN, ["x"])
        running.client("s3").put_object(Bucket="flat", Key="a", Body=b"x")
        running.save()
    with cloud(stack(DEAD), state=tmp_path) as running:
        warnings = " ".join(running.report().warnings)
    for what in (
        "items of table Items",
        "objects of bucket flat",
        "messages of queue plain",
        "stream records of event source mapping m",
    ):
        assert what in warnings


def test_a_changed_key_is_refused(tmp_path: Path) -> None:
    with cloud(stack(ITEMS), state=tmp_path) as running:
        put(running, "a")
        running.save()
    other = {
        **ITEMS.definition,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    }
    with (
        pytest.raises(StateError, match="table Items"),
        cloud(stack(Table("Items", "Items", ITEMS.arn, other)), state=tmp_path),
    ):
        pass
    # The refused cloud has let go of everything.
    with cloud(stack(ITEMS), state=tmp_path) as running:
        assert running.client("dynamodb").scan(TableName="Items")["Count"] == 1


def test_a_run_that_dies_while_saving_leaves_the_old_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with cloud(HOLDS, state=tmp_path) as running:
        put(running, "old")
        running.save()

    class Killed(BaseException):
        pass

    def killed(path: Path) -> None:
        raise Killed

    with cloud(HOLDS, state=tmp_path) as running:
        put(running, "new")
        monkeypatch.setattr(state_file, "_flush", killed)
        with pytest.raises(Killed):
            running.save()
    # What a killed process would leave behind does not matter either.
    (tmp_path / "localcloud.sqlite.new").write_bytes(b"half a file")
    monkeypatch.undo()
    with cloud(HOLDS, state=tmp_path) as running:
        (item,) = running.client("dynamodb").scan(TableName="Items")["Items"]
        assert item["pk"] == {"S": "old"}
        running.save()
    assert {path.name for path in tmp_path.iterdir()} == {"localcloud.sqlite", "localcloud.lock"}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    with cloud(HOLDS, state=tmp_path) as running:
        running.save()
    return tmp_path


def test_a_file_that_is_no_state_is_refused(written: Path) -> None:
    (written / "localcloud.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StateError, match="start afresh"), cloud(HOLDS, state=written):
        pass


def test_another_format_is_refused(written: Path) -> None:
    database = sqlite3.connect(written / "localcloud.sqlite")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StateError, match="its format is 99"), cloud(HOLDS, state=written):
        pass


def test_saving_needs_a_folder() -> None:
    with cloud(HOLDS) as running, pytest.raises(ValueError, match="give `state`"):
        running.save()


# Two runs on one state: the later to save undid what the other had done.
def test_a_state_that_another_run_has_open_is_refused(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(StateError, match="another run has this state open"), held(tmp_path):
        pass
    with held(tmp_path):
        pass
