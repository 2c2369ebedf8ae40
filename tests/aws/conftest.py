"""Each contract test runs twice: against the fake the flow tests use, and against the adapter on moto."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Literal

import boto3
import pytest
from moto import mock_aws

from broadsheet.aws.objects import S3Store
from broadsheet.aws.queues import SqsQueue
from broadsheet.aws.table import DynamoTable
from broadsheet.flow.ports import ObjectStore, Queue, Table
from tests.fakes.objects import FakeObjects
from tests.fakes.queues import FakeQueue
from tests.fakes.table import FakeTable

TABLE = "broadsheet"
BUCKET = "inbox"
REGION = "eu-central-1"


@cache
def client_of(service: Literal["dynamodb", "s3", "sqs"]) -> Any:
    """A client without an account; where no moto is running, it has no service behind it either."""
    return boto3.client(service, region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing")


@pytest.fixture
def moto_aws() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def dynamodb(moto_aws: None) -> Any:
    """A client of a DynamoDB that has the table as the template makes it, without its stream."""
    client = client_of("dynamodb")
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


@pytest.fixture(params=["fake", "moto"])
def table(request: pytest.FixtureRequest) -> Table:
    if request.param == "fake":
        return FakeTable()
    return DynamoTable(request.getfixturevalue("dynamodb"), TABLE)


class Bucket:
    """An object store, and the version ids S3 would tell in its events."""

    def __init__(self, store: ObjectStore, latest_version: Callable[[str], str]) -> None:
        self.store = store
        self.latest_version = latest_version


@pytest.fixture
def s3(moto_aws: None) -> Any:
    """A client of an S3 that has the bucket, versioned."""
    client = client_of("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture(params=["fake", "moto"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    if request.param == "fake":
        fake = FakeObjects()
        return Bucket(fake, fake.latest_version)
    client = request.getfixturevalue("s3")

    def latest_version(key: str) -> str:
        listed = client.list_object_versions(Bucket=BUCKET, Prefix=key)
        entries = [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]
        found: str = next(entry["VersionId"] for entry in entries if entry["IsLatest"] and entry["Key"] == key)
        return found

    return Bucket(S3Store(client, BUCKET), latest_version)


Received = list[tuple[str, str | None]]
"""Bodies and groups of messages, in order."""


class Queues:
    """A standard and a FIFO queue, and what they hold."""

    def __init__(self, standard: Queue, fifo: Queue, received: Callable[[Queue], Received]) -> None:
        self.standard = standard
        self.fifo = fifo
        self.received = received


@pytest.fixture
def sqs(moto_aws: None) -> Any:
    return client_of("sqs")


@pytest.fixture(params=["fake", "moto"])
def queues(request: pytest.FixtureRequest) -> Queues:
    if request.param == "fake":

        def taken(queue: Queue) -> Received:
            assert isinstance(queue, FakeQueue)
            return [(message.body, message.group) for message in queue.take()]

        return Queues(FakeQueue(), FakeQueue(fifo=True), taken)
    client = request.getfixturevalue("sqs")
    standard = client.create_queue(QueueName="ingest")["QueueUrl"]
    fifo = client.create_queue(QueueName="pages.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    standard_queue, fifo_queue = SqsQueue(client, standard), SqsQueue(client, fifo)

    def received(queue: Queue) -> Received:
        url = fifo if queue is fifo_queue else standard
        found: Received = []
        while True:
            answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"])
            if not answer.get("Messages"):
                return found
            for message in answer["Messages"]:
                found.append((message["Body"], message["Attributes"].get("MessageGroupId")))
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    return Queues(standard_queue, fifo_queue, received)
