from __future__ import annotations

from dataclasses import replace
from html import escape

import pytest
from rich.console import Console

from broadsheet.model.errors import BroadsheetError
from broadsheet_cli.bench import fetch_to_stored, rival_crawl
from broadsheet_cli.bench.correctness import Correctness, StoredArticle, judge
from broadsheet_cli.bench.fetch_to_stored import (
    OURS,
    OWN,
    FetchToStored,
    Pace,
    fetch_goals,
    measure_fetch_to_stored,
    print_fetch_to_stored,
)
from broadsheet_cli.bench.fresh import in_fresh_process
from broadsheet_cli.bench.ingestion import MEASURED, WARM, Ingestion, measure_ingestion
from broadsheet_cli.bench.news_pages import LARGEST, SMALLEST, NewsPage, news_page, path_of
from broadsheet_cli.bench.news_server import serving_pages

HOST = "127.0.0.1:1"


def stored(page: NewsPage) -> StoredArticle:
    return StoredArticle(page.title, "\n".join(page.wanted), f"{page.published:%Y-%m-%d %H:%M:%S}")


def pace(name: str, cpu_seconds: float, right: int | None = None) -> Pace:
    judged = None if right is None else Correctness(10, 10, 10, right, 10, right, 10)
    return Pace(name, 10, cpu_seconds, judged)


MEASURED_BOTH = FetchToStored(70.0, pace(OURS, 0.5, 9), pace(OWN, 0.25), pace("news-please 1", 1.0, 6))


# ---- the pages


def test_a_page_is_the_same_in_every_run_and_no_two_are_alike() -> None:
    assert news_page(7) == news_page(7)
    pages = [news_page(number) for number in range(30)]
    assert len({page.title for page in pages}) == len({page.html for page in pages}) == 30


def test_pages_are_of_the_sizes_of_real_ones() -> None:
    sizes = sorted(len(news_page(number).html) for number in range(60))
    assert SMALLEST <= sizes[0] < 2 * SMALLEST
    assert LARGEST / 2 < sizes[-1] <= 1.1 * LARGEST
    assert sizes[30] < (SMALLEST + LARGEST) / 2


@pytest.mark.parametrize("number", range(12))
def test_a_page_holds_what_is_wanted_and_what_is_not(number: int) -> None:
    page = news_page(number)
    text = page.html.decode()
    assert len(page.wanted) == 5
    for part in (escape(page.title), *page.wanted, *page.unwanted):
        assert part in text
    assert all(text.count(sentence) == 1 for sentence in page.wanted)


# ---- the judgement


def test_what_is_stored_whole_and_clean_is_right() -> None:
    pages = [news_page(number) for number in range(3)]
    found = {f"http://{HOST}{path_of(page.number)}": stored(page) for page in pages}
    assert judge(pages, found, HOST) == Correctness(3, 3, 3, 3, 3, 3, 3)
    assert judge(pages, {}, HOST) == Correctness(3, 0, 0, 0, 0, 0, 0)


def test_each_fault_is_counted_where_it_belongs() -> None:
    page = news_page(1)
    good = stored(page)
    for bad, expected in (
        (replace(good, title=f"{page.title} | The Estuary"), Correctness(1, 1, 0, 1, 1, 0, 1)),
        (replace(good, text=" ".join(page.wanted[1:])), Correctness(1, 1, 1, 0, 1, 0, 1)),
        (replace(good, text=f"{good.text} {page.unwanted[3]}"), Correctness(1, 1, 1, 1, 0, 0, 1)),
        (replace(good, published=None), Correctness(1, 1, 1, 1, 1, 1, 0)),
        (replace(good, published="2020-01-01 00:00"), Correctness(1, 1, 1, 1, 1, 1, 0)),
    ):
        assert judge([page], {f"http://{HOST}{path_of(1)}": bad}, HOST) == expected


# ---- what is said of it


def test_each_pace_is_printed_beside_its_ratio_to_news_please(capsys: pytest.CaptureFixture[str]) -> None:
    print_fetch_to_stored(Console(width=120), MEASURED_BOTH)
    printed = capsys.readouterr().out
    assert "baseline: news-please 1" in printed
    rows = {line.split("│")[1].strip(): line.split("│")[2:-1] for line in printed.splitlines() if line.startswith("│")}
    assert [cell.strip() for cell in rows[OURS][:3]] == ["20.0", "2.00", "50.0"]
    assert [cell.strip() for cell in rows[OWN][:3]] == ["40.0", "4.00", "25.0"]
    assert [cell.strip() for cell in rows["news-please 1"][3:]] == ["10", "10", "6", "10", "6", "10"]
    assert "no pages are rendered" in printed


def test_without_news_please_ours_is_the_baseline_and_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    print_fetch_to_stored(Console(width=120), replace(MEASURED_BOTH, rival=None))
    printed = capsys.readouterr().out
    assert "news-please is not installed" in printed
    assert f"baseline: {OURS}" in printed


def test_goals_are_to_be_faster_and_less_often_wrong() -> None:
    cpu, wrong = fetch_goals(MEASURED_BOTH)
    assert (cpu.measured, wrong.measured) == (0.5, 0.25)
    assert all(goal.measured is None for goal in fetch_goals(None))
    assert all(goal.measured is None for goal in fetch_goals(replace(MEASURED_BOTH, rival=None)))
    flawless = replace(MEASURED_BOTH, rival=pace("news-please 1", 1.0, 10))
    assert list(fetch_goals(flawless))[1].shown.startswith("holds")


# ---- the whole


def test_ours_stores_every_page_and_renders_none() -> None:
    pages, warm = [news_page(number) for number in range(4)], [news_page(9)]
    with serving_pages({WARM: warm, MEASURED: pages}) as host:
        run = in_fresh_process(measure_ingestion, host, 1, 4)
        right = judge(pages, run.articles, host)
    assert (right.stored, right.titles, right.dates) == (4, 4, 4)
    assert 0 < run.own_seconds < run.cpu_seconds


def test_news_please_crawls_the_same_pages() -> None:
    pages = [news_page(number) for number in range(1, 4)]
    with serving_pages({MEASURED: pages}) as host:
        crawled = rival_crawl.crawl(pages, news_page(7), host)
        if crawled is None:
            pytest.skip("news-please is not installed; `make .tools/newsplease/.ready` installs it")
        assert judge(pages, crawled.articles, host).stored == 3
    assert crawled.cpu_seconds > 0
    assert crawled.version[0].isdigit()


def test_a_rival_that_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    run = Ingestion(1.0, 0.5, {})
    monkeypatch.setattr(fetch_to_stored, "in_fresh_process", lambda *_: run)
    monkeypatch.setattr(fetch_to_stored, "crawl", lambda *_: None)
    measured = measure_fetch_to_stored(told.append, pages=2, tries=1)
    assert measured.rival is None
    assert measured.ours.per_second == 2.0
    assert measured.ours.right == Correctness(2, 0, 0, 0, 0, 0, 0)
    assert len(told) == 2


def test_a_setting_that_news_please_no_longer_has_is_named() -> None:
    with pytest.raises(BroadsheetError, match="0 settings LOG_LEVEL"):
        rival_crawl._configured("BOT_NAME = x\n", {"LOG_LEVEL": "ERROR"})
