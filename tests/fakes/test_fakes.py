"""What the fakes offer beyond their ports."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from broadsheet.flow.ports import Check, Delete, Outgoing, Put, Write
from broadsheet.model.errors import Conflict
from broadsheet.model.keys import Key
from broadsheet.model.web import FetchFailed, FetchRequest
from tests.fakes.counter import FakeCounter
from tests.fakes.fetcher import FakeFetcher, answering
from tests.fakes.objects import FakeObjects
from tests.fakes.queues import FakeQueue
from tests.fakes.table import FakeTable, StreamRecord

A, B = Key("P", "a"), Key("P", "b")
FIRST, SECOND = {"pk": "P", "sk": "a", "v": 1}, {"pk": "P", "sk": "a", "v": 2}


class Crash(BaseException):
    """What kills a function: nothing may catch it."""


class TestTable:
    def test_the_stream_has_a_record_for_each_change(self) -> None:
        table = FakeTable()
        table.put(FIRST)
        table.put(FIRST)
        table.put(SECOND)
        table.delete(B)
        table.transact([Delete(A), Check(B, 0)])
        assert table.records == [
            StreamRecord(A, None, FIRST),
            StreamRecord(A, FIRST, SECOND),
            StreamRecord(A, SECOND, None),
        ]

    def test_a_write_that_conflicts_leaves_no_record(self) -> None:
        table = FakeTable()
        with pytest.raises(Conflict):
            table.transact([Put(FIRST), Check(B, 1)])
        assert table.records == []

    def test_a_crash_before_a_write_leaves_nothing(self) -> None:
        table = FakeTable()

        def crash(writes: Sequence[Write]) -> None:
            assert [write.key for write in writes] == [A, B]
            raise Crash

        table.before_write = crash
        with pytest.raises(Crash):
            table.transact([Put(FIRST), Check(B, 0)])
        assert table.dump() == {}
        table.before_write = None
        table.put(FIRST)
        assert table.dump() == {A: FIRST}

    def test_a_crash_after_a_write_leaves_the_write(self) -> None:
        table = FakeTable()

        def crash(writes: Sequence[Write]) -> None:
            raise Crash

        table.after_write = crash
        with pytest.raises(Crash):
            table.put(FIRST)
        assert table.dump() == {A: FIRST}

    def test_another_writer_may_come_first(self) -> None:
        table = FakeTable()

        def write_first(writes: Sequence[Write]) -> None:
            table.before_write = None
            table.put(FIRST, expect=0)

        table.before_write = write_first
        with pytest.raises(Conflict):
            table.put(SECOND, expect=0)
        table.put(SECOND, expect=1)
        assert table.dump() == {A: SECOND}

    def test_calls_are_counted(self) -> None:
        table = FakeTable()
        table.put(FIRST)
        table.get(A)
        table.query("P")
        table.batch_get([Key("P", str(n)) for n in range(101)])
        table.transact([Delete(A)])
        table.delete(A)
        assert table.calls == {"put": 1, "get": 1, "query": 1, "batch_get": 2, "transact": 1, "delete": 1}


def test_a_bucket_can_be_compared_and_can_fail() -> None:
    store = FakeObjects()
    store.put("b", b"2", "text/plain", "public")
    store.put("a", b"1", "text/plain")
    store.put("c", b"3", "text/plain")
    store.delete("c")

    def crash(key: str) -> None:
        raise Crash(key)

    store.before_write = crash
    with pytest.raises(Crash, match="a"):
        store.put("a", b"changed", "text/plain")
    with pytest.raises(Crash, match="b"):
        store.delete("b")
    assert list(store.bodies().items()) == [("a", b"1"), ("b", b"2")]
    assert store.cache_controls == {"a": "", "b": "public"}


def test_a_queue_forgets_deduplication_ids_only_when_told() -> None:
    queue = FakeQueue(fifo=True)
    message = Outgoing("x", group="g", dedup="d")
    queue.send([message])
    assert queue.take() == [message]
    queue.send([message])
    assert queue.take() == []
    queue.forget()
    queue.send([message])
    assert queue.take() == [message]


def test_a_queue_can_fail() -> None:
    queue = FakeQueue()

    def crash(messages: Sequence[Outgoing]) -> None:
        raise Crash

    queue.before_send = crash
    with pytest.raises(Crash):
        queue.send([Outgoing("x")])
    assert queue.messages == []


class TestFetcher:
    URL = "https://example.org/feed"

    def test_answers(self) -> None:
        down = FetchFailed("down", transient=True, status=500)
        fetcher = FakeFetcher({self.URL: answering(self.URL, "新", etag='"1"'), "https://example.org/down": down})
        first = fetcher.fetch(FetchRequest(self.URL, "feed"))
        assert (first.status, first.body, first.etag) == (200, "新".encode(), '"1"')
        assert fetcher.fetch(FetchRequest(self.URL, "feed", etag='"1"')).status == 304
        assert fetcher.fetch(FetchRequest(self.URL, "feed", etag='"0"')).status == 200
        with pytest.raises(FetchFailed, match="down"):
            fetcher.fetch(FetchRequest("https://example.org/down", "page"))
        assert [request.url for request in fetcher.requests] == [self.URL] * 3 + ["https://example.org/down"]

    def test_a_date_counts_where_no_tag_is_shown(self) -> None:
        answer = answering(self.URL, b"x", etag='"1"', last_modified="yesterday")
        assert answer(FetchRequest(self.URL, "feed", last_modified="yesterday")).status == 304
        assert answer(FetchRequest(self.URL, "feed", etag='"0"', last_modified="yesterday")).status == 200

    def test_an_address_that_is_not_there(self) -> None:
        with pytest.raises(FetchFailed, match="answered 404") as caught:
            FakeFetcher().fetch(FetchRequest(self.URL, "page"))
        assert (caught.value.transient, caught.value.status) == (False, 404)


def test_a_counter_counts() -> None:
    counter = FakeCounter()
    counter.add("ArticlesStored")
    counter.add("ArticlesStored", 2)
    assert counter.counts == {"ArticlesStored": 3}
