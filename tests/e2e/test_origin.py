"""The origin's job, on the origin's own payloads, through the whole local cloud."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import frontmatter
import pytest

from .loopback import Answer, Loopback, Route, serving
from .origin import configuration
from .runs import files, run

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "finews"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the origin's payloads are not at {CORPUS}")


def routes(first_102: str = "list_type102.json") -> dict[str, Route]:
    api = CORPUS / "api"
    found: dict[str, Route] = {
        "/web/webapi?type=102&count=100&newsid=1": Answer((api / first_102).read_bytes()),
        "/web/webapi?type=45&count=100&newsid=1": Answer((api / "list_type45.json").read_bytes()),
        "/information/newmarket/web/webapi?marketType=37&count=100": Answer((api / "list_market37.json").read_bytes()),
    }
    for article in (api / "articles").glob("NW*.json"):
        if "indented" not in article.name:
            found[f"/NewsData/GetNewsText.do?id={article.stem}"] = Answer(article.read_bytes())
    return found


@pytest.fixture
def origin() -> Iterator[Loopback]:
    with serving(routes()) as loopback:
        yield loopback


def test_the_origins_lists_are_published(origin: Loopback, tmp_path: Path) -> None:
    report = run(configuration(tmp_path / "config", origin.host), tmp_path / "out", hosts=(origin.host,))
    stories = {
        record.get("infoCode") or record["infocode"]
        for name, items in (("102", "records"), ("45", "nodeList"))
        for record in json.loads((CORPUS / "api" / f"list_type{name}.json").read_text())[items]
    } | {"NW202202162277965336"}
    assert report["dead_letters"] == []
    assert report["rejections"] == []
    posts = list((tmp_path / "out" / "posts").glob("*.md"))
    assert len(posts) == len(stories)
