"""How a source is told: to people in lines, to programs as a JSON object."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from broadsheet.flow.operate_sources import OperatedSource
from broadsheet.flow.source_moves import address_of

from .article_text import clock_time

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
_STEERING = frozenset(("Cc", "Cf", "Zl", "Zp"))
"""Categories of what could steer a terminal, or turn the direction of reading."""


def plain_source(one: OperatedSource, zone: ZoneInfo) -> dict[str, Any]:
    """Return the source as an object for JSON; instants are ISO 8601 in the site's zone, null where there is none."""
    source, state = one.source, one.state

    def iso(instant: datetime | None) -> str | None:
        return instant.astimezone(zone).isoformat() if instant else None

    interval = interval_of(one)
    return {
        "id": source.id,
        "kind": source.kind,
        "title": source.title,
        "url": source.url,
        "address": address_of(source, state),
        "file": one.file,
        "priority": source.priority,
        "paused": one.paused_by is not None,
        "paused_by": one.paused_by,
        "paused_because": state.asleep,
        "last_poll": iso(state.last_poll),
        "next_poll": iso(state.next_poll),
        "interval_seconds": int(interval.total_seconds()) if interval else None,
        "last_new": iso(state.last_new),
        "silent_since": iso(state.silent_since),
        "failures": state.failures,
        "error": state.error,
        "moved_to": state.moved_to,
        "moved_seen": state.moved_seen,
        "notes": [{"at": iso(at), "text": text} for at, text in state.notes],
    }


def interval_of(one: OperatedSource) -> timedelta | None:
    """Return the time from the last poll to the next one; None where one of the two is not known."""
    state = one.state
    if one.paused_by or state.last_poll is None or state.next_poll is None:
        return None
    return state.next_poll - state.last_poll


def span(length: timedelta | None) -> str:
    """Return a length of time by its two largest units, ``1h 30m``; ``-`` for None."""
    if length is None:
        return "-"
    left = max(round(length.total_seconds()), 0)
    parts: list[str] = []
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if parts or count:
            parts.append(f"{count}{unit}" if count else "")
    return " ".join(part for part in parts[:2] if part) or "0s"


def polling(one: OperatedSource, zone: ZoneInfo) -> str:
    """Return in a few words when the source was polled, is polled next, and what is wrong with that."""
    state = one.state
    polled = f"polled {clock_time(state.last_poll, zone)}" if state.last_poll else "never polled"
    following = paused(one) or f"next {clock_time(state.next_poll, zone)}"
    troubles = "".join(f"; {trouble}" for trouble in (failing(one), silent(one, zone)) if trouble)
    return f"{polled}, {following}{troubles}"


def paused(one: OperatedSource) -> str:
    """Return that the source is not polled, and why; "" where it is."""
    match one.paused_by:
        case "definition":
            return f"paused in {one.file}"
        case "operator":
            return f"paused by the operator: {_reason(one.state.paused or '')}"
        case "gone":
            return f"not polled any more: {_reason(one.state.gone or '')}"
        case None:
            return ""


def failing(one: OperatedSource) -> str:
    """Return how often polls failed in a row, and why the last one did; "" where it did not, or will not again."""
    times = one.state.failures
    if not times or one.paused_by == "gone":
        return ""
    return f"failed {'once' if times == 1 else f'{times} times'}: {_reason(one.state.error or 'no reason kept')}"


def silent(one: OperatedSource, zone: ZoneInfo) -> str:
    """Return since when the source has had nothing new, where that is far beyond its habit; else ""."""
    since = one.state.silent_since
    return f"silent since {clock_time(since, zone)}, longer than usual" if since else ""


def remarks(one: OperatedSource, zone: ZoneInfo) -> Iterator[str]:
    """Yield what else is to be known of the source, the most urgent first."""
    source, state = one.source, one.state
    yield from (trouble for trouble in (failing(one), silent(one, zone), paused(one)) if trouble)
    if address_of(source, state) != source.url:
        yield f"polled at {address_of(source, state)}, not at {source.url} as its definition says"
    if state.moved_to:
        times = "poll" if state.moved_seen == 1 else f"{state.moved_seen} polls"
        yield f"moved for good to {state.moved_to}, say the redirects of the last {times}"
    at, text = state.notes[-1] if state.notes else (None, "")
    if text and not (state.asleep and text.endswith(state.asleep)):
        yield f"{clock_time(at, zone)}: {text}"


def counted(number: int) -> str:
    """Return a number of sources in words."""
    return "1 source" if number == 1 else f"{number} sources"


def _reason(text: str) -> str:
    """Return a reason, which may be a sentence, as a part of one."""
    return text.rstrip(".")


def as_text(text: str) -> str:
    """Return what others wrote without what could steer a terminal."""
    return "".join(character for character in text if unicodedata.category(character) not in _STEERING)
