"""An HTTP server on loopback that behaves as badly as a test asks it to.

A route is a behaviour: a function of the open ``Exchange`` that sends whatever bytes it likes. Well-behaved ones
(``answer``, ``redirect``) are here as well, so that one server can play a whole hostile site. Nothing sleeps: what
has to last waits for the client to go away.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """What a client asked for; header names in lower case."""

    line: str
    path: str
    headers: dict[str, str]


@dataclass(slots=True)
class Exchange:
    """One request, and the means to answer it."""

    request: SeenRequest
    sock: socket.socket
    keep_alive: bool = False

    def send(self, data: bytes) -> None:
        """Send ``data``; raises OSError when the client has gone."""
        self.sock.sendall(data)

    def send_for_ever(self, data: bytes) -> None:
        """Send ``data`` again and again until the client has gone."""
        while True:
            self.sock.sendall(data)

    def drip(self, data: bytes) -> None:
        """Send ``data`` again and again, a byte at a time, until the client has gone, which is looked for in between."""
        self.sock.settimeout(0.002)
        while True:
            for byte in data:
                self.sock.sendall(bytes((byte,)))
                with contextlib.suppress(TimeoutError):
                    if not self.sock.recv(1):
                        return

    def wait_for_client_to_leave(self) -> None:
        """Say nothing until the client (or the server's end) closes the connection."""
        while self.sock.recv(1024):
            pass


Behaviour = Callable[[Exchange], None]


def answer(
    body: bytes = b"<p>hello</p>", status: str = "200 OK", *, length: int | None = None, **headers: str
) -> Behaviour:
    """Answer properly and keep the connection. ``headers`` are given with _ for -; ``length`` may lie."""

    def behave(exchange: Exchange) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named.setdefault("Content-Length", str(len(body) if length is None else length))
        exchange.send(head(status, **named) + body)
        exchange.keep_alive = length is None

    return behave


def redirect(location: str, status: str = "302 Found") -> Behaviour:
    """Send the client elsewhere."""
    return answer(b"", status, Location=location)


def raw(data: bytes) -> Behaviour:
    """Send exactly ``data`` and close."""
    return lambda exchange: exchange.send(data)


def silence(exchange: Exchange) -> None:
    """Accept the request and never answer."""
    exchange.wait_for_client_to_leave()


def drip(begin: bytes, then: bytes) -> Behaviour:
    """Send ``begin``, and then ``then`` a byte at a time for ever: no single read ever times out."""

    def behave(exchange: Exchange) -> None:
        exchange.send(begin)
        exchange.drip(then)

    return behave


def without_pause(begin: bytes, then: bytes) -> Behaviour:
    """Send ``begin``, and then ``then`` for ever, as fast as the client reads."""

    def behave(exchange: Exchange) -> None:
        exchange.send(begin)
        exchange.send_for_ever(then)

    return behave


def endless_body(exchange: Exchange) -> None:
    """Send a body that ends with the connection, and never end it."""
    exchange.send(head(Content_Type="text/html"))
    exchange.send_for_ever(b"<p>more</p>" * 4096)


def endless_headers(exchange: Exchange) -> None:
    """Send header lines for ever."""
    exchange.send(b"HTTP/1.1 200 OK\r\n")
    exchange.send_for_ever(b"X-Padding: 0123456789\r\n" * 8)


def endless_header_line(exchange: Exchange) -> None:
    """Send one header without an end."""
    exchange.send(b"HTTP/1.1 200 OK\r\nX-Padding: ")
    exchange.send_for_ever(b"a" * 65536)


def endless_continue(exchange: Exchange) -> None:
    """Send interim answers for ever."""
    exchange.send_for_ever(b"HTTP/1.1 100 Continue\r\nX-Padding: 0123456789\r\n\r\n" * 64)


def endless_trailers(exchange: Exchange) -> None:
    """End a chunked body, and never end its trailers."""
    exchange.send(head(Transfer_Encoding="chunked") + b"3\r\nabc\r\n0\r\n")
    exchange.send_for_ever(b"X-Padding: " + b"0123456789" * 1000 + b"\r\n")


def endless_trailer_line(exchange: Exchange) -> None:
    """End a chunked body with a trailer that has no end."""
    exchange.send(head(Transfer_Encoding="chunked") + b"3\r\nabc\r\n0\r\nX-Padding: ")
    exchange.send_for_ever(b"a" * 65536)


def endless_chunk_size(exchange: Exchange) -> None:
    """Begin a chunk with a size that has no end."""
    exchange.send(head(Transfer_Encoding="chunked") + b"1;x=")
    exchange.send_for_ever(b"a" * 65536)


def endless_redirect_body(exchange: Exchange) -> None:
    """Send the client to where it may not go, with a body that never ends."""
    exchange.send(head("302 Found", Location="ftp://example.org/"))
    exchange.send_for_ever(b"<p>over there</p>" * 4096)


def head(status: str = "200 OK", **headers: str) -> bytes:
    """Return a status line and headers (_ for - in their names), with the empty line."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


@dataclass(slots=True)
class AdversarialServer:
    """Serves ``routes`` (path → behaviour) on a free loopback port while it is entered.

    ``requests`` is what was asked, in order; ``connections`` counts those accepted. With ``tls`` it speaks TLS.
    """

    routes: Mapping[str, Behaviour]
    tls: ssl.SSLContext | None = None
    requests: list[SeenRequest] = field(default_factory=list)
    connections: int = 0
    _listener: socket.socket = field(init=False)
    _open: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def host(self) -> str:
        """The "host:port" to be allowed."""
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return the address of ``path`` on this server."""
        return f"{'http' if self.tls is None else 'https'}://{host}:{self.port}{path}"

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for sock in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join()

    def _run(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            self._run(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        # A client that leaves in the middle is what most tests are about.
        with contextlib.suppress(OSError), contextlib.closing(sock):
            if self.tls is not None:
                sock = self.tls.wrap_socket(sock, server_side=True)
                self._open.append(sock)
            with contextlib.closing(sock):
                for request in _requests(sock):
                    self.requests.append(request)
                    exchange = Exchange(request, sock)
                    self.routes.get(request.path, answer(b"no such page", "404 Not Found"))(exchange)
                    if not exchange.keep_alive:
                        return


def _requests(sock: socket.socket) -> Iterator[SeenRequest]:
    with sock.makefile("rb") as stream:
        while line := stream.readline().decode("latin-1").rstrip("\r\n"):
            headers = {}
            while field_line := stream.readline().decode("latin-1").rstrip("\r\n"):
                name, _, value = field_line.partition(":")
                headers[name.lower()] = value.strip()
            yield SeenRequest(line, line.split(" ")[1], headers)
