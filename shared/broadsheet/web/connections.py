"""Connections that go to checked addresses only, and that stop when their fetch has spent its allowance.

The name is resolved here and the connection made to one of the addresses that passed, so there is no moment between
check and use in which a name could be rebound; TLS still sees, and verifies, the name.
"""

from __future__ import annotations

import io
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse

from broadsheet.web.addresses import objection
from broadsheet.web.limits import Allowance, MonotonicClock, OutOfTime
from broadsheet.web.targets import Target, TargetRefused

if TYPE_CHECKING:
    from typing_extensions import Buffer

Resolver = Callable[[str], Sequence[str]]
"""From a host name to its addresses, best first. Raises OSError, as ``socket.getaddrinfo`` does."""

_CONNECT_SECONDS = 10.0
_LOOK = 64
_MAX_ADDRESSES_TRIED = 4
_MAX_IDLE = 32
_MAX_IDLE_SECONDS = 15.0
"""Below common keep-alive times, and short enough that a function frozen between invocations starts anew."""


def resolve(host: str) -> list[str]:
    """Return the addresses of ``host`` in the system's order. Raises socket.gaierror."""
    found = socket.getaddrinfo(host.encode("ascii"), None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class _Reader(io.BufferedReader):
    """What one answer is read through; when it is closed, it tells what it was given and nobody read."""

    left = b""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._given = _Counted(raw)
        self._taken = 0
        self._sound = False
        """Whether what was read last came to its end."""
        super().__init__(self._given)

    def read(self, size: int | None = -1) -> bytes:
        self._sound = False
        data = super().read(size)
        return self._handing(data)

    def read1(self, size: int = -1) -> bytes:
        self._sound = False
        data = super().read1(size)
        return self._handing(data)

    def readline(self, size: int | None = -1) -> bytes:
        self._sound = False
        line = super().readline(size)
        return self._handing(line)

    def readinto(self, buffer: Buffer) -> int:
        self._sound = False
        size = super().readinto(buffer)
        self._taken += size
        self._sound = True
        return size

    def _handing(self, data: bytes) -> bytes:
        self._taken += len(data)
        self._sound = True
        return data

    def close(self) -> None:
        # A look into the buffer reads on where that is empty, as it is after what was read in vain.
        if not self.closed and self._sound and self._given.size > self._taken:
            self.left = self.peek()
        super().close()


class _Counted(io.RawIOBase):
    """A stream that knows how much was read from it."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self.size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int | None:
        size = self._raw.readinto(buffer)
        self.size += size or 0
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()


class _GuardedSocket(socket.socket):
    """A socket whose reading spends an allowance: no single receive outlives it, and none goes uncounted."""

    allowance: Allowance
    reader: _Reader

    def recv_into(self, buffer: Buffer, nbytes: int = 0, flags: int = 0) -> int:
        self.settimeout(self.allowance.remaining())
        received = super().recv_into(buffer, nbytes, flags)
        self.allowance.count(received)
        return received

    def makefile(self, *_: Any, **__: Any) -> Any:
        self.reader = _Reader(super().makefile("rb", buffering=0))
        return self.reader

    def waiting(self) -> bytes:
        """Return the beginning of what has come and was not read."""
        self.settimeout(0)  # a flag would not do: a socket with a time-out waits for what the flag finds missing
        try:
            return self.recv(_LOOK, socket.MSG_PEEK)
        except OSError:  # nothing has
            return b""


class _GuardedTLSSocket(ssl.SSLSocket):
    """The same for TLS. The handshake before it is bounded by the socket's time-out, which OpenSSL's loop obeys."""

    allowance: Allowance
    reader: _Reader

    def recv_into(self, buffer: Buffer, nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(self.allowance.remaining())
        received = super().recv_into(buffer, nbytes, flags)
        self.allowance.count(received)
        return received

    def makefile(self, *_: Any, **__: Any) -> Any:
        self.reader = _Reader(super().makefile("rb", buffering=0))
        return self.reader

    def waiting(self) -> bytes:
        """Return what has come, was decrypted and was not read."""
        return self.recv(_LOOK) if self.pending() else b""


class Connection(HTTPConnection):
    """A connection to one target, which spends the allowance of the fetch that is using it."""

    target: Target
    resolver: Resolver
    allowance: Allowance
    _answering: Any = None

    def _new_conn(self) -> socket.socket:
        return _dial(self.target, self.allowance, self.resolver)

    def connect(self) -> None:
        """Dial, shake hands, and let the connection's allowance pay for what follows."""
        super().connect()
        self.hand_over(self.allowance)

    def hand_over(self, allowance: Allowance) -> None:
        """Let ``allowance`` pay for what follows; an idle connection passes from fetch to fetch."""
        self.allowance = allowance
        if isinstance(self.sock, _GuardedSocket | _GuardedTLSSocket):
            self.sock.allowance = allowance
            self.sock.settimeout(allowance.remaining())

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in urllib3
        """Return the answer's head, and remember what its body comes from."""
        self._answering = self.sock
        return super().getresponse()

    def sent_too_much(self) -> bool:
        """Return whether more has come than the answer that was read to its end, blanks apart."""
        sock = self._answering
        if not isinstance(sock, _GuardedSocket | _GuardedTLSSocket):
            return False
        return bool((sock.reader.left or (sock.waiting() if self.sock is sock else b"")).strip())


class _TLSConnection(Connection, HTTPSConnection):
    """The same over TLS: ``HTTPSConnection`` wraps the socket that ``Connection`` dialled."""


class Connections:
    """Opens connections and keeps idle ones for the next fetch from the same origin. Safe for threads."""

    def __init__(self, *, clock: MonotonicClock, resolver: Resolver, tls: ssl.SSLContext) -> None:
        tls.sslsocket_class = _GuardedTLSSocket
        self._tls = tls
        self._clock = clock
        self._resolver = resolver
        self._idle: list[tuple[float, Connection]] = []
        self._lock = threading.Lock()

    def reuse(self, target: Target, allowance: Allowance) -> Connection | None:
        """Return an idle connection to the target's origin that still stands, or None."""
        while (connection := self._take(target)) is not None:
            if connection.is_connected:
                connection.hand_over(allowance)
                return connection
            connection.close()
        return None

    def open(self, target: Target, allowance: Allowance) -> Connection:
        """Return a connection to ``target`` that will be dialled by its first request."""
        connection: Connection
        if target.scheme == "https":
            connection = _TLSConnection(target.host, target.port, ssl_context=self._tls)
        else:
            connection = Connection(target.host, target.port)
        connection.target, connection.resolver, connection.allowance = target, self._resolver, allowance
        return connection

    def keep(self, connection: Connection) -> None:
        """Take back a connection whose answer was read to its end; one with more to read, or closed, is dropped."""
        if connection.sock is None:
            return
        if isinstance(connection.sock, ssl.SSLSocket) and connection.sock.pending():
            # More than was announced, decrypted already, so that the socket does not look readable: it must never be
            # taken for the next answer (RFC 9112 §6.3).
            connection.close()
            return
        now = self._clock()
        with self._lock:
            self._idle.append((now, connection))
            dropped = [entry for entry in self._idle if now - entry[0] > _MAX_IDLE_SECONDS]
            self._idle = [entry for entry in self._idle if entry not in dropped]
            dropped += self._idle[:-_MAX_IDLE]
            self._idle = self._idle[-_MAX_IDLE:]
        for _, stale in dropped:
            stale.close()

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def _take(self, target: Target) -> Connection | None:
        oldest = self._clock() - _MAX_IDLE_SECONDS
        with self._lock:
            for index in range(len(self._idle) - 1, -1, -1):
                since, connection = self._idle[index]
                if connection.target.origin == target.origin and since >= oldest:
                    del self._idle[index]
                    return connection
        return None


def _dial(target: Target, allowance: Allowance, resolver: Resolver) -> _GuardedSocket:
    """Connect to the first of the target's addresses that may be connected to and answers."""
    addresses = _addresses(target.host, allowance, resolver)
    if not target.trusted:
        objections = [(address, objection(address)) for address in addresses]
        addresses = [address for address, what in objections if what is None]
        if not addresses:
            found = ", ".join(f"{address} ({what})" for address, what in objections[:3]) or "no address"
            raise TargetRefused(f"its host {target.host} is {found}; only public addresses are fetched")
    failure: OSError | None = None
    for address in addresses[:_MAX_ADDRESSES_TRIED]:
        try:
            return _connect(address, target, allowance)
        except OSError as error:
            failure = error
    raise failure or OSError(f"{target.host} has no address")


def _connect(address: str, target: Target, allowance: Allowance) -> _GuardedSocket:
    sock = _GuardedSocket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.allowance = allowance
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(min(allowance.remaining(), _CONNECT_SECONDS))
        sock.connect((address, target.port))
        _check_peer(sock, target)
        sock.settimeout(allowance.remaining())
    except BaseException:
        sock.close()
        raise
    return sock


def _check_peer(sock: socket.socket, target: Target) -> None:
    """Check what the socket is connected to: what was checked before is only what it was told."""
    peer: Any = sock.getpeername()
    if not target.trusted and (what := objection(peer[0])) is not None:
        raise TargetRefused(f"its host {target.host} led to {peer[0]}, {what}; only public addresses are fetched")


def _addresses(host: str, allowance: Allowance, resolver: Resolver) -> list[str]:
    """Resolve ``host`` within the allowance: the system's resolver takes no time-out, so it gets its own thread."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    answer: Future[list[str]] = Future()

    def ask() -> None:
        try:
            answer.set_result(list(resolver(host)))
        except (OSError, UnicodeError) as error:
            answer.set_exception(error)

    threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    try:
        return answer.result(timeout=allowance.remaining())
    except TimeoutError as error:
        if answer.done():
            raise
        raise OutOfTime(f"the name {host} was not resolved in time") from error
