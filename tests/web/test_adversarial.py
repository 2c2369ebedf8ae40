"""A hostile web gets nothing through: each case ends in a named rejection, within its deadline and its memory."""

from __future__ import annotations

import gzip
import re
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from broadsheet.model.web import FetchFailed, FetchRequest
from broadsheet.web import connections
from broadsheet.web.fetch import SafeFetcher
from tests.web import server as hostile
from tests.web.hostile_fetch import failed_fetch
from tests.web.server import AdversarialServer, answer, head, raw, redirect
from tests.web.test_targets import LOOPBACK_SPELLINGS


@pytest.fixture(scope="module")
def site() -> Iterator[AdversarialServer]:
    film = b"\0\0\0\x18ftypmp42" + bytes(5000)
    routes: dict[str, hostile.Behaviour] = {
        "/endless-body": hostile.endless_body,
        "/endless-headers": hostile.endless_headers,
        "/endless-header-line": hostile.endless_header_line,
        "/endless-continue": hostile.endless_continue,
        "/endless-trailers": hostile.endless_trailers,
        "/endless-trailer-line": hostile.endless_trailer_line,
        "/endless-chunk-size": hostile.endless_chunk_size,
        "/endless-redirect-body": hostile.endless_redirect_body,
        "/cut-gzip": answer(gzip.compress(b"<p>much more text</p>" * 50)[:-8], Content_Encoding="gzip"),
        "/no-gzip": answer(b"<p>plain</p>", Content_Encoding="gzip"),
        "/unknown-coding": answer(b"xxx", Content_Encoding="exi"),
        "/announces-too-much": raw(head(Content_Length="99999999999999999999")),
        "/too-short": answer(b"<p>half", length=1000),
        "/two-lengths": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"),
        "/bad-chunk": raw(head(Transfer_Encoding="chunked") + b"zz\r\nabc\r\n"),
        "/cut-chunk": raw(head(Transfer_Encoding="chunked") + b"ff\r\nabc"),
        "/negative-chunk": raw(head(Transfer_Encoding="chunked") + b"-5\r\nabc\r\n0\r\n\r\n"),
        "/many-headers": raw(head(**{f"X_{n}": "y" for n in range(150)})),
        "/garbage": raw(b"\x16\x03\x01\x1b[31m this is not HTTP\r\n\r\n"),
        "/hangs-up": raw(b""),
        "/film": answer(film, Content_Type="text/html"),
        "/labelled-film": answer(b"x", Content_Type="video/mp4"),
        "/unasked-304": answer(b"", "304 Not Modified"),
    }
    with AdversarialServer(routes) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "why", "transient"),
    [
        ("/endless-body", "the limit for a page", False),
        ("/endless-headers", "headers", False),
        ("/endless-header-line", "headers", False),
        ("/endless-continue", "headers larger than", False),
        ("/endless-trailers", "an answer larger than", False),
        ("/endless-trailer-line", "proper HTTP", True),
        ("/endless-chunk-size", "proper HTTP", True),
        ("/endless-redirect-body", "scheme is 'ftp'", False),
        ("/cut-gzip", "ends before its end", True),
        ("/no-gzip", "not valid gzip", True),
        ("/unknown-coding", "packed as 'exi'", False),
        ("/announces-too-much", "announces 9999", False),
        ("/too-short", "ended 7 bytes into", True),
        ("/two-lengths", "proper HTTP", True),
        ("/bad-chunk", "proper HTTP", True),
        ("/cut-chunk", "ended 3 bytes into", True),
        ("/negative-chunk", "proper HTTP", True),
        ("/many-headers", "headers are out of bounds", False),
        ("/garbage", "proper HTTP", True),
        ("/hangs-up", "connection failed", True),
        ("/film", "MP4 film", False),
        ("/labelled-film", "labelled video/mp4", False),
        ("/unasked-304", "304", True),
    ],
)
def test_a_hostile_answer_is_a_named_rejection(site: AdversarialServer, path: str, why: str, transient: bool) -> None:
    failure = failed_fetch(SafeFetcher(frozenset({site.host}), "test", 60.0), site.url(path))
    assert failure.transient == transient, failure.reason
    assert re.search(why, failure.reason), failure.reason


@pytest.mark.parametrize("spelling", LOOPBACK_SPELLINGS)
def test_no_spelling_of_loopback_reaches_a_listening_server(site: AdversarialServer, spelling: str) -> None:
    before = site.connections
    ports = frozenset({(name, site.port) for name in (spelling, "127.0.0.1", "localhost", "::1")})
    with pytest.raises(FetchFailed, match="its host"):
        SafeFetcher(frozenset(), "test", 10.0).fetch(
            FetchRequest(f"http://{spelling}:{site.port}/", "page", extra_ports=ports)
        )
    assert site.connections == before


