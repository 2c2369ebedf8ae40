"""A page is what the table says when its writer is done, whoever wrote to the table meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from broadsheet.flow.categories import Categories
from broadsheet.flow.curate import restore, unpublish
from broadsheet.flow.regenerate_page import ATTEMPTS, PageUnsettled
from broadsheet.model import keys
from broadsheet.model.article import Origin
from broadsheet.model.page import CACHE_ARTICLE, CACHE_SHORT
from broadsheet.model.site import Site
from tests.builders import minutes
from tests.flow.feeds import LIST, item, listing, newsroom
from tests.flow.pipeline import Pipeline, markdown

URL = "https://x.example/"


class Crash(BaseException):
    """The function died here."""


def address(origin: Origin, article_id: str) -> str:
    return f"/{origin.slug}-{article_id[:6]}/"


def site_of(*titles: str) -> Pipeline:
    """A site that is up to date, with an upload per title."""
    pipeline = Pipeline()
    for n, title in enumerate(titles):
        pipeline.upload(f"articles/{n}.md", markdown(title, f"Text of {title}.", canonical_url=f"{URL}{n}"), minutes(n))
    pipeline.drain()
    return pipeline


def page_of(pipeline: Pipeline, n: int = 0) -> str:
    return (pipeline.articles()[n].address or "").lstrip("/") + "index.html"


def text(pipeline: Pipeline, key: str) -> str:
    return pipeline.site.bodies()[key].decode()


class TestWhatIsWritten:
    def test_an_article_has_a_page_and_a_post(self) -> None:
        pipeline = site_of("One")
        assert "Text of One." in text(pipeline, page_of(pipeline))
        (post,) = (key for key in pipeline.archive.bodies() if key.startswith("posts/"))
        assert b"Text of One." in pipeline.archive.bodies()[post]

    def test_a_page_is_looked_for_only_where_it_may_be_there(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("articles/0.md", markdown("One", " ".join(f"Word {n} of a text." for n in range(30))))
        name = f"article/{pipeline.articles()[0].id}"
        pipeline.regenerate(name)
        assert pipeline.site.calls["metadata"] == 0
        pipeline.regenerate(name)
        assert (pipeline.site.calls["metadata"], pipeline.site.calls["put"]) == (1, 1)

    def test_it_stands_on_the_home_page_its_category_and_in_the_feeds(self) -> None:
        pipeline = site_of("One", "Two")
        for key in (
            "index.html",
            "category/news/index.html",
            "category/news/atom.xml",
            "atom.xml",
            "rss.xml",
            "feed.json",
        ):
            assert "One" in text(pipeline, key), key
            assert "Two" in text(pipeline, key), key
        assert "News" in text(pipeline, "category/index.html")

    def test_objects_tell_their_type_hash_and_how_to_be_cached(self) -> None:
        pipeline = site_of("One")
        stored = pipeline.site.get(page_of(pipeline))
        assert stored
        assert stored.content_type == "text/html; charset=utf-8"
        assert len(stored.metadata["sha256"]) == 64
        assert pipeline.site.cache_controls[page_of(pipeline)] == CACHE_ARTICLE
        assert pipeline.site.cache_controls["index.html"] == CACHE_SHORT

    # Broken once by comparing nothing: each run of a schedule then rewrites the site.
    def test_unchanged_bytes_are_not_written_again(self) -> None:
        pipeline = site_of("One")
        pipeline.site.calls.clear()
        pipeline.counter.counts.clear()
        pipeline.regenerate("home", "category/news", f"article/{pipeline.articles()[0].id}")
        assert pipeline.site.calls["put"] == 0
        assert pipeline.counter.counts == {"PagesUnchanged": 4 + 2 + 2}

    def test_an_article_that_is_gone_leaves_no_page_no_post_and_no_line(self) -> None:
        pipeline = site_of("One", "Two")
        page = page_of(pipeline)
        pipeline.delete("articles/0.md", minutes(9))
        pipeline.drain()
        assert page not in pipeline.site.bodies()
        assert len([key for key in pipeline.archive.bodies() if key.startswith("posts/")]) == 1
        assert "One" not in text(pipeline, "index.html")
        assert pipeline.counter.counts["PagesDeleted"] == 2

    def test_a_category_without_articles_has_no_pages(self) -> None:
        pipeline = site_of("One")
        pipeline.delete("articles/0.md", minutes(9))
        pipeline.drain()
        assert not [key for key in pipeline.site.bodies() if key.startswith("category/news/")]
        assert "News" not in text(pipeline, "category/index.html")

    def test_an_article_that_was_merged_leads_to_where_it_is(self) -> None:
        pipeline = site_of("One", "Two")
        loser, target = page_of(pipeline, 1), pipeline.articles()[0].address or "?"
        pipeline.upload("articles/1.md", markdown("Two", canonical_url=f"{URL}0"), minutes(9))
        pipeline.drain()
        assert target in text(pipeline, loser)
        assert "Two" not in text(pipeline, loser)
        assert len([key for key in pipeline.archive.bodies() if key.startswith("posts/")]) == 1

    def test_a_redirect_follows_an_article_that_is_merged_in_its_turn(self) -> None:
        pipeline = site_of("One", "Two", "Three")
        last, target = page_of(pipeline, 2), pipeline.articles()[0].address or "?"
        pipeline.upload("articles/2.md", markdown("Three", canonical_url=f"{URL}1"), minutes(9))
        pipeline.drain()
        assert target not in text(pipeline, last)
        pipeline.upload("articles/1.md", markdown("Two", canonical_url=f"{URL}0"), minutes(10))
        pipeline.drain()
        assert target in text(pipeline, last)

    def test_a_redirect_goes_and_comes_with_where_it_leads(self) -> None:
        pipeline = site_of("One", "Two")
        redirect = page_of(pipeline, 1)
        pipeline.upload("articles/1.md", markdown("Two", canonical_url=f"{URL}0"), minutes(9))
        pipeline.delete("articles/0.md", minutes(10))
        pipeline.delete("articles/1.md", minutes(10))
        pipeline.drain()
        assert redirect not in pipeline.site.bodies()
        pipeline.upload("articles/0.md", markdown("One", canonical_url=f"{URL}0"), minutes(11))
        pipeline.drain()
        assert redirect in pipeline.site.bodies()

    def test_what_was_taken_down_says_so_with_410_until_it_is_restored(self) -> None:
        pipeline = site_of("One")
        (article,) = pipeline.articles()
        unpublish(article.id, "wrong", minutes(9), pipeline.store, address)
        pipeline.drain()
        stored = pipeline.site.get(page_of(pipeline))
        assert stored
        assert stored.metadata["status"] == "410"
        assert b"Text of One" not in stored.body
        assert not [key for key in pipeline.archive.bodies() if key.startswith("posts/")]
        restore(article.id, minutes(10), pipeline.store, address)
        pipeline.drain()
        again = pipeline.site.get(page_of(pipeline))
        assert again
        assert b"Text of One" in again.body
        assert "status" not in again.metadata

    def test_a_held_or_draft_article_has_no_page(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("articles/a.md", markdown("Held", date="2027-01-01T00:00:00Z"))
        pipeline.upload("articles/b.md", markdown("Draft", draft="true"))
        pipeline.drain()
        assert not any(b"Held" in body or b"Draft" in body for body in pipeline.bodies().values())

    @pytest.mark.parametrize(
        "name",
        [
            "article/nosuch",
            "alias/no/such/",
            "category/nosuch",
            "day/site/2026-01-05",
            "day/category/nosuch/2026-01-05",
            "year/category/nosuch/2026",
        ],
    )
    def test_a_page_of_nothing_is_nothing(self, name: str) -> None:
        pipeline = Pipeline()
        pipeline.regenerate(name)
        assert pipeline.site.bodies() == {}
        assert pipeline.table.dump() == {}

    def test_a_name_that_is_no_pages_is_refused(self) -> None:
        with pytest.raises(LookupError, match="'frontpage' names no page"):
            Pipeline().regenerate("frontpage")


class TestTemplatesThatFail:
    """Broken once by letting the fault through: every page that used the template ended in the dead-letter queue."""

    FAILING = "{% extends 'base.html.j2' %}{% block main %}{{ chosen.nothing.at.all }}{% endblock %}"

    def test_the_built_in_ones_make_the_page_and_the_operator_is_told_once(self) -> None:
        pipeline = site_of("One", "Two")
        pipeline.upload("config/templates/article.html.j2", self.FAILING, minutes(9))
        pipeline.drain()
        assert "Text of One." in text(pipeline, page_of(pipeline))
        (told,) = pipeline.rejections().items()
        assert told[0] == "config/templates/article.html.j2"
        assert told[1].startswith("templates/article.html.j2, line 1: ")
        assert told[1].endswith("mend it, or delete the file to have the built-in template back")
        assert pipeline.counter.counts["TemplatesFailed"] == 1

    def test_a_template_that_is_mended_is_in_force_and_no_longer_told_of(self) -> None:
        pipeline = site_of("One")
        pipeline.upload("config/templates/article.html.j2", self.FAILING, minutes(9))
        pipeline.drain()
        mended = self.FAILING.replace(".nothing.at.all", ".title")
        pipeline.upload("config/templates/article.html.j2", mended, minutes(10))
        pipeline.drain()
        assert pipeline.rejections() == {}
        assert "Text of One." not in text(pipeline, page_of(pipeline))
        assert "One" in text(pipeline, page_of(pipeline))

    def test_a_post_whose_template_fails_is_the_portable_one(self) -> None:
        pipeline = site_of("One")
        pipeline.upload("config/templates/posts/mine.md.j2", "{{ 1 / 0 }}", minutes(8))
        pipeline.upload("config/site.yaml", "post_template: mine", minutes(9))
        pipeline.drain()
        (post,) = (body for key, body in pipeline.archive.bodies().items() if key.startswith("posts/"))
        assert b"Text of One." in post
        assert set(pipeline.rejections()) == {"config/templates/posts/mine.md.j2"}

    def test_a_fault_in_what_is_built_in_is_ours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pipeline = site_of("One")

        def fail(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("broadsheet.publish.html.news_article", fail)
        with pytest.raises(ZeroDivisionError):
            pipeline.regenerate(f"article/{pipeline.articles()[0].id}")


class TestReadingAgain:
    """Invariant 5. Broken once by returning after the first write, once by setting the catalog unconditionally."""

    def while_writing(self, pipeline: Pipeline, key: str, act: Callable[[], None]) -> None:
        def hook(written: str) -> None:
            if written == key:
                pipeline.site.before_write = None
                act()

        pipeline.site.before_write = hook

    def test_a_page_whose_article_changes_while_it_is_written_ends_as_the_table_says(self) -> None:
        pipeline = site_of("One")
        page = page_of(pipeline)
        pipeline.upload("articles/0.md", markdown("One", "Second.", canonical_url=f"{URL}0"), minutes(9))
        third = pipeline.put("articles/0.md", markdown("One", "Third.", canonical_url=f"{URL}0"), minutes(10))

        def another_writer() -> None:
            pipeline.receive(third)
            pipeline.ingest()

        self.while_writing(pipeline, page, another_writer)
        pipeline.regenerate(f"article/{pipeline.articles()[0].id}")
        assert "Third." in text(pipeline, page)

    def test_a_page_whose_article_goes_while_it_is_written_is_deleted(self) -> None:
        pipeline = site_of("One")
        page, article_id = page_of(pipeline), pipeline.articles()[0].id
        pipeline.upload("articles/0.md", markdown("One", "Second.", canonical_url=f"{URL}0"), minutes(9))
        self.while_writing(pipeline, page, lambda: pipeline.delete("articles/0.md", minutes(10)))
        pipeline.regenerate(f"article/{article_id}")
        assert page not in pipeline.site.bodies()

    def test_the_home_page_shows_what_came_while_it_was_written(self) -> None:
        pipeline = site_of("One")
        pipeline.upload("articles/1.md", markdown("Two"), minutes(9))
        self.while_writing(
            pipeline, "index.html", lambda: pipeline.upload("articles/2.md", markdown("Three"), minutes(10))
        )
        pipeline.regenerate("home")
        assert "Three" in text(pipeline, "index.html")

    def test_a_line_of_the_catalog_that_another_writer_changed_is_set_anew(self) -> None:
        pipeline = Pipeline()

        def another_writer(_: object) -> None:
            pipeline.table.before_write = None
            Categories(pipeline.table, Site()).slugs(["厦门"])

        pipeline.upload("articles/2.md", markdown("Three", category="xiamen"), minutes(10))
        pipeline.table.before_write = another_writer
        pipeline.regenerate("category/xiamen")
        stored = pipeline.table.get(keys.category("xiamen"))
        assert stored
        assert stored["name"] == "厦门", "the name it was given meanwhile stays"
        (newest,) = pipeline.table.query(keys.NEWEST)
        assert newest["name"] == "厦门"
        assert [line["title"] for line in newest["newest"]] == ["Three"]

    def test_a_page_that_never_settles_goes_back_to_its_queue(self) -> None:
        pipeline = site_of("One")
        changes = 0

        def another_writer(_: str) -> None:
            nonlocal changes
            changes += 1
            pipeline.upload(
                "articles/0.md", markdown(f"Title {changes}", canonical_url=f"{URL}0"), minutes(9 + changes)
            )

        pipeline.upload("articles/0.md", markdown("Another", canonical_url=f"{URL}0"), minutes(9))
        pipeline.site.before_write = another_writer
        with pytest.raises(PageUnsettled, match=f"changed {ATTEMPTS} times"):
            pipeline.regenerate(f"article/{pipeline.articles()[0].id}")
        assert changes == ATTEMPTS
        pipeline.site.before_write = None
        pipeline.regenerate(f"article/{pipeline.articles()[0].id}")
        assert f"Title {changes}" in text(pipeline, page_of(pipeline))

    def test_a_page_whose_writer_died_half_way_is_whole_after_the_redelivery(self) -> None:
        pipeline = site_of("One")
        expected = pipeline.site.bodies()
        for dying in ("index.html", "atom.xml", "rss.xml", "feed.json"):
            for key in ("index.html", "atom.xml", "rss.xml", "feed.json"):
                pipeline.site.delete(key)

            def die(written: str, dying: str = dying) -> None:
                if written == dying:
                    raise Crash

            pipeline.site.before_write = die
            with pytest.raises(Crash):
                pipeline.regenerate("home")
            pipeline.site.before_write = None
            pipeline.regenerate("home")
            assert pipeline.site.bodies() == expected


# Invariant 9: broken once by reading the whole index for the home page.
def test_publishing_one_article_costs_as_many_calls_at_three_hundred_as_at_twenty() -> None:
    def calls_for_one_more(stored: int) -> dict[str, int]:
        pipeline = newsroom()
        names = [str(n) for n in range(stored)]
        for start in range(0, stored, 100):
            pipeline.fetcher.answers[LIST] = listing(*(item(name) for name in names[start : start + 100]))
            pipeline.poll(at=minutes(start))
            pipeline.ingest()
        # Their own pages cost nothing to the one that comes; those they share are brought up to date.
        pipeline.table.records.clear()
        pipeline.regenerate("category/news", "home", "categories")
        pipeline.fetcher.answers[LIST] = listing(item("one more"))
        pipeline.poll(at=minutes(10_000))
        for part in (pipeline.table, pipeline.site, pipeline.archive):
            part.calls.clear()
        pipeline.drain()
        assert len(pipeline.table.query(keys.INDEX_SITE)) == stored + 1
        return {
            f"{name} {call}": count
            for name in ("table", "site", "archive")
            for call, count in getattr(pipeline, name).calls.items()
        }

    few, many = calls_for_one_more(20), calls_for_one_more(300)
    assert many == few
