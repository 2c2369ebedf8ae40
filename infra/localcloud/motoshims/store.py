"""The tables and buckets of a stack, made in moto, and what the event plane must see of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

import boto3
from botocore.config import Config
from moto.core.base_backend import BackendDict
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Table as MotoTable
from moto.s3.models import FakeBucket, FakeKey, S3Backend, s3_backends

from localcloud.motoshims.transport import moto_transport
from localcloud.stack import ACCOUNT_ID, Bucket, Table

ItemChanged = Callable[[Any, Any], None]
"""(item before, item after), moto's items, either of them None."""


def reset() -> None:
    """Forget everything that moto holds."""
    BackendDict.reset()


def plain_moto() -> AbstractContextManager[None]:
    """While entered, botocore's calls reach moto with nothing in between."""
    return moto_transport()


def operator_session(region: str) -> boto3.Session:
    """A session with placeholder credentials, whatever this machine is configured with."""
    return boto3.Session(
        aws_access_key_id="AKIALOCALCLOUD000000",
        aws_secret_access_key="local-cloud-placeholder",  # noqa: S106 - checked by nothing
        region_name=region,
    )


CLIENT_CONFIG = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})


def create(tables: Iterable[Table], buckets: Iterable[Bucket], session: boto3.Session) -> None:
    """Make tables (with their time to live) and buckets (with their versioning)."""
    dynamodb = session.client("dynamodb", config=CLIENT_CONFIG)
    for table in tables:
        # The plane is the stream: moto's own would keep every record for ever.
        definition = {key: value for key, value in table.definition.items() if key != "StreamSpecification"}
        dynamodb.create_table(**{**definition, "TableName": table.name})
    s3 = session.client("s3", config=CLIENT_CONFIG)
    for bucket in buckets:
        location = {"LocationConstraint": session.region_name}
        extra: Any = {} if session.region_name == "us-east-1" else {"CreateBucketConfiguration": location}
        s3.create_bucket(Bucket=bucket.name, **extra)
        if bucket.versioned:
            s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})


def dynamodb_backend(region: str) -> DynamoDBBackend:
    """Moto's DynamoDB of the stack's account."""
    return dynamodb_backends[ACCOUNT_ID][region]


def s3_backend() -> S3Backend:
    """Moto's S3 of the stack's account."""
    return s3_backends[ACCOUNT_ID]["aws"]


def moto_table(name: str, region: str) -> MotoTable:
    """A table as moto holds it."""
    return dynamodb_backend(region).get_table(name)


def moto_bucket(name: str) -> FakeBucket:
    """A bucket as moto holds it."""
    return s3_backend().get_bucket(name)


def current_object(bucket: str, key: str) -> FakeKey | None:
    """The newest version of an object; None where there is none or it is a delete marker."""
    found = moto_bucket(bucket).keys.get(key)
    return found if isinstance(found, FakeKey) else None


class ChangeFeed:
    """Stands where moto keeps a table's stream: moto tells it of every item it changes."""

    def __init__(self, changed: ItemChanged) -> None:
        self._changed = changed

    def add(self, old: Any, new: Any) -> None:
        """Called by moto with the item before and after."""
        self._changed(old, new)

    def __deepcopy__(self, memo: dict[int, Any]) -> ChangeFeed:
        return self


def watch(name: str, region: str, changed: ItemChanged) -> None:
    """Have ``changed`` called for each item of a table that moto changes."""
    table: Any = moto_table(name, region)
    table.stream_shard = ChangeFeed(changed)
