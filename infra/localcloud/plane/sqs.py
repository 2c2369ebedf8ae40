"""SQS as its clients see it: operations and their errors, over one store per queue.

After the SQS API Reference. Long polling does not wait: virtual time passes only between events, so a receive
answers with what is there.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from localcloud.plane.errors import ApiError
from localcloud.plane.loop import EventLoop
from localcloud.plane.messages import DEDUPLICATION_WINDOW, Message, MessageStore
from localcloud.plane.numbering import Numbering
from localcloud.stack import Queue

Params = Mapping[str, Any]
Reply = dict[str, Any]

MAX_DELAY_SECONDS = 900
MAX_VISIBILITY_SECONDS = 43_200
MAX_BATCH = 10
MAX_BATCH_BYTES = 1_048_576
_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_NO_SUCH_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"
_BATCH_PREFIX = "AWS.SimpleQueueService."
# A first sequence number of the length that AWS gives (20 digits).
_SEQUENCE_BASE = 18_850_000_000_000_000_000


class Sqs:
    """All queues of a stack, and SQS's operations on them."""

    def __init__(self, queues: Iterable[Queue], loop: EventLoop, warn: Callable[[str], None]) -> None:
        self._loop = loop
        self._warn = warn
        self.stores = {queue.arn: MessageStore(queue, loop.rank) for queue in queues}
        self._by_url = {store.queue.url: store for store in self.stores.values()}
        self._by_name = {store.queue.name: store for store in self.stores.values()}
        self.counter = Numbering()
        """Numbers messages, receipts and sequences; kept with the state so that none is given twice."""
        self._operations: dict[str, Callable[[Params], Reply]] = {
            "SendMessage": self._send_message,
            "SendMessageBatch": self._send_message_batch,
            "ReceiveMessage": self._receive_message,
            "DeleteMessage": self._delete_message,
            "DeleteMessageBatch": self._delete_message_batch,
            "ChangeMessageVisibility": self._change_visibility,
            "ChangeMessageVisibilityBatch": self._change_visibility_batch,
            "GetQueueAttributes": self._get_queue_attributes,
            "GetQueueUrl": self._get_queue_url,
            "ListQueues": self._list_queues,
            "PurgeQueue": self._purge_queue,
        }
        for store in self.stores.values():
            self._wire(store)

    def call(self, operation: str, params: Params) -> Reply:
        """Answer an SQS operation with the members of its response, or raise ApiError."""
        handler = self._operations.get(operation)
        if handler is None:
            known = ", ".join(sorted(self._operations))
            raise ApiError("UnsupportedOperation", f"the local cloud does not know sqs:{operation}, only {known}")
        return handler(params)

    def store(self, arn: str) -> MessageStore | None:
        """The store of a queue by ARN."""
        return self.stores.get(arn)

    def deliver(
        self,
        arn: str,
        body: str,
        *,
        attributes: Mapping[str, Mapping[str, Any]] | None = None,
        group: str | None = None,
        deduplication_id: str | None = None,
        sender: str = "",
    ) -> None:
        """Send as an AWS service does (S3 events, rules, failure destinations); the queue must exist."""
        store = self.stores[arn]
        entry: dict[str, Any] = {"MessageBody": body, "MessageAttributes": dict(attributes or {})}
        if store.queue.fifo:
            entry["MessageGroupId"] = group or "default"
            entry["MessageDeduplicationId"] = deduplication_id or _sha256(body)
        self._send(store, entry, sender=sender)

    def receive_batch(self, arn: str, limit: int) -> list[Message]:
        """Receive as Lambda's poller does, with the queue's own visibility timeout."""
        store = self.stores[arn]
        return store.receive(self._loop.now, limit, store.queue.visibility_timeout, self._receipt)

    # Operations

    def _send_message(self, params: Params) -> Reply:
        return self._send(self._queue(params), params)

    def _send_message_batch(self, params: Params) -> Reply:
        store, entries = self._queue(params), self._entries(params)
        size = sum(message_size(entry) for entry in entries)
        if size > MAX_BATCH_BYTES:
            raise ApiError(
                _BATCH_PREFIX + "BatchRequestTooLong",
                f"Batch requests cannot be longer than {MAX_BATCH_BYTES} bytes. You have sent {size} bytes.",
                shape="BatchRequestTooLong",
            )
        return self._each(entries, lambda entry: self._send(store, entry))

    def _receive_message(self, params: Params) -> Reply:
        store = self._queue(params)
        limit = int(params.get("MaxNumberOfMessages", 1))
        if not 1 <= limit <= MAX_BATCH:
            raise _bad(f"Value {limit} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10")
        visibility = store.queue.visibility_timeout
        if "VisibilityTimeout" in params:
            visibility = _visibility(params)
        messages = store.receive(self._loop.now, limit, visibility, self._receipt)
        wanted = {*params.get("AttributeNames", ()), *params.get("MessageSystemAttributeNames", ())}
        named = tuple(params.get("MessageAttributeNames", ()))
        return {"Messages": [received(message, wanted, named) for message in messages]} if messages else {}

    def _delete_message(self, params: Params) -> Reply:
        self._queue(params).delete(str(params["ReceiptHandle"]))
        return {}

    def _delete_message_batch(self, params: Params) -> Reply:
        store = self._queue(params)

        def delete(entry: Params) -> Reply:
            store.delete(str(entry["ReceiptHandle"]))
            return {}

        return self._each(self._entries(params), delete)

    def _change_visibility(self, params: Params) -> Reply:
        return self._hide(self._queue(params), params)

    def _change_visibility_batch(self, params: Params) -> Reply:
        store = self._queue(params)
        return self._each(self._entries(params), lambda entry: self._hide(store, entry))

    def _hide(self, store: MessageStore, entry: Params) -> Reply:
        if not store.hide(str(entry["ReceiptHandle"]), self._loop.now, _visibility(entry)):
            raise ApiError(
                "AWS.SimpleQueueService.MessageNotInflight",
                "The specified message isn't in flight.",
                shape="MessageNotInflight",
            )
        return {}

    def _get_queue_attributes(self, params: Params) -> Reply:
        store = self._queue(params)
        wanted = params.get("AttributeNames", ())
        attributes = queue_attributes(store, self._loop.now)
        return {"Attributes": {name: value for name, value in attributes.items() if name in wanted or "All" in wanted}}

    def _get_queue_url(self, params: Params) -> Reply:
        store = self._by_name.get(str(params["QueueName"]))
        if store is None:
            raise _no_queue()
        return {"QueueUrl": store.queue.url}

    def _list_queues(self, params: Params) -> Reply:
        prefix = str(params.get("QueueNamePrefix", ""))
        return {"QueueUrls": sorted(s.queue.url for name, s in self._by_name.items() if name.startswith(prefix))}

    def _purge_queue(self, params: Params) -> Reply:
        self._queue(params).purge()
        return {}

    # Inside

    def _wire(self, store: MessageStore) -> None:
        queue = store.queue
        store.on_expired = lambda message: self._warn(
            f"queue {queue.name}: message {message.id} was dropped after its retention of {queue.retention}; "
            "nothing processed it"
        )
        target = self.stores.get(queue.dead_letter_arn or "")
        if target is None:
            return
        dead_letters = target

        def redrive(message: Message) -> None:
            message.in_flight, message.receipt = False, None
            message.visible_at = self._loop.now
            dead_letters.add(message)

        store.redrive = redrive

    def _queue(self, params: Params) -> MessageStore:
        url = str(params["QueueUrl"])
        # Some clients hand over the name where the URL belongs; AWS takes the last part of the path, too.
        store = self._by_url.get(url) or self._by_name.get(url.rstrip("/").rpartition("/")[2])
        if store is None:
            raise _no_queue()
        return store

    def _entries(self, params: Params) -> list[Params]:
        entries: list[Params] = list(params.get("Entries", ()))
        if not entries:
            raise _batch_error("EmptyBatchRequest", "There should be at least one entry in the request.")
        if len(entries) > MAX_BATCH:
            raise _batch_error(
                "TooManyEntriesInBatchRequest",
                f"Maximum number of entries per request are {MAX_BATCH}. You have sent {len(entries)}.",
            )
        ids = [str(entry.get("Id", "")) for entry in entries]
        for entry_id in ids:
            if not _ID.fullmatch(entry_id):
                raise _batch_error(
                    "InvalidBatchEntryId",
                    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                    "It can be at most 80 letters long.",
                )
            if ids.count(entry_id) > 1:
                raise _batch_error("BatchEntryIdsNotDistinct", f"Id {entry_id} repeated.")
        return entries

    @staticmethod
    def _each(entries: list[Params], act: Callable[[Params], Reply]) -> Reply:
        successful: list[Reply] = []
        failed: list[Reply] = []
        for entry in entries:
            try:
                successful.append({"Id": entry["Id"], **act(entry)})
            except ApiError as error:
                failed.append({"Id": entry["Id"], "SenderFault": True, "Code": error.code, "Message": error.message})
        reply: Reply = {"Successful": successful}
        if failed:
            reply["Failed"] = failed
        return reply

    def _send(self, store: MessageStore, entry: Params, sender: str = "AIDALOCALCLOUD") -> Reply:
        queue, now, body = store.queue, self._loop.now, str(entry["MessageBody"])
        attributes = entry.get("MessageAttributes") or {}
        _check_body(queue, entry, body)
        group = entry.get("MessageGroupId")
        deduplication_id = entry.get("MessageDeduplicationId")
        reply: Reply = {"MD5OfMessageBody": _md5(body.encode())}
        if attributes:
            reply["MD5OfMessageAttributes"] = md5_of_attributes(attributes)
        sequence = 0
        if queue.fifo:
            deduplication_id = _check_fifo(queue, entry, body)
            repeated = store.duplicate_of(deduplication_id, now)
            if repeated:
                return {**reply, "MessageId": repeated[0], "SequenceNumber": str(repeated[1])}
            sequence = _SEQUENCE_BASE + next(self.counter) * 256
            reply["SequenceNumber"] = str(sequence)
        elif deduplication_id is not None:
            raise _bad(
                f"Value {deduplication_id} for parameter MessageDeduplicationId is invalid. "
                "Reason: The request includes a parameter that is not valid for this queue type."
            )
        message_id = self._message_id()
        if queue.fifo and deduplication_id is not None:
            store.remember(deduplication_id, now + DEDUPLICATION_WINDOW, message_id, sequence)
        trace = (entry.get("MessageSystemAttributes") or {}).get("AWSTraceHeader", {}).get("StringValue")
        system = {"SenderId": sender, **({"AWSTraceHeader": trace} if trace else {})}
        store.add(
            Message(
                id=message_id,
                body=body,
                sent=now,
                visible_at=now + _delay(queue, entry),
                attributes=attributes,
                system=system,
                sequence=sequence,
                group=group,
                deduplication_id=deduplication_id,
            )
        )
        return {**reply, "MessageId": message_id}

    def _message_id(self) -> str:
        number = hashlib.sha256(f"message {next(self.counter)}".encode()).hexdigest()
        return f"{number[:8]}-{number[8:12]}-4{number[13:16]}-a{number[17:20]}-{number[20:32]}"

    def _receipt(self) -> str:
        return base64.b64encode(f"receipt {next(self.counter):020d}".encode()).decode()


