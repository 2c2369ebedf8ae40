"""`python -m training.train CORPORA`: trains the block scorer, cross-validated by publisher, and writes its data file.

Needs LightGBM and NumPy (dependency group `train`). Two runs on the same pages write the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import lightgbm
import numpy as np
from numpy.typing import NDArray

from broadsheet.ingest.block_context import CONTEXT, context_row, surroundings
from broadsheet.ingest.block_features import FEATURES, feature_rows
from broadsheet.ingest.block_scorer import FORMAT, MODEL
from broadsheet.ingest.encoding import decode
from broadsheet.ingest.extract import page_facts
from broadsheet.ingest.fragment import parse_document
from broadsheet.ingest.metadata import read_metadata
from broadsheet.ingest.page_blocks import PageBlocks, segment
from training.labels import label
from training.pages import TrainingPage, load_pages

Array: TypeAlias = NDArray[np.float32]
Bag: TypeAlias = list[lightgbm.Booster]

DATA = Path(__file__).parents[2] / "shared" / "broadsheet" / "ingest" / "data" / MODEL
FOLDS = 5
INNER_FOLDS = 2
FIRST_ROUNDS, SECOND_ROUNDS = 100, 80
SEEDS = (7, 8, 9)
"""One model is trained with each, and their log-odds averaged: one alone swings with the few pages there are."""
CORPUS_WEIGHTS = {"news-pages": 2.0, "chinese-pages": 2.0, "segment-pages": 1.0, "readability-pages": 0.6}
"""How much a page of a corpus counts: carefully made golds more than another extractor's output."""
OPENING = 10
"""Rounds after which hopeless blocks are given up."""
LOST_SHARE = 0.002
"""Share of the article's weight that may be given up with the hopeless blocks."""

_COMMON = {
    "objective": "binary", "learning_rate": 0.08, "feature_fraction": 0.5, "bagging_fraction": 0.7, "bagging_freq": 1,
    "lambda_l2": 5.0, "min_sum_hessian_in_leaf": 0.5, "max_bin": 63, "verbose": -1, "num_threads": 1,
    "deterministic": True, "force_row_wise": True,
}  # fmt: skip
FIRST = _COMMON | {"num_leaves": 16, "min_child_samples": 40}
SECOND = _COMMON | {"num_leaves": 12, "min_child_samples": 60}


@dataclass(slots=True, eq=False)
class Sample:
    """A training page as numbers: a row for each block, whether it is wanted, what the answer weighs."""

    page: TrainingPage
    blocks: PageBlocks
    rows: Array
    wanted: NDArray[np.int8]
    weight: Array
    measured: NDArray[np.bool_]
    """Which blocks have a row; the others are plainly no article."""


def read_sample(page: TrainingPage) -> Sample:
    """Return ``page`` segmented, measured and labelled."""
    root = parse_document(decode(page.body, "", kind="html").text)
    facts = page_facts(root, read_metadata(root, page.url))
    blocks = segment(root, facts.title)
    labels = label(page, blocks.blocks)
    measured = feature_rows(blocks, facts)
    nothing = [0.0] * len(FEATURES)
    rows = np.array([row or nothing for row in measured], dtype=np.float32).reshape(len(labels), len(FEATURES))
    scale = CORPUS_WEIGHTS[page.corpus]
    return Sample(
        page,
        blocks,
        rows,
        np.array([found.wanted for found in labels], dtype=np.int8),
        np.array(
            [found.weight * scale if row is not None else 0.0 for found, row in zip(labels, measured, strict=True)],
            dtype=np.float32,
        ),
        np.array([row is not None for row in measured], dtype=np.bool_),
    )


def fold_of(group: str, folds: int, salt: str = "") -> int:
    """Return the fold that all pages of a publisher fall into."""
    return int(hashlib.md5(f"{salt}{group}".encode(), usedforsecurity=False).hexdigest(), 16) % folds


@dataclass(slots=True)
class Trained:
    """Both passes."""

    first: Bag
    second: Bag


def train(samples: Sequence[Sample]) -> Trained:
    """Train both passes. The second learns from answers that the first gives on pages it has not seen."""
    unseen: list[Array] = [np.zeros(0, dtype=np.float32)] * len(samples)
    for fold in range(INNER_FOLDS):
        inside = [fold_of(s.page.group, INNER_FOLDS, "inner ") == fold for s in samples]
        booster = _fit(
            FIRST, FIRST_ROUNDS, [(s.rows, s.wanted, s.weight) for s, i in zip(samples, inside, strict=True) if not i]
        )
        for index, sample in enumerate(samples):
            if inside[index]:
                unseen[index] = _judged(booster, sample)
    first = _fit(FIRST, FIRST_ROUNDS, [(s.rows, s.wanted, s.weight) for s in samples])
    second = _fit(
        SECOND,
        SECOND_ROUNDS,
        [(_with_context(s, values), s.wanted, s.weight) for s, values in zip(samples, unseen, strict=True)],
    )
    return Trained(first, second)


