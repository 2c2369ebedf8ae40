"""What the operator does to a source holds against polls under way, and against what comes by itself later."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from broadsheet.flow.operate_sources import (
    NO_REASON,
    PausedByDefinition,
    SourceUnknown,
    find_sources,
    pause,
    poll_now,
    read_sources,
    resume,
)
from broadsheet.flow.poll_source import SourcePoller
from broadsheet.flow.ports import Write
from broadsheet.flow.source_state import read_state
from broadsheet.model import keys
from broadsheet.model.errors import Conflict
from broadsheet.model.messages import PollMessage
from broadsheet.model.source_state import SourceState
from broadsheet.model.web import FetchFailed
from tests.builders import NOON, minutes
from tests.flow.feeds import LIST, item, listing, newsroom, source_file
from tests.flow.pipeline import Pipeline

NOISY = "repeats itself"


def polled_newsroom() -> Pipeline:
    pipeline = newsroom()
    pipeline.fetcher.answers[LIST] = listing(item("1"))
    pipeline.poll()
    return pipeline


def state_of(pipeline: Pipeline, source: str = "wire") -> SourceState:
    return read_state(source, pipeline.table)[0]


def due_polls(pipeline: Pipeline) -> list[str]:
    return [line["sk"] for line in pipeline.table.query(keys.DUE) if line["kind"] == "poll"]


def asked_to_be_polled(pipeline: Pipeline) -> list[PollMessage]:
    return [PollMessage.load(message.body) for message in pipeline.polls.take()]


class TestPausing:
    def test_a_paused_source_is_not_due_and_not_polled(self) -> None:
        pipeline = polled_newsroom()
        assert due_polls(pipeline)
        pause("wire", NOISY, minutes(1), pipeline.table)
        assert due_polls(pipeline) == []
        pipeline.dispatch(minutes(10_000))
        assert asked_to_be_polled(pipeline) == []
        pipeline.look(PollMessage("wire", minutes(10_000)))
        assert len(pipeline.fetcher.requests) == 1

    def test_the_reason_is_kept_and_noted(self) -> None:
        pipeline = polled_newsroom()
        state = pause("wire", NOISY, minutes(1), pipeline.table)
        assert state == state_of(pipeline)
        assert (state.paused, state.next_poll, state.last_poll) == (NOISY, None, NOON)
        assert state.notes[-1] == (minutes(1), f"paused by the operator: {NOISY}")

    def test_a_pause_without_a_reason_is_one(self) -> None:
        pipeline = polled_newsroom()
        assert pause("wire", "", minutes(1), pipeline.table).paused == NO_REASON
        assert find_sources(["wire"], pipeline.table)[0].paused_by == "operator"

    def test_pausing_again_for_the_same_reason_writes_nothing_and_for_another_replaces_it(self) -> None:
        pipeline = polled_newsroom()
        pause("wire", NOISY, minutes(1), pipeline.table)
        before = pipeline.table.dump()
        pause("wire", NOISY, minutes(2), pipeline.table)
        assert pipeline.table.dump() == before
        assert pause("wire", "asked for by its owner", minutes(3), pipeline.table).paused == "asked for by its owner"

    # Broken once by writing the pause without its condition: the poll's own write then brought the source back.
    def test_a_pause_survives_the_poll_that_is_under_way(self) -> None:
        pipeline = polled_newsroom()
        message = PollMessage("wire", minutes(60), slot=minutes(60), waited_until=minutes(60))
        poller = SourcePoller(pipeline.poll_ports)
        poller.prefetch([message])
        paused = pause("wire", NOISY, minutes(60), pipeline.table)
        with pytest.raises(Conflict):
            poller.poll(message)
        pipeline.look(message)
        assert state_of(pipeline) == paused
        pipeline.dispatch(minutes(10_000))
        assert asked_to_be_polled(pipeline) == []

    def test_a_pause_is_tried_again_where_a_poll_was_faster(self) -> None:
        pipeline = polled_newsroom()
        met: list[int] = []

        def poll_first(writes: Sequence[Write]) -> None:
            if not met:
                met.append(len(writes))
                pipeline.table.before_write = None
                pipeline.poll(at=minutes(15))

        pipeline.table.before_write = poll_first
        state = pause("wire", NOISY, minutes(16), pipeline.table)
        assert met
        assert (state.paused, state.last_poll) == (NOISY, minutes(15))
        pipeline.dispatch(minutes(10_000))
        assert asked_to_be_polled(pipeline) == []

    def test_a_pause_outlives_a_change_of_the_definition(self) -> None:
        pipeline = polled_newsroom()
        pause("wire", NOISY, minutes(1), pipeline.table)
        pipeline.upload("config/sources/wire.yaml", source_file(extra="priority: 5"))
        assert state_of(pipeline).paused == NOISY
        assert due_polls(pipeline) == []

    def test_an_unknown_source_is_refused(self) -> None:
        pipeline = polled_newsroom()
        before = pipeline.table.dump()
        with pytest.raises(SourceUnknown, match="no source gazette is defined"):
            pause("gazette", NOISY, minutes(1), pipeline.table)
        assert pipeline.table.dump() == before


class TestResuming:
    def test_a_resumed_source_is_due_at_once(self) -> None:
        pipeline = polled_newsroom()
        pause("wire", NOISY, minutes(1), pipeline.table)
        state = resume("wire", minutes(5), pipeline.table)
        assert (state.paused, state.next_poll) == (None, minutes(5))
        assert state.notes[-1] == (minutes(5), "resumed by the operator")
        pipeline.dispatch(minutes(5))
        assert asked_to_be_polled(pipeline) == [PollMessage("wire", minutes(5))]

    def test_a_source_that_was_gone_is_polled_again(self) -> None:
        pipeline = polled_newsroom()
        pipeline.fetcher.answers[LIST] = FetchFailed(f"{LIST} answered 410", transient=False, status=410)
        pipeline.poll(at=minutes(15))
        (one,) = find_sources(["wire"], pipeline.table)
        assert one.paused_by == "gone"
        pipeline.fetcher.answers[LIST] = listing(item("1"), item("2"))
        resume("wire", minutes(20), pipeline.table)
        pipeline.poll(at=minutes(21))
        (one,) = find_sources(["wire"], pipeline.table)
        assert (one.paused_by, one.state.failures, one.state.last_new) == (None, 0, minutes(21))

    def test_a_source_that_is_not_paused_stays_as_it_is(self) -> None:
        pipeline = polled_newsroom()
        before = pipeline.table.dump()
        resume("wire", minutes(5), pipeline.table)
        assert pipeline.table.dump() == before

    def test_what_the_definition_pauses_no_command_resumes(self) -> None:
        pipeline = newsroom(extra="paused: true")
        assert find_sources(["wire"], pipeline.table)[0].paused_by == "definition"
        before = pipeline.table.dump()
        with pytest.raises(PausedByDefinition, match="take `paused: true` out of the file"):
            resume("wire", minutes(5), pipeline.table)
        assert pipeline.table.dump() == before

    # Broken once by looking the definition up before the state: the line in DUE then was never taken away.
    def test_a_source_that_is_removed_meanwhile_does_not_become_due(self) -> None:
        pipeline = polled_newsroom()
        pause("wire", NOISY, minutes(1), pipeline.table)

        def remove_first(writes: Sequence[Write]) -> None:
            pipeline.table.before_write = None
            pipeline.receive(pipeline.remove("config/sources/wire.yaml"))

        pipeline.table.before_write = remove_first
        with pytest.raises(SourceUnknown):
            resume("wire", minutes(5), pipeline.table)
        assert due_polls(pipeline) == []


class TestPollingNow:
    def test_a_poll_is_asked_for_whenever_the_source_is_due(self) -> None:
        pipeline = polled_newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1"), item("2"))
        asked, left_out = poll_now(read_sources(pipeline.table), minutes(1), pipeline.polls)
        assert (asked, left_out) == (["wire"], [])
        (message,) = asked_to_be_polled(pipeline)
        pipeline.poll(message.source, message.observed_at)
        assert state_of(pipeline).last_new == minutes(1)

    def test_what_would_be_dropped_is_left_out(self) -> None:
        pipeline = polled_newsroom()
        pipeline.upload("config/sources/quiet.yaml", source_file("quiet", "paused: true"))
        asked, left_out = poll_now(read_sources(pipeline.table), NOON, pipeline.polls)
        assert (asked, left_out) == ([], ["quiet", "wire"])
        assert asked_to_be_polled(pipeline) == []


def test_sources_in_force_are_read_by_id_and_those_named_in_their_order() -> None:
    pipeline = polled_newsroom()
    pipeline.upload("config/sources/a.yaml", source_file("a"))
    assert [(one.source.id, one.file) for one in read_sources(pipeline.table)] == [
        ("a", "sources/a.yaml"),
        ("wire", "sources/wire.yaml"),
    ]
    assert [one.source.id for one in find_sources(["wire", "a", "wire"], pipeline.table)] == ["wire", "a"]
    pipeline.receive(pipeline.remove("config/sources/a.yaml"))
    assert [one.source.id for one in read_sources(pipeline.table)] == ["wire"]
