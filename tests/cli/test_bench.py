from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from botocore.client import BaseClient

from broadsheet.ingest.configuration import read_site, read_source
from broadsheet.ingest.listing import read_listing
from broadsheet.model.article import SourceDocument
from broadsheet_cli.bench.cost import billed_seconds, dollars
from broadsheet_cli.bench.measure import Run, RunFailed, measure_run
from broadsheet_cli.bench.newsroom import (
    CHINESE_CATEGORIES,
    ENGLISH_CATEGORIES,
    NOW,
    SET,
    SHAPES,
    Newsroom,
    page,
    shape_of,
    story,
)
from broadsheet_cli.bench.server import serving
from broadsheet_cli.bench.tables import baseline, dollars_per_thousand, goals, print_results
from broadsheet_cli.bench.usage import FunctionUsage, Usage, chunks, read_units, write_units
from broadsheet_cli.local_run import TEMPLATE
from broadsheet_cli.prices import LIST_PRICES
from localcloud.runtime.modules import search_path
from localcloud.template import read_stack

HOST = "127.0.0.1:8000"


def run_of(articles: int, *, ms: float = 10.0, cpu_ms: float = 10.0, cost: float = 0.0) -> Run:
    return Run(
        articles=articles,
        start_seconds=1.0,
        seconds=articles * ms / 1000,
        cpu_seconds=articles * cpu_ms / 1000,
        peak_mb=100.0,
        calls={"dynamodb:GetItem": articles * 2},
        invocations={"IngestArticle": articles},
        own_seconds={"IngestArticle": articles / 1000},
        read_units=articles,
        write_units=articles,
        bytes_to_dynamodb=articles,
        bytes_to_s3=articles,
        dollars={"SQS": cost},
    )


# ---- the made-up news


def test_an_article_is_a_function_of_its_number() -> None:
    assert story(7) == story(7)
    assert story(7).title != story(8).title


@pytest.mark.parametrize("articles", [1, SET - 1, SET, 251, 1_000])
def test_every_article_is_listed_by_one_source(articles: int) -> None:
    newsroom = Newsroom(articles)
    listed = Counter(
        number
        for source in range(newsroom.sources)
        for shape in set(SHAPES)
        for number in newsroom.numbers(shape, source)
    )
    assert listed == Counter(range(articles))


def test_news_is_of_the_size_and_variety_of_real_news() -> None:
    stories = [story(number) for number in range(500)]
    assert {s.category for s in stories} == {*ENGLISH_CATEGORIES, *CHINESE_CATEGORIES}
    assert {s.language for s in stories} == {"en", "zh-CN"}
    assert 2_000 < sum(len(s.body.encode()) for s in stories) / 500 < 6_000
    assert 10_000 < len(page(stories[0])) < 40_000
    assert all(s.published < NOW for s in stories)


def test_a_larger_run_is_more_of_the_same() -> None:
    shares = {articles: Counter(map(shape_of, range(articles))) for articles in (100, 1_000)}
    assert {shape: count * 10 for shape, count in shares[100].items()} == dict(shares[1_000])


def test_the_configuration_is_one_and_its_listings_are_read_by_it(tmp_path: Path) -> None:
    newsroom = Newsroom(60)
    folder = newsroom.write_configuration(tmp_path / "config", HOST)
    assert read_site((folder / "site.yaml").read_bytes(), "site.yaml")["title"] == "Bench"
    listed = set()
    for file in sorted((folder / "sources").iterdir()):
        source = read_source(file.read_bytes(), f"sources/{file.name}")
        answer = newsroom.answer(source.url.removeprefix(f"http://{HOST}/60"), HOST)
        assert answer is not None, source.url
        listing = read_listing(source, SourceDocument(answer[0], source.url, answer[1], NOW), NOW)
        assert not listing.skipped
        listed |= {entry.title for entry in listing.entries}
    assert listed == {story(number).title for number in range(60)}


