"""How articles are told to people: times in the site's zone, one thing a line, text that can be compared."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import typer

from broadsheet.ingest.readable import readable_text

PARAGRAPH = "¶ "
"""Begins the first sentence of a paragraph, so that where paragraphs begin can be compared, too."""
_SENTENCE_END = re.compile(
    r"(?<=[。！？；])(?![。！？；”’」』）])"  # full-width marks end a sentence without a blank
    r"|(?<=[。！？；][”’」』）])"
    r"|(?<=[.!?])\s+|(?<=[.!?][\"'”’)])\s+"
)

_STEERING = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def clock_time(instant: datetime | None, zone: ZoneInfo) -> str:
    """Return an aware instant as people of ``zone`` write it, ``2026-01-05 08:30``; ``?`` for None."""
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}" if instant else "?"


def sentences(html: str) -> list[str]:
    """Return the readable text of a cleaned body, one sentence a line, each paragraph's first one marked.

    Chinese has no blanks to break lines at, and a paragraph a line would make every correction as long as that.
    """
    lines: list[str] = []
    for block in readable_text(html).split("\n"):
        parts = [part for part in _SENTENCE_END.split(block) if part]
        lines += [PARAGRAPH + part if position == 0 else part for position, part in enumerate(parts)]
    return lines


def print_line(line: str, colour: str | None = None) -> None:
    """Print one line of a result on standard output, in ``colour`` on a terminal only.

    Text of others reaches the terminal as text: what could steer it, or turn the direction of reading, is left out.
    """
    typer.secho(_STEERING.sub("", line), fg=colour)
