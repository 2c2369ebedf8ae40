"""An error as an AWS service answers it, before it becomes a ClientError or an HTTP response."""

from __future__ import annotations


class ApiError(Exception):
    """A service refuses a call: its error code, its message, its HTTP status.

    ``shape`` is the name of the modelled exception where that differs from the code (SQS).
    """

    def __init__(self, code: str, message: str, *, status: int = 400, shape: str | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.shape = shape or code
        self.extra: dict[str, object] = {}
