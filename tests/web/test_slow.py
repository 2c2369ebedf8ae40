"""However slowly a server goes, a fetch ends at its deadline, which is one for all of it: name, handshake, redirects."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from collections.abc import Callable

import pytest

from broadsheet.web.fetch import SafeFetcher
from tests.web.certificates import Authority
from tests.web.hostile_fetch import Clock, failed_fetch
from tests.web.server import (
    AdversarialServer,
    Behaviour,
    Exchange,
    SeenRequest,
    drip,
    head,
    redirect,
    silence,
    without_pause,
)

CHUNKED = head(Transfer_Encoding="chunked")
DRIPS: dict[str, Behaviour] = {
    "status line": drip(b"", b"HTTP/1.1 "),
    "header": drip(b"HTTP/1.1 200 OK\r\nX: ", b"a"),
    "headers": drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "interim answers": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body with a length": drip(head(Content_Length="100000"), b"a"),
    "body without a length": drip(head(), b"a"),
    "chunks": drip(CHUNKED, b"1\r\na\r\n"),
    "one chunk": drip(CHUNKED + b"fffff\r\n", b"a"),
    "size of a chunk": drip(CHUNKED, b"0"),
    "trailers": drip(CHUNKED + b"0\r\n", b"X: y\r\n"),
    "packed body": drip(head(Content_Encoding="gzip") + gzip.compress(b"<p>x")[:10], gzip.compress(b"<p>x")[10:11]),
    "nothing": silence,
}


@pytest.mark.parametrize("part", DRIPS)
def test_a_drip_ends_at_the_deadline(part: str) -> None:
    with AdversarialServer({"/": DRIPS[part]}) as server:
        failure = failed_fetch(SafeFetcher(frozenset({server.host}), "test", 0.2), server.url("/"))
    assert "no complete answer within 0.2 seconds" in failure.reason
    assert failure.transient


@pytest.mark.parametrize(
    "behaviour",
    [without_pause(b"HTTP/1.1 200 OK\r\nX: ", b"a"), without_pause(CHUNKED, b"1\r\na\r\n")],
    ids=["header", "chunks"],
)
def test_the_deadline_is_looked_at_with_each_read(behaviour: Behaviour) -> None:
    clock = Clock(step=0.5)
    with AdversarialServer({"/": behaviour}) as server:
        failure = failed_fetch(SafeFetcher(frozenset({server.host}), "test", 30.0, clock=clock), server.url("/"))
    assert "no complete answer within 30 seconds" in failure.reason
    assert failure.transient
    assert clock.now <= 31.0


def test_redirects_share_one_deadline() -> None:
    clock = Clock(step=1.0)
    with AdversarialServer({"/": redirect("/")}) as server:
        failure = failed_fetch(SafeFetcher(frozenset({server.host}), "test", 15.0, clock=clock), server.url("/"))
        assert 1 < len(server.requests) < 6
    assert "no complete answer within 15 seconds" in failure.reason


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("certificates"))


def test_the_deadline_is_looked_at_with_each_read_over_tls(authority: Authority) -> None:
    clock = Clock(step=0.5)
    behaviour = without_pause(CHUNKED, b"1\r\na\r\n")
    with AdversarialServer({"/": behaviour}, tls=authority.server("news.test")) as server:
        fetcher = SafeFetcher(
            frozenset({f"news.test:{server.port}"}),
            "test",
            30.0,
            tls=authority.client(),
            resolver=lambda _: ["127.0.0.1"],
            clock=clock,
        )
        failure = failed_fetch(fetcher, server.url("/", host="news.test"))
        assert len(server.requests) == 1
    assert "no complete answer within 30 seconds" in failure.reason
    assert clock.now <= 31.0


def drip_handshake(exchange: Exchange) -> None:
    """Answer a client's greeting with a record that announces 16 KB, and drip it."""
    exchange.send(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03")
    exchange.drip(b"\0")


@pytest.mark.parametrize("behaviour", [silence, drip_handshake])
def test_a_handshake_that_never_ends_ends_at_the_deadline(behaviour: Callable[[Exchange], None]) -> None:
    def shake_hands() -> None:
        sock, _ = listener.accept()
        with sock, contextlib.suppress(ConnectionError):
            seen.append(sock.recv(4096)[:1])
            behaviour(Exchange(SeenRequest("", "", {}), sock))

    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=shake_hands)
        thread.start()
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        failure = failed_fetch(SafeFetcher(frozenset({host}), "test", 1.0), f"https://{host}/")
        thread.join()
    assert "no complete answer within 1 seconds" in failure.reason
    assert seen == [b"\x16"]


def test_a_name_server_that_says_nothing_ends_at_the_deadline() -> None:
    over = threading.Event()

    def resolver(_: str) -> list[str]:
        over.wait()
        return []

    failure = failed_fetch(SafeFetcher(frozenset(), "test", 0.2, resolver=resolver), "http://example.org/")
    over.set()
    assert "not resolved in time" in failure.reason
    assert failure.transient
