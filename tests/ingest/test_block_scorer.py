from __future__ import annotations

import json
from importlib import resources
from math import exp
from typing import Any

import pytest

from broadsheet.ingest import block_scorer
from broadsheet.ingest.block_context import CONTEXT, context_row, surroundings
from broadsheet.ingest.block_features import FEATURES, PageFacts
from broadsheet.ingest.block_scorer import FORMAT, MODEL, load_model, read_model, score_blocks
from broadsheet.ingest.fragment import parse_document
from broadsheet.ingest.page_blocks import PageBlocks, segment

SENTENCE = "The council met on Tuesday, and for the first time in years it agreed on something."
LARGEST = 400_000
"""Bytes: the model is read at the first page of a cold start."""


def page(*texts: str) -> PageBlocks:
    return segment(parse_document("<html><body>" + "".join(f"<p>{text}</p>" for text in texts) + "</body></html>"))


def model(**changes: Any) -> dict[str, Any]:
    weight = FEATURES.index("weight")
    return {
        "format": FORMAT,
        "features": [*FEATURES, *CONTEXT],
        "hopeless": -30.0,
        "opening": [[weight, 4.0, -1.0, 1.0]],
        "first": [0.5],
        "second": [[len(FEATURES) + CONTEXT.index("p_own"), 0.5, -2.0, 2.0]],
    } | changes


def scored(monkeypatch: pytest.MonkeyPatch, data: dict[str, Any], *texts: str) -> list[float]:
    monkeypatch.setattr(block_scorer, "load_model", lambda: read_model(data))
    return score_blocks(page(*texts), PageFacts())


def test_the_second_pass_decides_with_what_the_first_one_thought(monkeypatch: pytest.MonkeyPatch) -> None:
    assert scored(monkeypatch, model(), "short", SENTENCE) == pytest.approx([1 / (1 + exp(2)), 1 / (1 + exp(-2))])


def test_a_hopeless_block_is_given_up_early(monkeypatch: pytest.MonkeyPatch) -> None:
    data = model(hopeless=-0.5, first=[100.0])
    assert scored(monkeypatch, data, "short", SENTENCE)[0] == pytest.approx(1 / (1 + exp(2)))
    assert scored(monkeypatch, model(hopeless=-5.0, first=[100.0]), "short")[0] == pytest.approx(1 / (1 + exp(-2)))


def test_a_block_that_is_surely_none_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert scored(monkeypatch, model(first=[-9.0]), "short")[0] == pytest.approx(1 / (1 + exp(10)))


@pytest.mark.parametrize("changes", [{"format": 0}, {"features": list(FEATURES)}])
def test_a_model_for_other_features_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="make train"):
        read_model(model(**changes))


def test_the_model_of_the_package_fits_and_is_small() -> None:
    file = resources.files("broadsheet.ingest").joinpath("data", MODEL)
    assert len(file.read_bytes()) < LARGEST
    assert len(json.loads(file.read_text("utf-8"))["features"]) == len(FEATURES) + len(CONTEXT)
    assert load_model().first


def test_nothing_is_scored_as_nothing() -> None:
    assert score_blocks(page(), PageFacts()) == []


def test_a_row_of_context_has_a_value_for_each_name() -> None:
    blocks = page("one", "two", "three")
    row = dict(zip(CONTEXT, context_row(surroundings(blocks, [0.0, 0.5, 1.0]), 1), strict=True))
    assert (row["p_before1"], row["p_after1"], row["p_own"], row["p_most"]) == (0.0, 1.0, 0.5, 1.0)
    assert row["p_before2"] == row["p_after2"] == pytest.approx(-0.1)
    assert row["p_box_all"] == 0.5
    assert row["p_box_others"] == pytest.approx(-0.1)
    assert row["p_parent_others"] == pytest.approx(5 / 8)
