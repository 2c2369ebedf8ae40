"""Puts the parts of the plane together as a stack says, and reports what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import boto3

from localcloud.motoshims import store
from localcloud.permissions import lookup_in
from localcloud.plane.asynchronous import Asynchronous, failure_destination_body
from localcloud.plane.eventbridge import EventBus
from localcloud.plane.gateway import CallHook, Gateway
from localcloud.plane.invoker import Invoker, Progress
from localcloud.plane.limits import DynamoLimits
from localcloud.plane.loop import EventLoop
from localcloud.plane.notifications import Notifications
from localcloud.plane.queue_poller import QueuePoller
from localcloud.plane.report import DeadLetter, Report
from localcloud.plane.s3events import S3Events
from localcloud.plane.sqs import Sqs
from localcloud.plane.stream_poller import Discarded, StreamPoller, failure_record, shard_id
from localcloud.plane.streams import TableStream
from localcloud.plane.timetable import Timetable
from localcloud.runtime.outcome import FunctionError, Runner
from localcloud.stack import EventSourceMapping, Function, Stack

_QUEUE_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_STREAM_ACTIONS = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")


class Plane:
    """All of a stack that moves: queues, streams, schedules, rules, pollers, and who calls AWS."""

    def __init__(
        self,
        stack: Stack,
        runner: Runner,
        session: boto3.Session,
        *,
        now: datetime,
        anchor: datetime,
        seed: int,
        handler_duration: timedelta,
        on_progress: Callable[[Progress], None] | None,
        before_call: CallHook | None,
        after_call: CallHook | None,
    ) -> None:
        self.stack = stack
        self._session = session
        self._warnings: dict[str, None] = {}
        self._discarded: list[DeadLetter] = []
        self.loop = EventLoop(now, seed)
        self.sqs = Sqs(stack.queues.values(), self.loop, self.warn)
        self._limits = DynamoLimits(stack.tables)
        responders = {"sqs": self.sqs}
        self.gateway = Gateway(stack, responders, lookup_in(stack), self.warn, self._check, before_call, after_call)
        self.invoker = Invoker(runner, self.loop, self.gateway, handler_duration, on_progress)
        functions = dict(stack.functions)
        self.asynchronous = Asynchronous(self.loop, self.invoker, functions, self._async_failed)
        self.bus = EventBus(stack.rules, functions, self.sqs, self.asynchronous, self.loop, stack.region, self.warn)
        self.gateway.add_responder("events", self.bus)
        self.s3_events = S3Events(stack.buckets)
        self._notifications = Notifications(
            stack, self.s3_events, self.sqs, self.asynchronous, self.bus, self.loop, self.warn
        )
        self.streams = {table.name: TableStream(table, stack.region, self.loop) for table in stack.tables.values()}
        self.timetable = Timetable(stack.schedules, functions, self.loop, self.asynchronous, stack.region, anchor)
        self.stream_pollers: dict[str, StreamPoller] = {}
        self._queue_pollers: list[QueuePoller] = []
        for mapping in stack.mappings:
            self._wire(mapping)
        self.gateway.observers.append(self._observe)

    def warn(self, text: str) -> None:
        """Note something that must not go unseen; said once."""
        self._warnings.setdefault(text)

    def report(self) -> Report:
        """What has happened so far."""
        return Report(
            aws_calls=self.gateway.calls.copy(),
            invocations=self.invoker.invocations.copy(),
            dead_letters=(*self._dead_messages(), *self._discarded),
            warnings=tuple(self._warnings),
            policy_denials=self.gateway.denials.copy(),
            errors=dict(self.invoker.errors),
        )

    # What follows a call

    def _check(self, service: str, operation: str, params: Mapping[str, Any]) -> None:
        if service == "dynamodb":
            for stream in self.streams.values():
                stream.discard()
            self._limits.check(operation, params)

    def _observe(self, service: str, operation: str, params: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
        if service == "dynamodb":
            for stream in self.streams.values():
                stream.flush()
        elif service == "s3":
            self._notifications.observe(operation, params, reply)

    # Event source mappings

    def _wire(self, mapping: EventSourceMapping) -> None:
        function = self.stack.functions[mapping.function]
        if not mapping.enabled:
            return
        if function.reserved_concurrency == 0:
            self.warn(f"function {function.logical_id}: its reserved concurrency is 0, so nothing invokes it")
            return
        if mapping.source_arn in self.sqs.stores:
            if self._may_poll(mapping, function, _QUEUE_ACTIONS):
                self._queue_pollers.append(
                    QueuePoller(mapping, function, self.sqs, self.loop, self.invoker, self.stack.region, self.warn)
                )
            return
        for stream in self.streams.values():
            if stream.table.stream_arn == mapping.source_arn:
                if self._may_poll(mapping, function, _STREAM_ACTIONS):
                    poller = StreamPoller(mapping, function, self.loop, self.invoker, self._stream_failed, self.warn)
                    self.stream_pollers[mapping.logical_id] = poller
                    stream.readers.append(poller.take)
                return
        self.warn(
            f"event source mapping {mapping.logical_id}: there is no queue or stream {mapping.source_arn} here, so "
            f"function {function.logical_id} gets no events; mend its event source"
        )

    def _may_poll(self, mapping: EventSourceMapping, function: Function, actions: tuple[str, ...]) -> bool:
        missing = [action for action in actions if not self.gateway.may(function, action, mapping.source_arn)]
        if missing:
            name, source = function.logical_id, mapping.source_arn
            self.gateway.denials.update(f"{name}: {action} on {source}" for action in missing)
            self.warn(
                f"event source mapping {mapping.logical_id}: function {name} gets no events, because its "
                f"role does not allow {', '.join(missing)} on {source}; add that to its Policies"
            )
        return not missing

    # What was given up

    def _dead_messages(self) -> list[DeadLetter]:
        stack = self.stack
        sources: dict[str, list[str]] = {}
        for queue in stack.queues.values():
            if queue.dead_letter_arn:
                sources.setdefault(queue.dead_letter_arn, []).append(queue.name)
        for function in stack.functions.values():
            for arn in (function.dead_letter_arn, function.on_failure_arn):
                if arn:
                    sources.setdefault(arn, []).append(function.name)
        for mapping in stack.mappings:
            if mapping.on_failure_arn:
                sources.setdefault(mapping.on_failure_arn, []).append(stack.functions[mapping.function].name)
        return [
            DeadLetter(
                destination=held.queue.name,
                body=message.body,
                source=" or ".join(sources[arn]),
                receives=message.receives,
                last_error=message.last_error,
            )
            for arn, held in self.sqs.stores.items()
            if arn in sources
            for message in held
        ]

    def _stream_failed(self, discarded: Discarded) -> None:
        target, function, batch = discarded.mapping.on_failure_arn, discarded.function, discarded.batch
        count = len(batch.records)
        bucket = next((bucket for bucket in self.stack.buckets.values() if bucket.arn == target), None)
        record = failure_record(discarded, self.loop.now, self.invoker.request_id(), with_records=bucket is not None)
        body = json.dumps(record, sort_keys=True)
        destination = ""
        if bucket is not None and self._may_write(function, "s3:PutObject", f"{bucket.arn}/*"):
            key = self._failure_key(discarded)
            self._session.client("s3", config=store.CLIENT_CONFIG).put_object(
                Bucket=bucket.name, Key=key, Body=body.encode()
            )
            destination = bucket.name
        elif target in self.sqs.stores and self._may_write(function, "sqs:SendMessage", target):
            self.sqs.deliver(target, body)
            return
        fate = f"kept in bucket {destination}" if destination else "lost, for want of an on-failure destination"
        self.warn(
            f"event source mapping {discarded.mapping.logical_id}: {count} stream records given up by function "
            f"{function.logical_id} ({discarded.reason}: {discarded.error}), {fate}"
        )
        self._discarded.append(DeadLetter(destination, body, function.name, batch.failures, discarded.error))

    def _failure_key(self, discarded: Discarded) -> str:
        first = discarded.batch.records[0]
        day = self.loop.now.strftime("%Y/%m/%d")
        moment = self.loop.now.strftime("%Y-%m-%dT%H.%M.%S")
        shard = shard_id(first.shard)
        return f"aws/lambda/{discarded.mapping.logical_id}/{shard}/{day}/{moment}-{self.invoker.request_id()}"

    def _async_failed(self, function: Function, event: Any, attempts: int, error: FunctionError) -> None:
        said = f"{error.type}: {error.message}"
        request_id = self.invoker.request_id()
        destination, dead_letters = function.on_failure_arn, function.dead_letter_arn
        delivered = False
        if destination in self.sqs.stores and self._may_write(function, "sqs:SendMessage", destination):
            body = failure_destination_body(function, event, attempts, error, request_id, self.loop.now)
            self.sqs.deliver(destination, body)
            delivered = True
        if dead_letters in self.sqs.stores and self._may_write(function, "sqs:SendMessage", dead_letters):
            attributes = {
                "RequestID": {"DataType": "String", "StringValue": request_id},
                "ErrorCode": {"DataType": "Number", "StringValue": "200"},
                "ErrorMessage": {"DataType": "String", "StringValue": said[:1000]},
            }
            self.sqs.deliver(dead_letters, json.dumps(event), attributes=attributes)
            delivered = True
        if delivered:
            return
        self.warn(
            f"function {function.logical_id}: an asynchronous event was lost after {attempts} attempts ({said}); "
            "give it an on-failure destination or a dead-letter queue"
        )
        self._discarded.append(DeadLetter("", json.dumps(event), function.name, attempts, said))

    def _may_write(self, function: Function, action: str, resource: str) -> bool:
        if self.gateway.may(function, action, resource):
            return True
        self.gateway.denials[f"{function.logical_id}: {action} on {resource}"] += 1
        self.warn(
            f"function {function.logical_id}: what it failed on is lost, because its role does not allow {action} on "
            f"{resource}; add that to its Policies"
        )
        return False
