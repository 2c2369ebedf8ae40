"""Articles over several pages: each page in its slot, in the archive, once; and what happens when one is gone."""

from __future__ import annotations

from itertools import pairwise

import pytest

from broadsheet.flow.pages import MAX_PAGES
from broadsheet.flow.retries import TRIES
from broadsheet.flow.settle import read_body
from broadsheet.model import keys
from broadsheet.model.keys import Key
from broadsheet.model.messages import load_ingest
from broadsheet.model.web import FetchFailed
from tests.builders import WEB, entry_input, minutes
from tests.fakes.fetcher import answering
from tests.flow.feeds import LIST, item, listing, newsroom
from tests.flow.pipeline import Pipeline

RECIPE = "body: //article\nnext_page_link: //a[@class='next']\nsingle_page_link: //a[@class='print']"
STANDFIRST = "<p>The council has voted on the ferry's name at last, nine to two.</p>"
REST = (
    "So much text that nobody needs to guess whether it is an article: what the recipe selects is taken as it stands, "
    "and the page is not read in any other way."
)
FIRST = f"{WEB}/1"


def page(text: str, *, following: str | None = None, whole: str | None = None) -> str:
    links = f'<a class="next" href="{following}">next</a>' if following else ""
    links += f'<a class="print" href="{whole}">print</a>' if whole else ""
    return f"<html><body><article>{STANDFIRST}<p>{text} {REST}</p></article>{links}</body></html>"


def polled(pages: dict[str, str], recipe: str = RECIPE, *, file: str = "news.example", extra: str = "") -> Pipeline:
    """A pipeline with a recipe, whose source listed the entry ``1``; its messages wait."""
    pipeline = newsroom(extra, body="{from: page}")
    pipeline.upload(f"config/recipes/{file}.txt", recipe)
    assert pipeline.rejections() == {}
    for url, markup in pages.items():
        pipeline.fetcher.answers[url] = answering(url, markup)
    pipeline.fetcher.answers[LIST] = listing(item("1"), etag="v1")
    pipeline.poll()
    return pipeline


def text_of(pipeline: Pipeline) -> str:
    (article,) = pipeline.articles()
    assert article.chosen
    return read_body(Key(article.chosen.body_pk, article.chosen.body_sk), pipeline.store)


def fetched(pipeline: Pipeline) -> list[str]:
    return [request.url for request in pipeline.fetcher.requests if request.url != LIST]


