"""Invokes functions for the plane: counts, request ids, who is calling AWS meanwhile, and how long it takes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from localcloud.plane.gateway import Gateway
from localcloud.plane.loop import EventLoop
from localcloud.plane.numbering import Numbering
from localcloud.runtime.outcome import Outcome, Runner
from localcloud.stack import Function

ACCOUNT_CONCURRENCY = 1000
MAX_PAYLOAD_BYTES = 6_291_456
"""Of a synchronous invocation, and so of a batch (Lambda quotas)."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One invocation that has ended, for whoever shows progress."""

    now: datetime
    function: str
    """Logical id."""
    invocations: int
    """So far, of all functions."""
    error: str | None = None


class Invoker:
    """Runs functions through a runner, the time of the plane standing still or passing by ``duration``."""

    def __init__(
        self,
        runner: Runner,
        loop: EventLoop,
        gateway: Gateway,
        duration: timedelta,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self._runner = runner
        self._loop = loop
        self._gateway = gateway
        self.duration = duration
        self._on_progress = on_progress
        self.invocations: Counter[str] = Counter()
        self.errors: dict[str, str] = {}
        """The last error of each function that had one."""
        self.running: Counter[str] = Counter()
        self.counter = Numbering()
        """Makes request ids; kept with the state."""

    def has_room(self, function: Function, limit: int | None = None) -> bool:
        """Whether one more invocation may start under the function's and the mapping's concurrency limits."""
        most = min(value for value in (limit, function.reserved_concurrency, ACCOUNT_CONCURRENCY) if value is not None)
        return self.running[function.logical_id] < most

    def request_id(self) -> str:
        """The next request id: shaped as a UUID, and the same in every run."""
        digest = hashlib.sha256(f"request {next(self.counter)}".encode()).hexdigest()
        return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"

    def start(self, function: Function, event: Any, done: Callable[[Outcome], None]) -> None:
        """Invoke now; ``done`` gets the outcome when the handler's time has passed."""
        self.running[function.logical_id] += 1
        outcome = self.run(function, event)

        def end() -> None:
            self.running[function.logical_id] -= 1
            done(outcome)

        if self.duration > timedelta(0):
            self._loop.at(self._loop.now + self.duration, f"end of {function.logical_id}", end)
        else:
            end()

    def run(self, function: Function, event: Any) -> Outcome:
        """Invoke and wait, at the present instant."""
        self.invocations[function.logical_id] += 1
        outer, self._gateway.caller = self._gateway.caller, function
        try:
            outcome = self._runner.invoke(function, event, self.request_id())
        finally:
            self._gateway.caller = outer
        error = None
        if outcome.error:
            error = f"{outcome.error.type}: {outcome.error.message}"
            self.errors[function.logical_id] = "\n".join(
                part for part in (error, outcome.error.trace, outcome.log) if part
            )
        if self._on_progress is not None:
            self._on_progress(Progress(self._loop.now, function.logical_id, self.invocations.total(), error))
        return outcome
