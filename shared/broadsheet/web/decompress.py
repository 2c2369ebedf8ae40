"""Content codings, undone as a stream in small pieces: whoever consumes it stops a bomb by stopping to read."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, Protocol

import brotli  # type: ignore[import-untyped]
from backports import zstd

from broadsheet.model.errors import BroadsheetError

_PIECE = 64 * 1024
_MAX_CODINGS = 2
"""More than one is rare already, and each may hold a window: brotli's is up to 16 MB (RFC 7932 §9.1)."""
_MAX_STREAMS = 1_000
"""Streams that may follow each other in one body. An empty one costs 20 bytes to send and far more to undo."""
_ZSTD_WINDOW_LOG = 23
"""8 MB, the most that the content coding may ask a receiver to hold (RFC 9659 §3)."""
_NO_CODING = frozenset({"", "identity", "none", "utf-8", "8bit", "binary"})
"""Not codings at all, but servers send them, and browsers take the body as it is."""
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


class UnpackFailed(BroadsheetError):
    """A body that does not unpack; ``transient`` where a complete answer may come another time."""

    def __init__(self, clause: str, *, transient: bool) -> None:
        super().__init__(clause)
        self.transient = transient


class _Stream(Protocol):
    """One compressed stream: a gzip member, a zstd frame."""

    finished: bool
    hungry: bool
    """Whether nothing more comes out without more input."""
    unused: bytes
    """What followed the end of the stream in the same input."""

    def feed(self, data: bytes) -> bytes:
        """Take ``data`` and return at most one piece."""


class _Zlib:
    def __init__(self, wbits: int) -> None:
        self._inflater = zlib.decompressobj(wbits)
        self.finished = False
        self.hungry = True
        self.unused = b""

    def feed(self, data: bytes) -> bytes:
        piece = self._inflater.decompress(self._inflater.unconsumed_tail + data, _PIECE)
        self.finished = self._inflater.eof
        # A full piece may leave output inside the inflater although all input is consumed.
        self.hungry = not self._inflater.unconsumed_tail and len(piece) < _PIECE
        self.unused = self._inflater.unused_data
        return piece


class _Brotli:
    def __init__(self) -> None:
        self._decompressor: Any = brotli.Decompressor()
        self.finished = False
        self.hungry = True
        self.unused = b""

    def feed(self, data: bytes) -> bytes:
        piece: bytes = self._decompressor.process(data, output_buffer_limit=_PIECE)
        self.finished = self._decompressor.is_finished()
        self.hungry = self._decompressor.can_accept_more_data() and len(piece) < _PIECE
        return piece


class _Zstd:
    def __init__(self) -> None:
        options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
        self._decompressor = zstd.ZstdDecompressor(options=options)
        self.finished = False
        self.hungry = True
        self.unused = b""

    def feed(self, data: bytes) -> bytes:
        piece = self._decompressor.decompress(data, _PIECE)
        self.finished = self._decompressor.eof
        self.hungry = self._decompressor.needs_input
        self.unused = self._decompressor.unused_data
        return piece


