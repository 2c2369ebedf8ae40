"""Days, years, redirects, the list of sources: the pages that follow from many lines, and what they cost."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.flow.curate import unpublish
from broadsheet.flow.days import day_of, lines_of_day
from broadsheet.model import keys
from broadsheet.model.article import IndexLine
from broadsheet.model.records import index_item
from tests.builders import minutes
from tests.fakes.table import FakeTable
from tests.flow.feeds import newsroom, source_file
from tests.flow.pipeline import Pipeline, markdown


def paper(settings: str = "title: T") -> Pipeline:
    pipeline = Pipeline()
    pipeline.upload("config/site.yaml", settings)
    pipeline.drain()
    return pipeline


def publish(pipeline: Pipeline, name: str, day: str, category: str = "News", **fields: str) -> None:
    pipeline.upload(f"articles/{name}.md", markdown(name, date=day, category=category, **fields), minutes(99))


def text(pipeline: Pipeline, key: str) -> str:
    return pipeline.site.bodies()[key].decode()


def archives(pipeline: Pipeline) -> set[str]:
    return {key for key in pipeline.site.bodies() if key.startswith("category/") and "/20" in key}


class TestDays:
    ZONES = ("UTC", "Asia/Shanghai", "America/St_Johns", "Pacific/Apia", "America/Sao_Paulo", "Australia/Lord_Howe")

    # St. John's set its clocks back at one minute past midnight, Samoa left a day out, São Paulo began days at one.
    @given(st.sampled_from(ZONES), st.data())
    def test_each_line_stands_on_one_day_and_each_day_has_all_of_its_lines(
        self, name: str, data: st.DataObject
    ) -> None:
        zone = ZoneInfo(name)
        start = data.draw(
            st.sampled_from([date(2006, 10, 28), date(2011, 12, 29), date(2018, 11, 3), date(2026, 4, 4)])
        )
        offsets = data.draw(st.lists(st.integers(0, 4 * 24 * 60), min_size=1, max_size=30, unique=True))
        instants = [datetime.combine(start, time.min, UTC) + timedelta(minutes=offset) for offset in offsets]
        table = FakeTable()
        for n, instant in enumerate(instants):
            table.put(index_item(keys.INDEX_SITE, IndexLine(f"{n}", instant, "T", "/a/")))
        days = [start + timedelta(days=n) for n in range(-2, 7)]
        found = [(line.instant, day) for day in days for line in lines_of_day(table, keys.INDEX_SITE, day, zone)]
        assert sorted(found) == sorted((instant, day_of(instant, zone)) for instant in instants)

    @pytest.mark.parametrize("day", [date.min, date.max])
    def test_the_first_and_the_last_day_there_are(self, day: date) -> None:
        assert lines_of_day(FakeTable(), keys.INDEX_SITE, day, ZoneInfo("Asia/Shanghai")) == ()

    def test_a_day_has_a_page_and_a_place_in_the_calendar(self) -> None:
        pipeline = paper()
        publish(pipeline, "One", "2026-01-04")
        pipeline.drain()
        assert archives(pipeline) == {"category/news/2026/01/04/index.html", "category/news/2026/index.html"}
        assert "One" in text(pipeline, "category/news/2026/01/04/index.html")
        assert 'href="01/04/"' in text(pipeline, "category/news/2026/index.html")
        assert "/category/news/2026/" in text(pipeline, "category/news/index.html")
        assert "/sitemap/2026-01-04.xml" in text(pipeline, "sitemap.xml")

    def test_a_day_has_an_archive_feed_when_the_next_one_begins_or_the_head_is_full(self) -> None:
        pipeline = paper("head_size: 2")
        feed, of_site = "category/news/2026/01/04/atom.xml", "atom/2026-01-04.xml"
        publish(pipeline, "One", "2026-01-04")
        pipeline.drain()
        assert not {feed, of_site} & pipeline.site.bodies().keys()
        publish(pipeline, "Two", "2026-01-04")
        pipeline.drain()
        assert {feed, of_site} <= pipeline.site.bodies().keys()
        assert f"/{feed}" in text(pipeline, "category/news/atom.xml"), "the head leads to it"
        pipeline.delete("articles/Two.md", minutes(100))
        pipeline.drain()
        assert not {feed, of_site} & pipeline.site.bodies().keys()
        publish(pipeline, "Three", "2026-01-05")
        pipeline.drain()
        assert {feed, of_site} <= pipeline.site.bodies().keys()
        pipeline.delete("articles/Three.md", minutes(101))
        pipeline.drain()
        assert not {feed, of_site} & pipeline.site.bodies().keys()

    def test_a_busy_day_is_split_and_parts_go_when_it_shrinks(self) -> None:
        pipeline = paper("day_size: 2")
        for n in range(5):
            publish(pipeline, f"T{n}", f"2026-01-04T0{n}:00:00Z")
        pipeline.drain()
        parts = ["", "2/", "3/"]
        keys_of_parts = [f"category/news/2026/01/04/{part}index.html" for part in parts]
        assert [[n for n in range(5) if f"T{n}" in text(pipeline, key)] for key in keys_of_parts] == [
            [0, 1],
            [2, 3],
            [4],
        ]
        for n in (1, 2, 3):
            pipeline.delete(f"articles/T{n}.md", minutes(100))
        pipeline.drain()
        assert [key for key in keys_of_parts if key in pipeline.site.bodies()] == keys_of_parts[:1]

    def test_parts_of_a_writer_that_died_go_all_the_same(self) -> None:
        """Broken once by deleting the parts that the stored count tells of: one written before it died was not."""
        pipeline = paper("day_size: 1")
        publish(pipeline, "One", "2026-01-04")
        pipeline.drain()
        orphan = "category/news/2026/01/04/2/index.html"
        pipeline.site.put(orphan, b"x", "text/html")
        pipeline.regenerate("day/category/news/2026-01-04")
        assert orphan not in pipeline.site.bodies()

    def test_days_lead_to_the_days_beside_them(self) -> None:
        pipeline = paper()
        for day in ("2026-01-02", "2026-01-04"):
            publish(pipeline, f"On {day}", day)
        pipeline.drain()
        page = "category/news/2026/01/02/index.html"
        assert "/category/news/2026/01/04/" in text(pipeline, page)
        publish(pipeline, "Between", "2026-01-03")
        pipeline.drain()
        assert "/category/news/2026/01/03/" in text(pipeline, page)
        assert "/category/news/2026/01/04/" not in text(pipeline, page)
        pipeline.delete("articles/Between.md", minutes(100))
        pipeline.drain()
        assert "/category/news/2026/01/04/" in text(pipeline, page)
        assert not [key for key in archives(pipeline) if "/01/03/" in key]

    def test_a_change_of_the_zone_moves_articles_between_days(self) -> None:
        pipeline = paper("timezone: UTC")
        publish(pipeline, "Late", "2025-12-31T20:00:00Z")
        pipeline.drain()
        assert "category/news/2025/12/31/index.html" in archives(pipeline)
        pipeline.upload("config/site.yaml", "timezone: Asia/Shanghai", minutes(100))
        pipeline.drain()
        assert archives(pipeline) == {
            "category/news/2026/01/01/index.html", "category/news/2026/index.html",
        }  # fmt: skip
        assert "sitemap/2025-12-31.xml" not in pipeline.site.bodies()
        assert "atom/2025-12-31.xml" not in pipeline.site.bodies()

    def test_a_late_article_touches_its_own_day_and_no_other(self) -> None:
        pipeline = paper()
        for n in range(1, 9):
            publish(pipeline, f"On {n}", f"2026-01-0{n}")
        pipeline.drain()
        before = pipeline.site.bodies()
        publish(pipeline, "Late", "2026-01-04T01:00:00Z")
        pipeline.drain()
        changed = {key for key, body in pipeline.site.bodies().items() if before.get(key) != body}
        assert {key for key in changed if key in before and "/2026/" in key} == {
            "category/news/2026/01/04/index.html", "category/news/2026/01/04/atom.xml",
        }  # fmt: skip


class TestCounts:
    def test_the_list_of_categories_tells_how_many_articles_each_has(self) -> None:
        pipeline = paper()
        for n, day in enumerate(["2024-05-01", "2025-06-01", "2026-01-04"]):
            publish(pipeline, f"T{n}", day)
        pipeline.drain()
        line = pipeline.table.get(keys.category("news"))
        assert line
        assert line["count"] == 3
        assert {item["sk"]: item["count"] for item in pipeline.table.query("ROLLUP#category#news")} == {
            "YEAR#2024": 1, "YEAR#2025": 1, "YEAR#2026": 1, "DAY#2024-05-01": 1, "DAY#2025-06-01": 1, "DAY#2026-01-04": 1,
        }  # fmt: skip
        for n in range(3):
            pipeline.delete(f"articles/T{n}.md", minutes(100))
        pipeline.drain()
        assert pipeline.table.query("ROLLUP#category#news") == []
        assert pipeline.table.query(keys.NEWEST) == []
        assert pipeline.table.query("ROLLUP#site") == []


class TestHome:
    def home_order(self, pipeline: Pipeline) -> list[str]:
        page = text(pipeline, "index.html")
        places = {slug: page.find(f'href="/category/{slug}/"') for slug in ("a", "b", "c", "d")}
        return sorted((slug for slug, at in places.items() if at >= 0), key=lambda slug: places[slug])

    def test_shows_the_placed_categories_then_those_with_the_newest_articles(self) -> None:
        pipeline = paper("home_categories: 3")
        for n, slug in enumerate("abcd"):
            publish(pipeline, f"In {slug}", f"2026-01-0{n + 1}", category=slug)
        pipeline.drain()
        assert self.home_order(pipeline) == ["d", "c", "b"]
        pipeline.upload(
            "config/categories.yaml", "- {name: b, order: 2}\n- {name: a, order: 1}\n- {name: none, order: 0}"
        )
        pipeline.drain()
        assert self.home_order(pipeline) == ["a", "b", "d"]

    def test_reads_no_more_where_there_are_more_categories(self) -> None:
        def read(categories: int) -> tuple[int, int]:
            pipeline = paper("home_categories: 2")
            for n in range(categories):
                publish(pipeline, f"T{n}", f"2026-01-0{n % 9 + 1}", category=f"c{n}")
            pipeline.drain()
            pipeline.table.calls.clear()
            pipeline.regenerate("home")
            return pipeline.table.calls["query"], pipeline.table.calls["batch_get"]

        assert read(4) == read(40)


class TestRedirects:
    def test_an_article_is_reached_at_the_addresses_it_asks_for(self) -> None:
        pipeline = paper()
        publish(pipeline, "One", "2026-01-04", redirect_from="[/2019/one.html, /old/one/]")
        pipeline.drain()
        (article,) = pipeline.articles()
        for key in ("2019/one.html", "old/one/index.html"):
            stored = pipeline.site.get(key)
            assert stored
            assert stored.metadata["status"] == "301"
            assert stored.metadata["location"] == article.address
            assert (article.address or "?") in stored.body.decode()

    def test_the_older_of_two_articles_has_the_address_and_the_other_when_it_goes(self) -> None:
        pipeline = paper()
        pipeline.upload("articles/b.md", markdown("B", redirect_from="/old/"), minutes(1))
        pipeline.upload("articles/a.md", markdown("A", redirect_from="/old/"), minutes(2))
        pipeline.drain()
        older, newer = (article.address or "?" for article in pipeline.articles())
        assert older in text(pipeline, "old/index.html")
        pipeline.delete("articles/b.md", minutes(3))
        pipeline.drain()
        assert newer in text(pipeline, "old/index.html")
        pipeline.delete("articles/a.md", minutes(4))
        pipeline.drain()
        assert "old/index.html" not in pipeline.site.bodies()
        assert [key for key in pipeline.table.dump() if key.pk.startswith("ALIAS") and key.sk != keys.OWNER] == []

    def test_what_was_taken_down_is_gone_there_too(self) -> None:
        pipeline = paper()
        publish(pipeline, "One", "2026-01-04", redirect_from="/old/")
        pipeline.drain()
        unpublish(pipeline.articles()[0].id, "wrong", minutes(100), pipeline.store, lambda *_: "/")
        pipeline.drain()
        stored = pipeline.site.get("old/index.html")
        assert stored
        assert stored.metadata["status"] == "410"

    def test_an_address_that_is_no_longer_asked_for_leads_nowhere(self) -> None:
        pipeline = paper()
        publish(pipeline, "One", "2026-01-04", redirect_from="/old/")
        pipeline.drain()
        publish(pipeline, "One", "2026-01-04")
        pipeline.drain()
        assert "old/index.html" not in pipeline.site.bodies()

    # Each was broken once: the article's page was deleted as a redirect that nobody wanted, or was made one.
    def test_its_own_address_is_no_redirect(self) -> None:
        pipeline = paper()
        publish(pipeline, "One", "2026-01-04")
        pipeline.drain()
        (article,) = pipeline.articles()
        publish(pipeline, "One", "2026-01-04", redirect_from=article.address or "?", tags="[x]")
        pipeline.drain()
        assert "Some text." in text(pipeline, (article.address or "?").lstrip("/") + "index.html")

    def test_another_articles_own_address_stays_its_own(self) -> None:
        pipeline = paper()
        publish(pipeline, "One", "2026-01-04")
        pipeline.drain()
        (article,) = pipeline.articles()
        publish(pipeline, "Two", "2026-01-04", redirect_from=article.address or "?")
        pipeline.drain()
        pipeline.delete("articles/Two.md", minutes(100))
        pipeline.drain()
        assert "One" in text(pipeline, (article.address or "?").lstrip("/") + "index.html")


class TestSources:
    def test_the_list_follows_the_definitions(self) -> None:
        pipeline = newsroom("title: The Wire")
        pipeline.drain()
        assert 'xmlUrl="https://news.example/list.json"' in text(pipeline, "opml.xml")
        pipeline.upload("config/sources/wire.yaml", source_file(extra="title: Another", url="https://b.example/l.json"))
        pipeline.drain()
        assert "The Wire" not in text(pipeline, "opml.xml")
        assert 'xmlUrl="https://b.example/l.json"' in text(pipeline, "opml.xml")
        pipeline.upload("config/site.yaml", "publish_sources: false")
        pipeline.drain()
        assert "opml.xml" not in pipeline.site.bodies()

    def test_it_tells_nothing_that_is_not_for_readers(self) -> None:
        pipeline = newsroom("headers: {X-Key: 'ssm:key'}")
        pipeline.drain()
        assert "ssm:" not in text(pipeline, "opml.xml")


class TestAssets:
    def test_a_former_stylesheet_stays_two_days(self) -> None:
        pipeline = paper()
        pipeline.upload("config/templates/style.css", "body{}", minutes(1))
        pipeline.drain()

        def styles() -> int:
            return len([key for key in pipeline.site.bodies() if key.startswith("assets/style-")])

        assert styles() == 2
        pipeline.dispatch(minutes(1) + timedelta(hours=47))
        pipeline.drain()
        assert styles() == 2
        pipeline.dispatch(minutes(1) + timedelta(hours=49))
        pipeline.drain()
        assert styles() == 1
        assert pipeline.table.query(keys.DUE) == []
