"""Progress: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.status import Status

if TYPE_CHECKING:
    from localcloud.cloud import Progress


class RunProgress:
    """Tells what a run is doing: each step, and how many times each function was invoked meanwhile."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._step = ""
        self._invocations: Counter[str] = Counter()

    def invoked(self, progress: Progress) -> None:
        """Count one invocation."""
        self._invocations[progress.function] += 1
        if self._status and sum(self._invocations.values()) % 10 == 0:
            self._status.update(f"{self._step}  {self._shown()}")

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show ``text`` while the body runs."""
        self._step = text
        self._invocations.clear()
        if self._console.is_terminal:
            with self._console.status(text) as self._status:
                yield
            self._status = None
        else:
            yield
        self._console.print(f"{text}: {self._shown() or 'nothing to do'}", highlight=False)

    def _shown(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in sorted(self._invocations.items()))


def make_console() -> Console:
    """Return the console for people; standard output is for results, so it writes to standard error."""
    return Console(file=sys.stderr, soft_wrap=True)
