"""Why a page was read as it was, for people (lines) and for programs (an object)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from broadsheet.ingest.extract import Explanation

_TEXT = 90
"""Characters of a block that are shown."""


def explanation_lines(explanation: Explanation) -> Iterator[str]:
    """Yield the candidates for the body, the winner first, and the blocks in the page's order with their odds."""
    for place, candidate in enumerate(explanation.candidates):
        won = "won " if place == 0 and candidate.html else "lost"
        yield f"{won} {candidate.score:.3f}  {candidate.method}: {'; '.join(candidate.reasons) or 'no reason given'}"
    if explanation.blocks:
        yield ""
        yield "kept  odds  block"
    for block in explanation.blocks:
        text = block.text if len(block.text) <= _TEXT else f"{block.text[:_TEXT]}…"
        yield f" {'+' if block.kept else '-'}   {block.probability:.3f}  {text}   [{block.path}]"


def explanation_object(explanation: Explanation) -> dict[str, Any]:
    """Return the explanation as plain data, without the candidates' bodies: the winner's is in ``html`` already."""
    return {
        "candidates": [
            {name: value for name, value in asdict(candidate).items() if name != "html"}
            for candidate in explanation.candidates
        ],
        "blocks": [asdict(block) for block in explanation.blocks],
    }
