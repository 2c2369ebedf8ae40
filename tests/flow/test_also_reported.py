"""Articles that tell the same name each other, whatever happens to either of them, and however it is delivered."""

from __future__ import annotations

import random
from html import escape

import pytest

from broadsheet.flow import also_reported
from broadsheet.flow.curate import restore, unpublish
from broadsheet.flow.writers.likeness import MOST_SHOWN
from broadsheet.ingest.near_duplicates import BANDS
from broadsheet.model import keys
from broadsheet.model.article import Article
from broadsheet.model.records import band_items, likeness_from
from tests.builders import minutes
from tests.flow.deliveries import NEVER, Deliveries, rebuilt
from tests.flow.feeds import LIST, item, listing, newsroom
from tests.flow.pipeline import Pipeline, markdown

STORY = [f"word{n}" for n in range(90)]
TOLD = {
    "story": " ".join(STORY),
    "cut": " ".join(STORY[:70]),
    "ended": " ".join((*STORY[:75], *(f"end{n}" for n in range(20)))),
    "other": " ".join(f"other{n}" for n in range(60)),
    "short": " ".join(STORY[:15]),
}


def tell(pipeline: Pipeline, name: str, text: str = "story", source: str | None = None, at: float = 0) -> None:
    """Upload an article of that name, whose source has its name too; no source where ``source`` is ""."""
    source = f"The {name}" if source is None else source
    given = {"source_name": source} if source else {}
    body = markdown(f"Title of {name}", TOLD[text], canonical_url=f"https://x.example/{name}", **given)
    pipeline.upload(f"articles/{name}.md", body, minutes(at))


def told(*names: str) -> Pipeline:
    """A site that is up to date, on which each of ``names`` tells the story, a minute after the one before."""
    pipeline = Pipeline()
    for n, name in enumerate(names):
        tell(pipeline, name, at=n)
    pipeline.drain()
    return pipeline


def article(pipeline: Pipeline, name: str) -> Article:
    return next(a for a in pipeline.articles() if a.chosen and a.chosen.title == f"Title of {name}")


def shown_by(pipeline: Pipeline, name: str) -> list[str]:
    """Return the names of the articles that the page of ``name`` shows as telling the same, in their order."""
    page = pipeline.site.bodies()[(article(pipeline, name).address or "").lstrip("/") + "index.html"].decode()
    by_address = {escape(a.address or ""): a.chosen.title for a in pipeline.articles() if a.chosen}
    lines = [line for line in page.splitlines() if line.startswith('<li class="report">')]
    return [
        title.removeprefix("Title of ")
        for line in lines
        for address, title in by_address.items()
        if f'href="{address}"' in line
    ]


def leftovers(pipeline: Pipeline) -> set[str]:
    """Return the sort keys and partitions of what tells of likenesses."""
    dump = pipeline.table.dump()
    return {key.pk for key in dump if key.pk.startswith("BAND#")} | {
        key.sk for key in dump if key.sk in (keys.BANDS, keys.ALIKE)
    }


class TestWhoIsNamed:
    def test_two_sources_that_tell_the_same_name_each_other(self) -> None:
        pipeline = told("A", "B")
        assert shown_by(pipeline, "A") == ["B"]
        assert shown_by(pipeline, "B") == ["A"]

    def test_what_a_poll_and_an_upload_bring_name_each_other(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("polled", f"{TOLD['cut']}"))
        pipeline.poll()
        pipeline.ingest()
        tell(pipeline, "A", at=1)
        pipeline.drain()
        page = pipeline.site.bodies()[(article(pipeline, "A").address or "").lstrip("/") + "index.html"].decode()
        assert '<li class="report">news.example: <a' in page

    @pytest.mark.parametrize(("text", "named"), [("cut", ["A"]), ("ended", ["A"]), ("other", []), ("short", [])])
    def test_a_text_that_was_edited_is_the_same_and_another_is_not(self, text: str, named: list[str]) -> None:
        pipeline = told("A")
        tell(pipeline, "B", text, at=1)
        pipeline.drain()
        assert shown_by(pipeline, "B") == named

    def test_one_source_does_not_name_itself(self) -> None:
        pipeline = Pipeline()
        tell(pipeline, "A", source="Reuters")
        tell(pipeline, "B", source="REUTERS", at=1)
        tell(pipeline, "C", source="", at=2)
        tell(pipeline, "D", source="", at=3)
        pipeline.drain()
        assert shown_by(pipeline, "A") == ["D", "C"]
        assert shown_by(pipeline, "C") == ["B", "A"]

    def test_the_newest_twenty_are_shown(self) -> None:
        names = [f"{n:02}" for n in range(MOST_SHOWN + 3)]
        pipeline = told(*names)
        assert shown_by(pipeline, "00") == names[: -MOST_SHOWN - 1 : -1]
        assert shown_by(pipeline, "22") == names[-2 : -MOST_SHOWN - 2 : -1]

    def test_an_article_without_its_like_costs_no_name_and_no_second_page(self) -> None:
        pipeline = told("A")
        assert keys.ALIKE not in leftovers(pipeline)
        assert len([pk for pk in leftovers(pipeline) if pk.startswith("BAND#")]) == BANDS
        tell(pipeline, "B", "other", at=1)
        pipeline.mark()
        pipeline.regenerate()
        pipeline.mark()
        assert not [message for message in pipeline.pages.take() if "likeness/" in message.body]


