"""Bodies that are small as they are sent and enormous as they are meant."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from typing import Any, Protocol

import brotli  # type: ignore[import-untyped]
from backports import zstd

UNPACKED = 160 * 1024 * 1024
"""Bytes of each bomb: more than a fetch may hold by far, even where half of it were held."""
_PIECE = b"<p>boom</p>     " * 65536


class _Packer(Protocol):
    def __call__(self, data: bytes, /) -> bytes: ...


def _streamed(pack: _Packer, finish: Callable[[], bytes]) -> bytes:
    parts = [pack(_PIECE) for _ in range(UNPACKED // len(_PIECE))]
    return b"".join(parts) + finish()


def zlib_bomb(wbits: int) -> bytes:
    """Return a bomb: gzip for 31, zlib's format for 15, raw deflate for -15."""
    squeezer = zlib.compressobj(1, zlib.DEFLATED, wbits)
    return _streamed(squeezer.compress, squeezer.flush)


def brotli_bomb() -> bytes:
    """Return a bomb in brotli with the largest window there is, 16 MB."""
    squeezer: Any = brotli.Compressor(quality=2, lgwin=24)
    return _streamed(squeezer.process, squeezer.finish)


def zstd_bomb(window_log: int = 23) -> bytes:
    """Return a bomb in zstd with a window of 2 to the power of ``window_log`` bytes, 8 MB being the most allowed."""
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: 1,
        zstd.CompressionParameter.window_log: window_log,
    }
    squeezer = zstd.ZstdCompressor(options=options)
    return _streamed(squeezer.compress, squeezer.flush)


def bombs() -> dict[str, tuple[str, bytes]]:
    """Return name → (Content-Encoding, body), each of them valid."""
    flat = {
        "gzip": ("gzip", zlib_bomb(31)),
        "x-gzip": ("x-gzip", zlib_bomb(31)),
        "deflate": ("deflate", zlib_bomb(15)),
        "raw deflate": ("deflate", zlib_bomb(-15)),
        "brotli": ("br", brotli_bomb()),
        "zstd": ("zstd", zstd_bomb()),
    }
    repack: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "br": brotli.compress,
        "zstd": zstd.compress,
    }
    nested = {
        f"{inner} in {outer}": (f"{flat[inner][0]}, {outer}", pack(flat[inner][1]))
        for inner in ("gzip", "brotli", "zstd")
        for outer, pack in repack.items()
    }
    return flat | nested
