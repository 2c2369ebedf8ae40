"""What SQS may answer besides the expected, and how messages are put together: the adapter alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from broadsheet.aws.limits import BATCH_BYTES
from broadsheet.aws.queues import MessagesRefused, SqsQueue
from broadsheet.flow.ports import Outgoing


class Sqs:
    """A client that refuses, in each call, the entries whose bodies it was told to."""

    def __init__(self, *refusals: Sequence[str]) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self._refusals = list(refusals)

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - AWS's names
        self.calls.append(Entries)
        refused = self._refusals.pop(0) if self._refusals else ()
        failed = [
            {"Id": entry["Id"], "Code": "InternalError", "SenderFault": False, "Message": "busy"}
            for entry in Entries
            if entry["MessageBody"] in refused
        ]
        return {"Successful": [], "Failed": failed} if failed else {"Successful": []}

    @property
    def bodies(self) -> list[list[str]]:
        return [[entry["MessageBody"] for entry in call] for call in self.calls]


def queue(sqs: Sqs, url: str = "https://sqs.test/1/ingest") -> SqsQueue:
    return SqsQueue(sqs, url)  # type: ignore[arg-type]


MESSAGES = [Outgoing(body) for body in "abcdefghijkl"]


def test_ten_to_a_batch() -> None:
    sqs = Sqs()
    queue(sqs).send(MESSAGES)
    assert sqs.bodies == [list("abcdefghij"), list("kl")]
    assert [entry["Id"] for entry in sqs.calls[0]] == [str(n) for n in range(10)]


def test_a_mebibyte_to_a_batch() -> None:
    sqs = Sqs()
    quarter = "新" * (BATCH_BYTES // 4 // 3) + "x"
    assert len(quarter.encode()) == BATCH_BYTES // 4
    queue(sqs).send([Outgoing(quarter)] * 5 + [Outgoing("x")])
    assert [len(call) for call in sqs.bodies] == [4, 2]


def test_what_was_refused_is_sent_once_more() -> None:
    sqs = Sqs("bd")
    queue(sqs).send(MESSAGES)
    assert sqs.bodies == [list("abcdefghij"), ["b", "d"], list("kl")]


def test_what_was_refused_twice_is_named() -> None:
    sqs = Sqs("bd", "d")
    with pytest.raises(MessagesRefused, match=r"^ingest refuses message 'd': InternalError busy; send the batch again"):
        queue(sqs).send(MESSAGES)
    assert sqs.bodies == [list("abcdefghij"), ["b", "d"]]


def test_nothing_is_sent_when_one_message_cannot_be() -> None:
    sqs = Sqs()
    with pytest.raises(ValueError, match="ingest: a delay of 901 s"):
        queue(sqs).send([*MESSAGES, Outgoing("x", delay_seconds=901)])
    assert sqs.calls == []


def test_what_is_not_given_is_left_to_the_queue() -> None:
    sqs = Sqs()
    queue(sqs).send([Outgoing("a"), Outgoing("b", delay_seconds=900)])
    queue(sqs, "https://sqs.test/1/pages.fifo").send([Outgoing("c", group="g"), Outgoing("d", group="g", dedup="e")])
    assert sqs.calls == [
        [{"Id": "0", "MessageBody": "a"}, {"Id": "1", "MessageBody": "b", "DelaySeconds": 900}],
        [
            {"Id": "0", "MessageBody": "c", "MessageGroupId": "g"},
            {"Id": "1", "MessageBody": "d", "MessageGroupId": "g", "MessageDeduplicationId": "e"},
        ],
    ]
