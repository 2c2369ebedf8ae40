"""What a function prints and logs, kept for the report and shown where someone wants to see it."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

KEPT_LINES = 200
"""Of one invocation for the report; enough for a traceback and what led to it."""


class FunctionOutput(io.TextIOBase):
    """Standard output and error of one function.

    Loggers keep the stream they were made with, so one object lives as long as its function.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._rest = ""

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str, /) -> int:
        """Take text, to be handed out in whole lines."""
        *lines, self._rest = (self._rest + text).split("\n")
        self._lines.extend(lines)
        return len(text)

    def last_lines(self) -> str:
        """The last of what was written since the lines were taken."""
        self._end_line()
        return "\n".join(self._lines[-KEPT_LINES:])

    def take_lines(self) -> list[str]:
        """All lines written since they were last taken."""
        self._end_line()
        lines, self._lines = self._lines, []
        return lines

    def _end_line(self) -> None:
        if self._rest:
            self.write("\n")


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
        logging.Logger.root = root
        logging.Logger.manager = manager


@contextmanager
def captured(output: FunctionOutput, tree: LoggingTree) -> Iterator[None]:
    """Send what is printed and logged to a function's output."""
    with tree.active(), redirect_stdout(output), redirect_stderr(output):
        yield
