"""Several fetches at once: hosts side by side, one host's requests one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from broadsheet.flow.fetching import WORKERS, Prefetcher, fetch_all
from broadsheet.model.web import FetchFailed, FetchRequest, FetchResponse
from broadsheet.web.fetch import SafeFetcher
from tests.builders import minutes
from tests.fakes.fetcher import FakeFetcher, answering
from tests.web.server import AdversarialServer, Exchange, answer

PATIENCE_SECONDS = 20.0
"""A test that waits so long for others to come has failed."""


def page(url: str) -> FetchRequest:
    return FetchRequest(url, "page")


def web(*urls: str) -> FakeFetcher:
    return FakeFetcher({url: answering(url, url) for url in urls})


def meeting(count: int) -> Callable[[Exchange], None]:
    """Answers requests only when ``count`` of them are here."""
    barrier = threading.Barrier(count, timeout=PATIENCE_SECONDS)

    def behave(exchange: Exchange) -> None:
        barrier.wait()
        answer(exchange.request.headers["host"].encode())(exchange)

    return behave


def resolver(_: str) -> list[str]:
    return ["127.0.0.1"]


def bodies(outcomes: list[FetchResponse | FetchFailed]) -> list[str]:
    return [outcome.body.decode() if isinstance(outcome, FetchResponse) else outcome.reason for outcome in outcomes]


class TestTogether:
    def test_hosts_are_asked_side_by_side(self) -> None:
        with AdversarialServer({"/": meeting(WORKERS)}) as server:
            hosts = [f"host{n}.test" for n in range(WORKERS)]
            places = [f"{host}:{server.port}" for host in hosts]
            fetcher = SafeFetcher(frozenset(places), "test", PATIENCE_SECONDS, resolver=resolver)
            outcomes = fetch_all(fetcher, [page(server.url("/", host)) for host in hosts])
            fetcher.close()
        assert bodies(outcomes) == places

    def test_one_host_is_asked_for_one_thing_at_a_time_in_order(self) -> None:
        lock, in_flight, asked = threading.Lock(), [0], []

        def counted(exchange: Exchange) -> None:
            with lock:
                in_flight[0] += 1
                asked.append((exchange.request.path, in_flight[0]))
            answer(exchange.request.path.encode())(exchange)
            with lock:
                in_flight[0] -= 1

        paths = [f"/{n}" for n in range(20)]
        # Two ports are one host still.
        with (
            AdversarialServer(dict.fromkeys(paths, counted)) as one,
            AdversarialServer(dict.fromkeys(paths, counted)) as two,
        ):
            fetcher = SafeFetcher(frozenset({one.host, two.host}), "test", PATIENCE_SECONDS)
            outcomes = fetch_all(fetcher, [page((one, two)[n % 2].url(path)) for n, path in enumerate(paths)])
            fetcher.close()
        assert bodies(outcomes) == paths
        assert [path for path, _ in asked] == paths

    def test_one_that_fails_costs_only_itself(self) -> None:
        fetcher = web("https://a.example/1", "https://b.example/1", "https://a.example/3")
        urls = ["https://a.example/1", "https://a.example/2", "https://b.example/1", "https://a.example/3", "no url"]
        outcomes = fetch_all(fetcher, [page(url) for url in urls])
        assert [isinstance(outcome, FetchFailed) for outcome in outcomes] == [False, True, False, False, True]

    def test_a_host_that_asks_for_a_pause_gets_it_and_no_other(self) -> None:
        fetcher = web("https://a.example/2", "https://b.example/1")
        busy = FetchFailed("https://a.example/1 answered 429", transient=True, status=429, retry_after=minutes(5))
        fetcher.answers["https://a.example/1"] = busy
        first, second, other = fetch_all(
            fetcher, [page(url) for url in ("https://a.example/1", "https://a.example/2", "https://b.example/1")]
        )
        assert first is busy
        assert isinstance(second, FetchFailed)
        assert (second.transient, second.status, second.retry_after) == (True, 429, minutes(5))
        assert second.reason.startswith("https://a.example/2 was not asked for")
        assert isinstance(other, FetchResponse)
        assert sorted(request.url for request in fetcher.requests) == ["https://a.example/1", "https://b.example/1"]

    def test_a_fault_of_ours_is_raised_when_all_others_were_asked(self) -> None:
        fetcher = web("https://b.example/1")
        fetcher.answers["https://a.example/1"] = RuntimeError("broken")
        with pytest.raises(RuntimeError, match="broken"):
            fetch_all(fetcher, [page("https://a.example/1"), page("https://b.example/1")])
        assert len(fetcher.requests) == 2

    def test_nothing_is_nothing(self) -> None:
        assert fetch_all(FakeFetcher(), []) == []


class TestBeforehand:
    URL = "https://a.example/1"

    def test_what_was_asked_for_beforehand_is_asked_for_once(self) -> None:
        inner = web(self.URL)
        fetcher = Prefetcher(inner)
        fetcher.prefetch([page(self.URL)])
        assert fetcher.fetch(page(self.URL)).body == self.URL.encode()
        assert len(inner.requests) == 1
        fetcher.fetch(page(self.URL))
        assert len(inner.requests) == 2, "an outcome serves once"

    def test_another_request_for_the_same_address_is_another(self) -> None:
        inner = web(self.URL)
        fetcher = Prefetcher(inner)
        fetcher.prefetch([page(self.URL)])
        fetcher.fetch(FetchRequest(self.URL, "page", headers={"cookie": "1"}))
        assert len(inner.requests) == 2

    def test_a_failure_is_raised_where_the_request_is_made(self) -> None:
        inner = FakeFetcher()
        fetcher = Prefetcher(inner)
        fetcher.prefetch([page(self.URL)])
        with pytest.raises(FetchFailed, match="answered 404"):
            fetcher.fetch(page(self.URL))
        assert len(inner.requests) == 1

    def test_so_is_a_fault_of_ours(self) -> None:
        inner = web("https://b.example/1")
        inner.answers[self.URL] = RuntimeError("broken")
        fetcher = Prefetcher(inner)
        fetcher.prefetch([page(self.URL), page("https://b.example/1")])
        fetcher.fetch(page("https://b.example/1"))
        with pytest.raises(RuntimeError, match="broken"):
            fetcher.fetch(page(self.URL))