@pytest.mark.parametrize(
    ("addresses", "found"),
    [
        (["127.0.0.1"], "loopback"),
        (["::1"], "loopback"),
        (["169.254.169.254"], "link-local"),
        (["10.0.0.5", "fd00:ec2::254"], "a private network"),
        (["::ffff:10.0.0.5"], "IPv4 address in IPv6"),
        (["::127.0.0.1"], "IPv4 address in IPv6"),
        (["64:ff9b::7f00:1", "64:ff9b:1::1"], "IPv4 address in IPv6"),
        (["2002:7f00:1::"], "IPv4 address in IPv6"),
        (["2001:0:4136:e378:8000:63bf:3fff:fdd2"], "IPv4 address in IPv6"),
        (["2600::5efe:7f00:1"], "IPv4 address in IPv6"),
        (["0.0.0.0", "::", "224.0.0.1", "ff02::1"], "this network"),
        (["fe80::1%eth0"], "interface"),
        ([], "no address"),
    ],
)
def test_a_name_for_a_private_address_is_refused(addresses: list[str], found: str) -> None:
    fetcher = SafeFetcher(frozenset(), "test", 10.0, resolver=lambda _: addresses)
    failure = failed_fetch(fetcher, "http://innocent.example/")
    assert found in failure.reason
    assert not failure.transient


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    dialled: list[object] = []

    def connect(_: socket.socket, address: object) -> None:
        dialled.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    lookups = iter([["10.0.0.1", "93.184.216.34", "2606:2800:220:1::1"], ["127.0.0.1"]])
    monkeypatch.setattr(connections._GuardedSocket, "connect", connect)
    fetcher = SafeFetcher(frozenset(), "test", 10.0, resolver=lambda _: next(lookups))
    failure = failed_fetch(fetcher, "http://rebinding.example/")
    assert dialled == [("93.184.216.34", 80), ("2606:2800:220:1::1", 80)]
    assert failure.transient
    assert "Connection refused" in failure.reason
    assert next(lookups) == ["127.0.0.1"], "a second lookup is a second chance to rebind"


def test_the_peer_is_checked_after_connecting(site: AdversarialServer, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whatever stands between us and the network (here: a connect that goes elsewhere), the peer tells.
    def connect(sock: socket.socket, _: object) -> None:
        socket.socket.connect(sock, ("127.0.0.1", site.port))

    before = len(site.requests)
    monkeypatch.setattr(connections._GuardedSocket, "connect", connect)
    fetcher = SafeFetcher(frozenset(), "test", 10.0, resolver=lambda _: ["93.184.216.34"])
    assert "led to 127.0.0.1, loopback" in failed_fetch(fetcher, "http://diverted.example/").reason
    assert len(site.requests) == before


def test_an_allowed_host_opens_no_other_port(site: AdversarialServer) -> None:
    with AdversarialServer({"/": answer()}) as other, AdversarialServer({"/": redirect(other.url("/"))}) as allowed:
        failure = failed_fetch(SafeFetcher(frozenset({allowed.host}), "test", 10.0), allowed.url("/"))
    assert "redirects to" in failure.reason
    assert other.connections == 0


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), True),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), False),
        (OSError(101, "Network is unreachable"), True),
    ],
)
def test_names_that_do_not_resolve(error: OSError, transient: bool) -> None:
    def resolver(_: str) -> list[str]:
        raise error

    failure = failed_fetch(SafeFetcher(frozenset(), "test", 10.0, resolver=resolver), "http://nowhere.example/")
    assert failure.transient == transient
    assert str(error.strerror) in failure.reason


def test_no_connection_is_left_open_by_what_fails(site: AdversarialServer) -> None:
    closed = threading.Event()

    def watch(exchange: hostile.Exchange) -> None:
        exchange.send(head("404 Not Found", Content_Length="1000000"))
        exchange.wait_for_client_to_leave()
        closed.set()

    routes: dict[str, Callable[[hostile.Exchange], None]] = {"/": watch}
    with AdversarialServer(routes) as server:
        fetcher = SafeFetcher(frozenset({server.host}), "test", 10.0)
        # The failure is held, and with it every frame of the fetch: nothing is closed by being forgotten.
        with pytest.raises(FetchFailed) as held:
            fetcher.fetch(FetchRequest(server.url("/"), "page"))
        assert closed.wait(timeout=10)
    assert held.value.status == 404
