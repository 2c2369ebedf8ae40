from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

import pytest

from broadsheet.web import decompress
from broadsheet.web.decompress import ACCEPT_ENCODING, UnpackFailed, unpack, unwrap_gzip

TEXT = ("新闻 news " * 20_000).encode()


def raw_deflate(data: bytes) -> bytes:
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeezer.compress(data) + squeezer.flush()


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
        ("", TEXT),
        ("identity", TEXT),
        ("UTF-8", TEXT),
    ],
)
def test_what_was_packed_comes_out(header: str, packed: bytes, size: int) -> None:
    assert b"".join(unpack(in_pieces(packed, size), header)) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_an_empty_body_is_empty_whatever_its_header_says(coding: str) -> None:
    assert b"".join(unpack([], coding)) == b""


@pytest.mark.parametrize(
    ("header", "packed"),
    [("gzip", gzip.compress(TEXT, mtime=0)[:-9]), ("deflate", zlib.compress(TEXT)[:-9]), ("deflate", raw_deflate(TEXT)[:-9]),
     ("gzip", gzip.compress(TEXT, mtime=0) + gzip.compress(TEXT, mtime=0)[:40])],
)  # fmt: skip
def test_a_cut_body_is_no_body(header: str, packed: bytes) -> None:
    with pytest.raises(UnpackFailed, match="ends before its end") as caught:
        b"".join(unpack([packed], header))
    assert caught.value.transient


@pytest.mark.parametrize("header", ["gzip", "deflate"])
def test_plain_text_under_a_coding_is_named(header: str) -> None:
    with pytest.raises(UnpackFailed, match=f"not valid {header}"):
        b"".join(unpack([b"<html>plain</html>" * 10], header))


@pytest.mark.parametrize(
    ("header", "why"), [("compress", "though only"), ("gzip, gzip, gzip, gzip", "4 times over"), ("snappy", "'snappy'")]
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


def test_only_what_can_be_undone_is_asked_for() -> None:
    assert set(ACCEPT_ENCODING.split(", ")) == set(decompress._CODINGS) - {"x-gzip"}
    assert {"gzip", "deflate"} <= set(ACCEPT_ENCODING.split(", "))


@pytest.mark.skipif("br" not in ACCEPT_ENCODING, reason="brotli is not installed")
def test_brotli_comes_out_in_small_pieces() -> None:
    brotli = pytest.importorskip("brotli")
    assert b"".join(unpack(in_pieces(brotli.compress(TEXT), 7), "br")) == TEXT
    assert len(next(unpack([brotli.compress(bytes(64 * 1024 * 1024))], "br"))) <= 1024 * 1024
    with pytest.raises(UnpackFailed, match="ends before its end"):
        b"".join(unpack([brotli.compress(TEXT)[:-3]], "br"))


@pytest.mark.skipif("zstd" not in ACCEPT_ENCODING, reason="backports.zstd is not installed")
def test_zstd_comes_out_in_small_pieces_and_within_the_window_of_the_standard() -> None:
    zstd = pytest.importorskip("backports.zstd")
    assert b"".join(unpack(in_pieces(zstd.compress(TEXT) + zstd.compress(TEXT), 7), "zstd")) == TEXT + TEXT
    assert len(next(unpack([zstd.compress(bytes(64 * 1024 * 1024))], "zstd"))) <= 64 * 1024
    wide = zstd.compress(bytes(20 * 1024 * 1024), options={zstd.CompressionParameter.window_log: 26})
    with pytest.raises(UnpackFailed, match="not valid zstd"):
        b"".join(unpack(in_pieces(wide, 100), "zstd"))
