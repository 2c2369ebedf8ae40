"""Asynchronous invocations and the event bus."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from localcloud.stack import EventRule, Schedule

from ..sample import FROM_RULES, NOW, Printed, allow, cloud, function, queue, stack

FAILS = """
def handler(event, context):
    print('"tried"')
    raise RuntimeError("no")
"""
TICK = Schedule("Tick", "tick", "rate(1 minute)", "F", '{"a": 1}')
LETTERS = queue("letters")


def test_two_retries_then_the_event_is_lost_loudly() -> None:
    printed = Printed()
    with cloud(stack(function("F", FAILS), TICK), printed) as running:
        running.fire_schedules()
        running.drain()
        assert running.now == NOW + timedelta(minutes=3)
        report = running.report()
    assert printed.by("F") == ["tried"] * 3
    assert any("lost after 3 attempts" in warning for warning in report.warnings)
    (letter,) = report.dead_letters
    assert (letter.destination, letter.body, letter.receives) == ("", '{"a": 1}', 3)


@pytest.mark.parametrize(("retries", "tries"), [(0, 1), (1, 2)])
def test_fewer_retries(retries: int, tries: int) -> None:
    with cloud(stack(function("F", FAILS, maximum_retry_attempts=retries), TICK)) as running:
        running.fire_schedules()
        running.drain()
        assert running.report().invocations["F"] == tries


def test_dead_letter_queue_and_destination_get_it() -> None:
    roles = {"r": (allow("sqs:SendMessage"),)}
    queued = function("F", FAILS, dead_letter_arn=LETTERS.arn, role="r")
    with cloud(stack(queued, LETTERS, TICK, roles=roles)) as running:
        running.fire_schedules()
        running.drain()
        assert [letter.body for letter in running.report().dead_letters] == ['{"a": 1}']
    handed = function("F", FAILS, on_failure_arn=LETTERS.arn, role="r")
    with cloud(stack(handed, LETTERS, TICK, roles=roles)) as running:
        running.fire_schedules()
        running.drain()
        (letter,) = running.report().dead_letters
    record = json.loads(letter.body)
    assert record["requestPayload"] == {"a": 1}
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responsePayload"]["errorMessage"] == "no"


def put_events(entry: dict[str, Any]) -> str:
    return f"""
    import boto3, json
    def handler(event, context):
        print(json.dumps(boto3.client("events").put_events(Entries=[{entry!r}])))
    """


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ({"Source": "app", "DetailType": "Made", "Detail": '{"id": 7}'}, None),
        ({"Source": "app", "DetailType": "Made", "Detail": "no JSON"}, "MalformedDetail"),
        ({"Source": "app", "DetailType": "Made", "Detail": "[]"}, "MalformedDetail"),
        ({"Source": "", "DetailType": "Made", "Detail": "{}"}, "InvalidArgument"),
    ],
)
def test_events_that_functions_put(entry: dict[str, Any], error: str | None) -> None:
    printed = Printed()
    rule = EventRule("R", "r", {"source": ["app"], "detail": {"id": [7]}}, "Target")
    parts = stack(function("F", put_events(entry)), function("Target"), TICK, rule)
    with cloud(parts, printed) as running:
        running.fire_schedules()
        running.drain()
    (answer,) = printed.by("F")
    assert answer["FailedEntryCount"] == (error is not None)
    assert answer["Entries"][0].get("ErrorCode") == error
    assert [event["detail"] for event in printed.by("Target")] == ([] if error else [{"id": 7}])


@pytest.mark.parametrize(("policy", "arrives"), [(FROM_RULES, True), ((), False)])
def test_a_rule_sends_to_a_queue_that_lets_it(policy: Any, arrives: bool) -> None:
    target = queue("target", policy=policy)
    rule = EventRule("R", "r", {"source": ["app"]}, None, target.arn)
    entry = {"Source": "app", "DetailType": "Made", "Detail": "{}"}
    with cloud(stack(function("F", put_events(entry)), TICK, rule, target)) as running:
        running.fire_schedules()
        running.drain()
        got = running.client("sqs").receive_message(QueueUrl=target.url).get("Messages", [])
        assert bool(got) == arrives
        assert bool(running.report().warnings) != arrives


def test_a_rule_gives_its_constant_input_and_its_message_group() -> None:
    target = queue("target.fifo", policy=FROM_RULES, content_based_deduplication=True)
    rule = EventRule(
        "R", "r", {"source": ["app"]}, "Target", target.arn, input='{"fixed": 1}', message_group_id="group"
    )
    entry = {"Source": "app", "DetailType": "Made", "Detail": "{}"}
    printed = Printed()
    parts = stack(function("F", put_events(entry)), function("Target"), TICK, rule, target)
    with cloud(parts, printed) as running:
        running.fire_schedules()
        running.drain()
        (message,) = running.client("sqs").receive_message(
            QueueUrl=target.url, MessageSystemAttributeNames=["MessageGroupId"]
        )["Messages"]
    assert printed.by("Target") == [{"fixed": 1}]
    assert json.loads(message["Body"]) == {"fixed": 1}
    assert message["Attributes"]["MessageGroupId"] == "group"
