"""``python -m broadsheet_cli.evaluate``: score, print, and write ``eval.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from broadsheet_cli.progress import make_console

from .feeds import judge_feeds
from .floors import Broken, Floor, Side, broken, read_floors
from .footprint import hostile_pages, import_ms, largest_page_mb, rival_import_ms
from .ours import FOLDS, Folds, extract_all, read_folds
from .rivals import rival_names, rival_predictions
from .scoring import CORPORA, SCORER, Corpus, load_corpora
from .tables import make_table_console, print_corpus, print_footprint, print_hostile

SHIPPED, UNSEEN = "as shipped", "unseen"
"""Ours with the model in the package, and with one that was not trained on the page's publisher."""
FAST = "trafilatura fast"
TRIES = 2
COST_CORPUS = "news-pages"
"""Whose pages time is taken on: real ones, with all that is around the article."""

Results = dict[str, dict[str, dict[str, Any]]]
"""Figures by corpus and extractor."""


def main(
    out: Annotated[Path, typer.Option(help="Where eval.json and the predictions go.")] = Path("build/eval"),
    corpora: Annotated[Path, typer.Option(help="Folder of the corpora.")] = CORPORA,
    scorer: Annotated[Path, typer.Option(help="The program that scores.")] = SCORER,
    folds: Annotated[Path, typer.Option(help="Folder of the models of a cross-validation.")] = FOLDS,
    cost: Annotated[bool, typer.Option(help="Only what extraction costs: time, import, memory.")] = False,
) -> None:
    """Score extraction against pages whose articles are known, beside another extractor in the same run.

    Exit status: 0 all floors hold, or there is nothing to score; 1 a figure is below its floor.

    Example: python -m broadsheet_cli.evaluate --out build/eval
    """
    progress, console = make_console(), make_table_console()
    found = load_corpora(corpora, scorer)
    if not found:
        console.print(f"Nothing to score: no corpora in {corpora}, or no {scorer}; they are no part of this project.")
        return
    if cost:
        found = [corpus for corpus in found if corpus.name == COST_CORPUS]
    unseen = None if cost else read_folds(folds)
    if unseen is None and not cost:
        console.print(f"No cross-validation in {folds}: what follows is judged by a model that may know the pages.")
    out.mkdir(parents=True, exist_ok=True)
    results: Results = {}
    for corpus in found:
        progress.print(f"{corpus.name}: {len(corpus.pages)} pages ...", highlight=False)
        results[corpus.name] = _scored(corpus, unseen, out)
        print_corpus(console, corpus.name, results[corpus.name])
    imports = {"ours": import_ms("broadsheet.ingest.extract"), "trafilatura": rival_import_ms()}
    present = {name: ms for name, ms in imports.items() if ms is not None}
    memory = largest_page_mb(found)
    print_footprint(console, present, memory)
    hostile = hostile_pages()
    print_hostile(console, hostile)
    below = [] if cost else [*_below(read_floors(), results), *judge_feeds(console, corpora)]
    for floor in below:
        console.print(f"below its floor: {floor}")
    document = {
        "results": results,
        "import_ms": present,
        "largest_page_mb": memory,
        "hostile": [asdict(page) for page in hostile],
        "below_floor": [str(floor) for floor in below],
    }
    (out / "eval.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(f"written: {out / 'eval.json'}")
    raise typer.Exit(1 if below else 0)


def _scored(corpus: Corpus, unseen: Folds | None, out: Path) -> dict[str, dict[str, Any]]:
    """Return the figures of each extractor; what ours and the others made of the pages is written to ``out``."""
    made = {SHIPPED: extract_all(corpus, tries=TRIES)}
    if unseen is not None:
        made = {UNSEEN: extract_all(corpus, unseen), **made}
    for rival in rival_names():
        made[rival] = rival_predictions(corpus, rival)
    results = {}
    for extractor, predictions in made.items():
        results[extractor] = corpus.score(predictions)
        if not any("language" in prediction for prediction in predictions):
            results[extractor].pop("language", None)
        _write_lines(out / f"{corpus.name}.{extractor.replace(' ', '-')}.jsonl", predictions)
    if FAST in results:
        for result in results.values():
            result["ratio"] = result["ms_median"] / results[FAST]["ms_median"]
    return results


def _write_lines(file: Path, predictions: Iterable[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(p, ensure_ascii=False) + "\n" for p in predictions), encoding="utf-8")


def _below(floors: list[Floor], results: Results) -> list[Broken]:
    sides: dict[Side, str] = {"unseen": UNSEEN, "shipped": SHIPPED}
    found = []
    for side, extractor in sides.items():
        told = {corpus: by[extractor] for corpus, by in results.items() if extractor in by}
        found += broken(floors, side, told)
    return found


if __name__ == "__main__":
    typer.run(main)