class TestNextPages:
    PAGES = {  # noqa: RUF012 - read only
        FIRST: page("One.", following="/1?p=2"),
        f"{WEB}/1?p=2": page("Two.", following="/1?p=3"),
        f"{WEB}/1?p=3": page("Three."),
    }

    def test_are_joined_in_order_without_what_they_repeat(self) -> None:
        pipeline = polled(self.PAGES)
        pipeline.ingest()
        text = text_of(pipeline)
        assert [text.count(part) for part in ("nine to two", "One.", "Two.", "Three.")] == [1, 1, 1, 1]
        assert text.index("One.") < text.index("Two.") < text.index("Three.")
        assert fetched(pipeline) == list(self.PAGES)

    def test_each_has_its_slot(self) -> None:
        pipeline = polled(self.PAGES)
        slots = []
        while waiting := pipeline.ingests.take():
            slots += [message.slot for sent in waiting if (message := load_ingest(sent.body)).kind == "entry"]  # type: ignore[union-attr]
            pipeline.ingest(waiting)
        distinct = sorted({slot for slot in slots if slot})
        assert len(distinct) == 4, "the first is the one in which robots.txt was asked for"
        assert all((b - a).total_seconds() >= 1 for a, b in pairwise(distinct))

    def test_each_is_archived_with_its_address(self) -> None:
        pipeline = polled(self.PAGES)
        pipeline.ingest()
        raw = [key for key in pipeline.archive.bodies() if key.startswith("raw/wire/")]
        addresses = {metadata["url"] for key in raw if (metadata := pipeline.archive.metadata(key))}
        assert addresses == set(self.PAGES)

    def test_a_message_that_comes_twice_makes_the_same_article(self) -> None:
        once, twice = polled(self.PAGES), polled(self.PAGES)
        once.ingest()
        while waiting := twice.ingests.take():
            twice.ingest([*waiting, *waiting])
        assert text_of(twice) == text_of(once)
        assert twice.table.get(keys.rejection(entry_input("1"))) is None

    def test_bounded(self) -> None:
        endless = {
            f"{WEB}/1" if n == 1 else f"{WEB}/1?p={n}": page(f"Page {n}.", following=f"/1?p={n + 1}")
            for n in range(1, MAX_PAGES + 5)
        }
        pipeline = polled(endless)
        pipeline.ingest()
        assert len(fetched(pipeline)) == MAX_PAGES
        assert f"Page {MAX_PAGES}." in text_of(pipeline)

    @pytest.mark.parametrize("back", ["/1", "/1?p=2", "/1?p=same"])
    def test_in_a_circle_come_to_an_end(self, back: str) -> None:
        pages = {FIRST: page("One.", following="/1?p=2"), f"{WEB}/1?p=2": page("Two.", following=back)}
        pages[f"{WEB}/1?p=same"] = pages[f"{WEB}/1?p=2"]
        pipeline = polled(pages)
        pipeline.ingest()
        assert text_of(pipeline).count("Two.") == 1
        assert len(fetched(pipeline)) <= 3

    def test_one_that_is_gone_ends_the_article(self) -> None:
        pipeline = polled({url: markup for url, markup in self.PAGES.items() if not url.endswith("3")})
        pipeline.ingest()
        assert "Two." in text_of(pipeline)
        assert pipeline.rejections() == {}

    def test_one_that_fails_for_a_while_is_tried_again_without_the_others(self) -> None:
        pipeline = polled(self.PAGES)
        second, answers = f"{WEB}/1?p=2", pipeline.fetcher.answers
        good, answers[second] = answers[second], FetchFailed("answered 503", transient=True, status=503)
        pipeline.ingest(pipeline.ingests.take())
        pipeline.ingest(pipeline.ingests.take())
        assert pipeline.articles() == []
        answers[second] = good
        pipeline.ingest()
        assert "Three." in text_of(pipeline)
        assert fetched(pipeline).count(FIRST) == 1

    def test_one_that_goes_on_failing_is_no_end_of_the_article(self) -> None:
        """What may get better is not published by halves."""
        pipeline = polled(self.PAGES)
        pipeline.fetcher.answers[f"{WEB}/1?p=2"] = FetchFailed("answered 503", transient=True, status=503)
        pipeline.ingest()
        assert pipeline.articles() == []
        rejected = pipeline.rejection(entry_input("1"))
        assert rejected
        assert rejected.reason == f"answered 503 (tried {TRIES} times)"
        assert rejected.retry_at

    def test_one_without_an_article_adds_nothing(self) -> None:
        pipeline = polled({**self.PAGES, f"{WEB}/1?p=3": "<html><body></body></html>"})
        pipeline.ingest()
        assert "Two." in text_of(pipeline)


class TestSinglePage:
    WHOLE = f"{WEB}/print/1"

    def test_stands_for_the_first(self) -> None:
        pages = {FIRST: page("One.", following="/1?p=2", whole="/print/1"), self.WHOLE: page("All of it.")}
        pipeline = polled(pages)
        pipeline.ingest()
        assert "All of it." in text_of(pipeline)
        assert "One." not in text_of(pipeline)
        assert fetched(pipeline) == [FIRST, self.WHOLE]

    def test_that_is_gone_leaves_the_pages(self) -> None:
        pages = {FIRST: page("One.", following="/1?p=2", whole="/print/1"), f"{WEB}/1?p=2": page("Two.")}
        pipeline = polled(pages)
        pipeline.ingest()
        assert text_of(pipeline).index("One.") < text_of(pipeline).index("Two.")
        assert fetched(pipeline) == [FIRST, self.WHOLE, f"{WEB}/1?p=2"]

    def test_that_links_to_itself_is_followed_once(self) -> None:
        pages = {FIRST: page("One.", whole="/print/1"), self.WHOLE: page("All.", whole="/print/1?again")}
        pipeline = polled(pages)
        pipeline.ingest()
        assert fetched(pipeline) == [FIRST, self.WHOLE]

    def test_elsewhere_is_read_by_the_recipe_of_that_place(self) -> None:
        other = "https://other.example/a"
        pipeline = polled(
            {FIRST: page("One.", whole=other), other: f"<html><body><main>Other. {REST}</main></body></html>"}
        )
        pipeline.upload("config/recipes/other.example.txt", "body: //main")
        pipeline.ingest()
        assert "Other." in text_of(pipeline)

    def test_named_in_the_feed_is_fetched_in_place_of_the_entry_s_page(self) -> None:
        pipeline = newsroom(body="{from: page}")
        pipeline.upload("config/recipes/news.example.txt", "body: //article\nsingle_page_link_in_feed: //a[@id='to']")
        pipeline.fetcher.answers[LIST] = listing(item("1", f'<a id="to" href="{self.WHOLE}">x</a>'), etag="v1")
        pipeline.fetcher.answers[self.WHOLE] = answering(self.WHOLE, page("All of it."))
        pipeline.poll()
        pipeline.ingest()
        assert "All of it." in text_of(pipeline)
        assert fetched(pipeline) == [self.WHOLE]