def received(message: Message, wanted: Iterable[str], named: tuple[str, ...]) -> Reply:
    """A message as ReceiveMessage answers it, with the system and message attributes that were asked for."""
    reply: Reply = {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": _md5(message.body.encode()),
        "Body": message.body,
    }
    names = set(wanted)
    system = {k: v for k, v in system_attributes(message).items() if k in names or "All" in names}
    if system:
        reply["Attributes"] = system
    prefixes = tuple(name.removesuffix(".*") for name in named if name.endswith(".*"))
    everything = "All" in named or ".*" in named
    attributes = {
        name: dict(value)
        for name, value in message.attributes.items()
        if everything or name in named or (prefixes and name.startswith(prefixes))
    }
    if attributes:
        reply["MessageAttributes"] = attributes
        reply["MD5OfMessageAttributes"] = md5_of_attributes(attributes)
    return reply


def system_attributes(message: Message) -> dict[str, str]:
    """The system attributes of a message in flight; instants are epoch milliseconds as text."""
    attributes = {
        **message.system,
        "SentTimestamp": _milliseconds(message.sent),
        "ApproximateReceiveCount": str(message.receives),
    }
    if message.first_received:
        attributes["ApproximateFirstReceiveTimestamp"] = _milliseconds(message.first_received)
    if message.group is not None:
        attributes["MessageGroupId"] = message.group
    if message.deduplication_id is not None:
        attributes["MessageDeduplicationId"] = message.deduplication_id
    if message.sequence:
        attributes["SequenceNumber"] = str(message.sequence)
    return attributes