class TestWhatHappensToThem:
    def test_one_that_tells_something_else_since_is_named_no_more(self) -> None:
        pipeline = told("A", "B", "C")
        tell(pipeline, "B", "other", at=9)
        pipeline.drain()
        assert [shown_by(pipeline, name) for name in "ABC"] == [["C"], [], ["A"]]

    def test_one_with_a_new_title_is_named_by_it(self) -> None:
        pipeline = told("A", "B")
        body = markdown("Title of X", TOLD["story"], canonical_url="https://x.example/B", source_name="The B")
        pipeline.upload("articles/B.md", body, minutes(9))
        pipeline.drain()
        assert shown_by(pipeline, "A") == ["X"]

    def test_one_that_is_taken_down_is_named_no_more_until_it_is_restored(self) -> None:
        pipeline = told("A", "B")
        gone = article(pipeline, "B")
        unpublish(gone.id, "wrong", minutes(9), pipeline.store, lambda *_: gone.address or "")
        pipeline.drain()
        assert shown_by(pipeline, "A") == []
        restore(gone.id, minutes(10), pipeline.store, lambda *_: gone.address or "")
        pipeline.drain()
        assert shown_by(pipeline, "A") == ["B"]

    def test_nothing_is_left_of_articles_that_are_gone(self) -> None:
        pipeline = told("A", "B", "C")
        for name in "ABC":
            pipeline.delete(f"articles/{name}.md", minutes(9))
        pipeline.drain()
        assert leftovers(pipeline) == set()

    def test_one_that_is_merged_into_another_is_named_no_more(self) -> None:
        pipeline = told("A", "B", "C")
        body = markdown("Title of B", TOLD["story"], canonical_url="https://x.example/A", source_name="The B")
        pipeline.upload("articles/B.md", body, minutes(9))
        pipeline.drain()
        assert len(pipeline.articles()) == 2
        (other,) = (a.chosen.title for a in pipeline.articles() if a.chosen and a.chosen.title != "Title of C")
        assert shown_by(pipeline, "C") == [other.removeprefix("Title of ")]


def lines(pipeline: Pipeline) -> set[keys.Key]:
    return {key for key in pipeline.table.dump() if key.pk.startswith("BAND#")}


def named(pipeline: Pipeline) -> set[keys.Key]:
    """Return the lines that the records name."""
    records = [item for key, item in pipeline.table.dump().items() if key.sk == keys.BANDS]
    return {key for item in records for key in band_items(likeness_from(item))}


def test_a_function_that_dies_anywhere_has_its_work_done_by_the_next() -> None:
    left, crashed = 0, True
    while crashed:
        deliveries = Deliveries()
        tell(deliveries.pipeline, "A")
        tell(deliveries.pipeline, "B", "cut", at=1)
        deliveries.drain()
        tell(deliveries.pipeline, "B", "ended", at=2)
        deliveries.left = left
        deliveries.drain()
        crashed = deliveries.crashes > 0
        assert shown_by(deliveries.pipeline, "A") == ["B"], left
        assert lines(deliveries.pipeline) == named(deliveries.pipeline), left
        left += 1
    assert left > 2 * BANDS


def told_at_random(seed: int) -> Pipeline:
    """Let five articles come, change and go, with functions that die, and messages in any order."""
    rng = random.Random(seed)
    deliveries = Deliveries()
    pipeline = deliveries.pipeline
    for n in range(rng.randint(4, 14)):
        name = rng.choice("ABCDE")
        if rng.random() < 0.2 and pipeline.inbox.get(f"articles/{name}.md") is not None:
            pipeline.delete(f"articles/{name}.md", minutes(n))
        else:
            tell(pipeline, name, rng.choice(["story", "story", "cut", "ended", "other"]), rng.choice("ST"), at=n)
        for _ in range(rng.choice([0, 0, 2, 10, 40])):
            if rng.random() < 0.1:
                deliveries.left = rng.randint(0, 8)
            deliveries.step(rng)
        deliveries.left = NEVER
    while deliveries.step(rng):
        pass
    pipeline.regenerate("static", "home", "categories", "sitemap", "sources")
    return pipeline


def first_stale(seeds: range) -> int | None:
    for seed in seeds:
        pipeline = told_at_random(seed)
        if pipeline.bodies() != rebuilt(pipeline):
            return seed
    return None


def test_the_pages_are_what_a_rebuild_makes_however_it_was_delivered() -> None:
    assert first_stale(range(40)) is None


# Failed at 1000 without naming those around the end of a full window, and at 1096 without naming those who came or went.
def test_so_they_are_where_more_tell_the_same_than_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(also_reported, "WINDOW", 3)
    monkeypatch.setattr(also_reported, "BESIDE", 2)
    assert first_stale(range(1000, 1100)) is None
