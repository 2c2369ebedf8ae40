"""A small site that is stored, as a state and as a deployed stack, and the operator's commands on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
import typer
from botocore.stub import Stubber
from moto import mock_aws
from typer.testing import CliRunner

from broadsheet.model.errors import BroadsheetError
from broadsheet_cli import article_commands, site_commands
from broadsheet_cli.local_run import open_stack
from tests.e2e.loopback import Answer, Loopback
from tests.e2e.runs import run, write_tree

SITE = "title: Harbour Post\nurl: https://post.example\nlanguage: en\ntimezone: Asia/Shanghai\n"
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Coast Wire</title><link>https://wire.example/</link>
<item><guid isPermaLink="false">w1</guid><title>{title}</title><link>https://wire.example/w1</link>
<pubDate>Mon, 05 Jan 2026 00:10:00 GMT</pubDate><description>{text}</description></item>
</channel></rss>"""
FERRY = """---
title: {title}
category: Harbour
date: 2026-01-04T10:00:00+08:00
redirect_from: /2019/old-ferry.html
---
The night boat sails again. It leaves at {hour}.

{more}
"""
BAKERY = "---\ntitle: Bakery {n}\ncategory: Harbour\ndate: 2026-01-03\ncanonical_url: {url}\n---\nBread again.\n"
DAY = ("2026-01-05T08:30:00+08:00", "2026-01-06T08:30:00+08:00")
LATER = "2026-02-01T00:00:00Z"
"""After all that is stored."""
STACK = "post"
OUTPUTS = ("Table", "ArchiveBucket", "InboxBucket", "SiteBucket", "PageQueueUrl", "RebuildQueueUrl", "IngestQueueUrl")

root = typer.Typer(rich_markup_mode=None)
root.add_typer(article_commands.app, name="article")
root.add_typer(site_commands.app, name="site")


@dataclass(frozen=True)
class Told:
    """How a command ended."""

    status: int
    out: str
    err: str


def broadsheet(*words: object, commands: typer.Typer = root) -> Told:
    """Run one of the ``commands`` in this process; an error raised on purpose ends it as ``main`` has it."""
    result = CliRunner().invoke(commands, [str(word) for word in words])
    if isinstance(result.exception, BroadsheetError):
        return Told(2, result.stdout, f"{result.stderr}broadsheet: {result.exception}")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Told(result.exit_code, result.stdout, result.stderr)


@dataclass(frozen=True)
class Newsdesk:
    """Two days of a newspaper. ``state`` is for reading; what changes it works on a copy."""

    folder: Path
    web: Loopback

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def copy(self, to: Path) -> Path:
        shutil.copytree(self.state, to)
        return to

    def run(self, now: str, state: Path, out: Path | None = None) -> dict[str, Any]:
        folders = {"inbox": self.folder / "inbox", "state": state, "hosts": (self.web.host,)}
        return run(self.folder / "config", out, now=now, **folders)  # type: ignore[arg-type]

    def poll_answers(self, title: str, text: str) -> None:
        self.web.routes["/rss"] = Answer(RSS.format(title=title, text=text).encode(), "application/rss+xml")

    def ids(self, *words: object) -> list[str]:
        """Return the ids that ``article list`` tells, in its order."""
        told = broadsheet("article", "list", "--state", self.state, *words)
        return [line.split()[0] for line in told.out.splitlines()]


