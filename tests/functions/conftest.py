"""Each handler as Lambda has it: its own module tree, the environment the template gives it, services under moto."""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

import broadsheet
from tests.fakes.fetcher import FakeFetcher

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-central-1"
BUCKETS = {"INBOX_BUCKET": "inbox", "ARCHIVE_BUCKET": "archive", "SITE_BUCKET": "site"}
QUEUES = {
    "POLL_QUEUE_URL": "polls",
    "INGEST_QUEUE_URL": "ingests",
    "PAGE_QUEUE_URL": "pages.fifo",
    "REBUILD_QUEUE_URL": "rebuilds",
}


@dataclass(frozen=True)
class Context:
    """What the runtime tells a handler of its invocation."""

    function_name: str
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:123456789012:function:x"
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


@cache
def template_environment(handler: str) -> tuple[str, ...]:
    """Return the names that template.yaml gives the function of that handler, and no others."""

    class AnyTag(yaml.SafeLoader):
        """Reads the template without resolving its intrinsics."""

    AnyTag.add_multi_constructor("!", lambda loader, suffix, node: None)
    template = yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), AnyTag)  # noqa: S506 - a safe loader
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    (own,) = (
        resource["Properties"].get("Environment", {}).get("Variables", {})
        for resource in template["Resources"].values()
        if resource["Properties"].get("Handler") == f"{handler}.handler"
    )
    return (*shared, *own)


@dataclass
class Deployed:
    """Loads handlers, and looks at the services behind them."""

    monkeypatch: pytest.MonkeyPatch
    environment: dict[str, str]
    fetcher: FakeFetcher = field(default_factory=FakeFetcher)
    log: io.StringIO = field(default_factory=io.StringIO)
    bootstrap: Any = None
    sqs: Any = field(default_factory=lambda: boto3.client("sqs"))
    s3: Any = field(default_factory=lambda: boto3.client("s3"))

    def load(self, name: str, *, without: tuple[str, ...] = ()) -> ModuleType:
        """Load ``functions/NAME.py`` in a fresh module tree, with the template's environment (``without`` some)."""
        for variable in self.environment:
            self.monkeypatch.delenv(variable, raising=False)
        for variable in template_environment(name):
            if variable in self.environment and variable not in without:
                self.monkeypatch.setenv(variable, self.environment[variable])
        self.monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", name)
        self.monkeypatch.delitem(sys.modules, "broadsheet.bootstrap", raising=False)
        self.monkeypatch.delattr(broadsheet, "bootstrap", raising=False)
        self.bootstrap = importlib.import_module("broadsheet.bootstrap")
        self.bootstrap.logger.registered_handler.setStream(self.log)
        self.monkeypatch.setattr(self.bootstrap, "fetcher", lambda: self.bootstrap.LoggingFetcher(self.fetcher))
        spec = importlib.util.spec_from_file_location(f"functions_{name}", ROOT / "functions" / f"{name}.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def invoke(self, name: str, event: Any = None) -> Any:
        """Call the handler with its recorded event, or with ``event``."""
        return self.load(name).handler(recorded(name) if event is None else event, Context(name))

    def lines(self) -> list[dict[str, Any]]:
        """Return the log's lines."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def received(self, variable: str) -> list[dict[str, Any]]:
        """Take all messages off a queue and return their bodies."""
        url, found = self.environment[variable], []
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found


def recorded(name: str) -> Any:
    """Return the recorded event of a function."""
    return json.loads((ROOT / "tests" / "events" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Broadsheet")
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="broadsheet",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        s3, sqs = boto3.client("s3"), boto3.client("sqs")
        for bucket in BUCKETS.values():
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        s3.put_bucket_versioning(Bucket="inbox", VersioningConfiguration={"Status": "Enabled"})
        environment = {"TABLE_NAME": "broadsheet", "PAGE_BUCKET_SECONDS": "15", "ALLOWED_HOSTS": "", **BUCKETS}
        for variable, name in QUEUES.items():
            fifo: Any = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
            environment[variable] = sqs.create_queue(QueueName=name, Attributes=fifo)["QueueUrl"]
        yield Deployed(monkeypatch, environment)
