"""One queue, in SQS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from broadsheet.flow.ports import Outgoing
from broadsheet.model.errors import BroadsheetError

from . import limits

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import BatchResultErrorEntryTypeDef


class MessagesRefused(BroadsheetError):
    """SQS took part of a batch and refused the rest twice; sending all of it again is safe but repeats a part."""


class SqsQueue:
    """``ports.Queue`` on an SQS queue; one whose URL ends in ``.fifo`` is a FIFO queue."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url
        self._name = url.rsplit("/", 1)[-1]
        self._fifo = url.endswith(".fifo")

    def send(self, messages: Sequence[Outgoing]) -> None:
        """Send all messages, in order, in batches of up to 10 and 1 MiB; nothing to send is fine.

        Raises ValueError, before anything is sent, for a message that SQS would refuse or that should travel as a
        pointer; MessagesRefused where SQS refuses part of a batch and then again what it refused.
        """
        sizes = [limits.check_message(self._name, message, fifo=self._fifo) for message in messages]
        for batch in _batches(messages, sizes):
            entries = [_entry(position, message) for position, message in enumerate(batch)]
            failed = self._send_batch(entries)
            if failed:
                again = {failure["Id"] for failure in failed}
                failed = self._send_batch([entry for entry in entries if entry["Id"] in again])
            if failed:
                raise MessagesRefused(f"{self._name} refuses {_told(batch, failed)}; send the batch again later")

    def _send_batch(self, entries: list[Any]) -> list[BatchResultErrorEntryTypeDef]:
        return self._client.send_message_batch(QueueUrl=self._url, Entries=entries).get("Failed", [])


def _batches(messages: Sequence[Outgoing], sizes: Sequence[int]) -> Iterator[list[Outgoing]]:
    batch: list[Outgoing] = []
    total = 0
    for message, size in zip(messages, sizes, strict=True):
        if batch and (len(batch) == limits.BATCH_MESSAGES or total + size > limits.BATCH_BYTES):
            yield batch
            batch, total = [], 0
        batch.append(message)
        total += size
    if batch:
        yield batch


def _entry(position: int, message: Outgoing) -> dict[str, Any]:
    entry: dict[str, Any] = {"Id": str(position), "MessageBody": message.body}
    if message.delay_seconds:
        entry["DelaySeconds"] = message.delay_seconds
    if message.group is not None:
        entry["MessageGroupId"] = message.group
    if message.dedup is not None:
        entry["MessageDeduplicationId"] = message.dedup
    return entry


def _told(batch: list[Outgoing], failed: list[BatchResultErrorEntryTypeDef]) -> str:
    return "; ".join(
        f"message {batch[int(failure['Id'])].body[:60]!r}: {failure['Code']} {failure.get('Message', '')}".rstrip()
        for failure in failed
    )
