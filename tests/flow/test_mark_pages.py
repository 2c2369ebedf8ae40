"""Which change of the table touches which pages, and how often a page is named for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from broadsheet.flow import also_reported
from broadsheet.flow.mark_pages import Change, Marker, MarkPorts, mark_pages, needs_rebuild
from broadsheet.flow.page_names import page_message
from broadsheet.flow.ports import Item, Queue
from broadsheet.ingest.near_duplicates import bands_of, signature_of
from broadsheet.model import keys
from broadsheet.model.article import (
    Alike,
    ArticleState,
    CategoryLine,
    Likeness,
    MirroredImage,
    NewestLine,
    PeriodCount,
    Report,
)
from broadsheet.model.choice import index_lines
from broadsheet.model.messages import ImageMessage, PageMessage, RebuildMessage
from broadsheet.model.records import (
    alias_item,
    alike_item,
    article_item,
    band_items,
    category_item,
    image_item,
    index_item,
    likeness_item,
    newest_item,
    origin_item,
    rollup_item,
)
from broadsheet.model.site import SITEMAP_SIZE
from tests.builders import NOON, article, origin
from tests.fakes.queues import FakeQueue
from tests.fakes.table import FakeTable

SHOWN = article("a", state=ArticleState.PUBLISHED, address="/news/a/", chosen=origin(), absorbed=("b", "c"))
SITE = {"pk": keys.SITE, "sk": "SETTINGS", "v": 1, "text": "title: T"}


STORY, OTHER_STORY = (" ".join(f"{word}{n}" for n in range(60)) for word in ("word", "other"))
IMAGE = MirroredImage("https://a.example/a.png", "n.png", "image/png", 3, 2, 9)
REFUSED = {"pk": keys.image(IMAGE.url).pk, "sk": keys.IMAGE, "v": 1, "url": IMAGE.url, "reason": "gone", "ttl": 9}


def change(old: Item | None, new: Item | None, seconds: float = 0) -> Change:
    return Change(old, new, NOON + timedelta(seconds=seconds))


def category(name: str = "News", count: int = 0, v: int = 1) -> Item:
    return category_item(CategoryLine("news", name, count), v)


def counted(index: str, period: str, count: int = 1) -> Item:
    return rollup_item(index, PeriodCount(period, count), 1)


def table_of(*items: Item) -> FakeTable:
    table = FakeTable()
    for item in items:
        table.put(item)
    return table


def touched(old: Item | None, new: Item | None, table: FakeTable | None = None) -> set[str]:
    return set(Marker(table or FakeTable()).touched(change(old, new)))


def mark(changes: Sequence[Change], pages: Queue, rebuilds: Queue) -> int:
    return mark_pages(changes, MarkPorts(FakeTable(), pages, rebuilds, FakeQueue(), 15))


def index(name: str) -> Item:
    lines = {index: index_item(index, line) for index, line in index_lines(SHOWN).values()}
    return lines[name]


NEWS = keys.index_category("news")
NEWEST = next(newest_item(NewestLine("news", "News", (line,))) for _, line in index_lines(SHOWN).values())
DAY, YEAR = f"{NOON:%Y-%m-%d}", f"{NOON:%Y}"


class TestWhichPages:
    @pytest.mark.parametrize(
        ("item", "pages"),
        [
            (article_item(replace(SHOWN, absorbed=()), 1), {"article/a"}),
            (index(keys.INDEX_SITE), {f"day/site/{DAY}"}),
            (index(NEWS), {"category/news", f"day/category/news/{DAY}"}),
            (category(), {"categories"}),
            (NEWEST, {"home"}),
            (counted(keys.INDEX_SITE, DAY), {"sitemap"}),
            (counted(NEWS, DAY), {f"year/category/news/{YEAR}"}),
            (counted(NEWS, YEAR), {"category/news"}),
            (alias_item("/old/a.html", "a"), {"alias/old/a.html"}),
            ({"pk": "SOURCE#wire", "sk": "CONFIG"}, {"sources"}),
            ({"pk": keys.CATALOG, "sk": "SOURCE#wire"}, {"sources"}),
            ({"pk": "SOURCE#wire", "sk": "STATE"}, set()),
            (origin_item("a", origin()), set()),
            ({"pk": "ARTICLE#a", "sk": "REV#1"}, set()),
            ({"pk": keys.INDEX_GONE, "sk": "2026#a"}, set()),
            ({"pk": "INDEX#source#wire", "sk": "2026#a"}, set()),
            ({"pk": "INPUT#x", "sk": "STATE"}, set()),
            ({"pk": "LINK#x", "sk": "LINK"}, set()),
            (SITE, set()),
        ],
        ids=["article", "site index", "category index", "catalog", "newest", "day of the site", "day", "year", "alias",
             "source's definition", "source", "source's state", "origin", "revision", "gone", "source index",
             "input", "link", "settings"],
    )  # fmt: skip
    def test_an_item_that_comes_or_goes_touches_its_own(self, item: Item, pages: set[str]) -> None:
        assert touched(None, item) - {"categories"} == pages - {"categories"}
        assert touched(item, None) - {"categories"} == pages - {"categories"}

    def test_an_image_is_touched_when_it_is_mirrored_and_when_an_article_shows_it_since_or_no_longer(self) -> None:
        lines = [keys.image_shown(IMAGE.url, name) for name in "ab"]
        shown, other = ({"pk": key.pk, "sk": key.sk, "url": IMAGE.url} for key in lines)
        mirrored = image_item(IMAGE, 1)
        assert touched(None, mirrored) == touched(mirrored, None) == {"image/n.png"}
        assert touched(None, shown, table_of(mirrored, shown)) == {"image/n.png"}
        assert touched(shown, None, table_of(mirrored, other)) == {"image/n.png"}
        assert touched(None, shown, table_of(REFUSED, shown)) == touched(None, REFUSED) == set()

    def test_what_an_article_absorbed_follows_it_when_it_moves_or_goes(self) -> None:
        old = article_item(SHOWN, 1)
        gone = article_item(replace(SHOWN, state=ArticleState.GONE, chosen=None), 2)
        assert touched(old, gone) == {"article/a", "article/b", "article/c"}

    def test_a_correction_touches_the_article_alone(self) -> None:
        corrected = article_item(replace(SHOWN, chosen=origin(title="Corrected")), 2)
        assert touched(article_item(SHOWN, 1), corrected) == {"article/a"}

    # A redirect to what was itself merged later once kept leading to the article in between.
    def test_what_is_newly_absorbed_is_touched_although_the_article_stays_where_it_is(self) -> None:
        old = article_item(replace(SHOWN, absorbed=("b",)), 1)
        assert touched(old, article_item(SHOWN, 2)) >= {"article/a", "article/c"}

    def test_the_redirects_to_an_article_follow_it_when_it_goes(self) -> None:
        old = article_item(replace(SHOWN, absorbed=(), chosen=origin(aliases=("/b/", "/x.html"))), 1)
        gone = article_item(replace(SHOWN, absorbed=(), state=ArticleState.GONE, chosen=None), 2)
        assert touched(old, gone) == {"article/a", "alias/b/", "alias/x.html"}


def likeness(name: str, source: str, text: str = STORY, title: str = "T") -> Likeness:
    signature = signature_of(text)
    return Likeness(Report(name, NOON, title, f"/{name}/"), source, signature, bands_of(signature))


def told(*likenesses: Likeness) -> FakeTable:
    """A table on which these articles stand, with the lines that lead to them."""
    return table_of(*(item for one in likenesses for item in (likeness_item(one), *band_items(one).values())))


class TestLikenesses:
    A, B, C = likeness("a", "A"), likeness("b", "B"), likeness("c", "C")
    OTHER = likeness("a", "A", OTHER_STORY)

    def test_a_text_that_comes_touches_those_alike_and_its_own_article(self) -> None:
        assert touched(None, likeness_item(self.A), told(self.A)) == set()
        same_source = likeness("d", "A")
        table = told(self.A, self.B, likeness("c", "C", OTHER_STORY), same_source)
        assert touched(None, likeness_item(self.A), table) == {"likeness/a", "likeness/b"}

    # Read after the change: whoever was alike before it is to be compared again, though the line is gone by then.
    def test_a_text_that_changes_or_goes_touches_those_it_was_alike_to(self) -> None:
        was = likeness_item(self.A)
        elsewhere = likeness("c", "C", OTHER_STORY)
        assert touched(was, None, told(self.B, elsewhere)) == {"likeness/a", "likeness/b"}
        assert touched(was, likeness_item(self.OTHER), told(self.OTHER, self.B, elsewhere)) == {
            "likeness/a", "likeness/b", "likeness/c",
        }  # fmt: skip

    # Of two that change at once, neither finds the other as it was: each has itself compared.
    def test_a_text_that_changes_touches_its_own_article_although_nothing_is_alike(self) -> None:
        assert touched(likeness_item(self.A), likeness_item(self.OTHER), told(self.OTHER)) == {"likeness/a"}

    def test_a_new_title_touches_those_who_show_it(self) -> None:
        anew = replace(self.A, report=replace(self.A.report, title="Anew"))
        assert touched(likeness_item(self.A), likeness_item(anew), told(anew, self.B)) == {"likeness/a", "likeness/b"}

    def test_what_is_alike_touches_the_article_and_those_who_came_or_went(self) -> None:
        one, two = (alike_item(Alike("a", ids, (self.B.report,))) for ids in (("b", "c"), ("c", "d")))
        assert touched(one, two) == {"article/a", "likeness/b", "likeness/d"}
        assert touched(None, one) == touched(one, None) == {"article/a", "likeness/b", "likeness/c"}

    def test_a_line_that_a_dead_function_left_behind_finds_nobody(self) -> None:
        table = told(self.A, likeness("b", "B", OTHER_STORY))
        for item in band_items(self.B).values():
            table.put(item)
        assert touched(None, likeness_item(self.A), table) == set()

    def test_where_more_have_a_band_than_are_compared_those_around_the_end_are_touched(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(also_reported, "WINDOW", 3)
        monkeypatch.setattr(also_reported, "BESIDE", 1)
        many = [likeness(name, "S") for name in "hgfed"]  # of one instant, so they sort by name
        assert touched(None, likeness_item(many[0]), told(*many)) == {"likeness/h", "likeness/f", "likeness/e"}
        assert touched(None, likeness_item(self.A), told(*many, self.A)) == {
            "likeness/a", "likeness/f", "likeness/e",
        }, "it is too old itself to be compared"  # fmt: skip
        assert touched(None, likeness_item(likeness("z", "Z")), told(*many[:2], likeness("z", "Z"))) == {
            "likeness/z", "likeness/h", "likeness/g",
        }  # fmt: skip


class TestArchives:
    def test_the_day_is_a_day_of_the_sites_zone(self) -> None:
        table = table_of({**SITE, "text": "timezone: Pacific/Kiritimati"})  # 14 hours ahead
        assert "day/site/2026-01-06" in touched(None, index(keys.INDEX_SITE), table)
        assert "day/category/news/2026-01-06" in touched(None, index(NEWS), table)

    # Broken once by naming the day alone: the days beside it went on leading past it.
    def test_a_day_that_comes_or_goes_touches_the_days_beside_it(self) -> None:
        days = ["2025-12-24", "2026-01-04", "2026-01-09", "2026-02-01"]
        table = table_of(*(counted(NEWS, day) for day in days))
        item = counted(NEWS, "2026-01-05")
        expected = {"day/category/news/2026-01-04", "day/category/news/2026-01-09", "year/category/news/2026"}
        assert touched(item, None, table) == expected
        table.put(item)
        assert touched(None, item, table) == expected
        assert touched(item, counted(NEWS, "2026-01-05", 2), table) == {"year/category/news/2026"}

    def test_a_year_that_comes_or_goes_touches_the_head_page_and_the_other_years(self) -> None:
        table = table_of(counted(NEWS, "2024"), counted(NEWS, "2025"), counted(NEWS, "2025-01-05"))
        item = counted(NEWS, "2026")
        beside = {"year/category/news/2024", "year/category/news/2025"}
        assert touched(item, None, table) == {"category/news"} | beside
        assert touched(item, counted(NEWS, "2026", 2), table) == {"category/news"}

    def test_a_day_of_the_site_touches_the_sitemap_index_where_it_has_another_part(self) -> None:
        def of(count: int) -> Item:
            return counted(keys.INDEX_SITE, DAY, count)

        assert touched(of(1), of(2)) == set()
        assert touched(of(SITEMAP_SIZE), of(SITEMAP_SIZE + 1)) == {"sitemap"}

    def test_a_categorys_count_touches_the_list_of_categories_and_its_newest_article_does_not(self) -> None:
        assert touched(category(count=1), category(count=2)) == {"categories"}
        moved = category_item(CategoryLine("news", "News", 1, NOON), 2)
        assert touched(category(count=1), moved) == set()


class TestRebuilds:
    def test_settings_and_templates_that_change_bring_a_rebuild(self) -> None:
        assert needs_rebuild(change(None, SITE))
        assert needs_rebuild(change(SITE, {**SITE, "text": "title: U"}))
        assert needs_rebuild(change(SITE, {k: v for k, v in SITE.items() if k != "text"}))
        assert not needs_rebuild(change(SITE, {**SITE, "v": 2, "order": "2"}))

    def test_a_categorys_new_name_does_and_its_count_does_not(self) -> None:
        assert needs_rebuild(change(category("news"), category("News", v=2)))
        assert not needs_rebuild(change(category(), category(count=2, v=2)))
        assert not needs_rebuild(change(None, category())), "pages that show it come after it"

    def test_one_message_carries_the_time_of_the_last_change(self) -> None:
        pages, rebuilds = FakeQueue(fifo=True), FakeQueue()
        other = {**SITE, "sk": "TEMPLATE#x"}
        mark([change(None, SITE, 7), change(None, other, 3)], pages, rebuilds)
        assert [RebuildMessage.load(m.body) for m in rebuilds.messages] == [RebuildMessage(NOON + timedelta(seconds=7))]
        assert pages.messages == []


class TestBuckets:
    def named(self, changes: Sequence[Change], pages: FakeQueue | None = None) -> list[str]:
        pages = pages or FakeQueue(fifo=True)
        mark(changes, pages, FakeQueue())
        return [PageMessage.load(message.body).page for message in pages.take()]

    def test_a_burst_names_each_page_once(self) -> None:
        item = index("INDEX#category#news")
        named = self.named([change(None, item, n / 10) for n in range(100)])
        assert sorted(named) == ["category/news", f"day/category/news/{DAY}"]

    # Broken once by leaving the bucket out of the deduplication id: the later change was forgotten.
    def test_a_change_of_a_later_bucket_names_its_page_again(self) -> None:
        pages, item = FakeQueue(fifo=True), NEWEST
        assert self.named([change(None, item, 0)], pages) == ["home"]
        assert self.named([change(None, item, 14.9)], pages) == []
        assert self.named([change(None, item, 15)], pages) == ["home"]

    def test_the_bucket_is_that_of_the_commit_however_late_the_stream_delivers(self) -> None:
        item = NEWEST
        pages = FakeQueue(fifo=True)
        mark([change(None, item, 0), change(None, item, 60)], pages, FakeQueue())
        assert len({message.dedup for message in pages.messages}) == len(pages.messages) == 2

    def test_delivered_twice_a_record_names_nothing_more(self) -> None:
        pages, batch = FakeQueue(fifo=True), [change(None, NEWEST)]
        assert self.named(batch, pages) == ["home"]
        assert self.named(batch, pages) == []

    def test_nothing_touched_sends_nothing(self) -> None:
        pages, rebuilds = FakeQueue(fifo=True), FakeQueue()
        assert mark([change(None, {"pk": "LINK#x", "sk": "LINK"})], pages, rebuilds) == 0
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


class TestImages:
    """What is fetched, and who is told of what was."""

    LINE = dict(zip(("pk", "sk"), keys.image_shown(IMAGE.url, "a"), strict=True)) | {"url": IMAGE.url, "article": "a"}

    def sent(self, old: Item | None, new: Item | None, *stored: Item) -> tuple[list[str], list[str]]:
        """Return the addresses that are to be fetched, and the images whose articles are to be named."""
        ingests, rebuilds = FakeQueue(), FakeQueue()
        mark_pages([change(old, new)] * 2, MarkPorts(table_of(*stored), FakeQueue(fifo=True), rebuilds, ingests, 15))
        fetched = [ImageMessage.load(message.body) for message in ingests.messages]
        assert all(message.observed_at == NOON for message in fetched)
        return [m.url for m in fetched], sorted({RebuildMessage.load(m.body).image for m in rebuilds.messages})

    def test_one_that_an_article_shows_since_is_fetched_once_unless_it_is_mirrored(self) -> None:
        assert self.sent(None, self.LINE, self.LINE) == ([IMAGE.url], [])
        assert self.sent(None, self.LINE, self.LINE, image_item(IMAGE, 1)) == ([], [])
        assert self.sent(self.LINE, None) == ([], [])

    def test_one_that_was_refused_is_fetched_when_its_record_expires(self) -> None:
        assert self.sent(None, REFUSED, self.LINE) == ([], [])
        assert self.sent(REFUSED, None, self.LINE) == ([IMAGE.url], [])

    def test_whoever_shows_one_is_named_when_its_address_on_the_site_changes(self) -> None:
        mirrored = image_item(IMAGE, 1)
        partition = keys.image(IMAGE.url).pk
        assert self.sent(REFUSED, mirrored) == self.sent(None, mirrored) == ([], [partition])
        assert self.sent(mirrored, mirrored | {"v": 2}) == ([], [])
        assert self.sent(mirrored, None) == ([IMAGE.url], [partition])
