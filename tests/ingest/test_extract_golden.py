"""Pages written for this, and what is published of them: ``NAME.html`` and ``NAME.result.html`` side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.ingest.clean import clean_body
from broadsheet.ingest.extract import explain_page, extract_page
from broadsheet.model.article import SourceDocument

from .articles import NOW

FOLDER = Path(__file__).parents[1] / "golden" / "extract"
PAGES = sorted(path for path in FOLDER.glob("*.html") if not path.name.endswith(".result.html"))


def document(path: Path) -> SourceDocument:
    return SourceDocument(path.read_bytes(), f"https://news.example/{path.stem}", "text/html", NOW)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_what_is_published_of_a_page(path: Path) -> None:
    found = extract_page(document(path))
    assert clean_body(found, found.title).html == path.with_suffix(".result.html").read_text("utf-8").rstrip("\n")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_explanation_agrees_with_what_is_published(path: Path) -> None:
    explained = explain_page(document(path))
    found = extract_page(document(path))
    winner = explained.candidates[0]
    assert (winner.method, winner.html, round(winner.score, 3)) == (found.method, found.html, found.confidence)
    assert {block.text for block in explained.blocks if block.kept}
    assert {block.text for block in explained.blocks if not block.kept}
    assert all(0 <= block.probability <= 1 and block.path for block in explained.blocks)
