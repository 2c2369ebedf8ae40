"""What our extractor makes of a corpus: as it is shipped, and as it would be had it never seen the pages."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from broadsheet.ingest import block_scorer
from broadsheet.ingest.block_scorer import Model
from broadsheet.model.article import SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet_cli.extract_command import article_object

from .scoring import PROJECT, Corpus, Page

FOLDS = PROJECT / "build" / "train"
"""Where training leaves the models of its cross-validation."""
RETRIEVED = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Folds:
    """Models of a cross-validation; ``of`` tells for each ``corpus/page`` which one has not seen its publisher."""

    models: Mapping[int, Model]
    of: Mapping[str, int]

    def model(self, corpus: str, page: str) -> Model | None:
        """Return the model that has not seen the page, or None where it was no training page."""
        fold = self.of.get(f"{corpus}/{page}")
        return None if fold is None else self.models[fold]


def read_folds(folder: Path = FOLDS) -> Folds | None:
    """Return the cross-validation in ``folder``, or None where there is none."""
    if not (folder / "folds.json").is_file():
        return None
    of = json.loads((folder / "folds.json").read_text(encoding="utf-8"))
    models = {
        fold: block_scorer.read_model(json.loads((folder / f"{fold}.json").read_text(encoding="utf-8")))
        for fold in sorted(set(of.values()))
    }
    return Folds(models, of)


def extract_all(corpus: Corpus, folds: Folds | None = None, *, tries: int = 1) -> list[dict[str, Any]]:
    """Return a prediction for each page; ``ms`` is CPU milliseconds for all from bytes on, the least of ``tries``.

    With ``folds``, each page is judged by a model that has not seen its publisher.
    """
    predictions = []
    for page in corpus.pages:
        with _model(folds.model(corpus.name, page.id) if folds else None):
            found, ms = _timed(page, tries)
        predictions.append({"id": page.id, "ms": ms, **found})
    return predictions


def _timed(page: Page, tries: int) -> tuple[dict[str, Any], float]:
    found, least = dict[str, Any](), float("inf")
    for _ in range(tries):
        begun = time.process_time()
        found = _extracted(page)
        least = min(least, (time.process_time() - begun) * 1000)
    return found, least


def _extracted(page: Page) -> dict[str, Any]:
    document = SourceDocument(page.html, page.url or page.id, "text/html", RETRIEVED)
    try:
        return article_object(document, page.id)
    except ArticleRejected as rejected:
        return {"error": rejected.reason}


@contextmanager
def _model(model: Model | None) -> Iterator[None]:
    if model is None:
        yield
        return
    with patch.object(block_scorer, "load_model", lambda: model):
        yield
