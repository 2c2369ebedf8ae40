"""robots.txt as RFC 9309 has it: what an answer to the question for it means, and whether an address may be fetched.

Pages and images are fetched as a robot does: nobody told us of their addresses but the site itself, so its rules hold.
What a source names, its listing and the requests its ``body.url`` spells out, was asked for by the operator, in those
very words; like every feed reader, we take that for a person's request and ask no robots.txt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from ada_url import URL

from broadsheet.model.web import FetchFailed, FetchResponse, RobotsVerdict

from .encoding import decode

if TYPE_CHECKING:
    from protego import Protego

PRODUCT = "Broadsheet"
"""The name that robots.txt files know us by."""
KEPT = timedelta(hours=24)
"""The longest that a copy may be used (RFC 9309 §2.4)."""
KEPT_UNREACHABLE = timedelta(minutes=15)
MAX_BYTES = 500 * 1024
"""How much of a file is read (RFC 9309 §2.5: at least 500 KiB)."""
LONGEST_CRAWL_DELAY = timedelta(minutes=15)
"""Honoured in full up to here. Who asks for more is asked every 15 minutes: with a day between two pages, nothing that
lists a page would still list it when its turn comes, and robots.txt is the place to say that none should be fetched."""


@dataclass(frozen=True, slots=True)
class RobotsRecord:
    """What one origin's robots.txt was when it was last asked for.

    ``outcome``: "rules" are in ``text``; "absent" allows everything; "unreachable" allows nothing for now, ``detail``
    says why.
    """

    outcome: Literal["rules", "absent", "unreachable"]
    fetched_at: datetime
    text: str = ""
    detail: str = ""

    @property
    def fresh_until(self) -> datetime:
        """When robots.txt must be asked for again."""
        return self.fetched_at + (KEPT_UNREACHABLE if self.outcome == "unreachable" else KEPT)


def robots_origin(url: str) -> str | None:
    """Return the origin whose robots.txt speaks of ``url`` ("https://example.org"), or None for no http(s) address.

    The latter is not our subject: it is refused by the fetcher.
    """
    if not URL.can_parse(url) or URL(url).protocol not in {"http:", "https:"}:
        return None
    return URL(url).origin


def robots_record(answer: FetchResponse | FetchFailed, at: datetime) -> RobotsRecord:
    """Return what follows from the answer to the question for a robots.txt at ``at`` (aware).

    4xx means that there are no rules (RFC 9309 §2.3.1.3), except 429; a server or network that fails means complete
    disallow for now (§2.3.1.4). What cannot be asked for at all, or is no text, has no rules either: where the reason
    is the address, the page itself fails of it by name.
    """
    if isinstance(answer, FetchFailed):
        unreachable = answer.transient or (answer.status is not None and answer.status >= 500)
        return RobotsRecord("unreachable" if unreachable else "absent", at, detail=answer.reason)
    return RobotsRecord("rules", at, decode(answer.body[:MAX_BYTES], answer.content_type, kind="text").text)


def robots_verdict(record: RobotsRecord, url: str, product: str = PRODUCT) -> RobotsVerdict:
    """Say whether ``product`` may fetch ``url``, by the ``record`` of its origin."""
    origin = robots_origin(url)
    if record.outcome == "absent":
        return RobotsVerdict(True, f"{origin} has no robots.txt")
    if record.outcome == "unreachable":
        reason = f"{origin}/robots.txt could not be read, so {url} is not fetched for now ({record.detail})"
        return RobotsVerdict(False, reason, transient=True)
    rules = _parsed(record.text)
    allowed = bool(rules.can_fetch(url, product))
    verb = "allows" if allowed else "does not allow"
    return RobotsVerdict(
        allowed,
        f"{origin}/robots.txt {verb} {product} to fetch {url}",
        crawl_delay=_delay(rules.crawl_delay(product)),
    )


@lru_cache(maxsize=64)
def _parsed(text: str) -> Protego:
    from protego import Protego  # noqa: PLC0415 - 22 ms, and many sources need no page

    return Protego.parse(text)


def _delay(seconds: float | None) -> timedelta | None:
    """Return a Crawl-delay in whole seconds, rounded up; nonsense is no delay."""
    if seconds is None or not seconds > 0:
        return None
    return min(timedelta(seconds=math.ceil(min(seconds, 86_400.0))), LONGEST_CRAWL_DELAY)
