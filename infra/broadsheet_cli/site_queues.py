"""How much waits in the stack's queues."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_SUFFIX = "QueueUrl"
"""Ends the name of each output of the template that is a queue's URL."""


@dataclass(frozen=True, slots=True)
class Depth:
    """A queue's depth: on AWS approximate, and some seconds late."""

    name: str
    """``page``, ``rebuild``, ``ingest``, ``poll``, …"""
    waiting: int
    delayed: int
    """Not to be received yet."""
    in_flight: int
    """Received, not done yet."""
    dead: int
    """Given up: in the queue's dead-letter queue."""

    @property
    def busy(self) -> int:
        """Messages that are still to be done."""
        return self.waiting + self.delayed + self.in_flight


def read_depths(outputs: Mapping[str, str], sqs: SQSClient) -> dict[str, Depth]:
    """Return the depth of each queue that the stack's ``outputs`` name, by the queue's name."""
    urls = {name.removesuffix(_SUFFIX).lower(): url for name, url in outputs.items() if name.endswith(_SUFFIX)}
    return {name: _depth(name, url, sqs) for name, url in sorted(urls.items())}


def _depth(name: str, url: str, sqs: SQSClient) -> Depth:
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    policy = json.loads(told.get("RedrivePolicy", "{}"))
    return Depth(
        name,
        waiting=int(told["ApproximateNumberOfMessages"]),
        delayed=int(told["ApproximateNumberOfMessagesDelayed"]),
        in_flight=int(told["ApproximateNumberOfMessagesNotVisible"]),
        dead=_waiting(policy["deadLetterTargetArn"].rpartition(":")[2], sqs) if policy else 0,
    )


def _waiting(queue_name: str, sqs: SQSClient) -> int:
    url = sqs.get_queue_url(QueueName=queue_name)["QueueUrl"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    return int(told["ApproximateNumberOfMessages"])
