"""The one way out to the web: every address is distrusted, every answer bounded, every refusal named."""

from __future__ import annotations

import contextlib
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping

from urllib3 import HTTPHeaderDict
from urllib3.exceptions import ProtocolError
from urllib3.response import BaseHTTPResponse

from broadsheet.ingest import robots_rules
from broadsheet.model.errors import BroadsheetError
from broadsheet.model.web import FetchFailed, FetchRequest, FetchResponse, Kind
from broadsheet.web import sniff
from broadsheet.web.connections import Connection, Connections, Resolver, resolve
from broadsheet.web.decompress import ACCEPT_ENCODING, unpack, unwrap_gzip
from broadsheet.web.faults import EXPECTED, explain
from broadsheet.web.limits import Allowance, MonotonicClock
from broadsheet.web.statuses import PERMANENT_REDIRECTS, REDIRECTS, failure
from broadsheet.web.targets import Target, TargetRefused, shown

PRODUCT = robots_rules.PRODUCT

MAX_REDIRECTS = 5
MAX_BODY_BYTES: Mapping[Kind, int] = {
    "feed": 16 * 1024 * 1024,
    "page": 8 * 1024 * 1024,
    "json": 16 * 1024 * 1024,
    "image": 10 * 1024 * 1024,
}
"""Of the unpacked body. The largest feeds in use are podcasts' of about 10 MB."""
_MAX_HEAD_BYTES = 256 * 1024
"""Status lines and headers; ``http.client`` itself stops at 100 headers and at lines of 64 KB."""
_PIECE = 64 * 1024

_ACCEPT: Mapping[Kind, str] = {
    "feed": "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5",
    "page": "text/html, application/xhtml+xml, */*;q=0.5",
    "json": "application/json, */*;q=0.5",
    "image": "image/webp, image/*;q=0.9",
}
_OUR_HEADERS = frozenset(
    {"host", "user-agent", "accept-encoding", "connection", "content-length", "transfer-encoding", "te", "upgrade"}
)
"""What a source's own headers may not set: they would change whom we talk to, how, or who we say we are."""


def user_agent(version: str, contact: str) -> str:
    """Return the User-Agent header: who we are, and ``contact``, the address where a site's owner finds us."""
    return f"{PRODUCT}/{version} (+{contact})"


class BodyRefused(BroadsheetError):
    """A body that is not read to its end; the message is one clause, without the address."""


class SafeFetcher:
    """Fetches addresses that third parties wrote. Implements the ``Fetcher`` port; one per process, safe for threads.

    ``allowed_hosts`` are the "host:port" that may be private, on the operator's word; ``total_deadline_seconds``
    bounds one fetch with all its redirects. ``on_request`` is told the host of each request sent, from the thread
    that sends it. ``tls``, ``resolver`` and ``clock`` are the system's unless a test says otherwise. Proxies,
    also those in the environment, are never used: a proxy would do the connecting, unchecked.
    """

    def __init__(
        self,
        allowed_hosts: frozenset[str],
        user_agent: str,
        total_deadline_seconds: float = 30.0,
        *,
        on_request: Callable[[str], None] | None = None,
        tls: ssl.SSLContext | None = None,
        resolver: Resolver = resolve,
        clock: MonotonicClock = time.monotonic,
    ) -> None:
        self._allowed_hosts = allowed_hosts
        self._user_agent = user_agent
        self._seconds = total_deadline_seconds
        self._on_request = on_request
        self._clock = clock
        self._connections = Connections(
            clock=clock, resolver=resolver, tls=tls if tls is not None else ssl.create_default_context()
        )

    def fetch(self, request: FetchRequest) -> FetchResponse:
        """Fetch ``request.url`` and return its complete answer, 200 or 304.

        Raises FetchFailed, and nothing else, for whatever goes wrong: the address, the network, the server, the body.
        """
        allowance = Allowance(self._seconds, self._clock)
        try:
            return self._follow(request, allowance)
        except FetchFailed:
            raise
        except EXPECTED as error:
            clause, transient = explain(error, self._seconds)
            raise FetchFailed(f"{shown(request.url)} was not fetched: {clause}.", transient=transient) from error

    def close(self) -> None:
        """Close idle connections. The fetcher can be used again."""
        self._connections.close()

    def _follow(self, request: FetchRequest, allowance: Allowance) -> FetchResponse:
        first = target = self._target(request, request.url, None)
        moved_to: str | None = None
        only_permanent = True
        for _ in range(MAX_REDIRECTS + 1):
            headers = self._headers(request, own_origin=target.origin == first.origin)
            connection, response = self._send(target, headers, allowance)
            answer: FetchResponse | None = None
            try:
                if response.status not in REDIRECTS or "location" not in response.headers:
                    read = _read(request, target, response, allowance, moved_to)
                    if read.status == 200 and connection.sent_too_much():
                        # Its length is wrong, as that of a text counted in characters is: the rest is cut off.
                        raise ProtocolError("it sends more than it announced")
                    answer = read
                    return answer
                target = self._redirected(request, target, response.headers["location"])
                only_permanent = only_permanent and response.status in PERMANENT_REDIRECTS
                moved_to = target.url if only_permanent else moved_to
            finally:
                if answer is None:
                    response.close()
                    connection.close()
                else:
                    self._connections.keep(connection)
        raise TargetRefused(
            f"it redirects more than {MAX_REDIRECTS} times, at last to {shown(target.url)}; give the address it ends at"
        )

    def _target(self, request: FetchRequest, url: str, base: str | None) -> Target:
        return Target.parse(url, base=base, allowed_hosts=self._allowed_hosts, extra_ports=request.extra_ports)

    def _redirected(self, request: FetchRequest, current: Target, location: str) -> Target:
        """Return where a redirect leads; headers arrive as Latin-1, but sites put UTF-8 there."""
        with contextlib.suppress(UnicodeError):
            location = location.encode("latin-1").decode("utf-8")
        try:
            return self._target(request, location, current.url)
        except TargetRefused as refused:
            raise TargetRefused(f"it redirects to {shown(location)}, and {refused}") from refused

    def _send(
        self, target: Target, headers: Mapping[str, str], allowance: Allowance
    ) -> tuple[Connection, BaseHTTPResponse]:
        """Send one request and return the answer's head; an idle connection that died unseen is tried anew, once."""
        idle = self._connections.reuse(target, allowance)
        if idle is not None:
            try:
                return idle, self._exchange(idle, target, headers, allowance)
            except (ConnectionError, ssl.SSLError):
                idle.close()
        connection = self._connections.open(target, allowance)
        return connection, self._exchange(connection, target, headers, allowance)

    def _exchange(
        self, connection: Connection, target: Target, headers: Mapping[str, str], allowance: Allowance
    ) -> BaseHTTPResponse:
        if self._on_request is not None:
            self._on_request(target.host)
        allowance.grant(_MAX_HEAD_BYTES, "headers")
        try:
            connection.request("GET", target.path, headers=headers, preload_content=False, decode_content=False)
            return connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def _headers(self, request: FetchRequest, *, own_origin: bool) -> HTTPHeaderDict:
        headers = HTTPHeaderDict(
            {"User-Agent": self._user_agent, "Accept": _ACCEPT[request.kind], "Accept-Encoding": ACCEPT_ENCODING}
        )
        if request.etag and _sendable(request.etag):
            headers["If-None-Match"] = request.etag
        if request.last_modified and _sendable(request.last_modified):
            headers["If-Modified-Since"] = request.last_modified
        for name, value in request.headers.items() if own_origin else ():
            if name.lower() in _OUR_HEADERS or not _is_token(name) or not _sendable(value):
                raise TargetRefused(f"its source sets the header {name[:60]!r}, which cannot be sent; take it out")
            headers[name] = value
        return headers


