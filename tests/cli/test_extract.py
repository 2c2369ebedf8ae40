from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from broadsheet_cli.evaluate.footprint import HOSTILE
from broadsheet_cli.extract_command import MAX_FILE_BYTES
from broadsheet_cli.main import main

from .pages import ARTICLE, FIRST_LINE, MENU

FIELDS = {
    "file", "url", "title", "text", "html", "published", "modified", "authors", "language", "description", "image",
    "method", "confidence", "error",
}  # fmt: skip
REFUSED = {
    "9.9 MB of <a>": "the limit is 5,000,000",
    "9.9 MB of <a that do not end": "the limit is 5,000,000",
    "39,000 links": "more than 8,000 tags",
    "39,000 paragraphs": "more than 8,000 tags",
    "400 attributes on each of 5,000 tags": "the limit is 5,000,000",
    "200,000 attributes": "more than 500 attributes on one <p>",
    "20,000 levels of <div>": "nested more than 200 levels deep",
    "<table><tr><a> 5,000 times": "more than 8,000 tags",
    "4.9 MB of <!--": "no article found",
    "a JSON-LD that is nested": "no article found",
}
"""Hostile pages, and the words that they are refused with."""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "boat.html"
    file.write_text(ARTICLE, encoding="utf-8")
    return file


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: object) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["broadsheet", "extract", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, told.out, told.err


class Command:
    """``broadsheet extract`` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.capsys, self.monkeypatch = capsys, monkeypatch

    def __call__(self, *words: object) -> tuple[int, str, str]:
        return run(self.capsys, self.monkeypatch, *words)

    def rows(self, *words: object, status: int = 0) -> list[dict[str, Any]]:
        code, out, err = self("--jsonl", *words)
        assert (code, err) == (status, "")
        return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def extract(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capsys, monkeypatch)


def test_text_has_a_line_for_each_block_and_nothing_else(extract: Command, page: Path) -> None:
    status, out, err = extract(page)
    assert (status, err) == (0, "")
    lines = out.rstrip("\n").split("\n")
    assert lines[0].startswith(FIRST_LINE)
    assert "What it costs" in lines
    assert "The boat leaves the long quay at eleven in the evening on every day but Sunday." in lines
    assert not {"Home", "Imprint Privacy", "The night boat sails again"} & set(lines)


def test_jsonl_has_an_object_per_file_in_order(extract: Command, page: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed.html.gz"
    packed.write_bytes(gzip.compress(ARTICLE.encode()))
    urls = tmp_path / "urls.json"
    urls.write_text(json.dumps({str(page): "https://mirror.example/boat", "other.html": "https://other.example/"}))
    first, second = extract.rows("--url-map", urls, page, packed)
    assert first.keys() >= FIELDS
    assert [first["file"], second["file"]] == [str(page), str(packed)]
    assert [first["url"], second["url"]] == ["https://mirror.example/boat", "https://gazette.example/2026/night-boat/"]
    assert first["title"] == "The night boat sails again"
    assert first["text"].startswith(FIRST_LINE)
    assert first["html"].startswith(f"<p>{FIRST_LINE}")
    assert first["published"] == "2026-01-05T08:30:00+00:00"
    assert first["authors"] == ["Ana Reis"]
    assert first["language"] == "en"
    assert first["description"].startswith("After forty years")
    assert first["modified"] is None
    assert first["error"] is None
    assert 0 < first["confidence"] <= 1
    assert {**second, "file": first["file"], "url": first["url"]} == first


def test_dates_without_a_zone_are_in_the_one_that_is_given(extract: Command, page: Path) -> None:
    (row,) = extract.rows("--timezone", "Asia/Shanghai", page)
    assert row["published"] == "2026-01-05T08:30:00+08:00"


def test_a_page_without_an_article_has_an_error_and_no_text(extract: Command, page: Path, tmp_path: Path) -> None:
    menu, broken = tmp_path / "menu.html", tmp_path / "broken.html.gz"
    menu.write_text(MENU)
    broken.write_bytes(gzip.compress(ARTICLE.encode())[:200])
    none, bad, good = extract.rows(menu, broken, page)
    assert none.keys() == bad.keys() == {"file", "url", "error"}
    assert "no article found in menu.html" in none["error"]
    assert "broken gzip" in bad["error"]
    assert good["text"].startswith(FIRST_LINE)


def test_in_text_each_of_several_files_is_named_and_errors_go_elsewhere(
    extract: Command, page: Path, tmp_path: Path
) -> None:
    menu = tmp_path / "menu.html"
    menu.write_text(MENU)
    status, out, err = extract(menu, page)
    assert status == 0
    assert out.startswith(f"== {menu}\n== {page}\n{FIRST_LINE}")
    assert err.startswith("broadsheet: no article found in menu.html")


def test_a_file_that_is_not_there_is_told_and_the_others_go_on(extract: Command, page: Path) -> None:
    missing, good = extract.rows("nowhere.html", page, status=1)
    assert missing["error"] == "nowhere.html: cannot be read (No such file or directory); check the name"
    assert good["error"] is None


def test_a_page_without_a_title_keeps_its_text(extract: Command, tmp_path: Path) -> None:
    file = tmp_path / "untitled.html"
    file.write_text(ARTICLE[ARTICLE.index("<body>") :].replace("<h1>The night boat sails again</h1>", ""))
    (row,) = extract.rows(file)
    assert row["title"] == ""
    assert row["text"].startswith(FIRST_LINE)


def test_standard_input(extract: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ARTICLE.encode())))
    (row,) = extract.rows("--url", "https://gazette.example/a", "-")
    assert row["file"] == "-"
    assert row["text"].startswith(FIRST_LINE)


def test_explain_shows_what_was_weighed(extract: Command, page: Path) -> None:
    status, out, _ = extract("--explain", page)
    assert status == 0
    candidates, facts, blocks, text = out.split("\n\n")
    assert candidates.startswith("won ")
    assert "+ title: The night boat sails again" in facts
    assert "- title: " in facts
    assert "+ 0.9" in blocks
    assert any(line.startswith("- 0.") for line in blocks.splitlines())
    assert text.startswith(FIRST_LINE)
    (row,) = extract.rows("--explain", page)
    explained = row["explanation"]
    assert explained["candidates"][0]["method"] == row["method"]
    assert "html" not in explained["candidates"][0]
    assert explained["facts"]["title"][0]["won"] is True
    assert any(block["kept"] and block["text"].startswith(FIRST_LINE) for block in explained["blocks"])


def test_explain_shows_it_too_where_nothing_was_found(extract: Command, tmp_path: Path) -> None:
    menu = tmp_path / "menu.html"
    menu.write_text(f"{MENU}<p>A few words only.</p>")
    status, out, err = extract("--explain", menu)
    assert status == 0
    assert out.startswith("lost 0.000")
    assert "A few words only.  [p]" in out
    assert "no article found" in err


def test_the_recipe_of_the_page_s_host_is_followed(extract: Command, page: Path, tmp_path: Path) -> None:
    recipes = tmp_path / "recipes"
    recipes.mkdir()
    (recipes / "gazette.example.txt").write_text("body: //article/ul\n")
    (row,) = extract.rows("--recipes", recipes, "--url", "https://www.gazette.example/a", page)
    assert row["text"].startswith("The boat leaves the long quay")
    assert FIRST_LINE not in row["text"]
    (row,) = extract.rows("--recipes", recipes, "--url", "https://other.example/a", page)
    assert row["text"].startswith(FIRST_LINE)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--url", "https://a.example/", "a.html", "b.html"], "for several, write --url-map"),
        (["--url-map", "nowhere.json", "a.html"], "--url-map nowhere.json: cannot be read"),
        (["--timezone", "Mars/Base", "a.html"], "--timezone Mars/Base: no such zone"),
        (["--timezone", "../../etc/passwd", "a.html"], "no such zone"),
        ([], "Missing argument"),
    ],
)
def test_wrong_usage_is_told_with_status_2(extract: Command, words: list[str], reason: str) -> None:
    status, out, err = extract(*words)
    assert (status, out) == (2, "")
    assert reason in " ".join(err.split())


@pytest.mark.parametrize("content", ["[1, 2]", '{"a.html": 3}', "not JSON"])
def test_a_url_map_of_another_shape_is_refused(extract: Command, tmp_path: Path, content: str) -> None:
    urls = tmp_path / "urls.json"
    urls.write_text(content)
    status, _, err = extract("--url-map", urls, "a.html")
    assert status == 2
    assert "{file: url}" in err


@pytest.mark.parametrize("name", REFUSED)
def test_pages_made_to_cost_time_are_refused_by_name(extract: Command, tmp_path: Path, name: str) -> None:
    file = tmp_path / "hostile.html"
    file.write_bytes(HOSTILE[name])
    (row,) = extract.rows(file)
    assert REFUSED[name] in row["error"]


def test_a_gzip_that_unpacks_to_more_than_a_page_is_refused(extract: Command, tmp_path: Path) -> None:
    file = tmp_path / "bomb.html.gz"
    file.write_bytes(gzip.compress(b" " * (MAX_FILE_BYTES + 1), 9))
    (row,) = extract.rows(file)
    assert "more than 40 MB" in row["error"]


def test_a_reader_that_has_seen_enough_is_no_fault(page: Path) -> None:
    command = [sys.executable, "-m", "broadsheet_cli.main", "extract", "--jsonl", *[str(page)] * 40]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603 - our own
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["error"] is None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_characters_that_no_text_may_hold_are_left_out(extract: Command, tmp_path: Path) -> None:
    file = tmp_path / "boat.html"
    dirty = ARTICLE.replace("<p>", "<p cl\x01ass='\x02'>\x00&#1;<!-- \x0b -->&#x1F;").replace(
        "boat", "bo\x1fat&#xffff;"
    )
    file.write_bytes(dirty.encode())
    (row,) = extract.rows(file)
    assert row["text"].startswith(FIRST_LINE)
    assert row["title"] == "The night boat sails again"
