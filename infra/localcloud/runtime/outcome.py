"""What an invocation needs and what comes of it."""

from __future__ import annotations

import json
import traceback
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


class MarshalError(Exception):
    """A handler returned what JSON cannot hold."""


def described(error: BaseException, *, loading: bool) -> FunctionError:
    """An exception as Lambda reports it; ``loading`` where it came while the handler was imported."""
    trace = "".join(traceback.format_exception(error))
    if loading and isinstance(error, ImportError):
        return FunctionError("Runtime.ImportModuleError", f"Unable to import module: {error}", trace)
    if loading and isinstance(error, AttributeError):
        return FunctionError("Runtime.HandlerNotFound", f"Handler not found: {error}", trace)
    return FunctionError(type(error).__name__, str(error), trace)


def marshalled(result: Any) -> str:
    """A handler's result as JSON text. Raises MarshalError where it cannot be."""
    try:
        return json.dumps(result)
    except (TypeError, ValueError) as error:
        raise MarshalError(f"Unable to marshal response: {error}") from error
