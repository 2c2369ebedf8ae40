"""What functions use while they run: AWS calls and the units they are billed in, their own time, their logs.

The local cloud is watched at two seams: the call that runs a handler, and the one method that every AWS call of every
client passes. Nothing is changed by being watched.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from broadsheet.aws.attributes import Wire, decode_item
from broadsheet.aws.limits import item_bytes
from broadsheet_cli.prices import READ_UNIT_BYTES, SQS_CHUNK_BYTES, WRITE_UNIT_BYTES
from localcloud.runtime.inprocess import InProcess
from localcloud.runtime.outcome import Outcome
from localcloud.stack import Function


@dataclass(slots=True)
class FunctionUsage:
    """Of one function, over all its invocations, in what AWS bills."""

    invocations: int = 0
    warm_invocations: int = 0
    """All but the process's first, which imports everything."""
    warm_cpu_seconds: float = 0.0
    """Their own time, without what this machine spends on being AWS."""
    calls: Counter[str] = field(default_factory=Counter)
    """``dynamodb:GetItem`` → how often."""
    read_units: int = 0
    write_units: int = 0
    sqs_requests: int = 0
    sqs_fifo_requests: int = 0
    bytes_to_dynamodb: int = 0
    bytes_to_s3: int = 0
    bytes_of_logs: int = 0

    @property
    def own_seconds(self) -> float:
        """CPU time of all invocations, had all been warm; 0 where none was."""
        return self.warm_cpu_seconds / self.warm_invocations * self.invocations if self.warm_invocations else 0.0

    def add_call(self, service: str, operation: str, params: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
        """Add one call. Deletions count as 1 KB: what they remove is not looked up."""
        self.calls[f"{service}:{operation}"] += 1
        if service == "dynamodb":
            self.read_units += read_units(operation, params, reply)
            self.bytes_to_dynamodb += sum(map(_wire_bytes, _puts(operation, params)))
            self.write_units += write_units(operation, params)
        elif service == "s3" and operation == "PutObject":
            self.bytes_to_s3 += len(params.get("Body", b""))
        elif service == "sqs":
            bodies = [entry["MessageBody"] for entry in params.get("Entries", [params])]
            self._add_sqs(str(params["QueueUrl"]), chunks(bodies))

    def add_delivery(self, event: Mapping[str, Any]) -> None:
        """Add what Lambda's own poller is billed for where ``event`` came from a queue: it receives and deletes."""
        records = event.get("Records") if isinstance(event, Mapping) else None
        if records and records[0].get("eventSource") == "aws:sqs":
            self._add_sqs(records[0]["eventSourceARN"], chunks([record["body"] for record in records]) + 1)

    def _add_sqs(self, queue: str, requests: int) -> None:
        if queue.endswith(".fifo"):
            self.sqs_fifo_requests += requests
        else:
            self.sqs_requests += requests


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a run used, all articles and all functions together."""

    calls: dict[str, int]
    """``dynamodb:GetItem`` → calls by functions."""
    invocations: dict[str, int]
    """By function."""
    own_seconds: dict[str, float]
    """By function, CPU seconds: see :attr:`FunctionUsage.own_seconds`."""
    pages: dict[str, int]
    """Regenerated, by kind: ``article``, ``day/site``, ``day/category`` ..."""
    read_units: int
    write_units: int
    bytes_to_dynamodb: int
    bytes_to_s3: int


@dataclass(slots=True)
class Usage:
    """Of all functions, by logical id; and how many pages of each kind were regenerated."""

    functions: dict[str, FunctionUsage] = field(default_factory=dict)
    pages: Counter[str] = field(default_factory=Counter)

    def without(self, functions: Iterable[str]) -> Usage:
        """Return the usage of all functions but these."""
        left_out = set(functions)
        return Usage({name: used for name, used in self.functions.items() if name not in left_out}, self.pages)

    def amounts(self) -> Amounts:
        """Return the sums."""
        every = sorted(self.functions.items())
        used = [function for _, function in every]
        return Amounts(
            calls=dict(sorted(sum((function.calls for function in used), Counter[str]()).items())),
            invocations={name: function.invocations for name, function in every},
            own_seconds={name: function.own_seconds for name, function in every},
            pages=dict(sorted(self.pages.items())),
            read_units=sum(function.read_units for function in used),
            write_units=sum(function.write_units for function in used),
            bytes_to_dynamodb=sum(function.bytes_to_dynamodb for function in used),
            bytes_to_s3=sum(function.bytes_to_s3 for function in used),
        )

    def of(self, function: str) -> FunctionUsage:
        """Return the usage of one function, to be added to."""
        return self.functions.setdefault(function, FunctionUsage())

    def add_pages(self, event: Mapping[str, Any]) -> None:
        """Add the pages that a delivery of the page queue names."""
        for record in event.get("Records", ()) if isinstance(event, Mapping) else ():
            if "body" in record and (name := json.loads(record["body"]).get("page")):
                self.pages[kind_of(name)] += 1


def kind_of(page: str) -> str:
    """Return the kind of the page of that name; days and years of the site and of categories are kinds of their own."""
    kind, _, rest = page.partition("/")
    return f"{kind}/{rest.partition('/')[0]}" if kind in ("day", "year") else kind


def read_units(operation: str, params: Mapping[str, Any], reply: Mapping[str, Any]) -> int:
    """Return the read units of one strongly consistent call ("Read and write operations" of the DynamoDB guide).

    Each item of a get or batch counts by itself, at least one unit, found or not; a query's items count together.
    """
    match operation:
        case "GetItem":
            return _read_units(_wire_bytes(reply.get("Item", {})))
        case "BatchGetItem":
            asked = sum(len(wanted["Keys"]) for wanted in params["RequestItems"].values())
            found = [item for items in reply.get("Responses", {}).values() for item in items]
            return sum(_read_units(_wire_bytes(item)) for item in found) + asked - len(found)
        case "Query" | "Scan":
            return _read_units(sum(map(_wire_bytes, reply.get("Items", ()))))
    return 0


def write_units(operation: str, params: Mapping[str, Any]) -> int:
    """Return the write units of one call; in a transaction everything counts twice, conditions included."""
    match operation:
        case "PutItem":
            return _write_units(_wire_bytes(params["Item"]))
        case "DeleteItem" | "UpdateItem":
            return 1
        case "TransactWriteItems":
            puts = _puts(operation, params)
            others = len(params["TransactItems"]) - len(puts)
            return 2 * (sum(_write_units(_wire_bytes(item)) for item in puts) + others)
    return 0


def chunks(bodies: Sequence[str]) -> int:
    """Return how many requests SQS bills for one that carries these messages."""
    return max(1, -(-sum(len(body.encode()) for body in bodies) // SQS_CHUNK_BYTES))


def _puts(operation: str, params: Mapping[str, Any]) -> list[Wire]:
    if operation == "PutItem":
        return [params["Item"]]
    if operation == "TransactWriteItems":
        return [action["Put"]["Item"] for action in params["TransactItems"] if "Put" in action]
    return []


def _wire_bytes(item: Wire) -> int:
    return item_bytes(decode_item(item))


def _read_units(size: int) -> int:
    return max(1, -(-size // READ_UNIT_BYTES))


def _write_units(size: int) -> int:
    return max(1, -(-size // WRITE_UNIT_BYTES))


class Watch:
    """Adds up what functions use in ``usage``, which may be replaced by a new one at any time between invocations."""

    def __init__(self) -> None:
        self.usage = Usage()
        self._warm: set[str] = set()
        self._running: FunctionUsage | None = None
        self._elsewhere = 0.0

    def invocation(self, function: Function, event: Any, run: Callable[[], Outcome]) -> Outcome:
        """Run one invocation."""
        used = self._running = self.usage.of(function.logical_id)
        used.add_delivery(event)
        self.usage.add_pages(event)
        self._elsewhere = 0.0
        begun = time.thread_time()
        try:
            outcome = run()
        finally:
            self._running = None
        used.invocations += 1
        if function.logical_id in self._warm:
            used.warm_invocations += 1
            used.warm_cpu_seconds += time.thread_time() - begun - self._elsewhere
        self._warm.add(function.logical_id)
        used.bytes_of_logs += len(outcome.log.encode())
        return outcome

    def call(self, service: str, operation: str, params: Mapping[str, Any], call: Callable[[], Any]) -> Any:
        """Make one AWS call; one that no function makes is the operator's and costs nothing."""
        used = self._running
        if used is None:
            return call()
        begun = time.thread_time()
        reply: Mapping[str, Any] = {}
        given = dict(params)  # botocore makes a stream of an object's bytes
        try:
            reply = call()
            return reply
        finally:
            used.add_call(service, operation, given, reply)
            # Watching is no more the function's time than being AWS is.
            self._elsewhere += time.thread_time() - begun


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch every function meanwhile. Enter it after the cloud, and once at a time."""
    watch = Watch()
    run = InProcess.invoke
    call: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001 - every call passes it

    def invoke(runner: InProcess, function: Function, event: Any, request_id: str) -> Outcome:
        return watch.invocation(function, event, lambda: run(runner, function, event, request_id))

    def make_api_call(client: BaseClient, operation: str, params: Mapping[str, Any]) -> Any:
        service = client.meta.service_model.service_name
        return watch.call(service, operation, params, lambda: call(client, operation, params))

    with patch.object(InProcess, "invoke", invoke), patch.object(BaseClient, "_make_api_call", make_api_call):
        yield watch