def test_the_server_answers_for_newsrooms_and_for_nothing_else() -> None:
    with serving() as host:
        with urlopen(f"http://{host}/60/body/24") as answer:
            assert json.loads(answer.read()) == {"id": "24", "text": story(24).body}
        for path in ("60/nothing", "feed/0", ""):
            with pytest.raises(OSError, match="404"):
                urlopen(f"http://{host}/{path}")


# ---- what is billed


def item(size: int) -> dict[str, Any]:
    """An item of that many bytes: names count too."""
    return {"pk": {"S": "x" * (size - 2)}}


def test_read_units_are_of_4_kb_each_item_by_itself_but_queries_together() -> None:
    assert read_units("GetItem", {}, {}) == 1  # what is not there costs as much
    assert read_units("GetItem", {}, {"Item": item(4096)}) == 1
    assert read_units("GetItem", {}, {"Item": item(4097)}) == 2
    asked: dict[str, Any] = {"RequestItems": {"table": {"Keys": [{}, {}, {}]}}}
    assert read_units("BatchGetItem", asked, {"Responses": {"table": [item(10), item(5000)]}}) == 1 + 2 + 1
    assert read_units("Query", {}, {"Items": [item(3000), item(3000)]}) == 2
    assert read_units("Query", {}, {"Items": []}) == 1


def test_write_units_are_of_1_kb_and_twice_that_in_a_transaction() -> None:
    assert write_units("PutItem", {"Item": item(1024)}) == 1
    assert write_units("PutItem", {"Item": item(1025)}) == 2
    assert write_units("DeleteItem", {"Key": {}}) == 1
    actions = [{"Put": {"Item": item(1025)}}, {"Delete": {"Key": {}}}, {"ConditionCheck": {"Key": {}}}]
    assert write_units("TransactWriteItems", {"TransactItems": actions}) == 2 * (2 + 1 + 1)
    assert write_units("GetItem", {}) == 0


def test_sqs_bills_each_begun_64_kb_and_lambdas_poller_receives_and_deletes() -> None:
    assert chunks(["a" * 65_536]) == 1
    assert chunks(["a" * 65_536, "é"]) == 2
    usage = Usage()
    usage.add_call("sqs", "SendMessageBatch", {"QueueUrl": "q", "Entries": [{"MessageBody": "a"}] * 10}, {})
    usage.add_delivery({"Records": [{"eventSource": "aws:sqs", "eventSourceARN": "arn:q.fifo", "body": "a"}]})
    usage.add_delivery({"Records": [{"eventSource": "aws:dynamodb"}]})
    assert (usage.sqs_requests, usage.sqs_fifo_requests) == (1, 2)


def test_a_function_is_billed_for_its_share_of_a_vcpu_and_for_waiting() -> None:
    used = FunctionUsage(
        invocations=10, warm_invocations=5, warm_cpu_seconds=1.0, calls=Counter({"dynamodb:GetItem": 100})
    )
    assert used.own_seconds == 2.0
    assert billed_seconds(used, 1769) == pytest.approx(2.0 + 0.4)
    assert billed_seconds(used, 3538) == pytest.approx(2.0 + 0.4)  # one handler uses one vCPU
    assert billed_seconds(used, 1769 // 2, fetches=1) == pytest.approx(4.0 + 0.4 + 0.3, rel=0.01)


def test_dollars_are_units_times_prices() -> None:
    usage = Usage(read_units=1_000_000, write_units=2_000_000, sqs_requests=1_000_000, sqs_fifo_requests=1_000_000)
    usage.of("F").calls.update({"s3:PutObject": 1_000, "s3:HeadObject": 1_000})
    usage.of("F").invocations = 1_000_000
    paid = dollars(usage, {"F": 1024}, {}, LIST_PRICES)
    assert paid["DynamoDB, reads"] == pytest.approx(0.125)
    assert paid["DynamoDB, writes"] == pytest.approx(1.25)
    assert paid["SQS"] == pytest.approx(0.40 + 0.50)
    assert paid["S3, writes"] == pytest.approx(0.005)
    assert paid["S3, reads"] == pytest.approx(0.0004)
    assert paid["Lambda, requests"] == pytest.approx(0.20)
    assert paid["Lambda, time"] == pytest.approx((1_000 * 0.040 + 1_000 * 0.015) * 0.0000133334)


# ---- what a cold start imports

HEAVY = ("bs4", "feedparser", "jinja2", "lxml", "markdown_it", "pypinyin")


@pytest.mark.parametrize("module", ["dispatch_due", "mark_pages", "rebuild_site"])
def test_what_reads_no_article_imports_nothing_that_reads_one(module: str) -> None:
    stack = read_stack(TEMPLATE, parameters={}, stack_name="test")
    function = next(f for f in stack.functions.values() if f.handler == f"{module}.handler")
    path = os.pathsep.join(search_path(function.code_dir, function.layer_dirs))
    program = f"import sys, {module}; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    env = os.environ | {"PYTHONPATH": path, "AWS_DEFAULT_REGION": "us-east-1"}
    run = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)  # noqa: S603
    assert run.stdout.strip() == "[]"


