"""Visits to the web as a guest: in a slot of the host that still counts, where its robots.txt allows it.

One request is made in each slot. Where robots.txt must be asked for first, that takes the slot, and the visit the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from broadsheet.ingest.robots_rules import robots_origin, robots_record, robots_verdict
from broadsheet.ingest.urls import host_of
from broadsheet.model import keys
from broadsheet.model.web import FetchFailed, FetchRequest, FetchResponse

from .fetching import Prefetcher
from .ports import Fetcher, Table
from .robots import Robots, robots_keys
from .slots import SPACING, HostSlots, SlotNeeded, hold_host, host_slots_from, pause_asked, space_host

ROBOTS_KINDS = frozenset({"page", "image"})
"""What robots.txt is asked about; see ``ingest/robots_rules.py`` for why it is not about the rest."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request in the ``slot`` of its host that has come; ``at`` is the present, as its message knows it."""

    request: FetchRequest
    slot: datetime | None
    at: datetime

    @property
    def asks_robots(self) -> bool:
        """Whether robots.txt has a say in it."""
        return self.request.kind in ROBOTS_KINDS and robots_origin(self.request.url) is not None

    @property
    def robots_request(self) -> FetchRequest:
        """The request for the robots.txt that has."""
        url = f"{robots_origin(self.request.url)}/robots.txt"
        return FetchRequest(url, "page", extra_ports=self.request.extra_ports)


class Visits:
    """The visits of one invocation. What is known of a host is read once."""

    def __init__(self, table: Table, fetcher: Fetcher) -> None:
        self._table = table
        self._fetcher = Prefetcher(fetcher)
        self._robots = Robots(table)
        self._hosts: dict[str, HostSlots] = {}

    def prepare(self, visits: Sequence[Visit]) -> None:
        """Make, side by side, the requests that ``visits`` begin with; each is then made by ``fetch`` as ever."""
        hosts = {host_of(visit.request.url) for visit in visits}
        asking = [visit.request.url for visit in visits if visit.asks_robots]
        items = self._table.batch_get({*map(keys.host, hosts), *robots_keys(asking)})
        self._hosts.update((host, host_slots_from(items.get(keys.host(host)))) for host in hosts)
        self._robots.know(items, asking)
        requests: list[FetchRequest] = []
        for visit in visits:
            request = self._first_request(visit)
            if request and (request == visit.request or request not in requests):
                requests.append(request)
        self._fetcher.prefetch(requests)

    def fetch(self, visit: Visit) -> FetchResponse:
        """Return the answer to the visit's request.

        Raises SlotNeeded where another slot must be waited for, and FetchFailed where there is no answer, robots.txt
        does not allow the request, or could not be read (transient, with ``retry_after``).
        """
        host = host_of(visit.request.url)
        if self._is_void(visit):
            raise SlotNeeded(host)
        if visit.asks_robots:
            self._heed_robots(visit, host)
        return self._ask(visit.request, host, visit.at)

    def _first_request(self, visit: Visit) -> FetchRequest | None:
        """Return the request that ``visit`` will begin with, or None where it makes none."""
        if self._is_void(visit):
            return None
        if not visit.asks_robots:
            return visit.request
        record = self._robots.record(visit.request.url, visit.at)
        if record is None:
            return visit.robots_request
        return visit.request if robots_verdict(record, visit.request.url).allowed else None

    def _is_void(self, visit: Visit) -> bool:
        host = host_of(visit.request.url)
        if host not in self._hosts:
            self._hosts[host] = host_slots_from(self._table.get(keys.host(host)))
        return visit.slot is None or self._hosts[host].voids(visit.slot)

    def _heed_robots(self, visit: Visit, host: str) -> None:
        url = visit.request.url
        record = self._robots.record(url, visit.at)
        if record is None:
            self._ask_robots(visit, host)
            raise SlotNeeded(host)
        verdict = robots_verdict(record, url)
        if not verdict.allowed:
            again = record.fresh_until if verdict.transient else None
            raise FetchFailed(verdict.reason, transient=verdict.transient, retry_after=again)

    def _ask_robots(self, visit: Visit, host: str) -> None:
        try:
            answer: FetchResponse | FetchFailed = self._ask(visit.robots_request, host, visit.at)
        except FetchFailed as failure:
            answer = failure
        record = robots_record(answer, visit.at)
        if record.outcome != "unreachable":
            # Before the record is kept: who finds it may rely on the slots being as far apart as it says.
            spacing = robots_verdict(record, visit.request.url).crawl_delay or SPACING
            space_host(host, max(spacing, SPACING), visit.at, self._table)
            self._hosts.pop(host, None)
        self._robots.keep(visit.request.url, record)

    def _ask(self, request: FetchRequest, host: str, at: datetime) -> FetchResponse:
        try:
            return self._fetcher.fetch(request)
        except FetchFailed as failure:
            if until := pause_asked(failure, at):
                hold_host(host, until, self._table)
                self._hosts.pop(host, None)
            raise
