"""What the pipeline asks of other people's servers: when, whether they allow it, and how it takes a no."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from broadsheet.flow.ports import Outgoing
from broadsheet.flow.retries import TRIES
from broadsheet.flow.robots import LARGEST_BYTES, Robots
from broadsheet.flow.slots import held_until, host_slots_from, take_slots
from broadsheet.ingest.robots_rules import RobotsRecord
from broadsheet.model import keys
from broadsheet.model.identity import digest
from broadsheet.model.messages import EntryMessage, load_ingest
from broadsheet.model.web import FetchFailed
from tests.builders import NOON, WEB, entry_input, minutes
from tests.fakes.fetcher import answering
from tests.fakes.table import FakeTable
from tests.flow.feeds import LIST, item, listing, newsroom
from tests.flow.pipeline import Pipeline, markdown
from tests.pictures import png

HOST = "news.example"
ROBOTS = f"{WEB}/robots.txt"
BODIES = "https://bodies.example"
SECOND_REQUEST = f'{{from: json, url: "{BODIES}/{{id}}", field: text}}'
PAGE = "<html><body><article><p>The council voted nine to two.</p></article></body></html>"
RECIPE = "body: //article\nnext_page_link: //a[@class='next']"


def entry_messages(pipeline: Pipeline) -> list[EntryMessage]:
    return [m for sent in pipeline.ingests.messages if isinstance(m := load_ingest(sent.body), EntryMessage)]


def slots(pipeline: Pipeline) -> list[datetime]:
    return [message.slot for message in entry_messages(pipeline) if message.slot]


def asked(pipeline: Pipeline) -> list[str]:
    """The addresses that were asked for besides the listing and robots.txt, in order."""
    return [request.url for request in pipeline.fetcher.requests if request.url != LIST]


def polled(count: int = 1, *, body: str = "{from: page}", rules: str | None = None) -> Pipeline:
    """A pipeline whose source listed ``count`` entries; their messages wait, and their pages can be had."""
    pipeline = newsroom(body=body)
    pipeline.upload(f"config/recipes/{HOST}.txt", RECIPE)
    if rules is not None:
        pipeline.fetcher.answers[ROBOTS] = answering(ROBOTS, rules, "text/plain")
    for n in range(1, count + 1):
        pipeline.fetcher.answers[f"{WEB}/{n}"] = answering(f"{WEB}/{n}", PAGE)
        text = json.dumps({"text": "<p>Text.</p>"})
        pipeline.fetcher.answers[f"{BODIES}/{n}"] = answering(f"{BODIES}/{n}", text, "application/json")
    pipeline.fetcher.answers[LIST] = listing(*(item(str(n)) for n in range(1, count + 1)), etag="v1")
    pipeline.poll()
    return pipeline


def at_their_slots(pipeline: Pipeline) -> list[Outgoing]:
    """Take the waiting messages as their queue delivers them when their slots have come."""
    return pipeline.ingests.take()


class TestRobots:
    def test_are_asked_once_a_day_by_all_functions_together(self) -> None:
        pipeline = polled(3)
        pipeline.ingest()
        assert len(pipeline.published()) == 3
        assert [request.url for request in pipeline.fetcher.robots] == [ROBOTS]
        for minute, times in ((23 * 60, 1), (25 * 60, 2)):
            pipeline.fetcher.answers[LIST] = listing(item("1", f"As of {minute}."), etag=str(minute))
            pipeline.poll(at=minutes(minute))
            pipeline.ingest()
            assert len(pipeline.fetcher.robots) == times

    def test_take_the_slot_of_the_page_and_the_page_the_next(self) -> None:
        pipeline = polled()
        (first,) = slots(pipeline)
        pipeline.ingest(at_their_slots(pipeline))
        assert (len(pipeline.fetcher.robots), asked(pipeline)) == (1, [])
        (second,) = slots(pipeline)
        assert second >= first + timedelta(seconds=1)
        pipeline.ingest()
        assert asked(pipeline) == [f"{WEB}/1"]

    def test_that_do_not_allow_a_page_reject_its_entry_until_it_changes(self) -> None:
        pipeline = polled(2, rules="User-agent: Broadsheet\nDisallow: /1\n")
        pipeline.ingest()
        assert pipeline.published() == ["Title 2"]
        assert pipeline.rejections() == {"1": f"{ROBOTS} does not allow Broadsheet to fetch {WEB}/1"}
        rejected = pipeline.rejection(entry_input("1"))
        assert rejected
        assert rejected.retry_at is None
        assert asked(pipeline) == [f"{WEB}/2"]

    def test_that_do_not_allow_a_further_page_end_the_article(self) -> None:
        pipeline = polled(rules="User-agent: *\nDisallow: /*?p=\n")
        onward = PAGE.replace("</article>", '</article><a class="next" href="/1?p=2">next</a>')
        pipeline.fetcher.answers[f"{WEB}/1"] = answering(f"{WEB}/1", onward)
        pipeline.ingest()
        assert pipeline.published() == ["Title 1"]
        assert asked(pipeline) == [f"{WEB}/1"]

    def test_that_cannot_be_read_put_the_page_off_until_they_are_asked_again(self) -> None:
        pipeline = polled()
        pipeline.fetcher.answers[ROBOTS] = FetchFailed("answered 500", transient=True, status=500)
        (first,) = slots(pipeline)
        pipeline.ingest(at_their_slots(pipeline))
        pipeline.ingest(at_their_slots(pipeline))
        assert asked(pipeline) == []
        (again,) = entry_messages(pipeline)
        assert (again.slot, again.tries) == (first + timedelta(minutes=15), 1)
        pipeline.fetcher.answers[ROBOTS] = answering(ROBOTS, "", "text/plain")
        pipeline.ingest()
        assert pipeline.published() == ["Title 1"]

    def test_that_can_never_be_read_reject_it_for_now(self) -> None:
        pipeline = polled()
        pipeline.fetcher.answers[ROBOTS] = FetchFailed("answered 500", transient=True, status=500)
        pipeline.ingest()
        rejected = pipeline.rejection(entry_input("1"))
        assert rejected
        assert rejected.reason.startswith(f"{ROBOTS} could not be read, so {WEB}/1 is not fetched for now")
        assert rejected.reason.endswith(f"(tried {TRIES} times)")
        assert rejected.retry_at
        assert asked(pipeline) == []

    def test_are_not_asked_about_what_the_operator_named(self) -> None:
        pipeline = polled(body=SECOND_REQUEST)
        pipeline.ingest()
        assert pipeline.published() == ["Title 1"]
        assert pipeline.fetcher.robots == []

    @pytest.mark.parametrize(("rules", "mirrored"), [("", 1), ("User-agent: *\nDisallow: /private/", 0)])
    def test_have_a_say_in_images(self, rules: str, mirrored: int) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/site.yaml", "title: T\nurl: https://t.example\nmirror_images: true\n", minutes(-9))
        image = f"{WEB}/private/a.png"
        pipeline.fetcher.answers[image] = answering(image, png(), "image/png")
        pipeline.fetcher.answers[ROBOTS] = answering(ROBOTS, rules, "text/plain")
        pipeline.upload("articles/a.md", markdown(text=f"![A picture]({image})"))
        pipeline.drain()
        assert asked(pipeline) == [image] * mirrored
        assert pipeline.counter.counts["ImagesMirrored"] == mirrored
        record = pipeline.table.get(keys.image(image))
        assert record
        assert ("does not allow" in record.get("reason", "")) == (not mirrored)

    def test_of_each_origin_have_their_place(self) -> None:
        table = FakeTable()
        robots = Robots(table)
        addresses = ["https://a.example/", "http://a.example/", "https://a.example:444/"]
        for n, url in enumerate(addresses):
            robots.keep(url, RobotsRecord("rules", NOON, f"# {n}"))
        for n, url in enumerate(addresses):
            record = Robots(table).record(f"{url}page", NOON)
            assert record
            assert record.text == f"# {n}"

    def test_that_do_not_fit_into_an_item_are_no_rules(self) -> None:
        table = FakeTable()
        text = "".join(digest(str(n), 64) for n in range(LARGEST_BYTES // 32))
        Robots(table).keep(ROBOTS, RobotsRecord("rules", NOON, text))
        record = Robots(table).record(ROBOTS, NOON)
        assert record
        assert record.text == ""


class TestCrawlDelay:
    def test_spaces_the_slots_of_its_host(self) -> None:
        pipeline = polled(4, rules="User-agent: *\nCrawl-delay: 10\n")
        made: list[datetime | None] = []
        while waiting := pipeline.ingests.take():
            for sent in waiting:
                message = load_ingest(sent.body)
                before = len(pipeline.fetcher.requests) + len(pipeline.fetcher.robots)
                pipeline.ingest([sent])
                if len(pipeline.fetcher.requests) + len(pipeline.fetcher.robots) > before:
                    assert isinstance(message, EntryMessage)
                    made.append(message.slot)
        times = sorted(slot for slot in made if slot)
        assert len(times) == 5, "robots.txt and four pages"
        assert all(later - earlier >= timedelta(seconds=10) for earlier, later in pairwise(times))
        assert len(pipeline.published()) == 4

    def test_that_is_gone_is_forgotten_with_the_next_look(self) -> None:
        pipeline = polled(rules="User-agent: *\nCrawl-delay: 10\n")
        pipeline.ingest()
        pipeline.fetcher.answers[ROBOTS] = answering(ROBOTS, "", "text/plain")
        pipeline.fetcher.answers[LIST] = listing(item("1", "New."), etag="v2")
        pipeline.poll(at=minutes(25 * 60))
        pipeline.ingest()
        later = take_slots(HOST, 2, minutes(26 * 60), pipeline.table)
        assert later[1] - later[0] == timedelta(seconds=1)

    def test_stands_while_robots_cannot_be_read(self) -> None:
        pipeline = polled(rules="User-agent: *\nCrawl-delay: 10\n")
        pipeline.ingest()
        pipeline.fetcher.answers[ROBOTS] = FetchFailed("answered 500", transient=True, status=500)
        pipeline.fetcher.answers[LIST] = listing(item("1", "New."), etag="v2")
        pipeline.poll(at=minutes(25 * 60))
        pipeline.ingest()
        assert host_slots_from(pipeline.table.get(keys.host(HOST))).spacing == timedelta(seconds=10)


class TestPauses:
    def test_a_host_that_asks_for_one_is_left_alone_by_all_that_wait(self) -> None:
        pipeline = polled(3, body=SECOND_REQUEST)
        good = pipeline.fetcher.answers[f"{BODIES}/1"]
        busy = FetchFailed("answered 429", transient=True, status=429, retry_after=timedelta(minutes=30))
        pipeline.fetcher.answers[f"{BODIES}/1"] = busy
        first, *rest = at_their_slots(pipeline)
        present = entry_slot(first)
        pipeline.ingest([first])
        pipeline.ingest(rest)
        assert asked(pipeline) == [f"{BODIES}/1"]
        until = present + timedelta(minutes=30)
        assert held_until("bodies.example", pipeline.table) == until
        assert held_until(HOST, pipeline.table) is None
        waiting = entry_messages(pipeline)
        assert [message.tries for message in waiting] == [1, 0, 0], "only what was asked for was tried"
        assert sorted(slots(pipeline)) == [until + timedelta(seconds=n) for n in range(3)]
        pipeline.fetcher.answers[f"{BODIES}/1"] = good
        pipeline.ingest()
        assert len(pipeline.published()) == 3

    def test_within_one_batch_too(self) -> None:
        pipeline = polled(3, body=SECOND_REQUEST)
        busy = FetchFailed("answered 503", transient=True, status=503, retry_after=timedelta(minutes=30))
        pipeline.fetcher.answers[f"{BODIES}/1"] = busy
        pipeline.ingest([Outgoing(_arrived(sent).dump()) for sent in pipeline.ingests.take()])
        assert asked(pipeline) == [f"{BODIES}/1"]
        assert [message.tries for message in entry_messages(pipeline)] == [1, 0, 0]

    def test_a_failure_that_asks_for_none_holds_nobody(self) -> None:
        pipeline = polled(2, body=SECOND_REQUEST)
        pipeline.fetcher.answers[f"{BODIES}/1"] = FetchFailed("answered 503", transient=True, status=503)
        pipeline.ingest(at_their_slots(pipeline))
        assert held_until("bodies.example", pipeline.table) is None


class TestBatches:
    def test_what_is_due_is_asked_for_before_anything_is_ingested(self) -> None:
        pipeline = polled(3, body=SECOND_REQUEST)
        batch = [_arrived(sent) for sent in pipeline.ingests.take()]
        ingester = pipeline.ingester()
        ingester.prefetch(batch)
        assert asked(pipeline) == [f"{BODIES}/{n}" for n in (1, 2, 3)]
        assert pipeline.articles() == []
        for message in batch:
            ingester.ingest(message)
        assert len(pipeline.published()) == 3
        assert len(asked(pipeline)) == 3

    def test_pages_are_asked_for_with_what_their_recipes_send(self) -> None:
        pipeline = polled(2, rules="")
        pipeline.upload(f"config/recipes/{HOST}.txt", f"{RECIPE}\nhttp_header(Cookie): consent=1")
        pipeline.ingest(at_their_slots(pipeline))
        batch = [_arrived(sent) for sent in pipeline.ingests.take()]
        pipeline.ingester().prefetch(batch)
        assert [dict(request.headers) for request in pipeline.fetcher.requests if request.url != LIST] == [
            {"cookie": "consent=1"}
        ] * len(asked(pipeline))
        assert len(asked(pipeline)) == 2

    def test_robots_are_asked_for_once(self) -> None:
        pipeline = polled(3)
        batch = [_arrived(sent) for sent in pipeline.ingests.take()]
        pipeline.ingester().prefetch(batch)
        assert [request.url for request in pipeline.fetcher.robots] == [ROBOTS]
        assert asked(pipeline) == []

    def test_a_message_at_fault_costs_only_itself(self) -> None:
        pipeline = polled(2, body=SECOND_REQUEST)
        batch = [_arrived(sent) for sent in pipeline.ingests.take()]
        broken: list[dict[str, Any]] = [{"id": "1", "size": 1}, {"id": "1", "fields": 7}, {"size": 1}]
        ingester = pipeline.ingester()
        ingester.prefetch([*(replace(batch[0], entry=entry) for entry in broken), *batch])
        assert len(asked(pipeline)) == 2
        for message in batch:
            ingester.ingest(message)
        assert len(pipeline.published()) == 2

    def test_one_read_of_the_table_serves_all_sources_and_one_all_hosts(self) -> None:
        pipeline = polled(5, body=SECOND_REQUEST)
        batch = [_arrived(sent) for sent in pipeline.ingests.take()]
        ingester = pipeline.ingester()
        pipeline.table.calls.clear()
        ingester.prefetch(batch)
        assert pipeline.table.calls == {"batch_get": 2}

    def test_what_does_not_wait_for_the_web_costs_nothing(self) -> None:
        pipeline = polled(3, body="{from: entry}")
        batch = [load_ingest(sent.body) for sent in pipeline.ingests.take()]
        ingester = pipeline.ingester()
        pipeline.table.calls.clear()
        ingester.prefetch(batch)
        assert pipeline.table.calls == {}


def entry_slot(sent: Outgoing) -> datetime:
    message = load_ingest(sent.body)
    assert isinstance(message, EntryMessage)
    assert message.slot
    return message.slot


def _arrived(sent: Outgoing) -> EntryMessage:
    """A message whose slot has come, whatever it was delayed by."""
    message = load_ingest(sent.body)
    assert isinstance(message, EntryMessage)
    return message
