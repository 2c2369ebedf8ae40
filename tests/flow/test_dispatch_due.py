"""Each minute: what is due is sent, and nothing that is due is ever forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from broadsheet.flow import dispatch_due as module
from broadsheet.flow.dispatch_due import POLL_LEASE_SECONDS, poll_item
from broadsheet.flow.source_state import read_state
from broadsheet.model import keys
from broadsheet.model.messages import DueMessage, PollMessage
from broadsheet.model.order import format_instant
from tests.builders import NOON, minutes
from tests.flow.feeds import LIST, item, listing, newsroom
from tests.flow.pipeline import Pipeline, markdown

LEASE = timedelta(seconds=POLL_LEASE_SECONDS)


class Crash(BaseException):
    """The function died here."""


def due(pipeline: Pipeline) -> list[str]:
    return [line["sk"] for line in pipeline.table.query(keys.DUE)]


def poll_line(at: datetime) -> str:
    return f"{format_instant(at)}#poll#wire"


def next_poll(pipeline: Pipeline) -> datetime:
    following = read_state("wire", pipeline.table)[0].next_poll
    assert following
    return following


def polls(pipeline: Pipeline) -> list[PollMessage]:
    return [PollMessage.load(message.body) for message in pipeline.polls.take()]


class TestPolls:
    def test_what_is_due_is_sent_for_the_schedules_time(self) -> None:
        pipeline = newsroom()
        assert pipeline.dispatch(NOON - timedelta(seconds=1)) == 0
        assert pipeline.dispatch(minutes(1)) == 1
        assert polls(pipeline) == [PollMessage("wire", minutes(1))]

    # Broken once by deleting the line outright: a poll that never came to its end was never sent again.
    def test_a_poll_that_never_ends_is_sent_again_after_its_lease(self) -> None:
        pipeline = newsroom()
        pipeline.dispatch(NOON)
        assert due(pipeline) == [poll_line(NOON + LEASE)]
        polls(pipeline)
        assert pipeline.dispatch(NOON + LEASE - timedelta(seconds=1)) == 0
        pipeline.dispatch(NOON + LEASE)
        assert polls(pipeline) == [PollMessage("wire", NOON + LEASE)]

    def test_a_poll_that_ends_moves_its_line_to_where_it_belongs(self) -> None:
        pipeline = newsroom("poll: {every: 5m}")
        pipeline.fetcher.answers[LIST] = listing(item("1"))
        pipeline.dispatch(NOON)
        pipeline.look(*polls(pipeline))
        assert due(pipeline) == [poll_line(next_poll(pipeline))]

    def test_a_line_that_is_left_over_goes(self) -> None:
        pipeline = newsroom("poll: {every: 5m}")
        pipeline.fetcher.answers[LIST] = listing()
        pipeline.poll(at=minutes(1))
        pipeline.table.put(poll_item("wire", NOON))
        pipeline.table.put(poll_item("removed", NOON))
        pipeline.dispatch(minutes(2))
        assert polls(pipeline) == []
        assert due(pipeline) == [poll_line(next_poll(pipeline))]

    # Invariant 6: broken once by moving the line before the message is sent; the poll was then lost for a lease.
    def test_a_crash_between_sending_and_moving_the_line_sends_twice_rather_than_never(self) -> None:
        pipeline = newsroom()

        def die(_: object) -> None:
            raise Crash

        pipeline.table.before_write = die
        with pytest.raises(Crash):
            pipeline.dispatch(NOON)
        pipeline.table.before_write = None
        assert due(pipeline) == [poll_line(NOON)]
        pipeline.dispatch(minutes(1))
        assert [message.observed_at for message in polls(pipeline)] == [NOON, minutes(1)]
        assert due(pipeline) == [poll_line(minutes(1) + LEASE)]

    def test_a_crash_before_sending_leaves_all_as_it_was(self) -> None:
        pipeline = newsroom()

        def die(_: object) -> None:
            raise Crash

        before = pipeline.table.dump()
        pipeline.polls.before_send = die
        with pytest.raises(Crash):
            pipeline.dispatch(NOON)
        assert pipeline.table.dump() == before

    def test_a_poll_that_is_faster_than_its_lease_keeps_its_own_line_and_the_lease_goes_unused(self) -> None:
        pipeline = newsroom("poll: {every: 1h}")
        pipeline.fetcher.answers[LIST] = listing()

        def poll_first(_: object) -> None:
            pipeline.table.before_write = None
            pipeline.poll(at=NOON)

        pipeline.table.before_write = poll_first
        pipeline.dispatch(NOON)
        pipeline.polls.take()
        assert due(pipeline) == [poll_line(NOON + LEASE), poll_line(next_poll(pipeline))]
        pipeline.dispatch(NOON + LEASE)
        assert polls(pipeline) == []
        assert due(pipeline) == [poll_line(next_poll(pipeline))]


class TestReleasesAndExpiries:
    def test_a_held_upload_is_released_once(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("articles/a.md", markdown(date="2026-01-05T13:00:00Z"))
        assert pipeline.dispatch(minutes(60)) == 1
        (sent,) = pipeline.ingests.messages
        assert DueMessage.load(sent.body) == DueMessage("upload:articles/a.md", minutes(60), "release")
        assert due(pipeline) == []

    def test_a_release_that_was_sent_twice_changes_nothing_more(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("articles/a.md", markdown(date="2026-01-05T13:00:00Z"))
        pipeline.dispatch(minutes(60))
        sent = pipeline.ingests.take()
        pipeline.ingest(sent)
        before = pipeline.table.dump()
        pipeline.ingest(sent)
        assert pipeline.table.dump() == before

    def test_a_crash_before_the_line_goes_sends_it_again(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("articles/a.md", markdown(date="2026-01-05T13:00:00Z"))

        def die(_: object) -> None:
            raise Crash

        pipeline.table.before_write = die
        with pytest.raises(Crash):
            pipeline.dispatch(minutes(60))
        pipeline.table.before_write = None
        pipeline.ingests.take()
        pipeline.dispatch(minutes(61))
        pipeline.ingest()
        assert pipeline.published() == ["A title"]


def test_more_than_one_minute_can_do_is_done_the_next_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    pipeline = Pipeline()
    for n in range(3):
        pipeline.upload(f"articles/{n}.md", markdown(f"T{n}", date=f"2026-01-05T13:0{n}:00Z"))
    assert pipeline.dispatch(minutes(120)) == 2
    pipeline.ingest()
    assert pipeline.published() == ["T0", "T1"]
    assert pipeline.dispatch(minutes(121)) == 1


def test_nothing_due_sends_nothing_and_costs_one_query() -> None:
    pipeline = newsroom()
    pipeline.table.calls.clear()
    assert pipeline.dispatch(NOON - timedelta(minutes=1)) == 0
    assert pipeline.table.calls == {"query": 1}
