"""Runs a stack on this machine: the one thing to use from outside."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, ClassVar, Self

from localcloud.motoshims import store
from localcloud.motoshims.clock import virtual_time
from localcloud.motoshims.models import shared_models
from localcloud.motoshims.query import partition_queries
from localcloud.motoshims.sizes import counted_once
from localcloud.motoshims.transactions import undoing_transactions
from localcloud.motoshims.versions import newest_first
from localcloud.plane.endpoint import Endpoint
from localcloud.plane.gateway import CallHook
from localcloud.plane.invoker import Progress
from localcloud.plane.pacing import Pacing, WallClock
from localcloud.plane.report import DeadLetter, Report
from localcloud.plane.wiring import Plane
from localcloud.runtime.code_objects import compiled_once
from localcloud.runtime.inline import with_code_written
from localcloud.runtime.inprocess import InProcess
from localcloud.runtime.isolated import Isolated
from localcloud.runtime.outcome import Crash
from localcloud.saved.file import StateError, held
from localcloud.saved.state import read_clock, restore_state, save_state
from localcloud.stack import Stack

__all__ = ["Crash", "DeadLetter", "LocalCloud", "Progress", "Report", "StateError"]

MAX_EVENTS = 1_000_000
"""Of one drain; far more than a large run needs, and few enough to end one that feeds itself."""

_LONGEST_WAIT_SECONDS = 0.25


class LocalCloud:
    """A stack, running: its tables and buckets in moto, its events on a virtual clock, its functions for real.

    Use as a context manager; only one can be entered in a process at a time, because moto is one per process.
    """

    _entered: ClassVar[LocalCloud | None] = None

    def __init__(
        self,
        stack: Stack,
        *,
        now: datetime,
        seed: int = 0,
        state: Path | None = None,
        isolate: bool = False,
        on_progress: Callable[[Progress], None] | None = None,
        on_output: Callable[[str, str], None] | None = None,
        handler_duration: timedelta = timedelta(0),
        before_call: CallHook | None = None,
        after_call: CallHook | None = None,
        max_events: int = MAX_EVENTS,
    ) -> None:
        """Prepare to run ``stack``.

        ``now`` (aware) starts the virtual clock; ``seed`` orders what may happen at once. ``state`` is a folder
        that :meth:`save` writes and the next run takes up. ``isolate`` gives each function a process of its own.
        ``on_progress`` hears of each invocation, ``on_output`` of each line a function prints (name, line).
        ``handler_duration`` is the virtual time an invocation takes. ``before_call`` and ``after_call`` are called
        around each AWS call of a function and may raise :class:`Crash`. ``max_events`` bounds one drain.
        """
        if now.tzinfo is None:
            raise ValueError("LocalCloud: `now` has no time zone; pass an aware datetime, for example in UTC")
        self._stack = stack
        self._start = self._anchor = now
        self._runs = 1
        self._seed = seed
        self._state = state
        self._isolate = isolate
        self._on_progress = on_progress
        self._on_output = on_output
        self._handler_duration = handler_duration
        self._before_call = before_call
        self._after_call = after_call
        self._max_events = max_events
        self._session = store.operator_session(stack.region)
        self._clients: dict[str, Any] = {}
        self._exit = ExitStack()
        self._plane: Plane | None = None

    def __enter__(self) -> Self:
        if LocalCloud._entered is not None:
            raise RuntimeError("LocalCloud: another one is entered in this process; leave that first")
        LocalCloud._entered = self
        try:
            self._enter()
        except BaseException:
            LocalCloud._entered = None
            self._exit.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        LocalCloud._entered = None
        self._plane = None
        self._exit.close()

    @property
    def now(self) -> datetime:
        """The virtual instant."""
        return self._running.loop.now

    def client(self, service: str) -> Any:
        """A boto3 client for the operator (s3, dynamodb, sqs, events): unlimited, uncounted, and making events."""
        if service not in self._clients:
            make: Any = self._session.client
            self._clients[service] = make(service, config=store.CLIENT_CONFIG)
        return self._clients[service]

    def drain(self) -> None:
        """Deliver every event, the clock jumping to the next, until queues and streams are quiet.

        Schedules do not fire meanwhile. Raises NeverQuietError where something feeds itself.
        """
        self._running.loop.drain(self._max_events)

    def fire_schedules(self) -> None:
        """Fire each enabled schedule once, now; a drain delivers it."""
        self._running.timetable.fire_all()

    def run_for(self, duration: timedelta) -> None:
        """Let time pass: schedules fire in their time, deliveries go in order."""
        plane = self._running
        end = plane.loop.now + duration
        plane.timetable.start(end)
        try:
            plane.loop.run_until(end)
        finally:
            plane.timetable.stop()

    def run_realtime(self, until: Callable[[], bool], pacing: Pacing | None = None) -> None:
        """Have the virtual clock follow a real one until ``until`` says so; it is asked some times a second.

        Schedules fire in their time. ``pacing`` is this machine's clock if not given.
        """
        plane = self._running
        pacing = pacing or WallClock()
        offset = plane.loop.now - pacing.now()
        plane.timetable.start()
        try:
            while not until():
                plane.loop.run_until(pacing.now() + offset)
                due = plane.loop.next_due()
                wait = _LONGEST_WAIT_SECONDS
                if due is not None:
                    wait = min(wait, (due - offset - pacing.now()).total_seconds())
                if wait > 0:
                    pacing.wait(wait)
        finally:
            plane.timetable.stop()

    def report(self) -> Report:
        """What has happened since this run began, and what lies in dead-letter queues."""
        return self._running.report()

    def save(self) -> None:
        """Write tables, buckets, queues, streams and the clock to the state folder, all or nothing."""
        if self._state is None:
            raise ValueError("LocalCloud: there is no state folder to save to; give `state`")
        save_state(self._state, self._running, self._anchor, self._runs)

    # Inside

    @property
    def _running(self) -> Plane:
        if self._plane is None:
            raise RuntimeError("LocalCloud: not entered; use it in a `with` block")
        return self._plane

    def _enter(self) -> None:
        self._clients.clear()
        self._exit.enter_context(shared_models())
        self._exit.enter_context(compiled_once())
        store.reset()
        self._exit.callback(store.reset)
        now = self._start
        if self._state is not None:
            self._exit.enter_context(held(self._state))
        clock = read_clock(self._state) if self._state is not None else None
        if clock is not None:
            now, self._anchor, self._runs = max(now, clock.now), clock.anchor, clock.runs + 1
        # Each run draws its own ids, or a later one would give an object a version id that is taken.
        ids = f"{self._seed} {self._runs}"
        self._exit.enter_context(virtual_time(lambda: self._plane.loop.now if self._plane else now, ids))
        self._exit.enter_context(counted_once())
        self._exit.enter_context(partition_queries())
        self._exit.enter_context(undoing_transactions())
        self._exit.enter_context(newest_first())
        endpoint = Endpoint(self._stack.region) if self._isolate else None
        runner: InProcess | Isolated = (
            Isolated(self._stack.region, endpoint.url, self._on_output)
            if endpoint is not None
            else InProcess(self._stack.region, self._on_output)
        )
        self._exit.callback(runner.close)
        with store.plain_moto():
            store.create(self._stack.tables.values(), self._stack.buckets.values(), self._session)
        plane = Plane(
            self._with_code(),
            runner,
            self._session,
            now=now,
            anchor=self._anchor,
            seed=self._seed,
            handler_duration=self._handler_duration,
            on_progress=self._on_progress,
            before_call=self._before_call,
            after_call=self._after_call,
        )
        self._plane = plane
        if self._state is not None:
            restore_state(self._state, plane)
        self._exit.enter_context(plane.gateway.installed())
        if endpoint is not None and isinstance(runner, Isolated):
            self._exit.enter_context(endpoint.serving(plane.gateway, runner.crash))

    def _with_code(self) -> Stack:
        functions = self._stack.functions
        if all(function.inline_code is None for function in functions.values()):
            return self._stack
        folder = Path(self._exit.enter_context(TemporaryDirectory(prefix="localcloud-")))
        written = {name: with_code_written(function, folder) for name, function in functions.items()}
        return replace(self._stack, functions=written)
