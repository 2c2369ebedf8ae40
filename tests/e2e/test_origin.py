"""The origin's job, on the origin's own payloads, through the whole local cloud."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frontmatter
import pytest
import yaml

from .loopback import Answer, Loopback, Route, serving
from .origin import configuration
from .runs import files, outcome_by_claims, run

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "finews"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the origin's payloads are not at {CORPUS}")

LIST_102 = "/web/webapi?type=102&count=100&newsid=1"
LIST_45 = "/web/webapi?type=45&count=100&newsid=1"
LIST_37 = "/information/newmarket/web/webapi?marketType=37&count=100"
DAY_LATER = "2026-01-06T08:30:00+08:00"


def payload(name: str) -> Any:
    return json.loads((CORPUS / "api" / name).read_text(encoding="utf-8"))


def routes(list_102: str = "list_type102.json") -> dict[str, Route]:
    api = CORPUS / "api"
    found: dict[str, Route] = {
        LIST_102: Answer((api / list_102).read_bytes()),
        LIST_45: Answer((api / "list_type45.json").read_bytes()),
        LIST_37: Answer((api / "list_market37.json").read_bytes()),
    }
    for article in (api / "articles").glob("NW*.json"):
        if "indented" not in article.name:
            found[f"/NewsData/GetNewsText.do?id={article.stem}"] = Answer(article.read_bytes())
    return found


def listed_ids() -> set[str]:
    lists = [payload("list_type102.json")["records"], payload("list_type45.json")["nodeList"]]
    lists.append(payload("list_market37.json")["record"])
    return {record.get("infoCode") or record["infocode"] for records in lists for record in records}


@pytest.fixture
def origin() -> Iterator[Loopback]:
    with serving(routes()) as loopback:
        yield loopback


def bodies_asked_for(origin: Loopback) -> int:
    return sum(count for target, count in origin.requests.items() if target.startswith("/NewsData/"))


def test_each_story_is_one_post_whichever_lists_name_it(origin: Loopback, tmp_path: Path) -> None:
    report = run(configuration(tmp_path / "config", origin.host), tmp_path / "out", hosts=(origin.host,))
    assert report["dead_letters"] == []
    assert report["rejections"] == []
    assert report["warnings"] == []
    posts = [path.name for path in (tmp_path / "out" / "posts").glob("*.md")]
    named = sorted(re.search(r"nw\d+", name)[0].upper() for name in posts)  # type: ignore[index]  # each name has one
    assert named == sorted(listed_ids())
    assert report["articles"]["stored"] == len(posts)
    pages = [p for p in (tmp_path / "out" / "site").rglob("index.html") if "/nw" in p.as_posix()]
    assert len(pages) == len(posts)


def test_the_seed_is_reproduced_from_its_payload(origin: Loopback, tmp_path: Path) -> None:
    run(configuration(tmp_path / "config", origin.host), tmp_path / "out", hosts=(origin.host,))
    (ours,) = (tmp_path / "out" / "posts").glob("2022-02-16-nw202202162277965336-*.md")
    got, seed = ours.read_text(encoding="utf-8"), (CORPUS / "seed.md").read_text(encoding="utf-8")
    # The raw lines: a loader would read the date's zone away.
    assert re.match(r"---\n(.*?)\n---\n", got, re.DOTALL)[1] == re.match(r"---\n(.*?)\n---\n", seed, re.DOTALL)[1]  # type: ignore[index]
    assert yaml.safe_load(got.split("---")[1]) == yaml.safe_load(seed.split("---")[1])
    paragraphs = re.findall(r"<p[^>]*>(.*?)</p>", frontmatter.loads(got).content)
    assert paragraphs == re.findall(r"<p[^>]*>(.*?)</p>", frontmatter.loads(seed).content)
    assert paragraphs[-1] == "（文章来源：泉州晚报）"
    assert "<http://finews.zning.xyz/html_News/NewsShare.html?infoCode=NW202202162277965336>" in got
    assert "[返回泉州晚报新闻](//finews.example/category/quanzhouwanbao/)｜[返回首页](//finews.example/)" in got


def test_a_day_later_nothing_new_is_stored_and_no_page_is_written(origin: Loopback, tmp_path: Path) -> None:
    config, state, out = configuration(tmp_path / "config", origin.host), tmp_path / "state", tmp_path / "out"
    run(config, out, state=state, hosts=(origin.host,))
    before, bodies = files(out / "site") | files(out / "posts"), bodies_asked_for(origin)
    again = run(config, out, state=state, hosts=(origin.host,), now=DAY_LATER)
    assert sum(again["requests"].values()) == 3
    assert bodies_asked_for(origin) == bodies
    assert again["articles"]["stored"] == again["articles"]["updated"] == 0
    assert again["pages"]["written"] == again["pages"]["deleted"] == 0
    assert files(out / "site") | files(out / "posts") == before


def test_twin_lists_polled_again_after_a_change_of_one_double_nothing(origin: Loopback, tmp_path: Path) -> None:
    config, state, out = configuration(tmp_path / "config", origin.host), tmp_path / "state", tmp_path / "out"
    run(config, out, state=state, hosts=(origin.host,))
    twin = payload("list_type45.json")
    twin["nodeList"] = list(reversed(twin["nodeList"]))
    origin.routes[LIST_45] = Answer(json.dumps(twin, ensure_ascii=False).encode())
    again = run(config, out, state=state, hosts=(origin.host,), now=DAY_LATER)
    assert again["articles"]["stored"] == again["articles"]["updated"] == 0
    assert len(list((out / "posts").glob("*.md"))) == len(listed_ids())


@pytest.mark.parametrize("seed", range(10))
def test_the_order_of_arrival_does_not_matter(origin: Loopback, tmp_path: Path, seed: int) -> None:
    config = configuration(tmp_path / "config", origin.host)
    expected = outcome_by_claims(config, hosts=(origin.host,), seed=1_000)
    assert outcome_by_claims(config, hosts=(origin.host,), seed=seed) == expected


def test_the_empty_record_is_rejected_by_name_and_overwrites_nothing(tmp_path: Path) -> None:
    state, out = tmp_path / "state", tmp_path / "out"
    with serving(routes("list_type102_empty_record.json")) as origin:
        config = configuration(tmp_path / "config", origin.host)
        first = run(config, out, state=state, hosts=(origin.host,))
        rejected = [r for r in first["rejections"] if r["source"] == "finews-102"]
        assert [r["input"] for r in rejected] == ["NW202205262391921712"]
        assert "title" in rejected[0]["reason"]
        asked = origin.requests["/NewsData/GetNewsText.do?id=NW202205262391921712"]
        again = run(config, out, state=state, hosts=(origin.host,), now=DAY_LATER)
        assert origin.requests["/NewsData/GetNewsText.do?id=NW202205262391921712"] == asked
        assert again["rejections"] == first["rejections"]
        # The complete record comes: the story is stored, and the rejection is over.
        origin.routes[LIST_102] = Answer((CORPUS / "api" / "list_type102.json").read_bytes())
        third = run(config, out, state=state, hosts=(origin.host,), now="2026-01-07T08:30:00+08:00")
        assert third["rejections"] == []
        (post,) = (out / "posts").glob("*nw202205262391921712*")
        complete = post.read_text(encoding="utf-8")
        assert "国内首次" in complete
        # And the empty one once more: what is stored stays.
        origin.routes[LIST_102] = Answer((CORPUS / "api" / "list_type102_empty_record.json").read_bytes())
        run(config, out, state=state, hosts=(origin.host,), now="2026-01-08T08:30:00+08:00")
        assert post.read_text(encoding="utf-8") == complete
