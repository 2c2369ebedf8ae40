"""The feeds of made-up outlets on loopback, as they are at the virtual instant of the request.

Many hosts that are all this machine: their names are resolved here. A feed lists what was published in the measured
days, its newest entries; it answers conditional requests, most of them rightly, and asks for patience where its outlet
does.
"""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

from .newsroom import story
from .outlets import BEGIN, Outlet
from .polling_simulation import instant

HOSTS = 250
SUFFIX = ".stand.example"
PARAGRAPHS = 3
MOST_ARTICLES = 100_000
"""Of one outlet; more than it ever has, so that every article has a number of its own."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. ``at`` is of the virtual clock."""

    at: datetime
    host: str
    outlet: int
    status: int


@dataclass(slots=True)
class Newsstand:
    """Serves ``outlets``; ``clock`` is told when there is one, and every request is noted in ``asked``."""

    outlets: Sequence[Outlet]
    port: int = 0
    clock: Callable[[], datetime] = lambda: BEGIN
    asked: list[Asked] = field(default_factory=list)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host that may be asked, as HOST:PORT."""
        return tuple(sorted({f"{host_of(outlet.number)}:{self.port}" for outlet in self.outlets}))

    def url(self, outlet: Outlet) -> str:
        """Return the address of an outlet's feed."""
        return f"http://{host_of(outlet.number)}:{self.port}/feed/{outlet.number}"

    def answer(self, number: int, known: str | None, since: str | None) -> tuple[int, dict[str, str], bytes]:
        """Return (status, headers, body) for a request with ``If-None-Match`` and ``If-Modified-Since``."""
        outlet, now = self.outlets[number], self.clock()
        at = (now - BEGIN).total_seconds()
        there, edited = outlet.published_until(at), outlet.edited_until(at)
        headers = _validators(outlet, there, edited)
        if outlet.max_age:
            headers["Cache-Control"] = f"public, max-age={outlet.max_age}"
        same = known == headers["ETag"] if "ETag" in headers else since and since == headers.get("Last-Modified")
        self.asked.append(Asked(now, host_of(number), number, 304 if same else 200))
        return (304, headers, b"") if same else (200, headers, _feed(outlet, there, at, self.url(outlet)))


def host_of(number: int) -> str:
    """Return the host of an outlet's feed: a few have many, most have one or two."""
    drawn = random.Random(f"host {number}").random()  # noqa: S311 - news to measure with
    return f"h{int(HOSTS**drawn)}{SUFFIX}"


def entry_id(outlet: Outlet, article: int) -> str:
    """Return what an outlet calls an article."""
    return f"{outlet.number}-{article}"


def _validators(outlet: Outlet, there: int, edited: int) -> dict[str, str]:
    """Return an ETag or a Last-Modified, or neither for one in ten."""
    if outlet.number % 10 == 9:
        return {}
    if outlet.number % 2:
        return {"ETag": f'"{there}-{edited}"'}
    published = outlet.published[there - 1] if there else 0.0
    changed = max(published, outlet.edited[edited - 1][0] if edited else 0.0)
    return {"Last-Modified": format_datetime(instant(int(changed)), usegmt=True)}


def _feed(outlet: Outlet, there: int, at: float, url: str) -> bytes:
    first = max(outlet.published_until(0), there - outlet.listed)
    items = "".join(_item(outlet, article, at, url) for article in reversed(range(first, there)))
    ttl = f"<ttl>{outlet.ttl // 60}</ttl>" if outlet.ttl else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>Outlet {outlet.number}</title><link>{url}</link><description>News</description>{ttl}{items}"
        "</channel></rss>"
    ).encode()


def _item(outlet: Outlet, article: int, at: float, url: str) -> str:
    written = story(outlet.number * MOST_ARTICLES + article)
    edits = sum(1 for edited, edit in outlet.edited if edit == article and edited <= at)
    body = "\n".join([*written.body.split("\n")[:PARAGRAPHS], f"<p>Corrected {edits} times.</p>" if edits else ""])
    date = outlet.date(article)
    return (
        f"<item><title>{escape(written.title)}</title><link>{url}/{article}</link>"
        f'<guid isPermaLink="false">{entry_id(outlet, article)}</guid>'
        f"<pubDate>{format_datetime(date)}</pubDate>"
        if date
        else f"<item><title>{escape(written.title)}</title><link>{url}/{article}</link>"
        f'<guid isPermaLink="false">{entry_id(outlet, article)}</guid>'
    ) + f"<content:encoded>{escape(body)}</content:encoded></item>"


@contextmanager
def open_newsstand(outlets: Sequence[Outlet]) -> Iterator[Newsstand]:
    """Serve the outlets on a free port in threads of this process, and have their hosts' names lead here."""
    stand = Newsstand(outlets)

    class Handler(_Handler):
        newsstand = stand

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with patch("socket.getaddrinfo", _resolving_here(socket.getaddrinfo)):
            yield stand
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _resolving_here(original: Callable[..., Any]) -> Callable[..., Any]:
    def resolve(host: Any, *arguments: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return original("127.0.0.1" if name and name.endswith(SUFFIX) else host, *arguments, **named)

    return resolve


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two packets
    newsstand: Newsstand

    def do_GET(self) -> None:
        number = self.path.removeprefix("/feed/")
        if not number.isdecimal():  # robots.txt
            self._send(404, {}, b"")
            return
        asked = self.headers["If-None-Match"], self.headers["If-Modified-Since"]
        self._send(*self.newsstand.answer(int(number), *asked))

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Keep quiet: only what is measured is printed."""
