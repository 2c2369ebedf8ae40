"""What an invocation needs and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from localcloud.stack import Function


class Crash(BaseException):
    """Kills the invocation at an AWS call, as when the machine under it goes away; for fault injection.

    Not an Exception, so that no handler can catch it by accident.
    """


@dataclass(frozen=True, slots=True)
class FunctionError:
    """Why an invocation failed: Lambda's error type and message, and the traceback for people."""

    type: str
    message: str
    trace: str = ""

    def payload(self) -> dict[str, Any]:
        """The error as Lambda returns it."""
        return {"errorType": self.type, "errorMessage": self.message, "stackTrace": self.trace.splitlines()}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an invocation: what the handler returned (parsed JSON), or an error; and what it logged."""

    result: Any = None
    error: FunctionError | None = None
    log: str = ""


class Runner(Protocol):
    """Runs functions, each in a world of its own."""

    def invoke(self, function: Function, event: Any, request_id: str) -> Outcome:
        """Run the handler on an event (JSON values). Never raises for what the function does."""

    def close(self) -> None:
        """Let go of what was loaded or started."""
