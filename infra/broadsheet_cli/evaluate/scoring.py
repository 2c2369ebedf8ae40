"""The corpora that are there, and the score of what was extracted from their pages.

The corpora are no part of the project, nor is the program that scores them: both lie beside a development checkout.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]
CORPORA = PROJECT.parent / "shared" / "corpora"
SCORER = PROJECT.parent / "shared" / "tools" / "extraction_score.py"
NAMES = ("news-pages", "segment-pages", "chinese-pages", "readability-pages")
"""The last one's golds are another extractor's output, so it tells what changed and not who is better."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a corpus as it is given to an extractor; ``url`` is "" where it is not known."""

    id: str
    html: bytes
    url: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus with its golds, which only the scoring program understands."""

    name: str
    pages: tuple[Page, ...]
    golds: tuple[Any, ...]
    scorer: Any

    def score(self, predictions: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """Return all figures for ``predictions`` (each with its page's ``id``), the pages' own under ``pages``."""
        result: dict[str, Any] = self.scorer.score(self.golds, {found["id"]: found for found in predictions})
        return result | {"headline": self.scorer.headline(result)}


def load_corpora(folder: Path = CORPORA, scorer: Path = SCORER) -> list[Corpus]:
    """Return the corpora in ``folder``, in a fixed order; none where they or the scoring program are absent."""
    if not scorer.is_file():
        return []
    program = _program(scorer)
    corpora = []
    for name in NAMES:
        if (folder / name).is_dir():
            golds = tuple(program.load_corpus(folder / name))
            corpora.append(Corpus(name, tuple(Page(g.id, g.html, g.url) for g in golds), golds, program))
    return corpora


def _program(file: Path) -> Any:
    spec = importlib.util.spec_from_file_location("extraction_score", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python program")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look for their module there
    spec.loader.exec_module(module)
    return module
