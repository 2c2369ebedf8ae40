"""Values of options, parsed once and named in their errors."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import typer

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_now(text: str | None) -> datetime:
    """Return the aware instant of ``--now``: ISO 8601, UTC where no zone is written; the real time for None."""
    if text is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no ISO 8601 time; write 2026-01-05T08:30:00+08:00") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def parse_duration(text: str | None) -> timedelta | None:
    """Return the span of ``--for``: ``90s``, ``15m``, ``24h``, ``7d``; None for None."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)([smhd])", text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is no span of time; write a number and s, m, h or d, like 24h")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])
