"""robots.txt fetched through the same safe way out, and remembered, where no table keeps it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from broadsheet.ingest.robots_rules import RobotsRecord, robots_origin, robots_record, robots_verdict
from broadsheet.model.web import FetchFailed, FetchRequest, FetchResponse, RobotsVerdict


class _Fetcher(Protocol):
    def fetch(self, request: FetchRequest) -> FetchResponse: ...


class Robots:
    """Answers whether addresses may be fetched; ``product`` is the name that the files are read for."""

    def __init__(self, fetcher: _Fetcher, product: str) -> None:
        self._fetcher = fetcher
        self._product = product
        self._store: dict[str, RobotsRecord] = {}

    def verdict(
        self, url: str, *, at: datetime, extra_ports: frozenset[tuple[str, int]] = frozenset()
    ) -> RobotsVerdict:
        """Say whether ``url`` may be fetched, by its origin's robots.txt as of ``at`` (aware).

        A copy is used for 24 hours, a failure to get one for 15 minutes. What is no http(s) address is not our
        subject: it is allowed here, and refused by the fetcher.
        """
        origin = robots_origin(url)
        if origin is None:
            return RobotsVerdict(True, "no robots.txt applies")
        record = self._store.get(origin)
        if record is None or at >= record.fresh_until:
            record = self._store[origin] = robots_record(self._asked(origin, extra_ports), at)
        return robots_verdict(record, url, self._product)

    def _asked(self, origin: str, extra_ports: frozenset[tuple[str, int]]) -> FetchResponse | FetchFailed:
        try:
            return self._fetcher.fetch(FetchRequest(f"{origin}/robots.txt", "page", extra_ports=extra_ports))
        except FetchFailed as failed:
            return failed
