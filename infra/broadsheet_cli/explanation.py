"""Why a page was read as it was, for people (lines) and for programs (an object)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from broadsheet.ingest.encoding import decode
from broadsheet.ingest.evidence import Evidence
from broadsheet.ingest.extract import Explanation
from broadsheet.ingest.fragment import parse_document
from broadsheet.ingest.metadata import read_metadata
from broadsheet.ingest.plain_text import shorten
from broadsheet.model.article import SourceDocument

Facts = Mapping[str, tuple[Evidence, ...]]
"""For each fact of a page what told it, what was believed first."""
_TEXT = 90
"""Characters of a block, or of what a place told, that are shown."""


def facts_of(document: SourceDocument, timezone: str) -> Facts:
    """Return what the places of a page tell of its title, dates, authors and so on.

    Raises ArticleRejected past the bounds of ``html_limits``.
    """
    root = parse_document(decode(document.body, document.content_type, kind="html").text)
    return read_metadata(root, document.url, timezone).reasons


def explanation_lines(explanation: Explanation, facts: Facts) -> Iterator[str]:
    """Yield the candidates for the body, the winner first, the facts with their places, and the blocks in order."""
    for place, candidate in enumerate(explanation.candidates):
        won = "won " if place == 0 and candidate.html else "lost"
        yield f"{won} {candidate.score:.3f}  {candidate.method}: {'; '.join(candidate.reasons) or 'no reason given'}"
    yield ""
    for name, places in facts.items():
        for told in places:
            note = f"  ({told.note})" if told.note else ""
            yield f"{'+' if told.won else '-'} {name}: {shorten(told.value, _TEXT)}  [{told.source}]{note}"
    yield ""
    for block in explanation.blocks:
        kept = "+" if block.kept else "-"
        yield f"{kept} {block.probability:.3f}  {shorten(block.text, _TEXT)}  [{block.path}]"


def explanation_object(explanation: Explanation, facts: Facts) -> dict[str, Any]:
    """Return the same as plain data, without the candidates' bodies: the winner's is in ``html`` already."""
    return {
        "candidates": [
            {name: value for name, value in asdict(candidate).items() if name != "html"}
            for candidate in explanation.candidates
        ],
        "facts": {name: [asdict(told) for told in places] for name, places in facts.items()},
        "blocks": [asdict(block) for block in explanation.blocks],
    }
