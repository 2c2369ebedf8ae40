from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable, Iterator

import brotli  # type: ignore[import-untyped]
import pytest
from backports import zstd

from broadsheet.web.decompress import ACCEPT_ENCODING, UnpackFailed, unpack, unwrap_gzip

TEXT = ("新闻 news " * 20_000).encode()


def raw_deflate(data: bytes) -> bytes:
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeezer.compress(data) + squeezer.flush()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: bytes(brotli.compress(data, quality=4)),
    "zstd": zstd.compress,
}


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 7, 1000, 10**9])
@pytest.mark.parametrize(
    ("header", "packed"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("x-gzip", gzip.compress(TEXT, mtime=0)),
        ("GZip", gzip.compress(TEXT[:100], mtime=0) + gzip.compress(TEXT[100:], mtime=0)),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"\0" * 512),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"<!-- trailing rubbish -->"),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
        ("deflate, gzip", gzip.compress(zlib.compress(TEXT), mtime=0)),
        ("br", brotli.compress(TEXT, quality=4)),
        ("br, gzip", gzip.compress(brotli.compress(TEXT, quality=4), mtime=0)),
        ("zstd", zstd.compress(TEXT)),
        ("zstd", zstd.compress(TEXT[:100]) + zstd.compress(TEXT[100:])),
        ("zstd", zstd.compress(TEXT) + b"<!-- trailing rubbish -->"),
        ("", TEXT),
        ("identity", TEXT),
        ("UTF-8", TEXT),
    ],
)
def test_what_was_packed_comes_out(header: str, packed: bytes, size: int) -> None:
    assert b"".join(unpack(in_pieces(packed, size), header)) == TEXT


@pytest.mark.parametrize("coding", PACKED)
def test_an_empty_body_is_empty_whatever_its_header_says(coding: str) -> None:
    assert b"".join(unpack([], coding)) == b""


@pytest.mark.parametrize(
    ("header", "packed"),
    [("gzip", gzip.compress(TEXT, mtime=0)[:-9]), ("deflate", zlib.compress(TEXT)[:-9]), ("deflate", raw_deflate(TEXT)[:-9]),
     ("gzip", gzip.compress(TEXT, mtime=0) + gzip.compress(TEXT, mtime=0)[:40]),
     ("br", brotli.compress(TEXT, quality=4)[:-3]), ("zstd", zstd.compress(TEXT)[:-9])],
)  # fmt: skip
def test_a_cut_body_is_no_body(header: str, packed: bytes) -> None:
    with pytest.raises(UnpackFailed, match="ends before its end") as caught:
        b"".join(unpack([packed], header))
    assert caught.value.transient


@pytest.mark.parametrize(
    ("header", "name"), [("gzip", "gzip"), ("deflate", "deflate"), ("br", "brotli"), ("zstd", "zstd")]
)
def test_plain_text_under_a_coding_is_named(header: str, name: str) -> None:
    with pytest.raises(UnpackFailed, match=f"not valid {name}"):
        b"".join(unpack([b"<html>plain</html>" * 10], header))


@pytest.mark.parametrize(
    ("header", "why"), [("compress", "though only"), ("gzip, gzip, gzip", "3 times over"), ("snappy", "'snappy'")]
)
def test_what_cannot_be_unpacked_is_refused_before_the_body_is_read(header: str, why: str) -> None:
    with pytest.raises(UnpackFailed, match=why) as caught:
        unpack(iter(()), header)
    assert not caught.value.transient


def test_a_bomb_is_unpacked_no_further_than_it_is_read() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024), mtime=0)
    pieces = unpack([bomb], "gzip")
    assert len(next(pieces)) <= 64 * 1024
    assert len(next(pieces)) <= 64 * 1024


def test_output_that_waits_inside_the_inflater_is_not_forgotten() -> None:
    # Raw deflate has no trailer: near a full piece, all input may be consumed while output is still to come.
    for size in range(64 * 1024, 64 * 1024 + 520):
        assert len(b"".join(unpack([raw_deflate(b"a" * size)], "deflate"))) == size


def test_a_packed_file_is_unwrapped_and_anything_else_passed_on() -> None:
    assert b"".join(unwrap_gzip(in_pieces(gzip.compress(TEXT, mtime=0), 1))) == TEXT
    assert b"".join(unwrap_gzip(in_pieces(TEXT, 1))) == TEXT
    assert b"".join(unwrap_gzip([])) == b""


def test_all_that_can_be_undone_is_asked_for() -> None:
    assert ACCEPT_ENCODING == "gzip, deflate, br, zstd"


@pytest.mark.parametrize("header", PACKED)
def test_a_piece_is_small_whatever_it_was_packed_with(header: str) -> None:
    pieces = list(unpack([PACKED[header](bytes(8 * 1024 * 1024))], header))
    assert max(map(len, pieces)) <= 128 * 1024
    assert sum(map(len, pieces)) == 8 * 1024 * 1024


@pytest.mark.parametrize("header", PACKED)
def test_what_does_not_pack_comes_out_at_any_size_of_pieces(header: str) -> None:
    draw = random.Random(header)
    for _ in range(20):
        data = draw.randbytes(draw.randrange(100_000)) + bytes(draw.randrange(200_000))
        assert b"".join(unpack(in_pieces(PACKED[header](data), draw.randrange(1, 70_000)), header)) == data


def test_a_zstd_window_is_no_larger_than_the_standard_lets_it_be() -> None:
    options: dict[int, int] = {zstd.CompressionParameter.window_log: 26}
    wide = zstd.compress(bytes(20 * 1024 * 1024), options=options)
    with pytest.raises(UnpackFailed, match="not valid zstd"):
        b"".join(unpack(in_pieces(wide, 100), "zstd"))


def test_a_body_of_countless_parts_is_refused() -> None:
    assert b"".join(unpack([gzip.compress(b"a") * 999], "gzip")) == b"a" * 999
    with pytest.raises(UnpackFailed, match="more than 1,000 parts") as caught:
        b"".join(unpack([gzip.compress(b"") * 1001], "gzip"))
    assert not caught.value.transient
