"""Each kind of answer has its size and its nature; what is larger, shorter or another thing than it says gets nowhere."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping

import pytest

from broadsheet.model.web import FetchRequest, Kind
from broadsheet.web.fetch import MAX_BODY_BYTES, SafeFetcher
from tests.web.certificates import Authority
from tests.web.hostile_fetch import failed_fetch, fetch_within_memory
from tests.web.server import AdversarialServer, Behaviour, Exchange, answer, head, raw

KINDS: tuple[Kind, ...] = ("feed", "page", "json", "image")
BEGIN: Mapping[Kind, bytes] = {
    "feed": b"<rss>",
    "page": b"<p>",
    "json": b'["',
    "image": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
}
PNG = BEGIN["image"]


def body_of(kind: Kind, size: int) -> bytes:
    return BEGIN[kind] + b"x" * (size - len(BEGIN[kind]))


def fetcher_of(server: AdversarialServer) -> SafeFetcher:
    return SafeFetcher(frozenset({server.host}), "test", 60.0)


def test_every_kind_has_a_limit() -> None:
    assert set(MAX_BODY_BYTES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_of_the_largest_size_is_taken_within_the_memory(kind: Kind) -> None:
    body = body_of(kind, MAX_BODY_BYTES[kind])
    with AdversarialServer({"/": raw(head(Content_Length=str(len(body))) + body)}) as server:
        response = fetch_within_memory(fetcher_of(server), server.url("/"), kind)
    assert len(response.body) == MAX_BODY_BYTES[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_one_byte_more_is_refused_however_it_comes(kind: Kind) -> None:
    limit = MAX_BODY_BYTES[kind]
    body = body_of(kind, limit + 1)
    routes: dict[str, Behaviour] = {
        "/announced": raw(head(Content_Length=str(limit + 1)) + body),
        "/until-close": raw(head() + body),
        "/chunked": raw(head(Transfer_Encoding="chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (limit + 1, body)),
        "/packed": answer(gzip.compress(body, 1), Content_Encoding="gzip"),
    }
    with AdversarialServer(routes) as server:
        announced = failed_fetch(fetcher_of(server), server.url("/announced"), kind)
        assert f"announces {limit + 1} bytes; {limit:,} is the limit for a {kind}" in announced.reason
        for path in ("/until-close", "/chunked", "/packed"):
            failure = failed_fetch(fetcher_of(server), server.url(path), kind)
            assert f"more than {limit:,} bytes, the limit for a {kind}" in failure.reason
            assert not failure.transient


@pytest.mark.parametrize("kind", ["feed", "page", "json"])
@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"PK\x03\x04\x14\0", "a ZIP archive"),
        (b"\x7fELF\x02\x01\x01\0", "a program"),
        (PNG, "a PNG image"),
        (b"\0\0\0\x18ftypmp42" + bytes(5000), "an MP4 film"),
        (b"SQLite format 3\0", "a database"),
        (bytes(range(256)) * 20, "binary data"),
    ],
)
def test_no_label_gets_a_binary_through(kind: Kind, body: bytes, what: str) -> None:
    routes = {
        f"/{coding}/{label}": answer(packed, Content_Type=label, Content_Encoding=coding)
        for label in ("text/html", "application/rss+xml", "application/json", "application/octet-stream")
        for coding, packed in (("identity", body), ("gzip", gzip.compress(body)))
    }
    with AdversarialServer(routes) as server:
        for path in routes:
            failure = failed_fetch(fetcher_of(server), server.url(path), kind)
            assert what in failure.reason
            assert f"where a {kind} was expected" in failure.reason


@pytest.mark.parametrize("body", [b"<svg onload=alert(1)>", b"<html>", b"%PDF-1.7", b"", b"GIF8"])
def test_an_image_must_be_one(body: bytes) -> None:
    with AdversarialServer({"/": answer(body, Content_Type="image/png")}) as server:
        assert "where an image was expected" in failed_fetch(fetcher_of(server), server.url("/"), "image").reason


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        (answer(b"<p>half", length=1000), "ended 7 bytes into what it announced"),
        (raw(head(Content_Length="0x10") + b"<p>half"), r"proper HTTP \(its length is '0x10'\)"),
        (raw(head(Content_Length="-5") + b"<p>half"), r"proper HTTP \(its length is '-5'\)"),
        (raw(head(Content_Length="") + b"<p>half"), r"proper HTTP \(its length is ''\)"),
        (raw(head(Transfer_Encoding="chunked") + b"8\r\n<p>half"), "ended 7 bytes into what it announced"),
        (raw(head(Transfer_Encoding="chunked") + b"3\r\n<p>half\r\n0\r\n\r\n"), "proper HTTP|ended"),
    ],
    ids=["short", "hexadecimal", "negative", "empty", "short chunk", "long chunk"],
)
def test_a_wrong_length_is_a_named_rejection(behaviour: Behaviour, why: str) -> None:
    with AdversarialServer({"/": behaviour}) as server:
        failure = failed_fetch(fetcher_of(server), server.url("/"))
    assert re.search(why, failure.reason), failure.reason
    assert failure.transient


@pytest.mark.parametrize("padding", [0, 12_000, 200_000])
@pytest.mark.parametrize("encrypted", [False, True])
def test_more_than_was_announced_is_a_named_rejection_and_never_the_next_answer(
    padding: int, encrypted: bool, authority: Authority
) -> None:
    # RFC 9112 §6.3 forbids the latter. The former would store what was cut off where its length was counted wrongly.
    forged = head(Content_Length="6") + b"forged"
    routes: dict[str, Behaviour] = {
        "/": raw_and_stay(head(Content_Length="6") + b"<p>one" + forged * (padding // len(forged) + 1)),
        "/next": answer(b"<p>two"),
    }
    with AdversarialServer(routes, tls=authority.server("news.test") if encrypted else None) as server:
        fetcher = SafeFetcher(
            frozenset({f"news.test:{server.port}"}),
            "test",
            60.0,
            tls=authority.client(),
            resolver=lambda _: ["127.0.0.1"],
        )
        failure = failed_fetch(fetcher, server.url("/", host="news.test"))
        bodies = [
            fetcher.fetch(FetchRequest(server.url(path, host="news.test"), "page")).body for path in ("/next", "/next")
        ]
        fetcher.close()
    assert "it sends more than it announced" in failure.reason
    assert failure.transient
    assert bodies == [b"<p>two", b"<p>two"]


@pytest.mark.parametrize(
    "data",
    [
        head(Content_Length="6") + b"<p>one\r\n\r\n",
        head(Content_Length="6", Connection="close") + b"<p>one\n",
        head(Transfer_Encoding="chunked") + b"6\r\n<p>one\r\n0\r\n\r\n",
        head() + b"<p>one",
    ],
    ids=["blank lines", "a line end", "chunks", "until it closes"],
)
def test_a_body_that_is_whole_is_taken_blanks_after_it_or_not(data: bytes) -> None:
    with AdversarialServer({"/": raw(data)}) as server:
        assert fetcher_of(server).fetch(FetchRequest(server.url("/"), "page")).body == b"<p>one"


@pytest.mark.parametrize("close", ["keep-alive", "close"])
def test_a_text_counted_in_characters_is_a_named_rejection(close: str) -> None:
    text = "<p>新闻</p>"
    data = head(Content_Length=str(len(text)), Connection=close) + text.encode()
    with AdversarialServer({"/": raw_and_stay(data)}) as server:
        assert "it sends more than it announced" in failed_fetch(fetcher_of(server), server.url("/")).reason


def raw_and_stay(data: bytes) -> Behaviour:
    """Send exactly ``data`` and keep the connection, as if that had been an answer."""

    def behave(exchange: Exchange) -> None:
        exchange.send(data)
        exchange.keep_alive = True

    return behave


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("certificates"))


def test_a_length_that_is_said_twice_is_one_length() -> None:
    said_twice = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n<p>it")
    with AdversarialServer({"/": said_twice}) as server:
        assert fetch_within_memory(fetcher_of(server), server.url("/"), "page").body == b"<p>it"
