"""How the virtual clock follows a real one, for running on and on."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Pacing(Protocol):
    """A clock on the wall, and how to wait by it."""

    def now(self) -> datetime:
        """The real instant, aware."""

    def wait(self, seconds: float) -> None:
        """Return after about this long, or sooner."""


class WallClock:
    """This machine's clock."""

    def now(self) -> datetime:
        """The real instant, in UTC."""
        return datetime.now(UTC)

    def wait(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)
