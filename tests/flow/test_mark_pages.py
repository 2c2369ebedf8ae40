"""Which change of the table touches which pages, and how often a page is named for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from broadsheet.flow.mark_pages import Change, mark_pages, needs_rebuild, page_message, pages_touched
from broadsheet.flow.ports import Item
from broadsheet.model import keys
from broadsheet.model.article import ArticleState, CategoryLine
from broadsheet.model.choice import index_lines
from broadsheet.model.messages import PageMessage, RebuildMessage
from broadsheet.model.records import article_item, category_item, index_item, origin_item
from tests.builders import NOON, article, origin
from tests.fakes.queues import FakeQueue

SHOWN = article("a", state=ArticleState.PUBLISHED, address="/news/a/", chosen=origin(), absorbed=("b", "c"))
SITE = {"pk": keys.SITE, "sk": "SETTINGS", "v": 1, "text": "title: T"}


def change(old: Item | None, new: Item | None, seconds: float = 0) -> Change:
    return Change(old, new, NOON + timedelta(seconds=seconds))


def category(name: str = "News", newest: tuple[str, ...] = (), v: int = 1) -> Item:
    (_, line), *_ = index_lines(SHOWN).values()
    return category_item(CategoryLine("news", name, tuple(replace(line, title=title) for title in newest)), v)


def index(name: str) -> Item:
    lines = {index: index_item(index, line) for index, line in index_lines(SHOWN).values()}
    return lines[name]


class TestWhichPages:
    @pytest.mark.parametrize(
        ("item", "pages"),
        [
            (article_item(replace(SHOWN, absorbed=()), 1), {"article/a"}),
            (index(keys.INDEX_SITE), {"home"}),
            (index("INDEX#category#news"), {"category/news", "catalog/news"}),
            (category(), {"home", "categories"}),
            (origin_item("a", origin()), set()),
            ({"pk": "ARTICLE#a", "sk": "REV#1"}, set()),
            ({"pk": keys.INDEX_GONE, "sk": "2026#a"}, set()),
            ({"pk": "INDEX#source#wire", "sk": "2026#a"}, set()),
            ({"pk": keys.CATALOG, "sk": "SOURCE#wire"}, set()),
            ({"pk": "INPUT#x", "sk": "STATE"}, set()),
            ({"pk": "LINK#x", "sk": "LINK"}, set()),
            (SITE, set()),
        ],
        ids=["article", "site index", "category index", "catalog", "origin", "revision", "gone", "source index",
             "source", "input", "link", "settings"],
    )  # fmt: skip
    def test_an_item_that_comes_or_goes_touches_its_own(self, item: Item, pages: set[str]) -> None:
        assert pages_touched(change(None, item)) == pages
        assert pages_touched(change(item, None)) == pages

    def test_what_an_article_absorbed_follows_it_when_it_moves_or_goes(self) -> None:
        old = article_item(SHOWN, 1)
        gone = article_item(replace(SHOWN, state=ArticleState.GONE, chosen=None), 2)
        assert pages_touched(change(old, gone)) == {"article/a", "article/b", "article/c"}

    def test_a_correction_touches_the_article_alone(self) -> None:
        corrected = article_item(replace(SHOWN, chosen=origin(title="Corrected")), 2)
        assert pages_touched(change(article_item(SHOWN, 1), corrected)) == {"article/a"}

    # A redirect to what was itself merged later once kept leading to the article in between.
    def test_what_is_newly_absorbed_is_touched_although_the_article_stays_where_it_is(self) -> None:
        old = article_item(replace(SHOWN, absorbed=("b",)), 1)
        assert pages_touched(change(old, article_item(SHOWN, 2))) >= {"article/a", "article/c"}


class TestRebuilds:
    def test_settings_and_templates_that_change_bring_a_rebuild(self) -> None:
        assert needs_rebuild(change(None, SITE))
        assert needs_rebuild(change(SITE, {**SITE, "text": "title: U"}))
        assert needs_rebuild(change(SITE, {k: v for k, v in SITE.items() if k != "text"}))
        assert not needs_rebuild(change(SITE, {**SITE, "v": 2, "order": "2"}))

    def test_a_categorys_new_name_does_and_its_newest_articles_do_not(self) -> None:
        assert needs_rebuild(change(category("news"), category("News", v=2)))
        assert not needs_rebuild(change(category(), category(newest=("T",), v=2)))
        assert not needs_rebuild(change(None, category())), "pages that show it come after it"

    def test_one_message_carries_the_time_of_the_last_change(self) -> None:
        pages, rebuilds = FakeQueue(fifo=True), FakeQueue()
        other = {**SITE, "sk": "TEMPLATE#x"}
        mark_pages([change(None, SITE, 7), change(None, other, 3)], pages, rebuilds, 15)
        assert [RebuildMessage.load(m.body) for m in rebuilds.messages] == [RebuildMessage(NOON + timedelta(seconds=7))]
        assert pages.messages == []


class TestBuckets:
    def named(self, changes: Sequence[Change], pages: FakeQueue | None = None) -> list[str]:
        pages = pages or FakeQueue(fifo=True)
        mark_pages(changes, pages, FakeQueue(), 15)
        return [PageMessage.load(message.body).page for message in pages.take()]

    def test_a_burst_names_each_page_once(self) -> None:
        item = index("INDEX#category#news")
        assert sorted(self.named([change(None, item, n / 10) for n in range(100)])) == ["catalog/news", "category/news"]

    # Broken once by leaving the bucket out of the deduplication id: the later change was forgotten.
    def test_a_change_of_a_later_bucket_names_its_page_again(self) -> None:
        pages, item = FakeQueue(fifo=True), index(keys.INDEX_SITE)
        assert self.named([change(None, item, 0)], pages) == ["home"]
        assert self.named([change(None, item, 14.9)], pages) == []
        assert self.named([change(None, item, 15)], pages) == ["home"]

    def test_the_bucket_is_that_of_the_commit_however_late_the_stream_delivers(self) -> None:
        item = index(keys.INDEX_SITE)
        pages = FakeQueue(fifo=True)
        mark_pages([change(None, item, 0), change(None, item, 60)], pages, FakeQueue(), 15)
        assert len({message.dedup for message in pages.messages}) == len(pages.messages) == 2

    def test_delivered_twice_a_record_names_nothing_more(self) -> None:
        pages, batch = FakeQueue(fifo=True), [change(None, index(keys.INDEX_SITE))]
        assert self.named(batch, pages) == ["home"]
        assert self.named(batch, pages) == []

    def test_nothing_touched_sends_nothing(self) -> None:
        pages, rebuilds = FakeQueue(fifo=True), FakeQueue()
        assert mark_pages([change(None, {"pk": "LINK#x", "sk": "LINK"})], pages, rebuilds, 15) == 0
        assert (pages.messages, rebuilds.messages) == ([], [])


class TestGroups:
    @pytest.mark.parametrize("page", ["home", "category/" + "x" * 200, "category/新闻"])
    def test_a_page_is_a_group_that_sqs_takes(self, page: str) -> None:
        queue = FakeQueue(fifo=True)
        queue.send([page_message(page, "1")])
        (sent,) = queue.messages
        assert sent.group == page_message(page, "2").group
        assert sent.dedup != page_message(page, "2").dedup
        assert PageMessage.load(sent.body).page == page

    def test_two_pages_never_share_a_group(self) -> None:
        names = ["category/" + "x" * 200, "category/" + "x" * 201, "category/新闻", "category/新", "home"]
        assert len({page_message(name, "1").group for name in names}) == len(names)
