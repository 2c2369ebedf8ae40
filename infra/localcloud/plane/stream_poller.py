"""Lambda's poller of a stream: order by key, batches, checkpoints, bisection, what happens to a poison record."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from localcloud.plane.failures import reported_failures
from localcloud.plane.invoker import MAX_PAYLOAD_BYTES, Invoker
from localcloud.plane.loop import Event, EventLoop
from localcloud.plane.patterns import passes
from localcloud.plane.streams import RETENTION, SHARDS, StreamRecord
from localcloud.runtime.outcome import Outcome
from localcloud.stack import EventSourceMapping, Function

LONGEST_BACKOFF = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that go, or went, to the function together, and how often that has failed."""

    records: tuple[StreamRecord, ...]
    failures: int = 0


@dataclass(slots=True)
class Lane:
    """What must be processed in order: one shard, or one share of it with a parallelization factor."""

    shard: int
    waiting: deque[StreamRecord]
    retrying: list[Batch]
    """Batches that failed, the next one last."""
    due: Event | None = None
    running: Batch | None = None
    """What the function has now."""
    window_ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Discarded:
    """A batch that was given up: for the mapping's failure destination and the report."""

    mapping: EventSourceMapping
    function: Function
    batch: Batch
    reason: str
    """``RetryAttemptsExhausted`` or ``RecordAgeExceeded``, as Lambda calls them."""
    error: str


class FailureSink(Protocol):
    """Takes what a stream's mapping gives up."""

    def __call__(self, discarded: Discarded) -> None:
        """Send to the destination, or say loudly that the records are lost."""


