from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from broadsheet.ingest import block_scorer
from broadsheet_cli.evaluate import __main__ as command
from broadsheet_cli.evaluate.floors import FILE, Floor, broken, lines_without_reason, read_floors
from broadsheet_cli.evaluate.ours import Folds, extract_all, read_folds
from broadsheet_cli.evaluate.rival_program import main as rival
from broadsheet_cli.evaluate.scoring import CORPORA, NAMES, Corpus, Page, load_corpora

from .pages import ARTICLE, FIRST_LINE, MENU

SCORER = """
from dataclasses import dataclass

@dataclass
class Gold:
    id: str
    html: bytes
    url: str

def load_corpus(folder):
    return [Gold(f.stem, f.read_bytes(), "") for f in sorted(folder.glob("*.html"))]

def score(golds, predictions):
    share = sum("boat" in predictions.get(g.id, {}).get("text", "") for g in golds) / len(golds)
    return {"macro_f1": share, "page_count": len(golds), "empty": 0, "ms_median": 1.0, "pages": []}

def headline(result):
    return result["macro_f1"]
"""
"""Stands for the program that scores: a page is right where its text has a boat."""


@pytest.fixture
def invented(tmp_path: Path) -> Path:
    """A folder with a corpus of one article and one menu, and a program to score it."""
    folder = tmp_path / "corpora" / "news-pages"
    folder.mkdir(parents=True)
    (folder / "boat.html").write_text(ARTICLE, encoding="utf-8")
    (folder / "menu.html").write_text(MENU, encoding="utf-8")
    (tmp_path / "score.py").write_text(SCORER)
    return tmp_path


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """The evaluation without what takes long and is told by no figure of a corpus."""
    monkeypatch.setattr(command, "hostile_pages", list)
    monkeypatch.setattr(command, "import_ms", lambda _: 1.0)
    monkeypatch.setattr(command, "rival_import_ms", lambda: None)
    monkeypatch.setattr(command, "rival_names", list)
    monkeypatch.setattr(command, "largest_page_mb", lambda _: 1.0)


def evaluate(folder: Path) -> int:
    with pytest.raises(typer.Exit) as ended:
        command.main(folder / "out", folder / "corpora", folder / "score.py", folder / "folds")
    return ended.value.exit_code


def test_where_there_are_no_corpora_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.main(tmp_path / "out", tmp_path / "nowhere", tmp_path / "score.py", tmp_path)
    assert "Nothing to score: no corpora in" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize(("bound", "status"), [(0.5, 0), (0.6, 1)])
def test_a_figure_below_its_floor_is_told_and_fails(
    invented: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, bound: float, status: int
) -> None:
    monkeypatch.setattr(command, "read_floors", lambda: [Floor("shipped", "news-pages", "macro_f1", bound)])
    assert evaluate(invented) == status
    out = capsys.readouterr().out
    assert ("below its floor: news-pages (shipped): macro_f1 is 0.5000, the floor is 0.6" in out) == bool(status)
    assert "news-pages: 2 pages" in out
    assert "a model that may know the pages" in out
    document = json.loads((invented / "out" / "eval.json").read_text(encoding="utf-8"))
    assert document["results"]["news-pages"]["as shipped"]["macro_f1"] == 0.5
    lines = (invented / "out" / "news-pages.as-shipped.jsonl").read_text(encoding="utf-8").splitlines()
    boat, menu = (json.loads(line) for line in lines)
    assert boat["text"].startswith(FIRST_LINE)
    assert "no article found" in menu["error"]


def test_a_page_is_judged_by_the_model_that_has_not_seen_it() -> None:
    shipped = block_scorer.load_model()
    blind = block_scorer.Model(opening=(-9.0,), first=(), second=(), hopeless=-30.0)
    corpus = Corpus("c", (Page("seen", ARTICLE.encode(), ""), Page("other", ARTICLE.encode(), "")), (), None)
    seen, other = extract_all(corpus, Folds({0: shipped, 1: blind}, {"c/seen": 0, "c/other": 1}))
    assert seen["text"].startswith(FIRST_LINE)
    assert "no article found" in other["error"]
    assert block_scorer.load_model() is shipped


def test_no_folds_are_none(tmp_path: Path) -> None:
    assert read_folds(tmp_path) is None


@pytest.mark.parametrize(
    ("figure", "value", "holds"),
    [("f1", 0.5, True), ("f1", 0.4999, False), ("comments_leaked", 0.5, True), ("comments_leaked", 0.51, False)],
)
def test_what_leaks_has_a_ceiling_and_all_else_a_floor(figure: str, value: float, holds: bool) -> None:
    floor = Floor("shipped", "c", figure, 0.5)
    assert [found.value for found in broken([floor], "shipped", {"c": {figure: value}})] == ([] if holds else [value])


def test_a_figure_that_is_not_measured_any_more_breaks_its_floor() -> None:
    floor = Floor("shipped", "c", "f1", 0.5)
    (found,) = broken([floor], "shipped", {"c": {}})
    assert str(found) == "c (shipped): f1 is not measured, the floor is 0.5"
    assert broken([floor], "shipped", {"other": {}}) == []
    assert broken([floor], "unseen", {"c": {}}) == []


def test_every_floor_says_since_when_and_why() -> None:
    assert lines_without_reason(FILE.read_text(encoding="utf-8")) == []
    assert lines_without_reason("[shipped.c]\n# why\nf1 = 0.9\nf2 = 0.9  # 2026-01-01: x\n") == [
        "f1 = 0.9",
        "f2 = 0.9  # 2026-01-01: x",
    ]


def test_floors_are_of_figures_that_there_are() -> None:
    floors = read_floors()
    assert {floor.side for floor in floors} <= {"unseen", "shipped"}
    assert {floor.corpus for floor in floors} <= set(NAMES)
    assert all(0 < floor.bound < 1 for floor in floors)


@pytest.fixture(scope="module")
def corpora() -> dict[str, Corpus]:
    return {corpus.name: corpus for corpus in load_corpora()}


@pytest.mark.parametrize("name", [name for name in NAMES if name in {floor.corpus for floor in read_floors()}])
def test_the_floors_hold(name: str, corpora: dict[str, Corpus]) -> None:
    if name not in corpora:
        pytest.skip(f"no {name} in {CORPORA}, or nothing to score it with")
    result: dict[str, Any] = corpora[name].score(extract_all(corpora[name]))
    assert broken(read_floors(), "shipped", {name: result}) == []


def test_the_rival_is_called_with_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "trafilatura.py").write_text(
        "from types import SimpleNamespace\n"
        "def bare_extraction(body, **options):\n"
        "    assert options == {'url': None, 'include_comments': False, 'with_metadata': True, 'fast': True}\n"
        "    return body and SimpleNamespace(text=body.decode(), title='T', date='2026-01-05', author='Ana Reis; Bo Lind')\n"
    )
    (tmp_path / "page.html").write_text("words")
    (tmp_path / "empty.html").write_text("")
    pages = [{"id": n, "file": str(tmp_path / f"{n}.html"), "url": ""} for n in ("page", "empty")]
    (tmp_path / "pages.json").write_text(json.dumps(pages))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "argv", ["rival_program.py", str(tmp_path / "pages.json"), "fast"])
    rival()
    page, empty = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert page.pop("ms") >= 0
    assert page == {
        "id": "page", "text": "words", "title": "T", "published": "2026-01-05", "authors": ["Ana Reis", "Bo Lind"],
    }  # fmt: skip
    assert empty.keys() == {"id", "ms"}
