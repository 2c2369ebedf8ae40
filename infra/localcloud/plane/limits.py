"""Limits that AWS sets and moto does not: DynamoDB's item, key and transaction sizes.

Source: DynamoDB Developer Guide, "Quotas in Amazon DynamoDB".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.motoshims.images import size_bytes, value_size
from localcloud.plane.errors import ApiError
from localcloud.stack import Table

MAX_ITEM_BYTES = 409_600
MAX_TRANSACTION_BYTES = 4_194_304
MAX_TRANSACTION_ITEMS = 100
MAX_BATCH_WRITES = 25
MAX_KEY_BYTES = {"HASH": 2048, "RANGE": 1024}

Params = Mapping[str, Any]


class DynamoLimits:
    """Refuses what DynamoDB would refuse for its size."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._key_limits: dict[str, dict[str, int]] = {}
        for table in tables.values():
            limits = {part["AttributeName"]: MAX_KEY_BYTES[part["KeyType"]] for part in table.definition["KeySchema"]}
            self._key_limits[table.name] = self._key_limits[table.arn] = limits

    def check(self, operation: str, params: Params) -> None:
        """Raise ApiError where a write is too large."""
        if operation == "TransactWriteItems":
            self._transaction(params)
            return
        if operation == "BatchWriteItem":
            count = sum(len(requests) for requests in params["RequestItems"].values())
            if count > MAX_BATCH_WRITES:
                raise _invalid(f"Too many items requested for the BatchWriteItem call: {count} > {MAX_BATCH_WRITES}")
        for table, item, keys_only in _written(operation, params):
            self._item(table, item, keys_only=keys_only)

    def _transaction(self, params: Params) -> None:
        entries = params["TransactItems"]
        if len(entries) > MAX_TRANSACTION_ITEMS:
            raise _invalid(
                "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: "
                f"Member must have length less than or equal to {MAX_TRANSACTION_ITEMS}"
            )
        total = 0
        for entry in entries:
            for kind, part in entry.items():
                item = part["Item"] if kind == "Put" else part["Key"]
                self._item(part["TableName"], item, keys_only=kind != "Put")
                total += size_bytes(item)
                if kind != "Put":
                    total += sum(value_size(value) for value in part.get("ExpressionAttributeValues", {}).values())
        if total > MAX_TRANSACTION_BYTES:
            raise _invalid("Transaction request size is larger than 4 MB: the items are too large together")

    def _item(self, table: str, item: Params, *, keys_only: bool) -> None:
        for name, limit in self._key_limits.get(table, {}).items():
            value = item.get(name)
            if value is None:
                continue
            size = value_size(value)
            if size > limit:
                kind = "hashkey" if limit == MAX_KEY_BYTES["HASH"] else "rangekey"
                raise _invalid(
                    "One or more parameter values were invalid: "
                    f"Size of {kind} has exceeded the maximum size limit of {limit} bytes"
                )
            if size == 0:
                raise _invalid(
                    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
                    f"contain an empty string value. Key: {name}"
                )
        if not keys_only and size_bytes(item) > MAX_ITEM_BYTES:
            raise _invalid("Item size has exceeded the maximum allowed size")


def _written(operation: str, params: Params) -> Iterator[tuple[str, Params, bool]]:
    if operation == "PutItem":
        yield params["TableName"], params["Item"], False
    elif operation in ("UpdateItem", "DeleteItem", "GetItem"):
        yield params["TableName"], params["Key"], True
    elif operation == "BatchWriteItem":
        for table, requests in params["RequestItems"].items():
            for request in requests:
                if "PutRequest" in request:
                    yield table, request["PutRequest"]["Item"], False
                else:
                    yield table, request["DeleteRequest"]["Key"], True


def _invalid(message: str) -> ApiError:
    return ApiError("ValidationException", message)
