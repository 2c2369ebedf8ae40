"""Whatever happened to the paper: its site is the one that a rebuild into empty buckets makes, byte for byte."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from moto import mock_aws

from broadsheet.flow import also_reported, page_names
from broadsheet.flow.mark_pages import Marker
from broadsheet.model import keys
from tests.flow.deliveries import rebuilt
from tests.flow.moto_pipeline import moto_pipeline
from tests.flow.site_histories import (
    Configure,
    Follow,
    Newspaper,
    Poll,
    Step,
    TakeDown,
    Write,
    histories,
    one_story_told,
)

ORDINARY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def differing(paper: Newspaper, history: list[Step]) -> dict[str, tuple[bytes | None, bytes | None]]:
    """Tell the history, and return what the site and its rebuild do not have in common."""
    # A site begins with its settings, which bring a rebuild: the fixed pages come with that.
    Configure("site.yaml", "title: First\nurl: https://a.example")(paper)
    for step in history:
        step(paper)
    paper.end()
    found, expected = paper.pipeline.bodies(), rebuilt(paper.pipeline)
    return {
        key: (found.get(key), expected.get(key))
        for key in found.keys() | expected.keys()
        if found.get(key) != expected.get(key)
    }


@settings(ORDINARY, max_examples=250)
@given(histories)
def test_the_site_is_what_a_rebuild_makes(history: list[Step]) -> None:
    assert differing(Newspaper(), history) == {}


@settings(ORDINARY, max_examples=100)
@given(one_story_told)
def test_so_it_is_where_many_tell_the_same(history: list[Step]) -> None:
    assert differing(Newspaper(), history) == {}


# Three articles may have a band; of more, the oldest are not compared, and one that goes lets another in.
@settings(ORDINARY, max_examples=100)
@given(one_story_told)
def test_so_it_is_where_more_tell_the_same_than_are_compared(history: list[Step]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(also_reported, "WINDOW", 3)
        patch.setattr(also_reported, "BESIDE", 2)
        assert differing(Newspaper(), history) == {}


NAMES = count()


@settings(ORDINARY, max_examples=20)
@given(histories)
def test_so_it_is_through_the_adapters(history: list[Step]) -> None:
    with mock_aws():
        assert differing(Newspaper(moto_pipeline(f"paper-{next(NAMES)}")), history) == {}


STORY: list[Step] = [
    Write(0, "a", "[News, Sport]", "2026-01-04", "/old/"),
    Write(1, "b", "News", "2025-12-31T23:30:00Z", "/old/"),
    Write(2, "c", "xiamen", "2026-01-20T00:00:00Z", ""),
    Poll(frozenset({0, 1, 2}), "a"),
    Follow(),
    Configure("site.yaml", "title: B\nurl: https://b.example\ntimezone: Asia/Shanghai\nday_size: 1"),
    Configure("templates/style.css", "body{color:red}"),
    Configure("categories.yaml", "- {name: Sport, order: 1}"),
    Follow(),
    Write(0, "b", "Sport", "2026-01-01T00:30:00Z", "/old/page.html"),
    Write(3, "b", "厦门", "2026-01-04", ""),
    TakeDown(1, active=True),
    Follow(),
    TakeDown(1, active=False),
    Write(4, "story", "Sport", "2026-01-04", "", "Agency"),
    Write(5, "story, cut", "Sport", "2026-01-05T11:00:00Z", "", "Herald"),
    Follow(),
    Write(6, "story, with another end", "Sport", "2026-01-01T00:30:00Z", ""),
    Write(4, "another story", "Sport", "2026-01-04", "", "Agency"),
]
"""Everything the random ones may do, once."""


def test_a_story_with_everything_in_it() -> None:
    paper = Newspaper()
    assert differing(paper, STORY) == {}
    site = paper.pipeline.site.bodies()
    assert "old/index.html" in site
    assert "old/page.html" in site
    assert "category/xiamen/2026/01/20/index.html" in site
    assert "category/news/2025/index.html" not in site, "in Shanghai it was 2026 by then"
    assert len([key for key in site if key.startswith("assets/style-")]) == 1
    told = [body for body in site.values() if b"Also reported by" in body]
    assert len(told) == 2, "the Herald and the paper itself; the Agency tells another story by now"


# Each rule was left out once, and these tests failed.
@pytest.mark.parametrize("kind", ["category/", "day/", "year/", "alias/", "home", "categories", "sitemap", "likeness/"])
def test_each_kind_of_page_has_to_be_named(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    real = Marker.touched
    monkeypatch.setattr(
        Marker,
        "touched",
        lambda self, change: frozenset(
            n for n in real(self, change) if not n.startswith(kind) or change.pk == keys.SITE
        ),
    )
    assert differing(Newspaper(), STORY)


def test_old_assets_have_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_names, "ASSETS", "static")
    monkeypatch.setattr("broadsheet.flow.rebuild_site.names.ASSETS", "static")
    assert any(key.startswith("assets/") for key in differing(Newspaper(), STORY))
