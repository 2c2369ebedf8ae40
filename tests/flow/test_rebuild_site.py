"""A rebuild names every page, a chunk at a time, and goes on where it was, whatever dies."""

from __future__ import annotations

import pytest

from broadsheet.flow import rebuild_site as module
from broadsheet.flow.curate import unpublish
from broadsheet.flow.ports import Outgoing
from broadsheet.flow.rebuild_site import rebuild_site
from broadsheet.model.messages import PageMessage, RebuildMessage
from tests.builders import NOON, minutes
from tests.flow.pipeline import Pipeline, markdown

DAY, YEAR = f"{NOON:%Y-%m-%d}", f"{NOON:%Y}"


class Crash(BaseException):
    """The function died here."""


def site_of(count: int) -> Pipeline:
    """A site of ``count`` articles in two categories, one of them taken down."""
    pipeline = Pipeline()
    for n in range(count):
        pipeline.upload(f"articles/{n}.md", markdown(f"T{n}", category=("News", "Sport")[n % 2]), minutes(n))
    first = pipeline.articles()[0]
    unpublish(first.id, "wrong", minutes(count), pipeline.store, lambda *_: "/")
    pipeline.drain()
    return pipeline


def chunks(pipeline: Pipeline, first: RebuildMessage) -> list[list[str]]:
    """Work a rebuild off, and return the names that each message brought."""
    pipeline.rebuilds.send([Outgoing(first.dump())])
    named = []
    while waiting := pipeline.rebuilds.take():
        (message,) = waiting
        rebuild_site(RebuildMessage.load(message.body), pipeline.rebuild_ports)
        named.append([PageMessage.load(sent.body).page for sent in pipeline.pages.take()])
    return named


def every_page(pipeline: Pipeline) -> set[str]:
    articles = {f"article/{article.id}" for article in pipeline.articles()}
    of_slugs = {f"{kind}/{slug}" for kind in ("category",) for slug in ("news", "sport")}
    published = [article for article in pipeline.articles() if article.published and article.chosen]
    slugs = {slug for article in published if article.chosen for slug in article.chosen.categories}
    archives = {
        f"{kind}{slug}/{at}" for slug in slugs for kind, at in (("day/category/", DAY), ("year/category/", YEAR))
    }
    likenesses = {f"likeness/{article.id}" for article in published}
    fixed = {"static", "home", "categories", "sitemap", "sources", f"day/site/{DAY}"}
    return fixed | of_slugs | archives | articles | likenesses


@pytest.mark.parametrize("size", [1, 2, 3, 500])
def test_every_page_is_named_once_in_chunks_of_any_size(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    pipeline = site_of(5)
    monkeypatch.setattr(module, "CHUNK", size)
    named = chunks(pipeline, RebuildMessage(NOON))
    pages = [page for chunk in named for page in chunk]
    assert sorted(pages) == sorted(every_page(pipeline))
    assert max(len(chunk) for chunk in named[1:]) <= 5 * size, "an article has a page, a likeness, three archives"


# Invariant 3: broken once by leaving the last phase out, so that what is gone was never named.
@pytest.mark.parametrize("dying", ["pages", "rebuilds"])
def test_a_rebuild_that_dies_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch, dying: str) -> None:
    pipeline = site_of(5)
    monkeypatch.setattr(module, "CHUNK", 2)
    pipeline.rebuilds.send([Outgoing(RebuildMessage(NOON).dump())])
    named: set[str] = set()
    times = 0

    def die(_: object) -> None:
        raise Crash

    while waiting := pipeline.rebuilds.take():
        for message in waiting:
            times += 1
            queue = getattr(pipeline, dying)
            queue.before_send = die if times % 2 else None
            try:
                rebuild_site(RebuildMessage.load(message.body), pipeline.rebuild_ports)
            except Crash:
                queue.before_send = None
                pipeline.rebuilds.send([message])
            named |= {PageMessage.load(sent.body).page for sent in pipeline.pages.take()}
    assert named == every_page(pipeline)


def test_two_rebuilds_of_one_change_name_a_page_once_and_of_two_changes_twice() -> None:
    pipeline = site_of(1)
    first = chunks(pipeline, RebuildMessage(NOON))
    assert [page for chunk in chunks(pipeline, RebuildMessage(NOON)) for page in chunk] == []
    assert chunks(pipeline, RebuildMessage(minutes(1))) == first


def test_new_settings_reach_every_page_by_themselves() -> None:
    pipeline = site_of(3)
    pipeline.upload("config/site.yaml", "title: The New Title\nurl: https://t.example\n", minutes(9))
    pipeline.drain()
    pages = [body.decode() for key, body in pipeline.site.bodies().items() if key.endswith(".html")]
    assert pages
    assert all("The New Title" in page for page in pages)


def test_a_categorys_real_name_reaches_its_articles_by_itself() -> None:
    pipeline = Pipeline()
    pipeline.upload("articles/a.md", markdown("A", category="xiamen"))
    pipeline.drain()
    pipeline.upload("articles/b.md", markdown("B", category="厦门"), minutes(1))
    pipeline.drain()
    address = pipeline.articles()[0].address or ""
    assert "厦门" in pipeline.site.bodies()[address.lstrip("/") + "index.html"].decode()
