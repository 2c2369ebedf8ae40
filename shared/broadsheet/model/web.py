"""What is asked of the web, and what it answers: the types on both sides of the fetching port."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from ada_url import URL

from broadsheet.model.errors import BroadsheetError

Kind = Literal["feed", "page", "json", "image"]
"""What a body is fetched for; it decides how large it may be and what it may not turn out to be."""


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One address to be fetched.

    ``etag`` and ``last_modified`` are what the last answer carried, verbatim; with either, the answer may be a
    304. ``headers`` go to the address's own origin only, never along a redirect to another. ``extra_ports`` are
    the (host, port) pairs written in the source's own addresses (see ``written_ports``): they widen which ports
    may be used, never which networks.
    """

    url: str
    kind: Kind
    etag: str | None = None
    last_modified: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    extra_ports: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class FetchResponse:
    """A complete answer: 200 with its body, already decompressed, or 304 without one.

    ``url`` is the final address. ``permanent_url`` is the address that 301 and 308 alone led to, before any
    temporary redirect: where the source itself has moved, or None. ``content_type`` is the whole header value or
    "". ``headers`` have lower-case names; a repeated header is one value, joined by ", ".
    """

    url: str
    status: int
    body: bytes
    content_type: str
    etag: str | None
    last_modified: str | None
    headers: Mapping[str, str]
    permanent_url: str | None


class FetchFailed(BroadsheetError):
    """An address gave no usable answer.

    ``reason`` is one sentence that names the address, what happened and what would mend it. ``transient`` says
    whether trying again may help although nobody changes anything. ``status`` is the HTTP status where there was
    one. ``retry_after`` is what the server asked for: a span as it was sent, or an aware instant.
    """

    def __init__(
        self,
        reason: str,
        *,
        transient: bool,
        status: int | None = None,
        retry_after: timedelta | datetime | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.transient = transient
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class RobotsVerdict:
    """Whether a site's robots.txt lets us fetch an address, and how slowly.

    ``transient`` marks a refusal that stands only because robots.txt could not be read just now.
    """

    allowed: bool
    reason: str
    transient: bool = False
    crawl_delay: timedelta | None = None


def written_ports(urls: Iterable[str]) -> frozenset[tuple[str, int]]:
    """Return the (host, port) pairs that ``urls`` spell out, for ``FetchRequest.extra_ports``.

    Hosts come as URLs are parsed by browsers (lower case, punycode, no brackets); a default port is not written.
    What is no URL has no port: the fetcher refuses it by name later.
    """
    pairs = set()
    for url in urls:
        if URL.can_parse(url) and (parsed := URL(url)).port:
            pairs.add((parsed.hostname.strip("[]"), int(parsed.port)))
    return frozenset(pairs)
