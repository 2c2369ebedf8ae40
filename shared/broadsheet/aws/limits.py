"""What DynamoDB, S3 and SQS refuse, checked before a call is made: an error that names the thing, and no bill.

Sizes as AWS documents them: "DynamoDB item sizes and formats", "Quotas in Amazon DynamoDB", the API references of
``TransactWriteItems``, ``PutObject`` and ``SendMessageBatch``. A KB is 1,024 bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from broadsheet.flow.ports import TRANSACTION_LIMIT, Item, Outgoing, Put, Write
from broadsheet.model.keys import Key

ITEM_BYTES = 400 * 1024
TRANSACTION_BYTES = 4 * 1024 * 1024
PARTITION_KEY_BYTES = 2048
SORT_KEY_BYTES = 1024
NESTING_LEVELS = 32
NUMBER_DIGITS = 38

OBJECT_KEY_BYTES = 1024
METADATA_BYTES = 2 * 1024
"""Names and values of one object's metadata together."""

MESSAGE_BYTES = 256 * 1024
"""Our own bound: what is larger travels as a pointer. SQS takes 1 MiB, but counts each 64 KB as a request."""
BATCH_MESSAGES = 10
BATCH_BYTES = 1024 * 1024
DELAY_SECONDS = 900

_CONTAINER_BYTES = 3
_ELEMENT_BYTES = 1
_METADATA_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_METADATA_VALUE = re.compile(r"(?:[!-~](?:[ -~]*[!-~])?)?")
_NOT_IN_A_MESSAGE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FIFO_ID = re.compile(r"[!-~]{1,128}")


def check_key(key: Key) -> None:
    """Raise ValueError where DynamoDB would refuse ``key``: no text, empty, or too long."""
    for name, value, limit in (("pk", key.pk, PARTITION_KEY_BYTES), ("sk", key.sk, SORT_KEY_BYTES)):
        if not isinstance(value, str) or not value:
            raise ValueError(f"key {key.pk!r}/{key.sk!r}: {name} must be text that is not empty")
        size = _text_bytes(value)
        if size > limit:
            raise ValueError(
                f"key {key.pk:.80}/{key.sk:.80}: {name} has {size} bytes, at most {limit} are allowed; hash it"
            )


def check_item(item: Item) -> int:
    """Return the item's size in bytes; raise ValueError where DynamoDB would refuse its key, a value or its size."""
    if "pk" not in item or "sk" not in item:
        raise ValueError(f"item without pk or sk: it has {sorted(item)[:10]}; build its key with model.keys")
    key = Key(item["pk"], item["sk"])
    check_key(key)
    size = 0
    for name, value in item.items():
        if value is None:
            continue
        try:
            size += _name_bytes(name) + _value_bytes(value)
        except (TypeError, ValueError) as problem:
            raise ValueError(f"item {key.pk}/{key.sk}, attribute {name!r}: {problem}") from problem
    if size > ITEM_BYTES:
        raise ValueError(
            f"item {key.pk}/{key.sk} has {size} bytes, at most {ITEM_BYTES} are allowed; "
            "compress its text or keep it in S3 and store a pointer"
        )
    return size


def check_transaction(writes: Sequence[Write]) -> None:
    """Raise ValueError where DynamoDB would refuse the writes as one transaction, naming key and figures."""
    if len(writes) > TRANSACTION_LIMIT:
        raise ValueError(
            f"transaction of {len(writes)} writes, at most {TRANSACTION_LIMIT} are allowed; "
            f"it begins with {writes[0].key}"
        )
    total = 0
    seen: set[Key] = set()
    for write in writes:
        key = write.key
        if key in seen:
            raise ValueError(f"transaction writes {key.pk}/{key.sk} twice; make one write of the two")
        seen.add(key)
        if isinstance(write, Put):
            total += check_item(write.item)
        else:
            check_key(key)
            total += _text_bytes(key.pk) + _text_bytes(key.sk)
    if total > TRANSACTION_BYTES:
        raise ValueError(
            f"transaction of {len(writes)} writes has {total} bytes, at most {TRANSACTION_BYTES} are allowed; "
            f"it begins with {writes[0].key}"
        )


def item_bytes(item: Item) -> int:
    """Return the size of an item, which need not be complete, by the rules that bound it.

    Raises TypeError or ValueError for a value that cannot be stored.
    """
    return sum(_text_bytes(name) + _value_bytes(value) for name, value in item.items() if value is not None)