def queue_attributes(store: MessageStore, now: datetime) -> dict[str, str]:
    """A queue's attributes as GetQueueAttributes answers them."""
    queue = store.queue
    available, in_flight, delayed = store.counts(now)
    attributes = {
        "QueueArn": queue.arn,
        "ApproximateNumberOfMessages": str(available),
        "ApproximateNumberOfMessagesNotVisible": str(in_flight),
        "ApproximateNumberOfMessagesDelayed": str(delayed),
        "VisibilityTimeout": _seconds(queue.visibility_timeout),
        "DelaySeconds": _seconds(queue.delay),
        "MessageRetentionPeriod": _seconds(queue.retention),
        "MaximumMessageSize": str(queue.maximum_message_size_bytes),
        "ReceiveMessageWaitTimeSeconds": "0",
    }
    if queue.dead_letter_arn:
        attributes["RedrivePolicy"] = (
            f'{{"deadLetterTargetArn":"{queue.dead_letter_arn}","maxReceiveCount":{queue.max_receive_count}}}'
        )
    if queue.fifo:
        attributes["FifoQueue"] = "true"
        attributes["ContentBasedDeduplication"] = str(queue.content_based_deduplication).lower()
    return attributes


def md5_of_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """MD5 of message attributes as SQS computes it (Developer Guide, "Calculating the MD5 message digest")."""
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        attribute = attributes[name]
        kind = str(attribute["DataType"])
        for text in (name, kind):
            digest.update(struct.pack("!I", len(text.encode())) + text.encode())
        if kind.startswith("Binary"):
            value = bytes(attribute["BinaryValue"])
            digest.update(b"\x02")
        else:
            value = str(attribute["StringValue"]).encode()
            digest.update(b"\x01")
        digest.update(struct.pack("!I", len(value)) + value)
    return digest.hexdigest()