class TestHeaders:
    def test_of_a_recipe_go_to_its_site(self) -> None:
        recipe = "body: //article\nhttp_header(Cookie): consent=1\nhttp_header(Referer): https://news.example/"
        pipeline = polled({FIRST: page("One.")}, recipe, extra='headers: {Referer: "https://ours.example/"}')
        pipeline.ingest()
        (request,) = (request for request in pipeline.fetcher.requests if request.url == FIRST)
        assert request.headers == {"cookie": "consent=1", "referer": "https://ours.example/"}

    def test_go_to_no_other_site_wherever_a_page_links(self) -> None:
        other = "https://other.example/a"
        recipe = RECIPE + "\nhttp_header(Cookie): consent=1"
        pages = {FIRST: page("One.", whole=other), other: page("Other.")}
        pipeline = polled(pages, recipe, extra="headers: {X-Key: ours}")
        pipeline.ingest()
        sent = {request.url: dict(request.headers) for request in pipeline.fetcher.requests}
        assert sent[FIRST] == {"cookie": "consent=1", "x-key": "ours"}
        assert sent[other] == {}


class TestRecipes:
    def test_serve_the_hosts_that_their_names_say(self) -> None:
        pipeline = polled({FIRST: page("One.")}, "body: //article/p[2]", file=".example")
        pipeline.ingest()
        assert text_of(pipeline) == f"<p>One. {REST}</p>"

    def test_that_are_deleted_serve_nobody(self) -> None:
        pipeline = polled({FIRST: page("One.")}, RECIPE)
        pipeline.receive(pipeline.remove("config/recipes/news.example.txt"))
        stored = pipeline.table.get(keys.site_item("RECIPE#news.example"))
        assert stored
        assert "text" not in stored
        assert pipeline.ingester()._recipes.of(FIRST) is None

    def test_that_change_have_what_is_listed_read_again(self) -> None:
        """Also what was rejected: a site that nothing could be made of is why somebody writes a recipe."""
        pipeline = polled({FIRST: page("One.")}, "body: //b\nautodetect_on_failure: no")
        pipeline.ingest()
        assert pipeline.articles() == []
        pipeline.upload("config/recipes/news.example.txt", RECIPE)
        pipeline.fetcher.answers[LIST] = listing(item("1"), etag="v2")
        pipeline.poll(at=minutes(15))
        assert pipeline.ingests.messages == [], "the listing is what it was, to the byte"
        pipeline.fetcher.answers[LIST] = listing(item("1"), item("2"), etag="v3")
        pipeline.poll(at=minutes(30))
        pipeline.ingest()
        assert "One." in text_of(pipeline)
        pipeline.poll(at=minutes(45))
        assert pipeline.ingests.messages == []

    def test_change_no_page_of_the_site(self) -> None:
        pipeline = newsroom()
        pipeline.drain()
        pipeline.upload("config/recipes/news.example.txt", RECIPE)
        pipeline.mark()
        assert pipeline.rebuilds.messages == []

    def test_that_are_no_recipes_are_refused_by_name(self) -> None:
        pipeline = newsroom()
        pipeline.upload("config/recipes/news.example.txt", "x" * 200_000)
        (reason,) = pipeline.rejections().values()
        assert reason.startswith("recipes/news.example.txt: a recipe of 200,000 characters")
