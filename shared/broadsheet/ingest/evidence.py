"""Where a fact was seen, for people who ask why a page was read the way it was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

_SHOWN = 200
"""Characters of a value that are kept."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place that told a fact, what it said there, and whether it was believed."""

    source: str
    value: str
    won: bool = False
    note: str = ""


def seen(source: str, value: str, note: str = "") -> Evidence:
    """Return evidence not yet decided on; a long ``value`` is cut."""
    return Evidence(source, value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…", note=note)


def decided(evidence: Iterable[Evidence], winner: Evidence | None, why: str = "") -> tuple[Evidence, ...]:
    """Return the evidence with ``winner`` marked and put first; ``why`` is its note where it has none."""
    others = tuple(item for item in evidence if item is not winner)
    if winner is None:
        return others
    return (replace(winner, won=True, note=winner.note or why), *others)
