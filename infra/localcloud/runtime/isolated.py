"""Runs each function in a process of its own, whose AWS is an HTTP endpoint on loopback."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from localcloud.runtime.capture import KEPT_LINES
from localcloud.runtime.environment import function_environment
from localcloud.runtime.modules import search_path
from localcloud.runtime.outcome import Crash, FunctionError, Outcome
from localcloud.stack import Function

_WORKER = Path(__file__).with_name("worker.py")
_HOME = Path(__file__).resolve().parents[2]
START_SECONDS = 10.0
"""Real time that starting a process may take beyond the function's timeout, as Lambda's init phase may."""


class Isolated:
    """Runs handlers in worker processes, one invocation at a time."""

    def __init__(self, region: str, endpoint_url: str, on_line: Callable[[str, str], None] | None = None) -> None:
        self._region = region
        self._endpoint_url = endpoint_url
        self._on_line = on_line
        self._workers: dict[str, _Worker] = {}
        self._running: _Worker | None = None

    def invoke(self, function: Function, event: Any, request_id: str) -> Outcome:
        """Run the handler on an event; what goes wrong in it is in the outcome."""
        worker = self._workers.get(function.logical_id)
        if worker is None:
            worker = self._workers[function.logical_id] = _Worker(function, self._region, self._endpoint_url)
        self._running = worker
        try:
            outcome = worker.invoke(event, request_id)
        finally:
            self._running = None
            if worker.ended:
                worker.close()
                del self._workers[function.logical_id]
        if self._on_line is not None:
            for line in outcome.log.splitlines():
                self._on_line(function.name, line)
        return Outcome(outcome.result, outcome.error, "\n".join(outcome.log.splitlines()[-KEPT_LINES:]))

    def crash(self, crash: Crash) -> None:
        """End the process of the function that runs now, as when the machine under it goes away."""
        worker = self._running
        if worker is not None:
            worker.crash(crash)

    def close(self) -> None:
        """End every process."""
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()


class _Worker:
    def __init__(self, function: Function, region: str, endpoint_url: str) -> None:
        self._function = function
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker
        self._log_read = 0
        self._crash: Crash | None = None
        self._answered = False
        events, self._events = os.pipe()
        self._results, results = os.pipe()
        settings = {
            "home": str(_HOME),
            "path": search_path(function.code_dir, function.layer_dirs),
            "handler": function.handler,
            "name": function.name,
            "arn": function.arn,
            "memory_mb": function.memory_mb,
            "timeout": function.timeout.total_seconds(),
            "events": events,
            "results": results,
        }
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our own script
            [sys.executable, "-P", str(_WORKER), json.dumps(settings)],
            env={**function_environment(function, region), "AWS_ENDPOINT_URL": endpoint_url},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            pass_fds=(events, results),
            cwd=function.code_dir,
        )
        os.close(events)
        os.close(results)
        self._pending = b""

    @property
    def ended(self) -> bool:
        """Whether the process is gone, or must not be used again."""
        return self._crash is not None or self._process.poll() is not None

    def invoke(self, event: Any, request_id: str) -> Outcome:
        seconds = self._function.timeout.total_seconds()
        line = json.dumps({"event": event, "request_id": request_id}).encode() + b"\n"
        answer = self._exchange(line, seconds if self._answered else seconds + START_SECONDS)
        if answer is not None:
            self._answered = True
            said = json.loads(answer)
            if "error" in said:
                error = said["error"]
                trace = "\n".join(error["stackTrace"])
                return Outcome(error=FunctionError(error["errorType"], error["errorMessage"], trace), log=self._take())
            return Outcome(result=said["result"], log=self._take())
        if self._crash is not None:
            error_type, message = "Runtime.ExitError", f"{request_id} crashed: {self._crash}"
        elif self._process.poll() is None:
            self._process.kill()
            error_type, message = "Sandbox.Timedout", f"{request_id} Task timed out after {seconds:.2f} seconds"
        else:
            status = self._process.returncode
            error_type, message = "Runtime.ExitError", f"{request_id} Runtime exited with error: exit status {status}"
        self._process.wait()
        return Outcome(error=FunctionError(error_type, message), log=self._take())

    def crash(self, crash: Crash) -> None:
        self._crash = crash
        self._process.kill()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._events)
        os.close(self._results)
        self._log.close()

    def _exchange(self, line: bytes, seconds: float) -> bytes | None:
        """Give the worker a line and wait for its own; None where none came."""
        try:
            while line:
                line = line[os.write(self._events, line) :]
        except BrokenPipeError:
            self._process.wait()
            return None
        deadline = time.monotonic() + seconds
        while b"\n" not in self._pending:
            ready, _, _ = select.select([self._results], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return None
            part = os.read(self._results, 1 << 20)
            if not part:
                self._process.wait()
                return None
            self._pending += part
        answer, _, self._pending = self._pending.partition(b"\n")
        return answer

    def _take(self) -> str:
        size = os.fstat(self._log.fileno()).st_size
        text = os.pread(self._log.fileno(), size - self._log_read, self._log_read)
        self._log_read = size
        return text.decode(errors="replace")
