"""Lambda's poller of a queue: batches, filters, partial failures, concurrency."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from localcloud.plane.failures import reported_failures
from localcloud.plane.invoker import MAX_PAYLOAD_BYTES, Invoker
from localcloud.plane.loop import Event, EventLoop
from localcloud.plane.messages import Message
from localcloud.plane.patterns import message_passes
from localcloud.plane.sqs import Sqs, md5_of_attributes, system_attributes
from localcloud.runtime.outcome import Outcome
from localcloud.stack import EventSourceMapping, Function


class QueuePoller:
    """Takes messages of one queue to one function.

    Rules: Lambda Developer Guide, "Using Lambda with Amazon SQS". A failed message stays hidden until its
    visibility timeout ends and then comes again; nothing is ever put back sooner.
    """

    def __init__(
        self,
        mapping: EventSourceMapping,
        function: Function,
        sqs: Sqs,
        loop: EventLoop,
        invoker: Invoker,
        region: str,
        warn: Callable[[str], None],
    ) -> None:
        self._mapping = mapping
        self._function = function
        self._sqs = sqs
        self._store = sqs.stores[mapping.source_arn]
        self._loop = loop
        self._invoker = invoker
        self._region = region
        self._warn = warn
        self._label = f"queue {self._store.queue.name} → {function.logical_id}"
        self._due: Event | None = None
        # Messages received and waiting for the batching window to close.
        self._gathered: list[Message] = []
        self._window: Event | None = None
        self._store.on_change = self.poke

    def poke(self) -> None:
        """Plan the next poll for when a message can be had."""
        available = self._store.next_available()
        due = max(available, self._loop.now) if available is not None else None
        if self._due is not None:
            if self._due.due == due:
                return
            # A poll that would find nothing would still make the clock jump to it.
            self._due.cancel()
        self._due = self._loop.at(due, self._label, self._poll) if due is not None else None

    def _poll(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if not self._invoker.has_room(self._function, self._mapping.maximum_concurrency):
            self._due = self._loop.at(self._loop.now + self._invoker.duration, self._label, self._poll)
            return
        wanted = self._mapping.batch_size - len(self._gathered)
        messages = [
            message for message in self._sqs.receive_batch(self._mapping.source_arn, wanted) if self._keep(message)
        ]
        window = self._mapping.batching_window
        if window > timedelta(0):
            messages = self._gather(messages, window)
        if messages:
            self._invoke(messages)
        self.poke()

    def _keep(self, message: Message) -> bool:
        if message_passes(self._mapping.filters, self._record(message)):
            return True
        # Lambda deletes what its filter rejects.
        self._store.delete(message.receipt or "")
        return False

    def _gather(self, messages: list[Message], window: timedelta) -> list[Message]:
        self._gathered.extend(messages)
        if not self._gathered:
            return []
        if self._window is None:
            self._window = self._loop.at(self._loop.now + window, f"{self._label}, batching window", self._poll)
        if len(self._gathered) < self._mapping.batch_size and self._loop.now < self._window.due:
            return []
        self._window.cancel()
        ready, self._gathered, self._window = self._gathered, [], None
        return ready

    def _invoke(self, messages: list[Message]) -> None:
        for batch in _by_size(messages, MAX_PAYLOAD_BYTES):
            event = {"Records": [self._record(message) for message in batch]}
            self._invoker.start(self._function, event, partial(self._done, batch))

    def _done(self, batch: list[Message], outcome: Outcome) -> None:
        failed = self._failed(batch, outcome)
        error = "reported as failed"
        if outcome.error:
            error = f"{outcome.error.type}: {outcome.error.message}"
        for message in batch:
            if message.id in failed:
                message.last_error = error
            else:
                self._store.delete(message.receipt or "")
        self.poke()

    def _failed(self, batch: list[Message], outcome: Outcome) -> set[str]:
        everything = {message.id for message in batch}
        if outcome.error:
            return everything
        if not self._mapping.report_batch_item_failures:
            return set()
        reported = reported_failures(outcome.result, everything)
        if reported is None:
            self._warn(
                f"function {self._function.logical_id}: its result is no valid partial batch response, so the whole "
                f"batch counts as failed: {str(outcome.result)[:200]}"
            )
            return everything
        return reported

    def _record(self, message: Message) -> dict[str, Any]:
        record: dict[str, Any] = {
            "messageId": message.id,
            "receiptHandle": message.receipt,
            "body": message.body,
            "attributes": system_attributes(message),
            "messageAttributes": {name: _attribute(value) for name, value in message.attributes.items()},
            "md5OfBody": hashlib.md5(message.body.encode(), usedforsecurity=False).hexdigest(),
            "eventSource": "aws:sqs",
            "eventSourceARN": self._mapping.source_arn,
            "awsRegion": self._region,
        }
        if message.attributes:
            record["md5OfMessageAttributes"] = md5_of_attributes(message.attributes)
        return record


def _attribute(value: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "BinaryValue" in value:
        shown["binaryValue"] = base64.b64encode(bytes(value["BinaryValue"])).decode()
    else:
        shown["stringValue"] = value["StringValue"]
    return shown


def _by_size(messages: list[Message], limit: int) -> list[list[Message]]:
    batches: list[list[Message]] = [[]]
    size = 0
    for message in messages:
        size += len(message.body.encode())
        if size > limit and batches[-1]:
            batches.append([])
            size = len(message.body.encode())
        batches[-1].append(message)
    return batches
