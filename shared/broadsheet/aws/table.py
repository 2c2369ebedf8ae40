"""The one table, in DynamoDB."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from botocore.exceptions import ClientError

from broadsheet.flow.ports import Delete, Item, Put, Write
from broadsheet.model.errors import BroadsheetError, Conflict
from broadsheet.model.keys import Key

from . import limits
from .attributes import Wire, decode_item, encode_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH_KEYS = 100
"""Keys in one BatchGetItem (DynamoDB quota)."""
BATCH_TRIES = 8
"""Reads in a row that may bring nothing before a batch is given up: about 6 s of pauses."""
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0

_CONFLICTS = frozenset({"ConditionalCheckFailed", "TransactionConflict"})
_REFUSALS = frozenset({"ValidationError", "ItemCollectionSizeLimitExceeded"})
_AS_REASON = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "TransactionConflictException": "TransactionConflict",
    "ValidationException": "ValidationError",
}
"""What a single write is refused with, as the reason a transaction is cancelled for."""


class ReadIncomplete(BroadsheetError):
    """DynamoDB kept leaving keys of a batch unread; reading again later may succeed."""


class DynamoTable:
    """``ports.Table`` on a DynamoDB table with the keys ``pk`` and ``sk``, both text.

    Throttling and lost connections are left to the client's own retries. A single put that is retried after its
    answer was lost meets its own write and raises Conflict, as if another had written: read again and decide
    again. A transaction does not, thanks to the random ClientRequestToken that botocore adds; it is never stored,
    so what is written stays a function of its input.
    """

    def __init__(
        self, client: DynamoDBClient, table_name: str, *, pause: Callable[[float], object] = time.sleep
    ) -> None:
        self._client = client
        self._name = table_name
        self._pause = pause

    def get(self, key: Key) -> Item | None:
        """Return the item, or None; raises ValueError for a key that cannot be."""
        limits.check_key(key)
        answer = self._client.get_item(TableName=self._name, Key=_wire_key(key), ConsistentRead=True)
        return decode_item(answer["Item"]) if "Item" in answer else None

    def batch_get(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """Return those of the items that exist, in the order their keys were given in.

        Raises ValueError for a key that cannot be, ReadIncomplete where DynamoDB keeps leaving keys unread.
        """
        wanted = list(dict.fromkeys(Key(*key) for key in keys))
        for key in wanted:
            limits.check_key(key)
        found: dict[Key, Item] = {}
        for start in range(0, len(wanted), BATCH_KEYS):
            for item in self._read_batch([_wire_key(key) for key in wanted[start : start + BATCH_KEYS]]):
                found[Key(item["pk"], item["sk"])] = item
        return {key: found[key] for key in wanted if key in found}

    def _read_batch(self, wire_keys: list[Wire]) -> Iterator[Item]:
        """Yield the batch's items; what is left unread (16 MB in one answer, throttling) is asked for again."""
        tries = 0
        while wire_keys:
            answer = self._client.batch_get_item(RequestItems={self._name: {"Keys": wire_keys, "ConsistentRead": True}})
            items = answer["Responses"].get(self._name, [])
            yield from map(decode_item, items)
            asked = len(wire_keys)
            unread = answer["UnprocessedKeys"].get(self._name)
            wire_keys = [dict(key) for key in unread["Keys"]] if unread else []
            if len(wire_keys) < asked:
                tries = 0
                continue
            tries += 1
            if tries == BATCH_TRIES:
                raise ReadIncomplete(
                    f"table {self._name} left {len(wire_keys)} of {asked} keys unread {tries} times in a row, "
                    f"the first {decode_item(wire_keys[0])}; it is throttled, so try again later"
                )
            self._pause(min(FIRST_PAUSE_SECONDS * 2 ** (tries - 1), LONGEST_PAUSE_SECONDS))

    def query(
        self,
        pk: str,
        *,
        first: str = "",
        last: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> list[Item]:
        """Return the partition's items with ``first <= sk <= last``, ordered by ``sk``'s UTF-8 bytes.

        ``newest_first`` reverses the order before ``limit`` cuts it. Raises ValueError for a bound that cannot be.
        """
        if limit is not None and limit < 0:
            raise ValueError(f"query of {pk}: limit {limit} is below 0")
        for bound in (first, last):
            limits.check_key(Key(pk, bound or "any"))
        if limit == 0 or (last is not None and first > last) or last == "":
            return []
        condition, values = _range_condition(pk, first, last)
        items: list[Item] = []
        page: dict[str, Any] = {}
        while True:
            if limit is not None:
                page["Limit"] = limit - len(items)
            answer = self._client.query(
                TableName=self._name,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ConsistentRead=True,
                ScanIndexForward=not newest_first,
                **page,
            )
            items.extend(map(decode_item, answer["Items"]))
            if "LastEvaluatedKey" not in answer or (limit is not None and len(items) >= limit):
                return items
            page["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def put(self, item: Item, expect: int | None = None) -> None:
        """Write one item, whole; raises Conflict where ``expect`` is not met, ValueError for what cannot be stored."""
        limits.check_item(item)
        try:
            self._client.put_item(TableName=self._name, Item=encode_item(item), **_condition(expect))
        except ClientError as error:
            _raise_named(error, [Put(item, expect)])

    def delete(self, key: Key, expect: int | None = None) -> None:
        """Delete one item; raises Conflict where ``expect`` is not met, ValueError for a key that cannot be."""
        limits.check_key(key)
        try:
            self._client.delete_item(TableName=self._name, Key=_wire_key(key), **_condition(expect))
        except ClientError as error:
            _raise_named(error, [Delete(key, expect)])

    def transact(self, writes: Sequence[Write]) -> None:
        """Write all or none; nothing at all is fine.

        Raises Conflict, naming the keys, where an ``expect`` is not met or another transaction is at an item;
        ValueError for what cannot be stored or is too much for one transaction.
        """
        if not writes:
            return
        limits.check_transaction(writes)
        try:
            self._client.transact_write_items(TransactItems=[self._action(write) for write in writes])
        except ClientError as error:
            _raise_named(error, writes)

    def _action(self, write: Write) -> Any:
        condition = _condition(write.expect)
        if isinstance(write, Put):
            return {"Put": {"TableName": self._name, "Item": encode_item(write.item), **condition}}
        kind = "Delete" if isinstance(write, Delete) else "ConditionCheck"
        return {kind: {"TableName": self._name, "Key": _wire_key(write.key), **condition}}


def _wire_key(key: Key) -> Wire:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _range_condition(pk: str, first: str, last: str | None) -> tuple[str, Wire]:
    values: Wire = {":pk": {"S": pk}}
    if first:
        values[":first"] = {"S": first}
    if last is not None:
        values[":last"] = {"S": last}
    if first and last is not None:
        return "pk = :pk AND sk BETWEEN :first AND :last", values
    if first:
        return "pk = :pk AND sk >= :first", values
    if last is not None:
        return "pk = :pk AND sk <= :last", values
    return "pk = :pk", values


def _condition(expect: int | None) -> dict[str, Any]:
    if expect is None:
        return {}
    if expect == 0:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {"ConditionExpression": "v = :v", "ExpressionAttributeValues": {":v": {"N": str(expect)}}}


def _raise_named(error: ClientError, writes: Sequence[Write]) -> NoReturn:
    """Raise what the port promises for a refused write; whatever else it is propagates as it came."""
    response: Any = error.response
    code, message = response["Error"]["Code"], response["Error"]["Message"]
    if code == "TransactionCanceledException":
        reasons = response["CancellationReasons"]
    elif code in _AS_REASON:
        reasons = [{"Code": _AS_REASON[code], "Message": message}]
    else:
        raise error
    told = [(write, reason) for write, reason in zip(writes, reasons, strict=False) if reason["Code"] != "None"]
    refused = [f"{_sized(write)}: {reason.get('Message')}" for write, reason in told if reason["Code"] in _REFUSALS]
    if refused:
        raise ValueError(f"DynamoDB refuses {'; '.join(refused)}") from error
    conflicts = [_conflict(write, reason["Code"]) for write, reason in told if reason["Code"] in _CONFLICTS]
    if conflicts:
        raise Conflict(f"{'; '.join(conflicts)}; read again and decide again") from error
    raise error


def _conflict(write: Write, reason: str) -> str:
    if reason == "TransactionConflict":
        return f"{_shown(write.key)} is in another's transaction"
    return f"{_shown(write.key)} " + ("exists already" if write.expect == 0 else f"is not at version {write.expect}")


def _sized(write: Write) -> str:
    return f"{_shown(write.key)} ({limits.item_bytes(write.item) if isinstance(write, Put) else 0} bytes)"


def _shown(key: Key) -> str:
    return f"{key.pk}/{key.sk}"
