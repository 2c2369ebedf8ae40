"""What a function prints and logs, kept for the report and shown where someone wants to see it."""

from __future__ import annotations

import io
import logging
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

KEPT_LINES = 200
"""Of one invocation; enough for a traceback and what led to it."""


class FunctionOutput(io.TextIOBase):
    """Standard output and error of one function.

    Loggers keep the stream they were made with, so one object lives as long as its function.
    """

    def __init__(self, name: str, on_line: Callable[[str, str], None] | None) -> None:
        self._name = name
        self._on_line = on_line
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._rest = ""

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str, /) -> int:
        """Take text; whole lines are shown and kept."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._lines.append(line)
            if self._on_line:
                self._on_line(self._name, line)
        return len(text)

    def take(self) -> str:
        """All that was written since the last take (its last lines, if it was much)."""
        if self._rest:
            self.write("\n")
        text = "\n".join(self._lines)
        self._lines.clear()
        return text


class LoggingTree:
    """A function's own loggers: ``logging.getLogger`` inside it never meets another function's."""

    def __init__(self, output: FunctionOutput) -> None:
        self._root = logging.RootLogger(logging.WARNING)
        self._manager = logging.Manager(self._root)
        handler = logging.StreamHandler(output)
        handler.setFormatter(logging.Formatter("[%(levelname)s]\t%(name)s\t%(message)s"))
        self._root.addHandler(handler)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Have the logging module hand out this tree's loggers."""
        outer_root, outer_manager = logging.root, logging.Logger.manager
        self._install(self._root, self._manager)
        try:
            yield
        finally:
            self._install(outer_root, outer_manager)

    @staticmethod
    def _install(root: logging.RootLogger, manager: logging.Manager) -> None:
        logging.root = root
        logging.Logger.root = root  # type: ignore[misc]
        logging.Logger.manager = manager


@contextmanager
def captured(output: FunctionOutput, tree: LoggingTree) -> Iterator[None]:
    """Send what is printed and logged to a function's output."""
    with tree.active(), redirect_stdout(output), redirect_stderr(output):
        yield
    sys.stdout.flush()
