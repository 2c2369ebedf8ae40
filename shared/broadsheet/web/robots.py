"""robots.txt as RFC 9309 has it: fetched through the same safe way out, remembered, never guessed."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal, Protocol

from ada_url import URL
from protego import Protego

from broadsheet.ingest.encoding import decode
from broadsheet.model.web import FetchFailed, FetchRequest, FetchResponse, RobotsVerdict

_KEPT = timedelta(hours=24)
"""The longest that a copy may be used (RFC 9309 §2.4)."""
_KEPT_UNREACHABLE = timedelta(minutes=15)
_MAX_BYTES = 500 * 1024
"""How much of a file is read (RFC 9309 §2.5: at least 500 KiB)."""
_MAX_CRAWL_DELAY = timedelta(hours=1)


class _Fetcher(Protocol):
    def fetch(self, request: FetchRequest) -> FetchResponse: ...


@dataclass(frozen=True, slots=True)
class RobotsRecord:
    """What one origin's robots.txt was when it was last asked for.

    ``outcome``: "rules" are in ``text``; "absent" (4xx) allows everything; "unreachable" allows nothing for now.
    """

    outcome: Literal["rules", "absent", "unreachable"]
    fetched_at: datetime
    text: str = ""
    detail: str = ""


class Robots:
    """Answers whether addresses may be fetched.

    ``store`` keeps a record per origin ("https://example.org") and may be any mapping, so that it can outlive the
    process; ``product`` is the name that the files are read for.
    """

    def __init__(self, fetcher: _Fetcher, product: str, store: MutableMapping[str, RobotsRecord] | None = None) -> None:
        self._fetcher = fetcher
        self._product = product
        self._store: MutableMapping[str, RobotsRecord] = {} if store is None else store

    def verdict(
        self, url: str, *, at: datetime, extra_ports: frozenset[tuple[str, int]] = frozenset()
    ) -> RobotsVerdict:
        """Say whether ``url`` may be fetched, by its origin's robots.txt as of ``at`` (aware).

        A copy is used for 24 hours, a failure to get one for 15 minutes. 4xx means that there are no rules (RFC 9309
        §2.3.1.3), except 429; a server or network that fails means complete disallow for now (§2.3.1.4).
        What is no http(s) address is not our subject: it is allowed here, and refused by the fetcher.
        """
        origin = URL(url).origin if URL.can_parse(url) else "null"
        if origin == "null":
            return RobotsVerdict(True, "no robots.txt applies")
        record = self._store.get(origin)
        if record is None or not _is_fresh(record, at):
            record = self._fetch(origin, at, extra_ports)
            self._store[origin] = record
        return self._apply(record, url, origin)

    def _fetch(self, origin: str, at: datetime, extra_ports: frozenset[tuple[str, int]]) -> RobotsRecord:
        try:
            response = self._fetcher.fetch(FetchRequest(f"{origin}/robots.txt", "page", extra_ports=extra_ports))
        except FetchFailed as failed:
            is_absent = failed.status is not None and 400 <= failed.status < 500 and not failed.transient
            return RobotsRecord("absent" if is_absent else "unreachable", at, detail=failed.reason)
        text = decode(response.body[:_MAX_BYTES], response.content_type, kind="text").text
        return RobotsRecord("rules", at, text=text)

    def _apply(self, record: RobotsRecord, url: str, origin: str) -> RobotsVerdict:
        if record.outcome == "absent":
            return RobotsVerdict(True, f"{origin} has no robots.txt")
        if record.outcome == "unreachable":
            reason = f"{origin}/robots.txt could not be read, so {url} is not fetched for now ({record.detail})"
            return RobotsVerdict(False, reason, transient=True)
        rules = _parse(record.text)
        allowed = bool(rules.can_fetch(url, self._product))
        verb = "allows" if allowed else "does not allow"
        return RobotsVerdict(
            allowed,
            f"{origin}/robots.txt {verb} {self._product} to fetch {url}",
            crawl_delay=_delay(rules.crawl_delay(self._product)),
        )


@lru_cache(maxsize=64)
def _parse(text: str) -> Protego:
    return Protego.parse(text)


def _is_fresh(record: RobotsRecord, at: datetime) -> bool:
    kept = _KEPT_UNREACHABLE if record.outcome == "unreachable" else _KEPT
    return at - record.fetched_at < kept


def _delay(seconds: float | None) -> timedelta | None:
    """Return a Crawl-delay as a span; nonsense is no delay, and more than an hour is an hour."""
    if seconds is None or not seconds > 0:
        return None
    return min(timedelta(seconds=min(seconds, 86_400.0)), _MAX_CRAWL_DELAY)
