"""The figures as tables, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .footprint import HOSTILE_SECONDS, Hostile

FIGURES = {
    "headline": "F1",
    "macro_precision": "precision",
    "macro_recall": "recall",
    "segment_precision": "precision",
    "segment_recall": "recall",
    "paragraphs_in_order": "paragraphs",
    "comments_leaked": "comments",
    "title_exact": "title",
    "same_day": "day",
    "same_instant": "instant",
    "authors_equal": "authors",
    "language": "language",
    "ms_median": "ms/page",
    "ratio": "× fast",
}
"""What is shown of a corpus, where it has it."""


def make_table_console() -> Console:
    """Return the console for the figures: standard output, wide enough for them where it is no terminal."""
    console = Console(soft_wrap=True, highlight=False)
    return console if console.is_terminal else Console(soft_wrap=True, highlight=False, width=160)


def print_corpus(console: Console, name: str, results: Mapping[str, Mapping[str, Any]]) -> None:
    """Print a row for each extractor that was scored on the corpus; ``results`` are its figures by extractor."""
    shown = [figure for figure in FIGURES if any(figure in result for result in results.values())]
    count = next(iter(results.values()))["page_count"]
    table = Table(title=f"{name}: {count} pages", title_justify="left", box=None, pad_edge=False)
    table.add_column("")
    for figure in shown:
        table.add_column(FIGURES[figure], justify="right")
    table.add_column("empty", justify="right")
    for extractor, result in results.items():
        table.add_row(extractor, *(_cell(figure, result.get(figure)) for figure in shown), str(result["empty"]))
    console.print(table)
    console.print()


def _cell(figure: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1f}" if figure == "ms_median" else f"{value:.2f}" if figure == "ratio" else f"{value:.3f}"


def print_footprint(console: Console, imports: Mapping[str, float], memory_mb: float | None) -> None:
    """Print what the extractors cost beside time per page."""
    shown = ", ".join(f"{name} {ms:.0f} ms" for name, ms in imports.items())
    memory = "not told" if memory_mb is None else f"{memory_mb:.0f} MB"
    console.print(f"import: {shown}; memory on the largest page: {memory}\n")


def print_hostile(console: Console, found: list[Hostile]) -> None:
    """Print what became of the hostile pages."""
    table = Table(title="Pages made to cost time", title_justify="left", box=None, pad_edge=False)
    for heading in ("", "CPU s", "outcome"):
        table.add_column(heading, justify="right" if heading == "CPU s" else "left", no_wrap=heading != "outcome")
    for page in found:
        late = " too long" if page.seconds > HOSTILE_SECONDS else ""
        table.add_row(escape(page.name), f"{page.seconds:.2f}{late}", escape(page.outcome[:90]))
    console.print(table)
    console.print()
