"""Several fetches at once: of different hosts concurrently, of one host one after the other.

Only the network is waited for in threads; tables, queues and everything that decides stay in the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ada_url import URL

from broadsheet.model.web import FetchFailed, FetchRequest, FetchResponse

from .ports import Fetcher

WORKERS = 10
"""Hosts asked at the same time: as many as a batch of messages can name."""

Outcome = FetchResponse | FetchFailed


def fetch_all(fetcher: Fetcher, requests: Sequence[FetchRequest]) -> list[Outcome]:
    """Return what each of ``requests`` came to, in their order.

    Requests to one host follow each other in their order, so that no batch falls upon a single site; when it asks to be
    left alone, the rest of them fail unmade. Raises what ``fetcher`` raised besides FetchFailed, once all other hosts
    were asked.
    """
    outcomes, faults = _ask_hosts(fetcher, requests)
    for fault in faults:
        raise fault
    return [outcomes[index] for index in range(len(requests))]


class Prefetcher:
    """A ``Fetcher`` that may be told beforehand what it will be asked for, and then asks for all that at once."""

    def __init__(self, inner: Fetcher) -> None:
        self._inner = inner
        self._ready: list[tuple[FetchRequest, Outcome]] = []

    def prefetch(self, requests: Sequence[FetchRequest]) -> None:
        """Fetch ``requests`` now; each outcome serves the next equal request, once.

        A fault of ours is not raised here but where the request is made, which then asks again.
        """
        outcomes, _ = _ask_hosts(self._inner, requests)
        self._ready.extend((requests[index], outcome) for index, outcome in sorted(outcomes.items()))

    def fetch(self, request: FetchRequest) -> FetchResponse:
        """Return the answer to ``request``; raises FetchFailed with its reason otherwise."""
        for index, (asked, outcome) in enumerate(self._ready):
            if asked == request:
                del self._ready[index]
                if isinstance(outcome, FetchFailed):
                    raise outcome
                return outcome
        return self._inner.fetch(request)


def _ask_hosts(fetcher: Fetcher, requests: Sequence[FetchRequest]) -> tuple[dict[int, Outcome], list[BaseException]]:
    """Return outcomes by index, and the faults that kept the rest of a host's requests from having one."""
    by_host: dict[str, list[int]] = {}
    for index, request in enumerate(requests):
        by_host.setdefault(_host(request.url), []).append(index)
    outcomes: dict[int, Outcome] = {}

    def ask_in_turn(indexes: list[int]) -> None:
        pause: FetchFailed | None = None
        for index in indexes:
            if pause:
                outcomes[index] = _not_asked(requests[index], pause)
                continue
            try:
                outcomes[index] = fetcher.fetch(requests[index])
            except FetchFailed as failed:
                outcomes[index] = failed
                pause = failed if failed.retry_after else None

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        asked = [pool.submit(ask_in_turn, indexes) for indexes in by_host.values()]
    return outcomes, [fault for future in asked if (fault := future.exception())]


def _not_asked(request: FetchRequest, pause: FetchFailed) -> FetchFailed:
    reason = f"{request.url} was not asked for, as its host wants a pause: {pause.reason}"
    return FetchFailed(reason, transient=True, status=pause.status, retry_after=pause.retry_after)


def _host(url: str) -> str:
    return URL(url).hostname if URL.can_parse(url) else url
