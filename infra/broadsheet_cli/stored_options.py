"""Which store a command works on: the options ``--state`` and ``--stack``, and those that go with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from .options import parse_now

INTERRUPTED = 130
"""Exit status of a command that was ended by Ctrl-C, as shells have it."""

StateOption = Annotated[Path | None, typer.Option("--state", help="Folder that `broadsheet run --state` keeps.")]
StackOption = Annotated[str | None, typer.Option("--stack", help="Name of a stack deployed on AWS.")]
NowOption = Annotated[str | None, typer.Option("--now", help="ISO 8601 time of the change; default: real time.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="With --state: folder whose site/, posts/ and report.json are renewed.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


@dataclass(frozen=True, slots=True)
class Where:
    """A state of the local cloud, or a deployed stack: exactly one. ``now`` is the aware time of what is done."""

    now: datetime
    state: Path | None = None
    stack: str | None = None
    out: Path | None = None

    def __str__(self) -> str:
        """Return the option as it was typed, for messages that name a further command."""
        return f"--stack {self.stack}" if self.stack else f"--state {self.state}"


def where(state: Path | None, stack: str | None, now: str | None = None, out: Path | None = None) -> Where:
    """Return what the options name. Raises typer.BadParameter unless one of ``state`` and ``stack`` is given."""
    if (state is None) == (not stack):
        raise typer.BadParameter("give one of --state DIR (a local run's state) and --stack NAME (a deployed stack)")
    if stack and out is not None:
        raise typer.BadParameter("--out goes with --state: a deployed stack writes its own site bucket")
    return Where(parse_now(now), state, stack, out)


@contextmanager
def interruptible(told: str) -> Iterator[None]:
    """Have Ctrl-C end the command with ``told``, which says how things stand then, instead of a traceback."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"interrupted: {told}", err=True)
        raise typer.Exit(INTERRUPTED) from None
