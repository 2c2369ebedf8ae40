"""The pipeline over moto: the real adapters, and a stream that is read off the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import boto3

from broadsheet.aws.attributes import decode_item
from broadsheet.aws.objects import S3Store
from broadsheet.aws.table import DynamoTable
from broadsheet.flow.ports import Check, Delete, Item, Put, Write
from broadsheet.model.keys import Key
from tests.fakes.table import StreamRecord
from tests.flow.pipeline import Pipeline

REGION = "eu-central-1"


class RecordedTable:
    """The adapter on a new table; ``records`` and ``dump`` are those of the fake."""

    def __init__(self, name: str) -> None:
        self._client: Any = _client("dynamodb")
        self._client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        self._name = name
        self._inner = DynamoTable(self._client, name)
        self.records: list[StreamRecord] = []

    def get(self, key: Key) -> Item | None:
        return self._inner.get(key)

    def batch_get(self, keys: Iterable[Key]) -> dict[Key, Item]:
        return self._inner.batch_get(keys)

    def query(self, pk: str, **bounds: Any) -> list[Item]:
        return self._inner.query(pk, **bounds)

    def put(self, item: Item, expect: int | None = None) -> None:
        self._recorded([Key(item["pk"], item["sk"])], lambda: self._inner.put(item, expect))

    def delete(self, key: Key, expect: int | None = None) -> None:
        self._recorded([key], lambda: self._inner.delete(key, expect))

    def transact(self, writes: Sequence[Write]) -> None:
        changed = [write.key for write in writes if isinstance(write, Put | Delete) and not isinstance(write, Check)]
        self._recorded(changed, lambda: self._inner.transact(writes))

    def dump(self) -> dict[Key, Item]:
        pages = self._client.get_paginator("scan").paginate(TableName=self._name)
        items = [decode_item(item) for page in pages for item in page["Items"]]
        return {Key(str(i["pk"]), str(i["sk"])): i for i in sorted(items, key=lambda i: (str(i["pk"]), str(i["sk"])))}

    def _recorded(self, keys: list[Key], write: Any) -> None:
        before = self._inner.batch_get(keys)
        write()
        after = self._inner.batch_get(keys)
        for key in keys:
            if before.get(key) != after.get(key):
                self.records.append(StreamRecord(key, before.get(key), after.get(key)))


class RecordedBucket(S3Store):
    """The adapter on a new bucket; ``bodies`` is that of the fake."""

    def __init__(self, name: str) -> None:
        client: Any = _client("s3")
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        super().__init__(client, name)

    def bodies(self) -> dict[str, bytes]:
        return {key: stored.body for key in self.list("") if (stored := self.get(key))}


def moto_pipeline(name: str) -> Pipeline:
    """Return a pipeline whose table, archive and site are moto's; ``name`` tells it from others."""
    pipeline = Pipeline()
    given: Any = pipeline
    given.table = RecordedTable(name)
    given.archive, given.site = RecordedBucket(f"{name}-archive"), RecordedBucket(f"{name}-site")
    return pipeline


def _client(service: str) -> Any:
    make: Any = boto3.client
    return make(service, region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing")
