"""SQS as a client sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from localcloud.cloud import LocalCloud

from ..sample import cloud, queue, send, stack

DEAD = queue("dead")
PLAIN = queue("plain", dead_letter_arn=DEAD.arn, max_receive_count=2, visibility_timeout=timedelta(seconds=30))
SLOW = queue("slow", delay=timedelta(seconds=60), retention=timedelta(hours=1))
DEAD_FIFO = queue("dead.fifo")
PAGES = queue("pages.fifo", dead_letter_arn=DEAD_FIFO.arn, max_receive_count=2)
BY_CONTENT = queue("content.fifo", content_based_deduplication=True)
SMALL = queue("small", maximum_message_size_bytes=1024)


@pytest.fixture
def running() -> Iterator[LocalCloud]:
    with cloud(stack(DEAD, PLAIN, SLOW, DEAD_FIFO, PAGES, BY_CONTENT, SMALL)) as started:
        yield started


def receive(running: LocalCloud, of: Any = PLAIN, limit: int = 10, **extra: Any) -> list[dict[str, Any]]:
    answer = running.client("sqs").receive_message(
        QueueUrl=of.url, MaxNumberOfMessages=limit, MessageSystemAttributeNames=["All"], **extra
    )
    return list(answer.get("Messages", []))


def bodies(messages: list[dict[str, Any]]) -> set[str]:
    return {message["Body"] for message in messages}


def page(running: LocalCloud, body: str, group: str = "g", ident: str | None = None) -> dict[str, Any]:
    return dict(
        running.client("sqs").send_message(
            QueueUrl=PAGES.url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=ident or f"{group}{body}"
        )
    )


def counts(running: LocalCloud, of: Any = PLAIN) -> tuple[int, int, int]:
    found = running.client("sqs").get_queue_attributes(QueueUrl=of.url, AttributeNames=["All"])["Attributes"]
    parts = ("", "NotVisible", "Delayed")
    waiting, flying, delayed = (int(found[f"ApproximateNumberOfMessages{part}"]) for part in parts)
    return waiting, flying, delayed


def test_a_received_message_is_hidden_until_its_visibility_timeout_ends(running: LocalCloud) -> None:
    send(running, PLAIN, ["a"])
    assert bodies(receive(running)) == {"a"}
    running.run_for(timedelta(seconds=29))
    assert receive(running) == []
    running.run_for(timedelta(seconds=1))
    (again,) = receive(running)
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    assert int(again["Attributes"]["ApproximateFirstReceiveTimestamp"]) == int(again["Attributes"]["SentTimestamp"])


def test_deleting_needs_the_newest_receipt(running: LocalCloud) -> None:
    sqs = running.client("sqs")
    send(running, PLAIN, ["a"])
    (first,) = receive(running, VisibilityTimeout=1)
    running.run_for(timedelta(seconds=1))
    (second,) = receive(running)
    sqs.delete_message(QueueUrl=PLAIN.url, ReceiptHandle=first["ReceiptHandle"])
    assert counts(running) == (0, 1, 0)
    sqs.delete_message(QueueUrl=PLAIN.url, ReceiptHandle=second["ReceiptHandle"])
    assert counts(running) == (0, 0, 0)


def test_visibility_zero_gives_a_message_back_at_once(running: LocalCloud) -> None:
    send(running, PLAIN, ["a"])
    (message,) = receive(running)
    running.client("sqs").change_message_visibility(
        QueueUrl=PLAIN.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
    )
    assert bodies(receive(running)) == {"a"}


def test_visibility_of_a_message_not_in_flight_cannot_change(running: LocalCloud) -> None:
    send(running, PLAIN, ["a"])
    (message,) = receive(running, VisibilityTimeout=1)
    running.run_for(timedelta(seconds=2))
    sqs = running.client("sqs")
    with pytest.raises(sqs.exceptions.MessageNotInflight):
        sqs.change_message_visibility(QueueUrl=PLAIN.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=5)


def test_a_message_received_too_often_goes_to_the_dead_letters_with_its_history(running: LocalCloud) -> None:
    send(running, PLAIN, ["poison"])
    (sent,) = receive(running, VisibilityTimeout=1)
    for _ in range(2):
        running.run_for(timedelta(seconds=1))
        receive(running, VisibilityTimeout=1)
    (dead,) = receive(running, DEAD)
    assert dead["MessageId"] == sent["MessageId"]
    assert dead["Attributes"]["SentTimestamp"] == sent["Attributes"]["SentTimestamp"]


def test_delays_of_the_queue_and_of_the_message(running: LocalCloud) -> None:
    send(running, SLOW, ["queue's"])
    send(running, SLOW, ["own"], DelaySeconds=10)
    assert counts(running, SLOW) == (0, 0, 2)
    running.run_for(timedelta(seconds=10))
    assert bodies(receive(running, SLOW)) == {"own"}
    running.run_for(timedelta(seconds=50))
    assert "queue's" in bodies(receive(running, SLOW))


def test_what_outlives_its_retention_is_dropped_loudly(running: LocalCloud) -> None:
    send(running, SLOW, ["old"])
    running.run_for(timedelta(hours=2))
    assert receive(running, SLOW) == []
    assert any("retention" in warning for warning in running.report().warnings)


def test_purging_empties_the_queue(running: LocalCloud) -> None:
    send(running, PLAIN, ["a", "b"])
    running.client("sqs").purge_queue(QueueUrl=PLAIN.url)
    assert counts(running) == (0, 0, 0)


def test_a_fifo_group_waits_for_its_message_in_flight(running: LocalCloud) -> None:
    for body in ("1", "2"):
        page(running, body, "a")
    page(running, "1", "b")
    first = receive(running, PAGES, limit=1)
    second = receive(running, PAGES, limit=1)
    assert {message["Attributes"]["MessageGroupId"] for message in (*first, *second)} == {"a", "b"}
    assert receive(running, PAGES, limit=1) == []
    of_a = next(m for m in (*first, *second) if m["Attributes"]["MessageGroupId"] == "a")
    running.client("sqs").delete_message(QueueUrl=PAGES.url, ReceiptHandle=of_a["ReceiptHandle"])
    (next_of_a,) = receive(running, PAGES, limit=1)
    assert next_of_a["Body"] == "2"


def test_one_receive_takes_a_fifo_group_in_order(running: LocalCloud) -> None:
    for number in range(8):
        page(running, str(number), f"g{number % 2}")
    got = receive(running, PAGES)
    for group in ("g0", "g1"):
        of_group = [int(m["Body"]) for m in got if m["Attributes"]["MessageGroupId"] == group]
        assert of_group == sorted(of_group)
        assert len(of_group) == 4
    sequences = {m["Body"]: int(m["Attributes"]["SequenceNumber"]) for m in got}
    assert sorted(sequences, key=sequences.__getitem__) == [str(number) for number in range(8)]


def test_a_fifo_message_that_fails_for_good_frees_its_group(running: LocalCloud) -> None:
    page(running, "poison")
    page(running, "next")
    for _ in range(2):
        assert bodies(receive(running, PAGES, limit=1, VisibilityTimeout=1)) == {"poison"}
        running.run_for(timedelta(seconds=1))
    assert bodies(receive(running, PAGES, limit=1)) == {"next"}
    assert bodies(receive(running, DEAD_FIFO)) == {"poison"}


def test_deduplication_outlives_deletion_and_ends_after_five_minutes(running: LocalCloud) -> None:
    first = page(running, "x", ident="same")
    (message,) = receive(running, PAGES)
    running.client("sqs").delete_message(QueueUrl=PAGES.url, ReceiptHandle=message["ReceiptHandle"])
    running.run_for(timedelta(minutes=4, seconds=59))
    repeated = page(running, "x", ident="same")
    assert (repeated["MessageId"], repeated["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    assert receive(running, PAGES) == []
    running.run_for(timedelta(seconds=1))
    assert page(running, "x", ident="same")["MessageId"] != first["MessageId"]
    assert bodies(receive(running, PAGES)) == {"x"}


def test_content_based_deduplication_goes_by_the_body(running: LocalCloud) -> None:
    send(running, BY_CONTENT, ["a", "a", "b"], MessageGroupId="g")
    assert [message["Body"] for message in receive(running, BY_CONTENT)] == ["a", "b"]


@pytest.mark.parametrize(
    ("to", "given", "code"),
    [
        (PAGES, {"MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 3}, "InvalidParameterValue"),
        (PAGES, {"MessageDeduplicationId": "d"}, "MissingParameter"),
        (PAGES, {"MessageGroupId": "g"}, "InvalidParameterValue"),
        (PLAIN, {"MessageDeduplicationId": "d"}, "InvalidParameterValue"),
        (PLAIN, {"DelaySeconds": 901}, "InvalidParameterValue"),
        (SMALL, {"MessageBody": "x" * 1025}, "InvalidParameterValue"),
        (PLAIN, {"MessageBody": ""}, "MissingParameter"),
        (PLAIN, {"MessageBody": "\x00"}, "InvalidMessageContents"),
        (queue("nowhere"), {}, "AWS.SimpleQueueService.NonExistentQueue"),
    ],
)
def test_what_sqs_refuses(running: LocalCloud, to: Any, given: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        running.client("sqs").send_message(**{"QueueUrl": to.url, "MessageBody": "x", **given})
    assert refused.value.response["Error"]["Code"] == code


def test_a_missing_parameter_is_found_before_the_call(running: LocalCloud) -> None:
    with pytest.raises(ParamValidationError):
        running.client("sqs").send_message(QueueUrl=PLAIN.url)


def test_a_batch_reports_each_entry(running: LocalCloud) -> None:
    entries = [
        {"Id": "good", "MessageBody": "a"},
        {"Id": "large", "MessageBody": "x" * 2000},
    ]
    answer = running.client("sqs").send_message_batch(QueueUrl=SMALL.url, Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
    assert [(entry["Id"], entry["SenderFault"]) for entry in answer["Failed"]] == [("large", True)]
    assert bodies(receive(running, SMALL)) == {"a"}


@pytest.mark.parametrize(
    ("entries", "error"),
    [
        ([{"Id": str(n), "MessageBody": "x"} for n in range(11)], "TooManyEntriesInBatchRequest"),
        ([{"Id": "a", "MessageBody": "x"}] * 2, "BatchEntryIdsNotDistinct"),
        ([{"Id": "a b", "MessageBody": "x"}], "InvalidBatchEntryId"),
        ([], "EmptyBatchRequest"),
        ([{"Id": str(n), "MessageBody": "x" * 600_000} for n in range(2)], "BatchRequestTooLong"),
    ],
)
def test_batches_that_are_refused_whole(running: LocalCloud, entries: list[Any], error: str) -> None:
    sqs = running.client("sqs")
    with pytest.raises(getattr(sqs.exceptions, error)):
        sqs.send_message_batch(QueueUrl=PLAIN.url, Entries=entries)
    assert counts(running) == (0, 0, 0)


def test_attributes_come_back_as_asked_for(running: LocalCloud) -> None:
    attributes = {
        "kind": {"DataType": "String", "StringValue": "新闻"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    sent = running.client("sqs").send_message(QueueUrl=PLAIN.url, MessageBody="ü", MessageAttributes=attributes)
    (message,) = receive(running, MessageAttributeNames=["All"], VisibilityTimeout=0)
    assert message["MessageAttributes"] == attributes
    assert message["MD5OfBody"] == hashlib.md5("ü".encode(), usedforsecurity=False).hexdigest()
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    (some,) = receive(running, MessageAttributeNames=["ki.*"])
    assert list(some["MessageAttributes"]) == ["kind"]


def test_a_hundred_thousand_messages_cost_no_more_each_than_a_thousand(running: LocalCloud) -> None:
    # Counted, not timed: the store's heap may hold few stale entries per message.
    held = next(iter(running._running.sqs.stores.values()))
    send(running, DEAD, map(str, range(2_000)))
    seen = 0
    while messages := receive(running, DEAD):
        seen += len(messages)
        for message in messages:
            running.client("sqs").delete_message(QueueUrl=DEAD.url, ReceiptHandle=message["ReceiptHandle"])
    assert seen == 2_000
    assert len(held._heap) <= 2 * 2_000