def _read(
    request: FetchRequest, target: Target, response: BaseHTTPResponse, allowance: Allowance, moved_to: str | None
) -> FetchResponse:
    headers = {name.lower(): value for name, value in response.headers.itermerged()}
    content_type = headers.get("content-type", "")
    was_conditional = request.etag or request.last_modified
    if response.status == 304 and was_conditional:
        body = b""
        response.read()
    elif response.status == 200:
        body = _body(request.kind, response, headers, allowance)
    else:
        raise failure(shown(target.url), response.status, headers)
    return FetchResponse(
        url=target.url,
        status=response.status,
        body=body,
        content_type=content_type,
        etag=headers.get("etag"),
        last_modified=headers.get("last-modified"),
        headers=headers,
        permanent_url=moved_to,
    )


def _body(kind: Kind, response: BaseHTTPResponse, headers: Mapping[str, str], allowance: Allowance) -> bytes:
    """Read, unpack and judge the body piece by piece, so that what is refused is never held."""
    limit = MAX_BODY_BYTES[kind]
    content_type = headers.get("content-type", "")
    if (objection := sniff.objection_to_label(kind, content_type)) is not None:
        raise BodyRefused(objection)
    if (length := _announced(headers)) is not None and (len(length) > 12 or int(length) > limit):
        raise BodyRefused(f"it announces {length[:20]} bytes; {limit:,} is the limit for a {kind}")
    allowance.grant(2 * limit, "an answer")
    pieces = unpack(_received(response), headers.get("content-encoding", ""))
    body = bytearray()
    judged = False
    for piece in unwrap_gzip(pieces) if kind == "feed" else pieces:
        body += piece
        if not judged and len(body) >= sniff.SNIFFED_BYTES:
            _judge(kind, content_type, body)
            judged = True
        if len(body) > limit:
            raise BodyRefused(f"its body unpacks to more than {limit:,} bytes, the limit for a {kind}")
    if not judged:
        _judge(kind, content_type, body)
    return bytes(body)


def _announced(headers: Mapping[str, str]) -> str | None:
    """Return the announced length in digits, None where there is none. Raises ProtocolError where it is nonsense."""
    if "content-length" not in headers or "transfer-encoding" in headers:
        return None
    # One that is repeated is joined here; that all are the same was seen to before.
    length = headers["content-length"].partition(",")[0].strip()
    if not (length.isascii() and length.isdigit()):
        raise ProtocolError(f"its length is {length[:20]!r}")
    return length


def _received(response: BaseHTTPResponse) -> Iterator[bytes]:
    try:
        yield from response.stream(_PIECE, decode_content=False)
    except ValueError as error:
        # urllib3 takes "-5" for a chunk's length, and reading minus five bytes is a ValueError.
        raise ProtocolError(f"a chunk has no proper length: {error}") from error


def _judge(kind: Kind, content_type: str, body: bytearray) -> None:
    if (objection := sniff.objection(kind, content_type, bytes(body[: sniff.SNIFFED_BYTES]))) is not None:
        raise BodyRefused(objection)


def _is_token(name: str) -> bool:
    return re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) is not None


def _sendable(value: str) -> bool:
    """Whether ``value`` can stand in a header: Latin-1, and no control characters (RFC 9110 §5.5)."""
    return re.fullmatch(r"[\t\x20-\x7e\x80-\xff]*", value) is not None