class _Coding:
    """How one content coding is undone; ``magic`` opens a further member where streams may follow each other."""

    def __init__(
        self, name: str, new_stream: Callable[[], _Stream], *, error: type[Exception], magic: bytes = b""
    ) -> None:
        self.name = name
        self._new_stream = new_stream
        self._error = error
        self._magic = magic

    def undo(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield what ``chunks`` unpack to, in pieces of at most 64 KB. Raises UnpackFailed."""
        stream, begun, ended, held, streams = self._new_stream(), False, False, b"", 1
        source = iter(chunks)
        for chunk in source:
            pending, held = held + chunk, b""
            while pending or not stream.hungry:
                if ended and not self._another_begins(pending):
                    # Padding or rubbish after the end is ignored, as other clients do, but not left unread.
                    for _ in source:
                        pass
                    return
                if ended and len(pending) < len(self._magic):
                    held = pending
                    break
                begun, ended = True, False
                yield from self._feed(stream, pending)
                pending = b""
                if stream.finished:
                    pending = stream.unused
                    stream, begun, ended, streams = self._new_stream(), False, True, streams + 1
                if streams > _MAX_STREAMS:
                    raise UnpackFailed(f"its {self.name} body has more than {_MAX_STREAMS:,} parts", transient=False)
        if begun:
            raise UnpackFailed(f"its {self.name} body ends before its end", transient=True)

    def _feed(self, stream: _Stream, data: bytes) -> Iterator[bytes]:
        try:
            piece = stream.feed(data)
        except self._error as error:
            raise UnpackFailed(f"its body is not valid {self.name}", transient=True) from error
        if piece:
            yield piece

    def _another_begins(self, rest: bytes) -> bool:
        """Whether ``rest`` is the beginning of a further stream, as far as it goes."""
        return self._magic != b"" and self._magic.startswith(rest[: len(self._magic)])


def _gzip() -> _Coding:
    return _Coding("gzip", lambda: _Zlib(16 + zlib.MAX_WBITS), error=zlib.error, magic=_GZIP_MAGIC)


class _Deflate(_Coding):
    """RFC 9110 means zlib's format, some servers send raw deflate: the first two bytes tell."""

    def __init__(self) -> None:
        super().__init__("deflate", lambda: _Zlib(zlib.MAX_WBITS), error=zlib.error)
        self._raw = _Coding("deflate", lambda: _Zlib(-zlib.MAX_WBITS), error=zlib.error)

    def undo(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        head, everything = _peek(chunks, 2)
        has_zlib_header = len(head) == 2 and head[0] & 0x0F == 8 and int.from_bytes(head) % 31 == 0
        return super().undo(everything) if has_zlib_header else self._raw.undo(everything)


_CODINGS: dict[str, _Coding] = {
    "gzip": _gzip(),
    "x-gzip": _gzip(),
    "deflate": _Deflate(),
    "br": _Coding("brotli", _Brotli, error=brotli.error),
    "zstd": _Coding("zstd", _Zstd, error=zstd.ZstdError, magic=_ZSTD_MAGIC),
}

ACCEPT_ENCODING = ", ".join(name for name in _CODINGS if not name.startswith("x-"))
"""What is asked for: what can be undone here, within bounds."""


def unpack(chunks: Iterable[bytes], content_encoding: str) -> Iterator[bytes]:
    """Undo the codings that a Content-Encoding header value names, last applied first undone.

    Takes the body as it comes in, returns an iterator over pieces; nothing is unpacked ahead of the reader.
    Raises UnpackFailed: a coding that cannot be undone here, too many of them (at once); a body that is not what the
    header says or ends early (while iterating).
    """
    names = [name for part in content_encoding.split(",") if (name := part.strip().lower()) not in _NO_CODING]
    if len(names) > _MAX_CODINGS:
        raise UnpackFailed(f"its body is packed {len(names)} times over; {_MAX_CODINGS} is the limit", transient=False)
    pieces = iter(chunks)
    for name in reversed(names):
        if name not in _CODINGS:
            raise UnpackFailed(
                f"its body is packed as {name[:40]!r}, though only {ACCEPT_ENCODING} were asked for", transient=False
            )
        pieces = _CODINGS[name].undo(pieces)
    return pieces


def unwrap_gzip(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack what is a gzip file by itself, as sitemaps are (``sitemap.xml.gz``), and pass on anything else."""
    head, everything = _peek(pieces, 2)
    return _gzip().undo(everything) if head == _GZIP_MAGIC else everything


def _peek(chunks: Iterable[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    source = iter(chunks)
    head = b""
    while len(head) < size and (chunk := next(source, None)) is not None:
        head += chunk
    return head[:size], chain((head,), source)
