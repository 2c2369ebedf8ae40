"""The second argument of a handler."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from localcloud.stack import Function


class _Identity:
    cognito_identity_id = None
    cognito_identity_pool_id = None


@dataclass(slots=True)
class LambdaContext:
    """Lambda's context object, after the Developer Guide, "Using the Lambda context object (Python)"."""

    function_name: str
    invoked_function_arn: str
    aws_request_id: str
    memory_limit_in_mb: str
    log_group_name: str
    deadline: float
    """Of the monotonic clock, in seconds."""
    log_stream_name: str = "local"
    function_version: str = "$LATEST"
    client_context: object = None

    @property
    def identity(self) -> _Identity:
        """Always empty: nothing here is called through Cognito."""
        return _Identity()

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds of real time until the function's timeout."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))

    @classmethod
    def of(cls, function: Function, request_id: str) -> LambdaContext:
        """The context of an invocation that starts now."""
        return cls.started(function.name, function.arn, request_id, function.memory_mb, function.timeout)

    @classmethod
    def started(cls, name: str, arn: str, request_id: str, memory_mb: int, timeout: timedelta) -> LambdaContext:
        """The context of an invocation that starts now, from its parts."""
        return cls(
            function_name=name,
            invoked_function_arn=arn,
            aws_request_id=request_id,
            memory_limit_in_mb=str(memory_mb),
            log_group_name=f"/aws/lambda/{name}",
            deadline=time.monotonic() + timeout.total_seconds(),
        )