def message_size(entry: Params) -> int:
    """Bytes that count against the size limit: the body, and the name, type and value of each attribute."""
    size = len(str(entry.get("MessageBody", "")).encode())
    for name, value in (entry.get("MessageAttributes") or {}).items():
        content = value.get("BinaryValue") or str(value.get("StringValue", "")).encode()
        size += len(name.encode()) + len(str(value.get("DataType", ""))) + len(content)
    return size


def _check_body(queue: Queue, entry: Params, body: str) -> None:
    if not body:
        raise ApiError("MissingParameter", "The request must contain the parameter MessageBody.")
    if re.search("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", body):
        raise ApiError("InvalidMessageContents", "The message contains characters outside the allowed set.")
    if message_size(entry) > queue.maximum_message_size_bytes:
        raise _bad(
            "One or more parameters are invalid. Reason: Message must be shorter than "
            f"{queue.maximum_message_size_bytes} bytes."
        )


def _check_fifo(queue: Queue, entry: Params, body: str) -> str:
    if not entry.get("MessageGroupId"):
        raise ApiError("MissingParameter", "The request must contain the parameter MessageGroupId.")
    if entry.get("DelaySeconds"):
        raise _bad(
            f"Value {entry['DelaySeconds']} for parameter DelaySeconds is invalid. "
            "Reason: The request include parameter that is not valid for this queue type."
        )
    given = entry.get("MessageDeduplicationId")
    if given:
        return str(given)
    if not queue.content_based_deduplication:
        raise _bad(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
            "provided explicitly"
        )
    return _sha256(body)


def _delay(queue: Queue, entry: Params) -> timedelta:
    seconds = entry.get("DelaySeconds")
    if seconds is None or (queue.fifo and not seconds):
        return queue.delay
    if not 0 <= int(seconds) <= MAX_DELAY_SECONDS:
        raise _bad(
            f"Value {seconds} for parameter DelaySeconds is invalid. "
            f"Reason: DelaySeconds must be >= 0 and <= {MAX_DELAY_SECONDS}."
        )
    return timedelta(seconds=int(seconds))


def _visibility(params: Params) -> timedelta:
    seconds = int(params.get("VisibilityTimeout", 0))
    if not 0 <= seconds <= MAX_VISIBILITY_SECONDS:
        raise _bad(
            f"Value {seconds} for parameter VisibilityTimeout is invalid. "
            f"Reason: VisibilityTimeout must be between 0 and {MAX_VISIBILITY_SECONDS}."
        )
    return timedelta(seconds=seconds)


def _bad(message: str) -> ApiError:
    return ApiError("InvalidParameterValue", message)


def _batch_error(shape: str, message: str) -> ApiError:
    return ApiError(_BATCH_PREFIX + shape, message, shape=shape)


def _no_queue() -> ApiError:
    return ApiError(_NO_SUCH_QUEUE, "The specified queue does not exist.", shape="QueueDoesNotExist")


def _milliseconds(instant: datetime) -> str:
    return str((instant.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1))


def _seconds(duration: timedelta) -> str:
    return str(int(duration.total_seconds()))


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
