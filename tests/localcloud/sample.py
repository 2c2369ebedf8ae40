"""Small stacks whose functions stand in the tests that run them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

from localcloud.cloud import LocalCloud
from localcloud.stack import (
    ACCOUNT_ID,
    Bucket,
    BucketNotification,
    EventRule,
    EventSourceMapping,
    Function,
    PolicyStatement,
    Queue,
    Schedule,
    Stack,
    Table,
)

REGION = "eu-central-1"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FROM_S3 = (PolicyStatement("Allow", ("sqs:SendMessage",), ("*",), principals=("s3.amazonaws.com",)),)
FROM_RULES = (PolicyStatement("Allow", ("sqs:SendMessage",), ("*",), principals=("events.amazonaws.com",)),)

# Prints each record's body, or the whole event; the tests read what is printed.
ECHO = """
import json
def handler(event, context):
    for record in event.get("Records", [event]):
        print(json.dumps(record.get("body", record)))
"""


def queue(name: str, **settings: Any) -> Queue:
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT_ID}/{name}"
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}"
    return Queue(name, name, arn, url, fifo=name.endswith(".fifo"), **settings)


def table(name: str = "Items", *, view: str | None = "NEW_AND_OLD_IMAGES", ttl: str | None = None) -> Table:
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{name}"
    keys = ("pk", "sk")
    return Table(
        name,
        name,
        arn,
        {
            "KeySchema": [
                {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)
            ],
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
            "BillingMode": "PAY_PER_REQUEST",
        },
        stream_view=view,
        stream_arn=f"{arn}/stream/1" if view else None,
        ttl_attribute=ttl,
    )


def bucket(name: str, *notifications: BucketNotification, versioned: bool = True, **settings: Any) -> Bucket:
    return Bucket(name, name, f"arn:aws:s3:::{name}", versioned, notifications, **settings)


def function(name: str, code: str = ECHO, **settings: Any) -> Function:
    given = {"timeout": timedelta(seconds=20), **settings}
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}"
    return Function(
        name, name, arn, "python3.13", "index.handler", Path(__file__).parent, (), inline_code=dedent(code), **given
    )


def allow(*actions: str, resource: str = "*") -> PolicyStatement:
    return PolicyStatement("Allow", actions, (resource,))


def stack(
    *parts: Function | Queue | Bucket | Table | EventSourceMapping | Schedule | EventRule,
    roles: Mapping[str, tuple[PolicyStatement, ...]] | None = None,
) -> Stack:
    def of(kind: type[Any]) -> dict[str, Any]:
        return {part.logical_id: part for part in parts if isinstance(part, kind)}

    return Stack(
        "sample",
        REGION,
        functions=of(Function),
        queues=of(Queue),
        buckets=of(Bucket),
        tables=of(Table),
        mappings=tuple(of(EventSourceMapping).values()),
        schedules=tuple(of(Schedule).values()),
        rules=tuple(of(EventRule).values()),
        roles=roles or {},
        outputs={},
    )


class Printed(list[tuple[str, Any]]):
    """What functions printed: (function, parsed line)."""

    def __call__(self, name: str, line: str) -> None:
        self.append((name, json.loads(line)))

    def by(self, name: str) -> list[Any]:
        return [what for who, what in self if who == name]


def cloud(of: Stack, printed: Printed | None = None, **settings: Any) -> LocalCloud:
    return LocalCloud(of, **{"now": NOW, "on_output": printed, **settings})


def send(running: LocalCloud, to: Queue, bodies: Iterable[str], **extra: Any) -> None:
    sqs = running.client("sqs")
    for body in bodies:
        sqs.send_message(QueueUrl=to.url, MessageBody=body, **extra)


def put(running: LocalCloud, key: str, sort: str = "0", **attributes: Any) -> None:
    running.client("dynamodb").put_item(TableName="Items", Item={"pk": {"S": key}, "sk": {"S": sort}, **attributes})
