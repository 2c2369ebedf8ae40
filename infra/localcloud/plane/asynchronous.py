"""Asynchronous invocations: what schedules, rules and S3 start, retried twice and then handed on.

Rules: Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation".
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from localcloud.plane.invoker import Invoker
from localcloud.plane.loop import EventLoop
from localcloud.runtime.outcome import FunctionError, Outcome
from localcloud.stack import Function

RETRY_DELAYS = (timedelta(minutes=1), timedelta(minutes=2))
"""Before the first and before every later retry."""


@dataclass(frozen=True, slots=True)
class PendingInvocation:
    """An asynchronous invocation that has not succeeded yet."""

    number: int
    function: str
    """Logical id."""
    event: Any
    attempts: int
    due: datetime


class FailedAsync(Protocol):
    """Takes an asynchronous invocation that has failed for good."""

    def __call__(self, function: Function, event: Any, attempts: int, error: FunctionError) -> None:
        """Send it to its destination, or say loudly that it is lost."""


class Asynchronous:
    """Lambda's queue of asynchronous invocations."""

    def __init__(self, loop: EventLoop, invoker: Invoker, functions: dict[str, Function], failed: FailedAsync) -> None:
        self._loop = loop
        self._invoker = invoker
        self._functions = functions
        self._failed = failed
        self._numbers = itertools.count(1)
        self.pending: dict[int, PendingInvocation] = {}

    def invoke(self, function: Function, event: Any) -> None:
        """Have a function invoked at this instant."""
        self._enqueue(function.logical_id, event, 0, self._loop.now)

    def restore(self, function: str, event: Any, attempts: int, due: datetime) -> None:
        """Take up an invocation of an earlier run."""
        if function in self._functions:
            self._enqueue(function, event, attempts, due)

    def _enqueue(self, function: str, event: Any, attempts: int, due: datetime) -> None:
        pending = PendingInvocation(next(self._numbers), function, event, attempts, due)
        self.pending[pending.number] = pending
        self._loop.at(due, f"invocation of {function}", lambda: self._attempt(pending))

    def _attempt(self, pending: PendingInvocation) -> None:
        function = self._functions[pending.function]
        if not self._invoker.has_room(function) and self._invoker.duration:
            later = self._loop.now + self._invoker.duration
            self._loop.at(later, f"invocation of {pending.function}", lambda: self._attempt(pending))
            return
        self._invoker.start(function, pending.event, lambda outcome: self._done(function, pending, outcome))

    def _done(self, function: Function, pending: PendingInvocation, outcome: Outcome) -> None:
        del self.pending[pending.number]
        if outcome.error is None:
            return
        attempts = pending.attempts + 1
        if attempts > function.maximum_retry_attempts:
            self._failed(function, pending.event, attempts, outcome.error)
            return
        delay = RETRY_DELAYS[min(attempts, len(RETRY_DELAYS)) - 1]
        self._enqueue(pending.function, pending.event, attempts, self._loop.now + delay)


def failure_destination_body(
    function: Function, event: Any, attempts: int, error: FunctionError, request_id: str, now: datetime
) -> str:
    """The JSON text that Lambda sends to an on-failure destination."""
    return json.dumps(
        {
            "version": "1.0",
            "timestamp": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "requestContext": {
                "requestId": request_id,
                "functionArn": f"{function.arn}:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": attempts,
            },
            "requestPayload": event,
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": error.payload(),
        }
    )


def constant_input(text: str) -> Any:
    """What a target gets that is given a constant: the JSON value, or the text itself where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return text