# ---- what is said of it


def test_the_baseline_is_1000_articles_or_else_the_smallest() -> None:
    assert baseline([run_of(100), run_of(1_000)]).articles == 1_000
    assert baseline([run_of(10), run_of(20)]).articles == 10


def test_goals_hold_are_missed_or_were_not_measured() -> None:
    good = [goal.shown for goal in goals([run_of(1_000, ms=50), run_of(5_000, ms=55)])]
    assert good[0].startswith("holds  seconds for 1,000 articles, start included: 51 ")
    assert good[1].startswith("holds  time per article")
    slow = [goal.shown for goal in goals([run_of(1_000, ms=59.5), run_of(5_000, ms=90, cost=1)])]
    assert [text[:6] for text in slow] == ["MISSED", "MISSED", "holds ", "MISSED"]
    assert all("not measured" in goal.shown for goal in goals([run_of(100)])[:3])


def test_every_figure_is_printed_beside_its_ratio(capsys: pytest.CaptureFixture[str]) -> None:
    runs = [run_of(1_000, ms=50, cost=0.04), run_of(5_000, ms=75, cost=0.2)]
    print_results(runs, {"boto3": 0.1, "ingest_article": 0.4}, ())
    printed = capsys.readouterr().out
    assert "baseline: 1,000 articles" in printed
    row = next(line for line in printed.splitlines() if line.startswith("│ 5,000 "))
    assert [cell.strip() for cell in row.strip("│").split("│")][2:5] == ["375.0", "75.0", "1.50"]
    assert any("ingest_article" in line and "4.00" in line for line in printed.splitlines())
    assert f"{dollars_per_thousand(runs[0]):.4f}" in printed


# ---- the whole


def test_a_run_measures_every_article_and_leaves_nothing_patched() -> None:
    call = BaseClient._make_api_call  # type: ignore[attr-defined]
    with serving() as host:
        run = measure_run(10, host)
        assert BaseClient._make_api_call is call  # type: ignore[attr-defined]
        assert run.articles == 10
        assert run.calls["dynamodb:TransactWriteItems"] >= 10
        assert run.calls["s3:PutObject"] >= 20  # a page and a post each
        assert run.write_units > 2 * 10
        assert set(run.invocations) == {"DispatchDue", "PollSource", "IngestArticle", "MarkPages", "RegeneratePage"}
        assert run.bytes_to_s3 > sum(len(story(number).body) for number in range(10))
        assert all(paid > 0 for paid in run.dollars.values())


def test_a_run_that_loses_articles_measures_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Newsroom, "answer", lambda *_: None)
    with serving() as host, pytest.raises(RunFailed, match="0 of 3 articles"):
        measure_run(3, host)