class StreamPoller:
    """Takes one stream's records to one function, in the order of each key.

    Rules: Lambda Developer Guide, "Process DynamoDB records with Lambda". Where the guide leaves open what a
    reported failure of the *first* record of a batch means under bisection, the batch is halved, as it is after an
    error: a poison record ends up alone.
    """

    def __init__(
        self,
        mapping: EventSourceMapping,
        function: Function,
        loop: EventLoop,
        invoker: Invoker,
        sink: FailureSink,
        warn: Callable[[str], None],
    ) -> None:
        self.mapping = mapping
        self._function = function
        self._loop = loop
        self._invoker = invoker
        self._sink = sink
        self._warn = warn
        factor = max(1, mapping.parallelization_factor)
        self._factor = factor
        self.lanes = [Lane(number // factor, deque(), []) for number in range(SHARDS * factor)]

    def take(self, record: StreamRecord) -> None:
        """A record was written to the stream."""
        if not passes(self.mapping.filters, record.event):
            return
        lane = self._lane_of(record)
        lane.waiting.append(record)
        self._plan(lane)

    def started(self) -> Iterator[Batch]:
        """The batches that were tried and are not done, in the order of each key."""
        for lane in self.lanes:
            if lane.running is not None:
                yield lane.running
            yield from reversed(lane.retrying)

    def waiting(self) -> Iterator[StreamRecord]:
        """The records beyond, not yet in any batch."""
        for lane in self.lanes:
            yield from lane.waiting

    def restore(self, started: Iterable[Batch], waiting: Iterable[StreamRecord]) -> None:
        """Take up what an earlier run left unfinished."""
        for batch in started:
            lanes = {id(lane): lane for lane in map(self._lane_of, batch.records)}
            if len(lanes) == 1:
                next(iter(lanes.values())).retrying.insert(0, batch)
            else:
                # The parallelization factor has changed since.
                for record in batch.records:
                    self._lane_of(record).retrying.insert(0, Batch((record,)))
        for record in waiting:
            self._lane_of(record).waiting.append(record)
        for lane in self.lanes:
            self._plan(lane)

    def _lane_of(self, record: StreamRecord) -> Lane:
        return self.lanes[record.shard * self._factor + record.key_hash % self._factor]

    def _plan(self, lane: Lane, delay: timedelta = timedelta(0)) -> None:
        if lane.running or not (lane.waiting or lane.retrying):
            return
        if lane.due is not None:
            if lane.window_ends is None or len(lane.waiting) < self.mapping.batch_size:
                return
            # Full before its window has closed.
            lane.due.cancel()
        window = self.mapping.batching_window
        if not delay and not lane.retrying and window and len(lane.waiting) < self.mapping.batch_size:
            lane.window_ends = lane.window_ends or self._loop.now + window
            delay = lane.window_ends - self._loop.now
        label = f"stream shard {lane.shard} → {self._function.logical_id}"
        lane.due = self._loop.at(self._loop.now + delay, label, lambda: self._poll(lane))

    def _poll(self, lane: Lane) -> None:
        lane.due = None
        if not self._invoker.has_room(self._function):
            self._plan(lane, self._invoker.duration)
            return
        lane.window_ends = None
        batch = lane.retrying.pop() if lane.retrying else self._next_batch(lane)
        batch = self._without_old(batch)
        if not batch.records:
            self._plan(lane)
            return
        lane.running = batch
        event = {"Records": [record.event for record in batch.records]}
        self._invoker.start(self._function, event, lambda outcome: self._done(lane, batch, outcome))

    def _next_batch(self, lane: Lane) -> Batch:
        records: list[StreamRecord] = []
        size = 0
        while lane.waiting and len(records) < self.mapping.batch_size:
            size += len(json.dumps(lane.waiting[0].event))
            if records and size > MAX_PAYLOAD_BYTES:
                break
            records.append(lane.waiting.popleft())
        return Batch(tuple(records))

    def _without_old(self, batch: Batch) -> Batch:
        limit = min(self.mapping.maximum_record_age or RETENTION, RETENTION)
        old = tuple(record for record in batch.records if self._loop.now - record.created > limit)
        if not old:
            return batch
        self._give_up(Batch(old, batch.failures), "RecordAgeExceeded", f"older than {limit}")
        return Batch(batch.records[len(old) :], batch.failures)

    def _done(self, lane: Lane, batch: Batch, outcome: Outcome) -> None:
        lane.running = None
        rest = self._rest(batch, outcome)
        if not rest:
            self._plan(lane)
            return
        error = f"{outcome.error.type}: {outcome.error.message}" if outcome.error else "reported as failed"
        if len(rest) < len(batch.records):
            # The function got further: what is left starts again at the checkpoint.
            lane.retrying.append(Batch(rest, 0))
            self._plan(lane)
        elif self.mapping.bisect_on_error and len(rest) > 1:
            # Splitting does not count as a retry.
            middle = len(rest) // 2
            lane.retrying.append(Batch(rest[middle:], batch.failures))
            lane.retrying.append(Batch(rest[:middle], batch.failures))
            self._plan(lane)
        else:
            failures = batch.failures + 1
            limit = self.mapping.maximum_retry_attempts
            if limit is not None and 0 <= limit < failures:
                self._give_up(Batch(rest, failures), "RetryAttemptsExhausted", error)
                self._plan(lane)
            else:
                lane.retrying.append(Batch(rest, failures))
                self._plan(lane, min(timedelta(seconds=2 ** min(failures - 1, 6)), LONGEST_BACKOFF))

    def _rest(self, batch: Batch, outcome: Outcome) -> tuple[StreamRecord, ...]:
        if outcome.error:
            return batch.records
        if not self.mapping.report_batch_item_failures:
            return ()
        sequences = [record.sequence for record in batch.records]
        failed = reported_failures(outcome.result, sequences)
        if failed is None:
            self._warn(
                f"function {self._function.logical_id}: its result is no valid partial batch response, so the whole "
                f"batch counts as failed: {str(outcome.result)[:200]}"
            )
            return batch.records
        # The lowest failed sequence number is the checkpoint: all from there on comes again.
        first = next((index for index, sequence in enumerate(sequences) if sequence in failed), len(sequences))
        return batch.records[first:]

    def _give_up(self, batch: Batch, reason: str, error: str) -> None:
        self._sink(Discarded(self.mapping, self._function, batch, reason, error))


def failure_record(discarded: Discarded, now: datetime, request_id: str, *, with_records: bool) -> dict[str, Any]:
    """What Lambda writes to a failure destination: to S3 with the records, to SQS without.

    Shape: Lambda Developer Guide, "Retain discarded batch records for a DynamoDB stream".
    """
    records = discarded.batch.records
    first, last = records[0], records[-1]
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": request_id,
            "functionArn": discarded.function.arn,
            "condition": discarded.reason,
            "approximateInvokeCount": discarded.batch.failures,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": _iso(now),
        "DDBStreamBatchInfo": {
            "shardId": shard_id(first.shard),
            "startSequenceNumber": first.sequence,
            "endSequenceNumber": last.sequence,
            "approximateArrivalOfFirstRecord": _iso(first.created),
            "approximateArrivalOfLastRecord": _iso(last.created),
            "batchSize": len(records),
            "streamArn": discarded.mapping.source_arn,
        },
    }
    if with_records:
        record["payload"] = json.dumps({"Records": [entry.event for entry in records]})
    return record


def shard_id(shard: int) -> str:
    """A shard's name, as streams name them."""
    return f"shardId-{shard:020d}-{shard:08x}"


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
