"""What no figure may fall below. A floor is lowered by nothing but an edit of its line, which says why."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

FILE = Path(__file__).with_name("floors.toml")
_LINE = re.compile(r"\w+ = \d\.\d+  # \d{4}-\d{2}-\d{2}: \S.{10,}")

Side = Literal["unseen", "shipped"]
"""Judged by models that have not seen the page's publisher, or by the model in the package, which may have."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The least, or for ``*_leaked`` the most, that a figure of a corpus may be."""

    side: Side
    corpus: str
    figure: str
    bound: float

    def holds(self, value: float) -> bool:
        """Return whether ``value`` is on the right side of the bound."""
        return value <= self.bound if self.figure.endswith("_leaked") else value >= self.bound


@dataclass(frozen=True, slots=True)
class Broken:
    """A floor that does not hold, and the figure that was measured (None: not at all)."""

    floor: Floor
    value: float | None

    def __str__(self) -> str:
        floor = self.floor
        measured = "not measured" if self.value is None else f"{self.value:.4f}"
        return f"{floor.corpus} ({floor.side}): {floor.figure} is {measured}, the floor is {floor.bound}"


def read_floors(file: Path = FILE) -> list[Floor]:
    """Return all floors of the file."""
    sides: dict[Side, dict[str, dict[str, float]]] = tomllib.loads(file.read_text(encoding="utf-8"))  # type: ignore[assignment]
    return [
        Floor(side, corpus, figure, bound)
        for side, corpora in sides.items()
        for corpus, figures in corpora.items()
        for figure, bound in figures.items()
    ]


def lines_without_reason(text: str) -> list[str]:
    """Return the floors of a file's text whose line does not say since when and why: ``name = 0.9  # DATE: why``."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and line[0] not in "#[" and not _LINE.fullmatch(line)]


def broken(floors: list[Floor], side: Side, results: Mapping[str, Mapping[str, Any]]) -> list[Broken]:
    """Return the floors of ``side`` that do not hold by ``results``, figures of the corpora there are."""
    values = [(f, results[f.corpus].get(f.figure)) for f in floors if f.side == side and f.corpus in results]
    return [Broken(floor, value) for floor, value in values if value is None or not floor.holds(value)]
