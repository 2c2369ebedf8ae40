"""Runs functions in this process, each with its own modules, environment, loggers and AWS session."""

from __future__ import annotations

import gc
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3

from localcloud.runtime.capture import FunctionOutput, LoggingTree, captured
from localcloud.runtime.context import LambdaContext
from localcloud.runtime.deadline import TimedOut, deadline
from localcloud.runtime.environment import function_environment
from localcloud.runtime.modules import ModuleTree, load_handler, search_path
from localcloud.runtime.outcome import Crash, FunctionError, Outcome, described, marshalled
from localcloud.stack import Function


class InProcess:
    """Runs handlers in this process, one at a time."""

    def __init__(self, region: str, on_line: Callable[[str, str], None] | None = None) -> None:
        self._region = region
        self._on_line = on_line
        self._sandboxes: dict[str, _Sandbox] = {}
        self._frozen: set[str] = set()

    def invoke(self, function: Function, event: Any, request_id: str) -> Outcome:
        """Run the handler on an event; what goes wrong in it is in the outcome."""
        name = function.logical_id
        sandbox = self._sandboxes.get(name)
        if sandbox is None:
            sandbox = self._sandboxes[name] = _Sandbox(function, self._region, self._on_line)
        try:
            outcome, survives = sandbox.invoke(event, request_id)
        finally:
            # Out here the environment, the loggers and standard output are the process's own again.
            sandbox.show_lines()
        if not survives:
            del self._sandboxes[name]
            gc.unfreeze()
        elif name not in self._frozen:
            # What was loaded stays: each full collection would go through the modules of all functions. Only the
            # first time, or functions that crash again and again would never be collected.
            self._frozen.add(name)
            gc.freeze()
        return outcome

    def close(self) -> None:
        """Forget every loaded function."""
        self._sandboxes.clear()
        gc.unfreeze()


class _Sandbox:
    """A function as loaded: its state lives from one invocation to the next, as on Lambda."""

    def __init__(self, function: Function, region: str, on_line: Callable[[str, str], None] | None) -> None:
        self._function = function
        self._environment = function_environment(function, region)
        self._modules = ModuleTree(search_path(function.code_dir, function.layer_dirs))
        self._on_line = on_line
        self._output = FunctionOutput()
        self._loggers = LoggingTree(self._output)
        self._session: boto3.Session | None = None
        self._handler: Any = None

    def invoke(self, event: Any, request_id: str) -> tuple[Outcome, bool]:
        """Run; tell also whether the sandbox may be used again."""
        function = self._function
        with self._entered():
            try:
                with deadline(function.timeout.total_seconds()):
                    if self._handler is None:
                        self._handler = load_handler(function.handler)
                    context = LambdaContext.of(function, request_id)
                    # A copy by way of JSON, as events and results travel on Lambda.
                    result = self._handler(json.loads(json.dumps(event)), context)
                    result = json.loads(marshalled(result))
            except TimedOut:
                seconds = function.timeout.total_seconds()
                error = FunctionError("Sandbox.Timedout", f"{request_id} Task timed out after {seconds:.2f} seconds")
                return self._failed(error), False
            except Crash as crash:
                return self._failed(FunctionError("Runtime.ExitError", f"{request_id} crashed: {crash}")), False
            except (Exception, SystemExit, KeyboardInterrupt) as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                return self._failed(described(error, loading=self._handler is None)), self._handler is not None
        return Outcome(result=result, log=self._output.last_lines()), True

    def show_lines(self) -> None:
        """Tell of what the last invocation printed and logged."""
        lines = self._output.take_lines()
        if self._on_line is not None:
            for line in lines:
                self._on_line(self._function.name, line)

    def _failed(self, error: FunctionError) -> Outcome:
        return Outcome(error=error, log=self._output.last_lines())

    @contextmanager
    def _entered(self) -> Iterator[None]:
        outer_session = boto3.DEFAULT_SESSION
        with environment(self._environment), self._modules.active(), captured(self._output, self._loggers):
            boto3.DEFAULT_SESSION = self._session
            try:
                yield
            finally:
                self._session, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, outer_session


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Have the process's environment be exactly ``variables``, time zone included."""
    outer = dict(os.environ)
    _set_environment(variables)
    try:
        yield
    finally:
        _set_environment(outer)


def _set_environment(variables: Mapping[str, str]) -> None:
    zone = os.environ.get("TZ")
    for name in [name for name in os.environ if name not in variables]:
        del os.environ[name]
    for name, value in variables.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    if variables.get("TZ") != zone:
        time.tzset()
