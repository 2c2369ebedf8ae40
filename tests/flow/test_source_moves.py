"""Sources that move, go, fall silent, or turn out to be a page: what is done, and what the operator sees of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from broadsheet.flow.source_moves import GIVEN_UP_AFTER, MOVED_AFTER
from broadsheet.flow.source_state import read_state
from broadsheet.model import keys
from broadsheet.model.source_state import SourceState
from broadsheet.model.web import FetchFailed, FetchRequest, FetchResponse
from tests.builders import NOON, WEB, minutes
from tests.fakes.fetcher import answering
from tests.flow.feeds import LIST, item, listing, newsroom, source_file
from tests.flow.pipeline import Pipeline

ELSEWHERE = "https://elsewhere.example/list.json"
PAGE = f"{WEB}/"
FEED = f"{WEB}/feed.xml"
RSS = '<rss version="2.0"><channel><title>T</title><item><title>One</title><link>https://news.example/1</link><description>Text.</description></item></channel></rss>'


def state_of(pipeline: Pipeline) -> SourceState:
    return read_state("wire", pipeline.table)[0]


def redirected(
    to: str, answer: Callable[[FetchRequest], FetchResponse] | None = None
) -> Callable[[FetchRequest], FetchResponse]:
    """An answer that permanent redirects led to."""

    def moved(request: FetchRequest) -> FetchResponse:
        return replace((answer or listing(item("1")))(request), url=to, permanent_url=to)

    return moved


def poll_times(pipeline: Pipeline, count: int, start: int = 0) -> None:
    for n in range(start, start + count):
        pipeline.poll(at=NOON + timedelta(hours=n))


def asked(pipeline: Pipeline) -> list[str]:
    return [request.url for request in pipeline.fetcher.requests]


class TestMoves:
    def test_a_source_moves_after_as_many_permanent_redirects_in_a_row(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers = {LIST: redirected(ELSEWHERE), ELSEWHERE: listing(item("1"), url=ELSEWHERE)}
        poll_times(pipeline, MOVED_AFTER)
        state = state_of(pipeline)
        assert state.address == ELSEWHERE
        assert state.notes == (
            (NOON + timedelta(hours=2), f"moved from {LIST} to {ELSEWHERE}, by 3 permanent redirects"),
        )
        assert pipeline.counter.counts["SourcesMoved"] == 1
        pipeline.poll(at=NOON + timedelta(hours=9))
        assert asked(pipeline) == [LIST] * 3 + [ELSEWHERE]

    def test_a_redirect_that_goes_away_moves_nothing(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers = {LIST: redirected(ELSEWHERE)}
        poll_times(pipeline, 2)
        pipeline.fetcher.answers = {LIST: listing(item("1"))}
        poll_times(pipeline, 1, start=2)
        pipeline.fetcher.answers = {LIST: redirected(ELSEWHERE)}
        poll_times(pipeline, 2, start=3)
        assert state_of(pipeline).address is None
        assert state_of(pipeline).moved_seen == 2

    def test_a_redirect_to_somewhere_else_each_time_moves_nothing(self) -> None:
        pipeline = newsroom()
        for n in range(5):
            pipeline.fetcher.answers = {LIST: redirected(f"{ELSEWHERE}?{n}")}
            poll_times(pipeline, 1, start=n)
        assert state_of(pipeline).address is None

    # Broken once by leaving the check out: the header then went to whoever the redirect named.
    def test_a_source_with_headers_of_its_own_does_not_follow_to_another_host_and_says_so_once(self) -> None:
        pipeline = newsroom("headers: {Authorization: 'ssm:token'}")
        pipeline.fetcher.answers = {LIST: redirected(ELSEWHERE)}
        poll_times(pipeline, MOVED_AFTER + 3)
        state = state_of(pipeline)
        assert state.address is None
        assert [text for _, text in state.notes] == [f"moved to {ELSEWHERE}, but is not followed; change its url"]

    def test_nobody_moves_from_https_to_http(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers = {LIST: redirected(LIST.replace("https", "http"))}
        poll_times(pipeline, MOVED_AFTER)
        assert state_of(pipeline).address is None

    def test_an_address_that_keeps_failing_yields_to_the_definitions(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers = {LIST: redirected(ELSEWHERE)}
        poll_times(pipeline, MOVED_AFTER)
        poll_times(pipeline, GIVEN_UP_AFTER, start=MOVED_AFTER)
        state = state_of(pipeline)
        assert state.address is None
        assert state.notes[-1][1] == f"{ELSEWHERE} failed {GIVEN_UP_AFTER} times; {LIST} is polled again"

    def test_another_url_in_the_definition_is_where_it_is_polled_whatever_was_found_out(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers = {LIST: redirected(ELSEWHERE)}
        poll_times(pipeline, MOVED_AFTER)
        pipeline.upload("config/sources/wire.yaml", source_file(url=f"{WEB}/new.json"))
        assert state_of(pipeline).address is None


class TestGone:
    def gone(self) -> Pipeline:
        pipeline = newsroom()
        pipeline.fetcher.answers = {LIST: FetchFailed("answered 410 Gone", transient=False, status=410)}
        pipeline.poll()
        return pipeline

    def test_a_source_that_is_gone_is_polled_no_more_and_told(self) -> None:
        pipeline = self.gone()
        state = state_of(pipeline)
        assert (state.gone, state.next_poll) == ("answered 410 Gone", None)
        assert state.notes == ((NOON, "polled no more: answered 410 Gone"),)
        assert [line for line in pipeline.table.query(keys.DUE) if line["kind"] == "poll"] == []
        assert pipeline.counter.counts["SourcesGone"] == 1
        assert "410" in pipeline.rejections()["listing"]
        pipeline.poll(at=minutes(60))
        assert asked(pipeline) == [LIST]

    def test_a_definition_of_another_address_wakes_it(self) -> None:
        pipeline = self.gone()
        pipeline.upload("config/sources/wire.yaml", source_file(extra="priority: 2"), minutes(1))
        assert state_of(pipeline).next_poll is None, "another priority does not bring it back"
        pipeline.upload("config/sources/wire.yaml", source_file(url=f"{WEB}/new.json"), minutes(2))
        assert (state_of(pipeline).gone, state_of(pipeline).next_poll) == (None, minutes(2))


class TestGivenUp:
    def failing_for(self, days: int, every_hours: int = 6) -> Pipeline:
        pipeline = newsroom()
        pipeline.fetcher.answers = {LIST: FetchFailed("answered 404", transient=False, status=404)}
        for hours in range(0, days * 24 + 1, every_hours):
            pipeline.poll(at=NOON + timedelta(hours=hours))
        return pipeline

    # Broken once by counting failures alone: a source polled each minute was given up in an hour's outage.
    def test_a_source_that_has_failed_for_a_month_is_polled_no_more_and_told(self) -> None:
        assert state_of(self.failing_for(29)).gone is None
        state = state_of(pipeline := self.failing_for(31))
        assert state.next_poll is None
        assert state.gone == "it has failed since 2026-01-05, at last: answered 404"
        assert pipeline.counter.counts["SourcesGone"] == 1

    def test_a_few_failures_far_apart_are_not_a_month_of_failing(self) -> None:
        assert state_of(self.failing_for(40, every_hours=24 * 20)).gone is None

    def test_one_success_begins_anew(self) -> None:
        pipeline = self.failing_for(20)
        pipeline.fetcher.answers = {LIST: listing(item("1"))}
        pipeline.poll(at=NOON + timedelta(days=21))
        assert state_of(pipeline).failing_since is None


class TestPagesThatAnnounceAFeed:
    def page(self, *feeds: str) -> str:
        links = "".join(f'<link rel="alternate" type="application/rss+xml" href="{feed}">' for feed in feeds)
        return f"<!doctype html><html><head><title>Home</title>{links}</head><body>Hello</body></html>"

    def newsroom(self, *feeds: str) -> Pipeline:
        pipeline = Pipeline()
        pipeline.upload("config/sources/wire.yaml", f"{{id: wire, url: '{PAGE}', poll: {{min: 2m}}}}")
        pipeline.fetcher.answers = {PAGE: answering(PAGE, self.page(*feeds)), FEED: answering(FEED, RSS, "text/xml")}
        return pipeline

    def test_the_feed_that_a_page_announces_is_polled_since(self) -> None:
        pipeline = self.newsroom("/feed.xml", "/comments.xml")
        pipeline.poll()
        state = state_of(pipeline)
        assert (state.address, state.next_poll) == (FEED, minutes(2))
        assert state.notes == ((NOON, f"{PAGE} is a page; its feed {FEED} is polled"),)
        assert pipeline.rejections() == {}
        pipeline.poll(at=minutes(2))
        pipeline.ingest()
        assert pipeline.published() == ["One"]
        assert asked(pipeline) == [PAGE, FEED]

    def test_a_page_without_a_feed_is_rejected(self) -> None:
        pipeline = self.newsroom()
        pipeline.poll()
        assert "is an HTML page, no feed" in pipeline.rejections()["listing"]

    def test_a_page_that_announces_itself_is_rejected_and_not_asked_for_ever(self) -> None:
        pipeline = self.newsroom("/")
        pipeline.poll()
        assert state_of(pipeline).address is None
        assert "is an HTML page" in pipeline.rejections()["listing"]

    def test_a_feed_that_turns_into_a_page_again_is_a_failure_until_it_is_given_up(self) -> None:
        pipeline = self.newsroom("/feed.xml")
        pipeline.poll()
        pipeline.fetcher.answers[FEED] = answering(FEED, self.page("/other.xml"))
        poll_times(pipeline, 2, start=1)
        assert (state_of(pipeline).address, state_of(pipeline).failures) == (FEED, 2)


class TestSilence:
    @pytest.mark.parametrize("later_days", [1, 60])
    def test_a_source_that_is_silent_far_beyond_its_habit_is_counted_and_noted_once(self, later_days: int) -> None:
        pipeline = newsroom()
        dates = [(NOON - timedelta(hours=n)).isoformat() for n in range(1, 40)]
        entries = [item(str(n), date=date) for n, date in enumerate(dates)]
        pipeline.fetcher.answers[LIST] = listing(*entries, etag="v1")
        pipeline.poll()
        silent = later_days == 60
        for hours in (0, 1):
            pipeline.poll(at=NOON + timedelta(days=later_days, hours=hours))
        state = state_of(pipeline)
        assert bool(state.silent_since) is silent
        assert pipeline.counter.counts["SourcesSilent"] == silent
        assert len(state.notes) == silent

    def test_something_new_ends_the_silence(self) -> None:
        pipeline = newsroom()
        entries = [item(str(n), date=(NOON - timedelta(hours=n)).isoformat()) for n in range(1, 40)]
        pipeline.fetcher.answers[LIST] = listing(*entries)
        pipeline.poll()
        later = NOON + timedelta(days=60)
        pipeline.poll(at=later)
        assert state_of(pipeline).silent_since
        fresh = item("new", date=(later + timedelta(hours=1)).isoformat())
        pipeline.fetcher.answers[LIST] = listing(fresh, *entries)
        pipeline.poll(at=later + timedelta(hours=2))
        assert state_of(pipeline).silent_since is None