def make_newsdesk(folder: Path, web: Loopback) -> Newsdesk:
    """Run two days: on the second one article is corrected, two are found to be one, one is taken out of the inbox."""
    desk = Newsdesk(folder, web)
    source = (
        f"id: wire\ntitle: Coast Wire\ncategory: Roads\nkind: feed\nurl: http://{web.host}/rss\nbody: {{from: entry}}\n"
    )
    write_tree(folder / "config", {"site.yaml": SITE, "sources/wire.yaml": source})
    first: dict[str, str | bytes] = {
        "articles/ferry.md": FERRY.format(title="Ferry back", hour="ten", more="今天开船。明天不开。"),
        "articles/bakery.md": BAKERY.format(n=1, url="https://bread.example/1"),
        "articles/reprint.md": BAKERY.format(n=2, url="https://bread.example/2"),
        "articles/draft.md": "---\ntitle: Unfinished\ndraft: true\n---\nNot yet.\n",
        "articles/later.md": "---\ntitle: Embargoed\ndate: 2026-03-04T10:00:00+08:00\n---\nNot yet.\n",
        "articles/going.md": "---\ntitle: Soon gone\ndate: 2026-01-02\n---\nA short life.\n",
    }
    write_tree(folder / "inbox", first)
    desk.poll_answers("Road closed", "The coast road is closed.")
    desk.run(DAY[0], desk.state)
    second: dict[str, str | bytes] = {
        "articles/ferry.md": FERRY.format(title="Ferry back", hour="eleven", more="今天开船。后天不开。"),
        "articles/reprint.md": BAKERY.format(n=2, url="https://bread.example/1"),
    }
    write_tree(folder / "inbox", second)
    (folder / "inbox" / "articles" / "going.md").unlink()
    desk.run(DAY[1], desk.state)
    return desk


def stored(state: Path) -> list[dict[str, Any]]:
    """Return the items of a state's table, as DynamoDB writes them."""
    with open_stack(datetime.fromisoformat(LATER), state=state) as local:
        pages = local.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=local.table)
        return [item for page in pages for item in page["Items"]]


@contextmanager
def deployed(
    items: Sequence[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, *, outputs: Sequence[str] = OUTPUTS
) -> Iterator[dict[str, str]]:
    """Have a stack named ``STACK`` in moto that holds ``items``; give its outputs.

    CloudFormation is stubbed: moto's needs packages that nothing else here does.
    """
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        made = _parts(items)
        described = boto3.client("cloudformation")
        with Stubber(described) as stub:
            listed = [{"OutputKey": name, "OutputValue": made[name]} for name in outputs]
            stack = {"StackName": STACK, "CreationTime": 0, "StackStatus": "CREATE_COMPLETE", "Outputs": listed}
            for _ in range(9):
                stub.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": STACK})
            answer_as(described, monkeypatch)
            yield made


def answer_as(cloudformation: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have sessions give ``cloudformation`` as their client of that service."""

    class Session(boto3.Session):
        def client(self, service: str, **options: Any) -> Any:  # type: ignore[override]
            return cloudformation if service == "cloudformation" else super().client(service, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(boto3, "Session", Session)


def _parts(items: Sequence[dict[str, Any]]) -> dict[str, str]:
    dynamodb, s3, sqs = boto3.client("dynamodb"), boto3.client("s3"), boto3.client("sqs")
    dynamodb.create_table(
        TableName="post-Table",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for item in items:
        dynamodb.put_item(TableName="post-Table", Item=item)
    made = {"Table": "post-Table"}
    for name in ("Archive", "Inbox", "Site"):
        made[f"{name}Bucket"] = f"post-{name.lower()}"
        where: Any = {"LocationConstraint": "eu-west-1"}
        s3.create_bucket(Bucket=made[f"{name}Bucket"], CreateBucketConfiguration=where)
    for name, fifo in (("Page", True), ("Rebuild", False), ("Ingest", False)):
        kind: Any = {"FifoQueue": "true"} if fifo else {}
        letters = sqs.create_queue(QueueName=f"{name}Letters{'.fifo' if fifo else ''}", Attributes=kind)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=letters, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {"RedrivePolicy": f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"5"}}'}
        queue = sqs.create_queue(QueueName=f"{name}Queue{'.fifo' if fifo else ''}", Attributes={**kind, **policy})
        made |= {f"{name}QueueUrl": queue["QueueUrl"], f"{name}Letters": letters}
    return made
