"""Functions that a queue feeds."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from localcloud.cloud import LocalCloud
from localcloud.plane.loop import NeverQuietError
from localcloud.stack import EventSourceMapping

from ..sample import ECHO, NOW, Printed, allow, cloud, function, queue, send, stack

DEAD = queue("dead")
WORK = queue("work", dead_letter_arn=DEAD.arn, max_receive_count=3, visibility_timeout=timedelta(seconds=60))
PAGES = queue("pages.fifo", content_based_deduplication=True, visibility_timeout=timedelta(seconds=60))

# Fails on bodies that begin with "bad", and says of each what it did.
PICKY = """
def handler(event, context):
    failed = []
    for record in event["Records"]:
        print('"%s"' % record["body"])
        if record["body"].startswith("bad"):
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
"""


def test_a_batch_holds_what_the_mapping_allows() -> None:
    printed = Printed()
    counting = "def handler(event, context):\n    print(len(event['Records']))\n"
    mapping = EventSourceMapping("m", WORK.arn, "F", batch_size=4)
    with cloud(stack(DEAD, WORK, function("F", counting), mapping), printed) as running:
        send(running, WORK, map(str, range(9)))
        running.drain()
    assert sorted(printed.by("F")) == [1, 4, 4]


def test_only_the_failed_items_come_again_and_end_as_dead_letters() -> None:
    printed = Printed()
    mapping = EventSourceMapping("m", WORK.arn, "F", report_batch_item_failures=True)
    with cloud(stack(DEAD, WORK, function("F", PICKY), mapping), printed) as running:
        send(running, WORK, ["good", "bad"])
        running.drain()
        assert sorted(printed.by("F")) == ["bad", "bad", "bad", "good"]
        (letter,) = running.report().dead_letters
        assert (letter.destination, letter.source, letter.body) == ("dead", "work", "bad")
        assert (letter.receives, letter.last_error) == (3, "reported as failed")
        assert running.now == NOW + timedelta(minutes=3)


@pytest.mark.parametrize(
    ("result", "receives"),
    [
        ("None", 1),
        ("{}", 1),
        ("{'batchItemFailures': []}", 1),
        ("{'batchItemFailures': None}", 1),
        ("{'batchItemFailures': [{'itemIdentifier': ''}]}", 3),
        ("{'batchItemFailures': [{'itemIdentifier': 'unknown'}]}", 3),
        ("{'batchItemFailures': [{'other': 'x'}]}", 3),
        ("{'batchItemFailures': 'x'}", 3),
        ("'done'", 3),
    ],
)
def test_a_result_that_makes_no_sense_fails_the_batch(result: str, receives: int) -> None:
    code = f"def handler(event, context):\n    return {result}\n"
    mapping = EventSourceMapping("m", WORK.arn, "F", report_batch_item_failures=True)
    with cloud(stack(DEAD, WORK, function("F", code), mapping)) as running:
        send(running, WORK, ["a"])
        running.drain()
        report = running.report()
    assert report.invocations["F"] == receives
    assert bool(report.dead_letters) == (receives == 3)


def test_without_partial_responses_only_an_error_fails_the_batch() -> None:
    mapping = EventSourceMapping("m", WORK.arn, "F")
    with cloud(stack(DEAD, WORK, function("F", PICKY), mapping)) as running:
        send(running, WORK, ["bad"])
        running.drain()
        assert running.report().invocations["F"] == 1


def test_an_error_is_reported_with_its_traceback() -> None:
    code = "def handler(event, context):\n    raise ValueError('of this kind')\n"
    mapping = EventSourceMapping("m", WORK.arn, "F")
    with cloud(stack(DEAD, WORK, function("F", code), mapping)) as running:
        send(running, WORK, ["a"])
        running.drain()
        report = running.report()
    assert report.dead_letters[0].last_error == "ValueError: of this kind"
    assert "index.py" in report.errors["F"]


def test_messages_that_no_filter_passes_are_deleted() -> None:
    printed = Printed()
    mapping = EventSourceMapping("m", WORK.arn, "F", filters=({"body": {"kind": ["page"]}},))
    with cloud(stack(DEAD, WORK, function("F"), mapping), printed) as running:
        send(running, WORK, ['{"kind": "page"}', '{"kind": "other"}', "no JSON"])
        running.drain()
        assert running.client("sqs").receive_message(QueueUrl=WORK.url).get("Messages") is None
    assert printed.by("F") == ['{"kind": "page"}']


def test_the_record_is_as_lambda_gives_it() -> None:
    printed = Printed()
    code = "import json\ndef handler(event, context):\n    print(json.dumps(event['Records'][0]))\n"
    mapping = EventSourceMapping("m", PAGES.arn, "F")
    with cloud(stack(PAGES, function("F", code), mapping), printed) as running:
        kind = {"kind": {"DataType": "String", "StringValue": "x"}}
        send(running, PAGES, ["a"], MessageGroupId="g", MessageAttributes=kind)
        running.drain()
    (record,) = printed.by("F")
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == PAGES.arn
    assert record["messageAttributes"]["kind"]["stringValue"] == "x"
    assert record["attributes"]["MessageGroupId"] == "g"
    assert record["attributes"]["SentTimestamp"] == str(int(NOW.timestamp() * 1000))
    assert {"messageId", "receiptHandle", "body", "md5OfBody", "md5OfMessageAttributes", "awsRegion"} <= record.keys()


def test_a_window_gathers_messages_until_it_closes() -> None:
    printed = Printed()
    code = "def handler(event, context):\n    print(len(event['Records']))\n"
    window = timedelta(seconds=20)
    mapping = EventSourceMapping("m", WORK.arn, "F", batch_size=5, batching_window=window)
    with cloud(stack(DEAD, WORK, function("F", code), mapping), printed) as running:
        send(running, WORK, ["a"])
        running.run_for(timedelta(seconds=10))
        send(running, WORK, ["b"])
        running.run_for(timedelta(seconds=9))
        assert printed == []
        running.drain()
        assert printed.by("F") == [2]
        assert running.now == NOW + window
        send(running, WORK, map(str, range(5)))
        running.run_for(timedelta(0))
        assert printed.by("F") == [2, 5]


def test_fifo_groups_stay_in_order_when_one_fails() -> None:
    printed = Printed()
    fails_once = """
    tried = set()
    def handler(event, context):
        for record in event["Records"]:
            print('"%s"' % record["body"])
            if record["body"] == "a1" and "a1" not in tried:
                tried.add("a1")
                raise RuntimeError("once")
    """
    mapping = EventSourceMapping("m", PAGES.arn, "F", batch_size=1)
    with cloud(stack(PAGES, function("F", fails_once), mapping), printed) as running:
        for number in range(3):
            for group in ("a", "b"):
                send(running, PAGES, [f"{group}{number}"], MessageGroupId=group)
        running.drain()
    said = printed.by("F")
    assert [body for body in said if body.startswith("a")] == ["a0", "a1", "a1", "a2"]
    assert [body for body in said if body.startswith("b")] == ["b0", "b1", "b2"]
    # The other group did not wait for the first one's timeout.
    assert said.index("b2") < said.index("a2")


def test_concurrency_is_bounded_where_handlers_take_time() -> None:
    wide = EventSourceMapping("m", WORK.arn, "F", batch_size=1)
    narrow = EventSourceMapping("m", WORK.arn, "F", batch_size=1, maximum_concurrency=2)
    ends = {}
    for name, mapping in (("wide", wide), ("narrow", narrow)):
        with cloud(stack(DEAD, WORK, function("F"), mapping), handler_duration=timedelta(seconds=2)) as running:
            send(running, WORK, map(str, range(8)))
            running.drain()
            ends[name] = running.now - NOW
    assert ends == {"wide": timedelta(seconds=2), "narrow": timedelta(seconds=8)}


def test_reserved_concurrency_of_zero_stops_a_function_loudly() -> None:
    mapping = EventSourceMapping("m", WORK.arn, "F")
    with cloud(stack(DEAD, WORK, function("F", reserved_concurrency=0), mapping)) as running:
        send(running, WORK, ["a"])
        running.drain()
        report = running.report()
    assert not report.invocations
    assert any("concurrency is 0" in warning for warning in report.warnings)


def test_what_feeds_itself_is_named() -> None:
    code = """
    import boto3
    def handler(event, context):
        boto3.client("sqs").send_message(QueueUrl="%s", MessageBody="again")
    """
    mapping = EventSourceMapping("m", WORK.arn, "F")
    with cloud(stack(DEAD, WORK, function("F", code % WORK.url), mapping), max_events=50) as running:
        send(running, WORK, ["a"])
        with pytest.raises(NeverQuietError, match="queue work → F"):
            running.drain()


def test_a_role_that_may_not_receive_gets_nothing() -> None:
    mapping = EventSourceMapping("m", WORK.arn, "F")
    made = stack(DEAD, WORK, function("F", role="r"), mapping, roles={"r": (allow("sqs:DeleteMessage"),)})
    with cloud(made) as running:
        send(running, WORK, ["a"])
        running.drain()
        report = running.report()
    assert not report.invocations
    assert f"F: sqs:ReceiveMessage on {WORK.arn}" in report.policy_denials
    assert any("add that to its Policies" in warning for warning in report.warnings)


def order(seed: int) -> list[str]:
    printed = Printed()
    mapping = EventSourceMapping("m", WORK.arn, "F", batch_size=1)
    with cloud(stack(DEAD, WORK, function("F", ECHO), mapping), printed, seed=seed) as running:
        send(running, WORK, map(str, range(20)))
        running.drain()
    return [json.loads(json.dumps(body)) for body in printed.by("F")]


def test_the_seed_gives_the_order() -> None:
    assert order(1) == order(1)
    assert order(1) != order(2)
    assert sorted(order(1)) == sorted(order(2))


def test_one_cloud_at_a_time() -> None:
    with (
        cloud(stack(WORK)),
        pytest.raises(RuntimeError, match="another one is entered"),
        LocalCloud(stack(WORK), now=NOW),
    ):
        pass
