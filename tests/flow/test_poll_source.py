"""Polling: what is enqueued, what is not, and when a source or an entry is asked again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from broadsheet.flow.poll_source import LISTING, SourcePoller
from broadsheet.flow.rejections import KEPT
from broadsheet.flow.source_state import read_state
from broadsheet.model import keys
from broadsheet.model.errors import ConfigurationError, Conflict
from broadsheet.model.messages import MESSAGE_LIMIT_BYTES, EntryMessage, PollMessage
from broadsheet.model.order import format_instant, parse_instant
from broadsheet.model.source_state import SourceState
from broadsheet.model.web import FetchFailed
from tests.builders import NOON, WEB, entry_input, minutes
from tests.fakes.fetcher import answering
from tests.flow.feeds import LIST, item, listing, newsroom, source_file
from tests.flow.pipeline import Pipeline


class Crash(BaseException):
    """The function died here."""


def state_of(pipeline: Pipeline, source: str = "wire") -> SourceState:
    return read_state(source, pipeline.table)[0]


def waiting(pipeline: Pipeline) -> list[EntryMessage]:
    return [EntryMessage.load(message.body) for message in pipeline.ingests.messages]


def enqueued(pipeline: Pipeline) -> list[str]:
    """The entries that wait to be ingested, taken off the queue."""
    return [EntryMessage.load(message.body).entry_id for message in pipeline.ingests.take()]


def poll_line(pipeline: Pipeline) -> str:
    following = state_of(pipeline).next_poll
    assert following
    return f"{format_instant(following)}#poll#wire"


def due_polls(pipeline: Pipeline) -> list[str]:
    return [due["sk"] for due in pipeline.table.query(keys.DUE) if due["kind"] == "poll"]


class TestWhatIsEnqueued:
    def test_an_entry_is_enqueued_until_it_is_stored_and_then_never_again(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1"), item("2"))
        pipeline.poll()
        assert [m.entry_id for m in waiting(pipeline)] == ["1", "2"]
        pipeline.ingest()
        # Another byte in the listing, the same entries.
        pipeline.fetcher.answers[LIST] = listing(item("1"), item("2"), item("3"))
        pipeline.poll(at=minutes(15))
        assert enqueued(pipeline) == ["3"]

    # Invariant 6: broken once by noting the fingerprint when the message is sent; the second poll then sends nothing.
    def test_an_entry_whose_message_was_lost_is_enqueued_again(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1"))
        pipeline.poll()
        pipeline.ingests.take()
        pipeline.fetcher.answers[LIST] = listing(item("1"), item("2"))
        pipeline.poll(at=minutes(15))
        assert enqueued(pipeline) == ["1", "2"]

    def test_a_changed_entry_is_enqueued(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1"), item("2"))
        pipeline.poll()
        pipeline.ingest()
        pipeline.fetcher.answers[LIST] = listing(item("1", "Corrected."), item("2"))
        pipeline.poll(at=minutes(15))
        assert enqueued(pipeline) == ["1"]

    def test_all_entries_are_enqueued_when_the_sources_rules_changed(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1"), etag="v1")
        pipeline.poll()
        pipeline.ingest()
        pipeline.upload("config/sources/wire.yaml", source_file(extra="tags: [wire]"))
        pipeline.poll(at=minutes(15))
        assert enqueued(pipeline) == ["1"]

    def test_what_the_filter_leaves_out_is_neither_enqueued_nor_rejected(self) -> None:
        pipeline = newsroom("filter: {exclude: [advertisement]}")
        pipeline.fetcher.answers[LIST] = listing(item("1"), item("2", title="Advertisement"))
        pipeline.poll()
        assert enqueued(pipeline) == ["1"]
        assert pipeline.rejections() == {}

    def test_an_entry_too_large_for_a_message_travels_as_a_pointer(self) -> None:
        pipeline = newsroom()
        text = "国" * (MESSAGE_LIMIT_BYTES // 3)
        pipeline.fetcher.answers[LIST] = listing(item("1", text), item("2"))
        pipeline.poll()
        large, small = waiting(pipeline)
        assert large.entry == {}
        assert large.entry_key
        assert small.entry_key is None
        pipeline.ingest()
        assert pipeline.published() == ["Title 1", "Title 2"]

    def test_a_pointer_that_leads_nowhere_is_a_fault_that_is_tried_again(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1", "x" * MESSAGE_LIMIT_BYTES))
        pipeline.poll()
        (message,) = waiting(pipeline)
        pipeline.archive.delete(message.entry_key or "")
        with pytest.raises(LookupError, match="entry '1' is gone"):
            pipeline.ingest()


class TestConditionalRequests:
    def test_what_the_server_gave_is_shown_to_it_again(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = answering(LIST, '{"items": []}', etag='"v1"', last_modified="yesterday")
        pipeline.poll()
        pipeline.poll(at=minutes(15))
        first, second = pipeline.fetcher.requests
        assert (first.etag, first.last_modified) == (None, None)
        assert (second.etag, second.last_modified) == ('"v1"', "yesterday")

    def test_a_304_enqueues_nothing_and_keeps_the_validators(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1"), etag="v1")
        pipeline.poll()
        enqueued(pipeline)
        pipeline.poll(at=minutes(15))
        state = state_of(pipeline)
        assert enqueued(pipeline) == []
        assert (state.etag, state.last_poll) == ("v1", minutes(15))

    def test_the_same_bytes_are_not_read_again(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1"))
        pipeline.poll()
        enqueued(pipeline)
        pipeline.poll(at=minutes(15))
        assert enqueued(pipeline) == []

    # Invariant 2: broken once by leaving forget_validators out; the third poll then gets a 304 and never looks.
    def test_a_late_ingest_has_the_next_poll_read_the_whole_listing(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1", "First."), etag="v1")
        pipeline.poll()
        pipeline.ingest()
        pipeline.fetcher.answers[LIST] = listing(item("1", "Second."), etag="v2")
        pipeline.poll(at=minutes(15))
        late = pipeline.ingests.take()
        pipeline.fetcher.answers[LIST] = listing(item("1", "First."), etag="v3")
        pipeline.poll(at=minutes(30))
        assert enqueued(pipeline) == [], "what is stored is what is listed"
        pipeline.ingest(late)
        pipeline.poll(at=minutes(45))
        pipeline.ingest()
        (article,) = pipeline.articles()
        assert article.chosen
        assert article.chosen.description == "First."

    # The validators were once forgotten before the write: a poll in between saw the old text, and a 304 hid the new.
    def test_a_poll_in_the_midst_of_a_late_ingest_hides_nothing(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1", "First."), etag="v1")
        pipeline.poll()
        pipeline.ingest()
        pipeline.fetcher.answers[LIST] = listing(item("1", "Second."), etag="v2")
        pipeline.poll(at=minutes(15))
        late = pipeline.ingests.take()
        pipeline.fetcher.answers[LIST] = listing(item("1", "First."), etag="v3")
        pipeline.poll(at=minutes(30))

        def poll_first(writes: object) -> None:
            if any(write.key == keys.input_state(entry_input("1")) for write in writes):  # type: ignore[attr-defined]
                pipeline.table.before_write = None
                pipeline.poll(at=minutes(45))

        pipeline.table.before_write = poll_first
        pipeline.ingest(late)
        pipeline.poll(at=minutes(60))
        pipeline.ingest()
        (article,) = pipeline.articles()
        assert article.chosen
        assert article.chosen.description == "First."


class TestEntriesOnTheirWay:
    def newsroom(self, count: int = 3) -> Pipeline:
        pipeline = newsroom(body='{from: json, url: "https://bodies.example/{id}", field: text}')
        pipeline.fetcher.answers[LIST] = listing(*(item(str(n)) for n in range(count)))
        for n in range(count + 1):
            url = f"https://bodies.example/{n}"
            pipeline.fetcher.answers[url] = answering(url, '{"text": "<p>Some text.</p>"}', "application/json")
        pipeline.poll()
        return pipeline

    # Broken once by leaving it out: a list of a slow host was enqueued again with each poll, and never came to an end.
    def test_they_are_not_enqueued_again_while_they_wait_for_their_slots(self) -> None:
        pipeline = self.newsroom()
        pipeline.fetcher.answers[LIST] = listing(*(item(str(n)) for n in range(4)))
        pipeline.poll(at=minutes(5))
        assert [message.entry_id for message in waiting(pipeline)] == ["0", "1", "2", "3"]
        rhythm = state_of(pipeline).rhythm
        assert rhythm
        pipeline.fetcher.answers[LIST] = listing(*(item(str(n)) for n in (0, 1, 2, 3)), etag="the same")
        pipeline.poll(at=minutes(6))
        assert len(waiting(pipeline)) == 4

    def test_one_that_did_not_come_in_time_is_enqueued_again(self) -> None:
        pipeline = self.newsroom()
        pipeline.ingests.take()
        pipeline.fetcher.answers[LIST] = listing(*(item(str(n)) for n in range(4)))
        pipeline.poll(at=minutes(12))
        assert enqueued(pipeline) == ["0", "1", "2", "3"]

    def test_one_that_changes_on_its_way_is_enqueued_again(self) -> None:
        pipeline = self.newsroom()
        pipeline.ingests.take()
        pipeline.fetcher.answers[LIST] = listing(item("0", "Corrected."), item("1"), item("2"))
        pipeline.poll(at=minutes(5))
        assert enqueued(pipeline) == ["0"]

    def test_one_that_comes_after_a_later_poll_that_listed_it_just_so_leaves_the_validators_alone(self) -> None:
        pipeline = self.newsroom()
        slow = pipeline.ingests.take()
        pipeline.fetcher.answers[LIST] = listing(*(item(str(n)) for n in range(4)), etag="v2")
        pipeline.poll(at=minutes(5))
        pipeline.ingest(slow)
        assert state_of(pipeline).etag == "v2"
        assert pipeline.published() == ["Title 0", "Title 1", "Title 2"]

    def test_what_is_skipped_for_the_same_reason_is_recorded_once(self) -> None:
        pipeline = newsroom()
        for n in range(3):
            pipeline.fetcher.answers[LIST] = listing(item(str(n)), {"id": "untitled", "text": "x"})
            pipeline.table.calls.clear()
            pipeline.poll(at=minutes(30 * n))
            pipeline.ingests.take()
        assert list(pipeline.rejections()) == ["untitled"]
        assert pipeline.counter.counts["ArticlesRejected"] == 1
        assert pipeline.table.calls["put"] == 3, "the slot, the state, when it is due"

    def test_stored_entries_are_not_looked_up_again(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(*(item(str(n)) for n in range(60)))
        pipeline.poll()
        pipeline.ingest()
        pipeline.fetcher.answers[LIST] = listing(*(item(str(n)) for n in range(61)))
        pipeline.poll(at=minutes(30))
        pipeline.ingest()
        pipeline.table.calls.clear()
        pipeline.fetcher.answers[LIST] = listing(*(item(str(n)) for n in range(62)))
        pipeline.poll(at=minutes(60))
        assert enqueued(pipeline) == ["61"]
        assert pipeline.table.calls["batch_get"] == 2, "the source; the two entries that were not known before"


class TestWhenItIsNotPolled:
    # Invariant 2: broken once with `<` for `<=`, once without the check.
    @pytest.mark.parametrize("offset", [0, -1, -60])
    def test_a_message_that_is_not_later_than_the_last_poll_is_dropped(self, offset: float) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1"))
        pipeline.poll(at=NOON)
        before, asked = pipeline.table.dump(), len(pipeline.fetcher.requests)
        pipeline.look(PollMessage("wire", NOON + timedelta(minutes=offset)))
        assert len(pipeline.fetcher.requests) == asked
        assert pipeline.table.dump() == before

    def test_a_poll_that_was_overtaken_while_it_fetched_writes_no_state(self) -> None:
        pipeline = newsroom()
        answer = listing(item("1"))

        def overtaken(request: object) -> object:
            pipeline.fetcher.answers[LIST] = answer
            pipeline.look(PollMessage("wire", minutes(5), slot=minutes(5), waited_until=minutes(5)))
            return answer(request)  # type: ignore[arg-type]  # the request that came

        pipeline.fetcher.answers[LIST] = overtaken  # type: ignore[assignment]  # answers as a fetcher does
        with pytest.raises(Conflict):
            pipeline.poll(at=NOON)
        assert state_of(pipeline).last_poll == minutes(5)
        pipeline.poll(at=NOON)
        assert len(pipeline.fetcher.requests) == 2, "redelivered, it is older than the last poll"

    def test_a_paused_source_is_not_asked(self) -> None:
        pipeline = newsroom("paused: true")
        pipeline.poll()
        assert pipeline.fetcher.requests == []

    def test_a_removed_source_is_not_asked_and_nothing_is_due(self) -> None:
        pipeline = newsroom()
        pipeline.delete("config/sources/wire.yaml")
        pipeline.poll()
        assert pipeline.fetcher.requests == []
        assert due_polls(pipeline) == []

    def test_entries_of_a_source_removed_meanwhile_are_not_ingested(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1"))
        pipeline.poll()
        pipeline.receive(pipeline.remove("config/sources/wire.yaml"))
        pipeline.ingest()
        assert pipeline.articles() == []

    def test_a_source_is_due_once_after_each_poll(self) -> None:
        pipeline = newsroom("poll: {every: 5m}")
        pipeline.fetcher.answers[LIST] = listing()
        for minute in (0, 5, 10):
            pipeline.poll(at=minutes(minute))
        assert due_polls(pipeline) == [poll_line(pipeline)]


class TestSlots:
    def two_sources(self, other: str) -> Pipeline:
        pipeline = newsroom()
        pipeline.upload("config/sources/other.yaml", source_file("other", url=other))
        pipeline.fetcher.answers = {LIST: listing(), other: listing(url=other)}
        return pipeline

    def delays(self, pipeline: Pipeline) -> list[int]:
        for source in ("wire", "other"):
            pipeline.look(PollMessage(source, NOON))
        return [message.delay_seconds for message in pipeline.polls.messages]

    # Broken once by handing out `at` whatever is stored: both sources ask at once.
    def test_two_sources_of_one_host_are_asked_one_after_the_other(self) -> None:
        pipeline = self.two_sources("https://NEWS.example/other.json")
        assert self.delays(pipeline) == [1]
        assert len(pipeline.fetcher.requests) == 1

    def test_sources_of_two_hosts_do_not_wait_for_each_other(self) -> None:
        pipeline = self.two_sources("https://other.example/list.json")
        assert self.delays(pipeline) == []
        assert len(pipeline.fetcher.requests) == 2

    def test_a_slot_farther_than_sqs_delays_is_reached_in_steps_with_one_slot_taken(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing()
        slot = NOON + timedelta(seconds=2_000)
        message = PollMessage("wire", NOON, slot=slot, waited_until=NOON)
        delays = []
        while not pipeline.fetcher.requests:
            pipeline.look(message)
            for sent in pipeline.polls.take():
                delays.append(sent.delay_seconds)
                message = PollMessage.load(sent.body)
        assert delays == [900, 900, 200]
        assert pipeline.table.get(keys.host("news.example")) is None
        assert state_of(pipeline).last_poll == NOON, "the poll's time is its event's, however long it waited"

    def test_bodies_of_one_host_are_spaced_and_those_without_a_request_are_not(self) -> None:
        pipeline = newsroom(body='{from: json, url: "https://bodies.example/{id}", field: text}')
        pipeline.fetcher.answers[LIST] = listing(*(item(str(n)) for n in range(3)))
        pipeline.poll()
        assert [m.slot for m in waiting(pipeline)] == [NOON + timedelta(seconds=n) for n in range(3)]
        assert [m.delay_seconds for m in pipeline.ingests.messages] == [0, 1, 2]
        plain = newsroom()
        plain.fetcher.answers[LIST] = listing(item("1"))
        plain.poll()
        assert [m.slot for m in waiting(plain)] == [None]


class TestHeldHosts:
    def test_a_host_that_asks_for_time_is_left_alone_by_all_its_sources_and_no_other_waits(self) -> None:
        pipeline = newsroom("poll: {min: 1m, every: 1m, max: 6h}")
        other, elsewhere = f"{WEB}/other.json", "https://other.example/list.json"
        pipeline.upload("config/sources/other.yaml", source_file("other", url=other))
        pipeline.upload("config/sources/far.yaml", source_file("far", url=elsewhere))
        asked = FetchFailed("answered 429", transient=True, status=429, retry_after=timedelta(minutes=30))
        pipeline.fetcher.answers = {LIST: asked, other: listing(url=other), elsewhere: listing(url=elsewhere)}
        pipeline.look(PollMessage("wire", NOON), PollMessage("other", NOON), PollMessage("far", NOON))
        assert [request.url for request in pipeline.fetcher.requests] == [LIST, elsewhere]
        sent = pipeline.polls.take()
        pipeline.look(*(PollMessage.load(message.body) for message in sent))
        (again,) = [PollMessage.load(message.body) for message in pipeline.polls.messages]
        assert again.source == "other"
        assert again.slot
        assert again.slot >= minutes(30), "the slot it had been given was void"
        assert len(pipeline.fetcher.requests) == 2


class TestBatches:
    def test_the_sources_of_one_invocation_are_read_at_once_and_each_is_asked_once(self) -> None:
        pipeline = Pipeline()
        for n in range(5):
            url = f"https://host{n}.example/list.json"
            pipeline.upload(f"config/sources/s{n}.yaml", source_file(f"s{n}", url=url))
            pipeline.fetcher.answers[url] = listing(item(f"{n}"), url=url)
        messages = [PollMessage(f"s{n}", NOON) for n in (0, 1, 2, 3, 4, 0)]
        pipeline.table.calls.clear()
        pipeline.look(*messages)
        assert sorted(request.url for request in pipeline.fetcher.requests) == sorted(pipeline.fetcher.answers)
        assert sorted(enqueued(pipeline)) == ["0", "1", "2", "3", "4"]
        # One for all, one for the source that came twice, one for the entries of each.
        assert pipeline.table.calls["batch_get"] == 1 + 1 + 5

    def test_a_source_whose_definition_cannot_be_read_fails_alone(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1"))
        broken = {"pk": "SOURCE#broken", "sk": "CONFIG", "v": 1, "files": {"b.yaml": {"order": "1", "text": "url: 1"}}}
        pipeline.table.put(broken)
        poller = SourcePoller(pipeline.poll_ports)
        messages = [PollMessage("broken", NOON), PollMessage("wire", NOON)]
        poller.prefetch(messages)
        with pytest.raises(ConfigurationError):
            poller.poll(messages[0])
        poller.poll(messages[1])
        assert enqueued(pipeline) == ["1"]


class TestFailures:
    def failing(self, **fault: object) -> Pipeline:
        pipeline = newsroom("poll: {every: 10m, max: 2h}")
        pipeline.fetcher.answers[LIST] = FetchFailed("server answered 503", transient=True, **fault)  # type: ignore[arg-type]
        return pipeline

    def test_failures_are_recorded_and_each_doubles_the_wait_up_to_the_longest(self) -> None:
        pipeline = self.failing(status=503)
        waits, at = [], NOON
        for _ in range(5):
            pipeline.poll(at=at)
            following = state_of(pipeline).next_poll
            assert following
            waits.append((following - at).total_seconds() / 60)
            at = following
        assert waits == [20, 40, 80, 120, 120]
        recorded = pipeline.rejection(entry_input(LISTING))
        assert recorded
        assert (recorded.reason, recorded.status, recorded.tries) == ("sources/wire.yaml: server answered 503", 503, 5)
        assert (state_of(pipeline).failures, state_of(pipeline).error) == (5, "server answered 503")

    @pytest.mark.parametrize(
        ("asked", "minutes_later"),
        [
            (timedelta(minutes=45), 45),
            (timedelta(minutes=5), 20),
            (timedelta(days=9), 120),
            (NOON + timedelta(minutes=45), 45),
            (NOON - timedelta(minutes=45), 20),
            (NOON + timedelta(days=9), 120),
        ],
        ids=["a span", "shorter than ours", "longer than the longest", "an instant", "a past one", "a far one"],
    )
    def test_retry_after_is_kept_within_bounds(self, asked: object, minutes_later: int) -> None:
        pipeline = self.failing(retry_after=asked)
        pipeline.poll()
        assert state_of(pipeline).next_poll == minutes(minutes_later)

    def test_a_source_that_is_well_again_is_no_longer_rejected(self) -> None:
        pipeline = self.failing()
        pipeline.poll()
        assert list(pipeline.rejections()) == [LISTING]
        pipeline.fetcher.answers[LIST] = listing(item("1"))
        pipeline.poll(at=minutes(20))
        assert pipeline.rejections() == {}
        state = state_of(pipeline)
        assert (state.failures, state.error) == (0, None)

    def test_a_304_makes_a_source_well_again_too(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1"), etag="v1")
        pipeline.poll()
        pipeline.fetcher.answers[LIST] = FetchFailed("timed out", transient=True)
        pipeline.poll(at=minutes(15))
        pipeline.fetcher.answers[LIST] = listing(item("1"), etag="v1")
        pipeline.poll(at=minutes(90))
        assert pipeline.rejections() == {}
        assert state_of(pipeline).failures == 0

    @pytest.mark.parametrize("body", ["<html>", "", '{"other": []}', "[" * 100_000])
    def test_a_listing_that_cannot_be_read_is_rejected_by_the_file_that_names_it(self, body: str) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = answering(LIST, body, "application/json")
        pipeline.poll()
        assert "sources/wire.yaml" in pipeline.rejections()[LISTING]
        assert pipeline.counter.counts["ListingsRejected"] == 1
        assert pipeline.ingests.messages == []


class TestRejectedEntries:
    def untitled(self) -> Pipeline:
        pipeline = newsroom(body='{from: json, url: "https://bodies.example/{id}", field: text}')
        pipeline.fetcher.answers[LIST] = listing(item("1"))
        pipeline.fetcher.answers["https://bodies.example/1"] = answering("https://bodies.example/1", '{"other": 1}')
        pipeline.poll()
        pipeline.ingest()
        assert list(pipeline.rejections()) == ["1"]
        return pipeline

    def poll_again(self, pipeline: Pipeline, minute: float, *items: dict[str, object]) -> list[str]:
        # Another entry makes the listing another one; it is let through each time, so it does not count.
        pipeline.fetcher.answers[LIST] = listing(*items, item(f"other-{minute}"))
        pipeline.poll(at=minutes(minute))
        return [name for name in enqueued(pipeline) if not name.startswith("other")]

    # Broken once by leaving still_rejected out: the entry is fetched at each poll.
    def test_a_rejected_entry_is_left_alone_until_it_changes(self) -> None:
        pipeline = self.untitled()
        assert self.poll_again(pipeline, 15, item("1")) == []
        assert self.poll_again(pipeline, 30, item("1", "changed")) == ["1"]

    def test_a_rejection_expires(self) -> None:
        pipeline = self.untitled()
        days = KEPT.days * 24 * 60
        assert self.poll_again(pipeline, days - 1, item("1")) == []
        assert self.poll_again(pipeline, days, item("1")) == ["1"]

    def test_the_record_of_a_rejection_goes_when_it_expires(self) -> None:
        pipeline = self.untitled()
        stored = pipeline.table.get(keys.rejection(entry_input("1")))
        assert stored
        assert stored["ttl"] == int((parse_instant(stored["at"]) + KEPT).timestamp())

    def test_an_entry_that_cannot_be_read_is_rejected_by_its_id_and_the_rest_goes_on(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1", title=""), item("2"))
        pipeline.poll()
        assert enqueued(pipeline) == ["2"]
        assert "no title" in pipeline.rejections()["1"]
        assert pipeline.counter.counts["ArticlesRejected"] == 1

    def test_an_entry_that_gets_its_title_is_no_longer_rejected(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1", title=""))
        pipeline.poll()
        pipeline.fetcher.answers[LIST] = listing(item("1"))
        pipeline.poll(at=minutes(15))
        pipeline.ingest()
        assert pipeline.rejections() == {}
        assert pipeline.published() == ["Title 1"]


class TestCrashes:
    # Invariant 3 and 6: broken once by writing the state before the messages are sent; then nothing is stored.
    @pytest.mark.parametrize("where", ["before the state", "after the state"])
    def test_a_poll_that_dies_after_it_enqueued_doubles_nothing(self, where: str) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1"), item("2"), etag="v1")

        def die(writes: object) -> None:
            if any(write.key == keys.source_state("wire") for write in writes):  # type: ignore[attr-defined]
                raise Crash

        if where == "before the state":
            pipeline.table.before_write = die
        else:
            pipeline.table.after_write = die
        with pytest.raises(Crash):
            pipeline.poll()
        pipeline.table.before_write = pipeline.table.after_write = None
        pipeline.poll()
        sent = pipeline.ingests.take()
        pipeline.ingest(sent)
        pipeline.ingest(sent)
        assert pipeline.published() == ["Title 1", "Title 2"]
        assert pipeline.counter.counts["ArticlesStored"] == 2
        assert due_polls(pipeline) == [poll_line(pipeline)]

    def test_a_poll_that_cannot_enqueue_has_seen_nothing(self) -> None:
        pipeline = newsroom()
        pipeline.fetcher.answers[LIST] = listing(item("1"), etag="v1")

        def refuse(messages: object) -> None:
            raise Crash

        pipeline.ingests.before_send = refuse
        with pytest.raises(Crash):
            pipeline.poll()
        pipeline.ingests.before_send = None
        assert replace(state_of(pipeline), next_poll=None) == SourceState("wire")
        pipeline.poll()
        assert enqueued(pipeline) == ["1"]


def test_a_listing_of_many_entries_reads_the_table_in_batches() -> None:
    pipeline = newsroom()
    pipeline.fetcher.answers[LIST] = listing(*(item(str(n)) for n in range(120)))
    pipeline.table.calls.clear()
    pipeline.look(PollMessage("wire", NOON))
    # Two items per entry and two of the source, a hundred at a time; nothing per entry.
    assert pipeline.table.calls == {"batch_get": 1 + 3, "get": 1, "put": 3, "delete": 1}
    assert len(json.loads(pipeline.ingests.messages[0].body)["entry"]) > 3