def check_object(key: str, metadata: Mapping[str, str]) -> None:
    """Raise ValueError where S3 would refuse an object's key or metadata, or not give it back as it was written."""
    size = _text_bytes(key)
    if not 0 < size <= OBJECT_KEY_BYTES:
        raise ValueError(f"object key {key[:80]!r} has {size} bytes, 1 to {OBJECT_KEY_BYTES} are allowed")
    for name, value in metadata.items():
        if not _METADATA_NAME.fullmatch(name):
            raise ValueError(f"object {key}: metadata name {name!r} must be lower-case ASCII, [a-z0-9._-]")
        if not _METADATA_VALUE.fullmatch(value):
            raise ValueError(
                f"object {key}: metadata {name} is {value[:80]!r}; values must be printable ASCII "
                "without spaces at either end: percent-encode it"
            )
    total = sum(len(name) + len(value) for name, value in metadata.items())
    if total > METADATA_BYTES:
        raise ValueError(f"object {key}: metadata of {total} bytes, at most {METADATA_BYTES} are allowed; shorten it")


def check_message(queue: str, message: Outgoing, *, fifo: bool) -> int:
    """Return the body's size in bytes; raise ValueError where SQS would refuse the message on that queue.

    On a FIFO queue a group is needed and a delay is the queue's own; on others groups and deduplication ids do
    not exist.
    """
    about = f"message {message.body[:60]!r} for {queue}"
    bad = _NOT_IN_A_MESSAGE.search(message.body)
    if bad:
        raise ValueError(f"{about}: character U+{ord(bad[0]):04X} is not allowed; write JSON in ASCII")
    size = _text_bytes(message.body)
    if not 0 < size <= MESSAGE_BYTES:
        raise ValueError(f"{about} has {size} bytes, 1 to {MESSAGE_BYTES} are allowed; archive it and send a pointer")
    if not 0 <= message.delay_seconds <= DELAY_SECONDS:
        raise ValueError(f"{about}: a delay of {message.delay_seconds} s, 0 to {DELAY_SECONDS} are allowed")
    if fifo:
        _check_fifo(about, message)
    elif message.group is not None or message.dedup is not None:
        raise ValueError(f"{about}: group and deduplication id are for FIFO queues, and this one is not")
    return size


def _check_fifo(about: str, message: Outgoing) -> None:
    if message.delay_seconds:
        raise ValueError(f"{about}: a FIFO queue delays all messages alike; set the queue's DelaySeconds")
    if message.group is None:
        raise ValueError(f"{about}: a FIFO queue needs a group")
    for name, value in (("group", message.group), ("deduplication id", message.dedup)):
        if value is not None and not _FIFO_ID.fullmatch(value):
            raise ValueError(f"{about}: {name} {value[:140]!r} must be 1 to 128 printable ASCII characters; hash it")


def _text_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _name_bytes(name: str) -> int:
    if not name:
        raise ValueError("an attribute has no name; DynamoDB wants at least one character")
    return _text_bytes(name)


def _value_bytes(value: Any, level: int = 1) -> int:
    """Size of a value without its name. The order of the tests is that of how often they are met."""
    if isinstance(value, str):
        return _text_bytes(value)
    if isinstance(value, bool):
        return 1
    if isinstance(value, int):
        return _number_bytes(value)
    if isinstance(value, list | tuple):
        _check_level(level)
        return _CONTAINER_BYTES + sum(_ELEMENT_BYTES + _value_bytes(element, level + 1) for element in value)
    if isinstance(value, Mapping):
        _check_level(level)
        return _CONTAINER_BYTES + sum(
            _ELEMENT_BYTES + _name_bytes(name) + _value_bytes(element, level + 1)
            for name, element in value.items()
            if element is not None
        )
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return _number_bytes(int(value))
    raise TypeError(f"{type(value).__name__} {value!s:.80} cannot be stored; use text, int, bytes, list or dict")


def _number_bytes(number: int) -> int:
    digits = str(abs(number)).strip("0")
    if len(digits) > NUMBER_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits, at most {NUMBER_DIGITS} are allowed; store it as text")
    return (len(digits) + 1) // 2 + 1 + (number < 0)


def _check_level(level: int) -> None:
    if level > NESTING_LEVELS:
        raise ValueError(f"nested deeper than {NESTING_LEVELS} levels; store it as JSON text")
