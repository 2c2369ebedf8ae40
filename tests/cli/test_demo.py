"""The demo: an invented newspaper, twice, with every address on it followed."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3
from lxml import html
from rich.console import Console

from broadsheet_cli import demo
from broadsheet_cli.demo_origin import serving

SITE = "https://lantern.example"
PLANNED = {
    ("harbour-board", "HB-2026-022"): "robots.txt does not allow Broadsheet to fetch",
    ("lanchuan-daily", "LC20260310-02"): "'paper.body' of source lanchuan-daily gives no text",
    ("lanchuan-daily", "LC20260312-04"): "no title",
    ("lanchuan-daily", "LC20260312-05"): "answered 500 Internal Server Error: it is tried again later. (tried 4 times)",
    ("lanchuan-weather", "listing"): "is an HTML or XML page, no JSON",
    ("upload", "articles/anchors.md"): "aliases and anchors are not allowed",
    ("upload", "articles/colon.md"): "line 2, column 15: mapping values are not allowed here",
    ("upload", "articles/lost-edit.md"): "'aaaaaaaaaaaaaaaa' names no article",
    ("upload", "articles/seal.png"): "unknown kind of article '.png'",
    ("upload", "articles/unfinished.json"): "broken JSON in line 4, column 27",
    ("upload", "bundles/weekend.zip#../press-release.md"): "its name leads out of the bundle",
    ("upload", "misc/minutes.txt"): "unknown place",
}
"""What is broken on purpose, and a part of the reason that an operator reads."""
TOLD = 48
"""Articles that were told: 17 by upload, 31 by the sources."""
REQUESTS = 29
"""5 listings, robots.txt, 3 pages, and 15 texts of which one is asked for 3 times and one 4 times."""
NOT_SHOWN = 3
"""A draft, one held until its date, one withdrawn."""


@dataclass(frozen=True)
class Demo:
    out: Path
    report: dict[str, Any]
    exit_status: int

    @property
    def site(self) -> Path:
        return self.out / "site"

    def posts(self) -> list[str]:
        return [path.read_text(encoding="utf-8") for path in sorted((self.out / "posts").iterdir())]

    def post(self, words: str) -> str:
        (post,) = (text for text in self.posts() if words in text)
        return post

    def page_of(self, post: str) -> str:
        found = re.search(r'^permalink: "?(/[^"\n]+)', post, re.MULTILINE)
        assert found
        return (self.site / found[1].strip("/") / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    out = tmp_path_factory.mktemp("first")
    outcome = demo.run_demo(out, Console(quiet=True))
    return Demo(out, dict(outcome.report), outcome.exit_status)


def test_every_article_is_accounted_for(first: Demo) -> None:
    assert first.exit_status == 0
    assert first.report["dead_letters"] == []
    assert first.report["articles"]["stored"] == TOLD
    assert first.report["articles"]["unpublished"] == 1
    assert len(first.posts()) == TOLD - NOT_SHOWN
    assert sum(first.report["requests"].values()) == REQUESTS
    assert json.loads((first.out / "report.json").read_text(encoding="utf-8")) == first.report


def test_what_is_broken_is_rejected_with_its_reason_and_nothing_else_is(first: Demo) -> None:
    reasons = {(r["source"], r["input"]): r["reason"] for r in first.report["rejections"]}
    assert reasons.keys() == PLANNED.keys()
    for place, reason in PLANNED.items():
        assert reason in reasons[place]


def test_both_languages_are_there_with_categories_in_pinyin(first: Demo) -> None:
    languages = re.findall(r"^lang: (\S+)", "\n".join(first.posts()), re.MULTILINE)
    assert languages.count("en") > 20
    assert languages.count("zh-CN") > 12
    categories = {path.name for path in (first.site / "category").iterdir() if path.is_dir()}
    assert {"town-hall", "letters-to-the-editor", "walks", "yaowen", "yinyue", "keji", "shi"} <= categories


def test_a_story_told_twice_is_one_article_with_the_better_text(first: Demo) -> None:
    page = first.page_of(first.post("after four hours and one power cut"))
    assert "Read the original at Ellery Post" in page
    assert re.search(r"Also reported by.*Coast Wire", page, re.DOTALL)
    assert not re.search(r'^title: "?Port Ellery keeps', "\n".join(first.posts()), re.MULTILINE)


def test_two_reports_of_one_event_stay_two_articles_that_name_each_other(first: Demo) -> None:
    post, wire = first.post("Rope Walk Museum reopens"), first.post("Rope museum opens after three years")
    for page, other, address in (
        (first.page_of(post), "Coast Wire", wire),
        (first.page_of(wire), "Ellery Post", post),
    ):
        permalink = re.search(r'^permalink: "?(/[^"\n]+)', address, re.MULTILINE)
        assert permalink
        also = re.search(r"Also reported by.*?</", page, re.DOTALL)
        assert also
        assert permalink[1].strip('"') in page
        assert other in page


def test_what_its_source_filters_and_strips_is_not_there(first: Demo) -> None:
    everything = "\n".join(first.posts())
    assert "Sponsored" not in everything
    assert "sign up for our letter" not in everything


def test_a_text_that_came_at_the_third_try_is_published(first: Demo) -> None:
    assert "终点站要有热水" in first.post("夜班公交多开一小时")


def test_second_thoughts_take_effect(first: Demo) -> None:
    market, match = first.post("The spring market moves"), first.post("Mariners 3, Highmoor Athletic 2")
    assert "Fifty-three stalls" in market
    assert "Fifty-two" not in market
    assert "Signe" in match
    assert "last_modified_at: 2026-03-14T08:59:00+01:00" in match
    everything = "\n".join(first.posts())
    for gone in ("filming of a car park", "What the mayor will say", "a lecture on fog", "Our product is everywhere"):
        assert gone not in everything


def test_every_internal_address_leads_to_a_file(first: Demo) -> None:
    pages = sorted(first.site.rglob("*.html"))
    assert len(pages) > TOLD
    for page in pages:
        tree = html.fromstring(page.read_bytes())
        for element in tree.iter():
            for address in filter(None, (element.get("href"), element.get("src"))):
                _assert_leads_somewhere(address, first.site, page)
    for feed in [*first.site.rglob("*.xml"), *first.site.rglob("*.json")]:
        for address in re.findall(rf"{SITE}/[^\"<>\s\\]*", feed.read_text(encoding="utf-8")):
            _assert_leads_somewhere(address, first.site, feed)


def _assert_leads_somewhere(address: str, site: Path, where: Path) -> None:
    path = address.removeprefix(SITE).partition("#")[0].partition("?")[0]
    if not path.startswith("/") or path.startswith("//"):
        return
    file = site / path.lstrip("/") / ("index.html" if path.endswith("/") else "")
    assert file.is_file(), f"{where.relative_to(site)} leads to {address}, which is not there"


def test_another_process_on_another_port_makes_the_same_bytes(first: Demo, tmp_path: Path) -> None:
    # The order of sets differs from process to process; neither it nor the port may reach the site.
    with _port_taken():
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "broadsheet_cli.demo", "--out", str(tmp_path)],
            env={**os.environ, "PYTHONHASHSEED": "20260314"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "Rejected, and why" in done.stderr
    assert str(tmp_path / "site") in done.stderr.replace("\n", "")
    for folder in ("site", "posts"):
        assert _bytes(tmp_path / folder) == _bytes(first.out / folder)
    second = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert _comparable(second) == _comparable(first.report)


@pytest.fixture
def port_taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        yield holder.getsockname()[1]


def _port_taken() -> socket.socket:
    """Hold the port that the configuration names; where another process does already, so much the better."""
    holder = socket.socket()
    try:
        holder.bind(("127.0.0.1", int(demo.ORIGIN.rpartition(":")[2])))
        holder.listen()
    except OSError:
        pass
    return holder


def _bytes(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _comparable(report: dict[str, Any]) -> Any:
    text = json.dumps({**report, "seconds": 0}, ensure_ascii=False, sort_keys=True)
    return re.sub(r"127\.0\.0\.1:\d+", "ORIGIN", text)


def test_a_fault_of_the_origin_heals_after_its_times(tmp_path: Path) -> None:
    (tmp_path / "faults.json").write_text('{"/a.json": {"status": 503, "times": 2}, "/b.json": {"status": 500}}')
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text("{}")
    with serving(tmp_path, 0) as origin:
        assert _statuses(origin, "/a.json?x=1", "/a.json", "/a.json") == [503, 503, 200]
        assert _statuses(origin, "/b.json", "/b.json", "/b.json") == [500, 500, 500]


def test_the_origin_serves_nothing_but_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "origin"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("not for you")
    (folder / "faults.json").write_text("{}")
    (folder / "a.txt").write_text("for you")
    with serving(folder, 0) as origin:
        assert _statuses(origin, "/a.txt", "/../secret.txt", "/%2e%2e/secret.txt", "/faults.json", "/") == [200] + 4 * [
            404
        ]


def _statuses(origin: str, *paths: str) -> list[int]:
    return [urllib3.request("GET", f"http://{origin}{path}", retries=False).status for path in paths]


def test_a_taken_port_is_no_obstacle(port_taken: int, tmp_path: Path) -> None:
    (tmp_path / "faults.json").write_text("{}")
    with serving(tmp_path, port_taken) as origin:
        assert origin.rpartition(":")[2] != str(port_taken)
    server = demo.site_server(tmp_path, port_taken, Console(quiet=True))
    with server:
        assert server.server_port != port_taken
