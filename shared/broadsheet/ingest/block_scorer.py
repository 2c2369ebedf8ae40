"""How likely each block of a page is the article: boosted trees, read from a data file, evaluated in plain Python.

Two passes. The first judges each block by its features alone; the second looks again at those that are in doubt,
knowing what the first thought of everything around them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import exp
from typing import Any, TypeAlias

from broadsheet.ingest.block_context import CONTEXT, context_row, surroundings
from broadsheet.ingest.block_features import FEATURES, PageFacts, Row, feature_rows
from broadsheet.ingest.page_blocks import PageBlocks

MODEL = "block_scorer.json"
FORMAT = 1

Node: TypeAlias = "tuple[int, float, Node, Node] | float"
"""A leaf's value, or (column, threshold, where the value is at most the threshold, where it is above)."""


@dataclass(frozen=True, slots=True)
class Model:
    """The trees of both passes, and which answers of the first are final."""

    opening: tuple[Node, ...]
    """Trees of the first pass after which a hopeless block is given up."""
    first: tuple[Node, ...]
    """The rest of them."""
    second: tuple[Node, ...]
    hopeless: float
    """Log-odds at or below which it is."""


def score_blocks(page: PageBlocks, facts: PageFacts) -> list[float]:
    """Return for each block of ``page`` the probability, 0 to 1, that it belongs to the article."""
    model = load_model()
    rows = feature_rows(page, facts)
    first = [_first_pass(model, row) if row is not None else 0.0 for row in rows]
    around = surroundings(page, first)
    return [
        _probability(_sum(model.second, row + context_row(around, index)))
        if row is not None and value > _DOUBT
        else value
        for index, (row, value) in enumerate(zip(rows, first, strict=True))
    ]


_DOUBT = 0.02
"""Probability up to which a block is not looked at again."""


def _first_pass(model: Model, row: Row) -> float:
    value = _sum(model.opening, row)
    if value > model.hopeless:
        value += _sum(model.first, row)
    return _probability(value)


def _sum(trees: Sequence[Node], row: Row) -> float:
    total = 0.0
    for node in trees:
        while node.__class__ is tuple:
            column, threshold, low, high = node
            node = low if row[column] <= threshold else high  # noqa: PLW2901
        total += node  # type: ignore[operator]
    return total


def _probability(log_odds: float) -> float:
    return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, log_odds))))


@cache
def load_model() -> Model:
    """Return the model that is part of the package, read once.

    Raises ValueError where it was trained for other features than these: ``make train`` makes a new one.
    """
    text = resources.files("broadsheet.ingest").joinpath("data", MODEL).read_text("utf-8")
    return read_model(json.loads(text))


def read_model(data: dict[str, Any]) -> Model:
    """Return the model in ``data``; raises ValueError where it was trained for other features than these."""
    names = [*FEATURES, *CONTEXT]
    if data.get("format") != FORMAT or data.get("features") != names:
        raise ValueError(f"{MODEL} was trained for other features than block_features computes: run `make train`")
    return Model(
        opening=tuple(_node(tree) for tree in data["opening"]),
        first=tuple(_node(tree) for tree in data["first"]),
        second=tuple(_node(tree) for tree in data["second"]),
        hopeless=float(data["hopeless"]),
    )


def _node(data: Any) -> Node:
    if isinstance(data, list):
        column, threshold, low, high = data
        return (int(column), float(threshold), _node(low), _node(high))
    return float(data)