def _fit(parameters: dict[str, Any], rounds: int, parts: Iterable[tuple[Array, NDArray[np.int8], Array]]) -> Bag:
    rows, wanted, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    known = weight > 0
    bag = []
    for seed in SEEDS:
        data = lightgbm.Dataset(rows[known], wanted[known], weight=weight[known])
        bag.append(lightgbm.train(parameters | {"seed": seed}, data, rounds))
    return bag


def _log_odds(bag: Bag, rows: Array, rounds: int | None = None) -> NDArray[np.float64]:
    odds = [np.asarray(booster.predict(rows, raw_score=True, num_iteration=rounds)) for booster in bag]
    return np.asarray(np.mean(odds, axis=0), dtype=np.float64)


def _judged(bag: Bag, sample: Sample) -> Array:
    """Return what the first pass thinks of each block of a page."""
    if not len(sample.rows):
        return np.zeros(0, dtype=np.float32)
    return np.where(sample.measured, 1 / (1 + np.exp(-_log_odds(bag, sample.rows))), 0.0).astype(np.float32)


def _with_context(sample: Sample, values: Array) -> Array:
    around = surroundings(sample.blocks, [float(value) for value in values])
    context = [context_row(around, index) for index in range(len(values))]
    return np.hstack([sample.rows, np.array(context, dtype=np.float32).reshape(len(values), len(CONTEXT))])


def cross_validate(samples: Sequence[Sample]) -> list[tuple[int, Trained]]:
    """Return for each fold a model trained on all publishers of the others."""
    return [(fold, train([s for s in samples if fold_of(s.page.group, FOLDS) != fold])) for fold in range(FOLDS)]


def export(trained: Trained, samples: Sequence[Sample]) -> dict[str, Any]:
    """Return the model as the data that :mod:`broadsheet.ingest.block_scorer` reads."""
    return {
        "format": FORMAT,
        "features": [*FEATURES, *CONTEXT],
        "hopeless": _hopeless(trained, samples),
        "opening": _trees(trained.first)[: OPENING * len(SEEDS)],
        "first": _trees(trained.first)[OPENING * len(SEEDS) :],
        "second": _trees(trained.second),
    }


def _hopeless(trained: Trained, samples: Sequence[Sample]) -> float:
    """Return the log-odds after the opening trees below which next to nothing of any article lies."""
    found: list[tuple[float, float]] = []
    for sample in samples:
        if sample.page.paragraphs and len(sample.rows):
            odds = _log_odds(trained.first, sample.rows, OPENING)
            found += [(float(o), float(w)) for o, y, w in zip(odds, sample.wanted, sample.weight, strict=True) if y]
    found.sort()
    allowed = LOST_SHARE * sum(weight for _, weight in found)
    for lowest, weight in found:
        allowed -= weight
        if allowed < 0:
            return round(lowest - 0.05, 4)
    return -30.0


def _trees(bag: Bag) -> list[Any]:
    """Return the trees of all models, round by round, their leaves divided so that the sum is the mean."""
    dumps = [booster.dump_model()["tree_info"] for booster in bag]
    return [_node(tree["tree_structure"], len(bag)) for trees in zip(*dumps, strict=True) for tree in trees]


def _node(node: dict[str, Any], share: int) -> Any:
    if "leaf_value" in node:
        return float(f"{node['leaf_value'] / share:.4g}")
    low, high = _node(node["left_child"], share), _node(node["right_child"], share)
    return [node["split_feature"], float(f"{node['threshold']:.6g}"), low, high]


def write(model: dict[str, Any], path: Path) -> None:
    """Write ``model``, one tree on a line, so that a change can be read."""
    passes = ("opening", "first", "second")
    head = {name: value for name, value in model.items() if name not in passes}
    parts = [json.dumps(head)[:-1]]
    for name in passes:
        trees = ",\n".join(json.dumps(tree, separators=(",", ":")) for tree in model[name])
        parts.append(f'"{name}": [\n{trees}\n]')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(",\n".join(parts) + "}\n", "utf-8")


def main() -> None:
    """Train on all pages and write the data file; with ``--folds DIR`` also the models of the cross-validation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "corpora", type=Path, help="folder with news-pages, segment-pages, chinese-pages, readability-pages"
    )
    parser.add_argument("--out", type=Path, default=DATA, help="data file to write")
    parser.add_argument(
        "--folds", type=Path, help="folder for a model of each fold, FOLD.json, and folds.json: page → fold"
    )
    args = parser.parse_args()
    samples = [read_sample(page) for page in load_pages(args.corpora)]
    sys.stdout.write(f"{len(samples)} pages, {sum(len(s.rows) for s in samples)} blocks\n")
    if args.folds:
        for fold, trained in cross_validate(samples):
            write(export(trained, samples), args.folds / f"{fold}.json")
            sys.stdout.write(f"fold {fold} written\n")
        places = {f"{s.page.corpus}/{s.page.name}": fold_of(s.page.group, FOLDS) for s in samples}
        (args.folds / "folds.json").write_text(json.dumps(places, indent=1, sort_keys=True), "utf-8")
    write(export(train(samples), samples), args.out)
    sys.stdout.write(f"{args.out}: {args.out.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
