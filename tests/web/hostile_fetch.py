"""Fetches that must fail: with a reason that names the address, and within the memory one fetch may take."""

from __future__ import annotations

import tracemalloc

import pytest

from broadsheet.model.web import FetchFailed, FetchRequest, FetchResponse, Kind
from broadsheet.web.fetch import SafeFetcher

MEMORY = 64 * 1024 * 1024
"""Bytes. What Python allocates is seen here; what decompressors do besides, in ``test_bombs``."""


class Clock:
    """Each look at it takes a while, so that a fetch that goes on and on runs out of time without anyone waiting."""

    def __init__(self, step: float) -> None:
        self.now = 0.0
        self._step = step

    def __call__(self) -> float:
        self.now += self._step
        return self.now


def failed_fetch(fetcher: SafeFetcher, url: str, kind: Kind = "page") -> FetchFailed:
    """Fetch ``url``, which must fail, and return how; the fetcher is closed."""
    tracemalloc.start()
    try:
        with pytest.raises(FetchFailed) as caught:
            fetcher.fetch(FetchRequest(url, kind))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        fetcher.close()
    assert peak < MEMORY
    assert caught.value.reason.startswith(url[:20])
    assert caught.value.reason.endswith(".")
    assert caught.value.reason.isprintable()
    return caught.value


def fetch_within_memory(fetcher: SafeFetcher, url: str, kind: Kind) -> FetchResponse:
    """Fetch ``url``, which must succeed, within the same memory."""
    tracemalloc.start()
    try:
        response = fetcher.fetch(FetchRequest(url, kind))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        fetcher.close()
    assert peak < MEMORY
    return response
