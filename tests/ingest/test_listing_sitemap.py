from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.model.errors import ArticleRejected
from tests.ingest.listings import FIXTURES, URL, look

NEWS = (FIXTURES / "sitemap-news.xml").read_bytes()
PLAIN = "kind: sitemap\nbody: {from: page}"


def test_a_news_sitemap_tells_titles_and_dates() -> None:
    listing = look("kind: sitemap", NEWS)
    (entry,) = listing.entries
    assert entry.id == entry.url == "https://news.example.org/one.html"
    assert entry.title == "Markets rise & fall"
    assert entry.published == datetime(2022, 2, 16, 9, 0, tzinfo=UTC)
    assert entry.updated == datetime(2022, 2, 17, tzinfo=UTC)
    assert entry.tags == ("business", "markets")
    assert entry.source_name == "The Gazette"
    assert entry.language == "en"
    assert entry.image == "https://news.example.org/one.jpg"
    assert listing.skipped[0][0] == "https://news.example.org/two.html"


def test_the_last_modified_come_first_and_titles_may_come_from_the_page() -> None:
    listing = look(PLAIN, NEWS)
    assert [entry.url for entry in listing.entries] == [
        "https://news.example.org/two.html",
        "https://news.example.org/one.html",
    ]


def test_gzip() -> None:
    assert look("kind: sitemap", gzip.compress(NEWS)) == look("kind: sitemap", NEWS)


def index_of(*sitemaps: tuple[str, str]) -> str:
    told = "".join(
        f"<sitemap><loc>{loc}</loc>{f'<lastmod>{date}</lastmod>' if date else ''}</sitemap>" for loc, date in sitemaps
    )
    return f"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{told}<sitemap/></sitemapindex>"


@pytest.mark.parametrize(
    ("sitemaps", "ordered"),
    [
        ([("/a.xml", "2022-01-01"), ("/b.xml", "2022-02"), ("/c.xml", "2022-02-01T01:00:00+02:00")], "bca"),
        ([("/a.xml", ""), ("/b.xml", "2022-02-01"), ("/c.xml", "")], "bac"),
        ([("/a1.xml", ""), ("/a2.xml", ""), ("/a10.xml", ""), ("/p1.xml", "")], "a10 a2 a1 p1"),
        ([("/2023-12.xml", ""), ("/2024-01.xml", ""), ("/2024-11.xml", "")], "2024-11 2024-01 2023-12"),
        ([("/a1.xml", "2022-02-01"), ("/a2.xml", "2022-02-01"), ("/p9.xml", "2022-02-02")], "p9 a2 a1"),
    ],
)
def test_the_sitemaps_of_an_index_come_newest_first(sitemaps: list[tuple[str, str]], ordered: str) -> None:
    listing = look("kind: sitemap", index_of(*sitemaps))
    names = ordered.split() if " " in ordered else list(ordered)
    assert listing.parts == tuple(f"https://news.example.org/{name}.xml" for name in names)
    assert (listing.entries, listing.next_url, listing.warnings) == ((), None, ())


def test_of_a_long_index_the_newest_are_kept_and_none_twice() -> None:
    listing = look("kind: sitemap", index_of((URL, ""), *((f"/s{n % 300}.xml", "") for n in range(600))))
    assert len(listing.parts) == 50
    assert listing.parts[0] == "https://news.example.org/s299.xml"
    assert len(set(listing.parts)) == 50


def test_sitemaps_may_lie_on_another_host_but_must_be_web_addresses() -> None:
    listing = look("kind: sitemap", index_of(("https://cdn.example.net/1.xml", ""), ("file:///etc/passwd", "")))
    assert listing.parts == ("https://cdn.example.net/1.xml",)


def test_an_empty_index_lists_nothing() -> None:
    listing = look("kind: sitemap", index_of())
    assert (listing.parts, listing.warnings) == ((), (f"{URL} lists nothing",))


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2022", datetime(2022, 1, 1, tzinfo=UTC)),
        ("2022-02", datetime(2022, 2, 1, tzinfo=UTC)),
        ("2022-02-16", datetime(2022, 2, 16, tzinfo=UTC)),
        ("2022-02-16T09:30+08:00", datetime(2022, 2, 16, 1, 30, tzinfo=UTC)),
        ("2022-02-16T09:30Z", datetime(2022, 2, 16, 9, 30, tzinfo=UTC)),
        ("2022-02-16T09:30:15-05:00", datetime(2022, 2, 16, 14, 30, 15, tzinfo=UTC)),
        ("2022-02-16T09:30:15.45Z", datetime(2022, 2, 16, 9, 30, 15, 450_000, tzinfo=UTC)),
    ],
)
def test_every_granularity_of_w3c_dates(written: str, instant: datetime) -> None:
    news = NEWS.replace(b"2022-02-16T09:00:00Z", written.encode()).replace(b"2022-02-17", written.encode())
    entry = look("kind: sitemap", news).entries[0]
    assert (entry.published, entry.updated) == (instant, instant)


def test_a_video_is_not_the_story() -> None:
    body = (
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'"
        " xmlns:v='http://www.google.com/schemas/sitemap-video/1.1'><url><loc>/1</loc><v:video><v:title>Clip</v:title>"
        "<v:publication_date>2020-01-01</v:publication_date></v:video><n:news><n:publication><n:name>晚报</n:name>"
        "<n:language>zh-cn</n:language></n:publication><n:publication_date>2022-02-16</n:publication_date>"
        "<n:title>The story</n:title><n:keywords>银行，股市, 厦门;</n:keywords><n:stock_tickers>SHA:600000</n:stock_tickers>"
        "</n:news></url></urlset>"
    )
    (entry,) = look("kind: sitemap", body).entries
    assert (entry.title, entry.published) == ("The story", datetime(2022, 2, 16, tzinfo=UTC))
    assert (entry.source_name, entry.language) == ("晚报", "zh-cn")
    assert entry.tags == ("银行", "股市", "厦门")


def test_dates_are_compared_as_instants() -> None:
    body = (
        "<urlset><url><loc>/old</loc><lastmod>2022-02-16T23:00:00+08:00</lastmod></url>"
        "<url><loc>/new</loc><lastmod>2022-02-16T20:00:00Z</lastmod></url><url><loc>/unsaid</loc></url>"
        "<url><loc>/odd</loc><lastmod>whenever</lastmod></url></urlset>"
    )
    urls = [entry.url for entry in look(PLAIN, body).entries]
    assert urls == [f"https://news.example.org/{name}" for name in ("new", "old", "unsaid", "odd")]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_plain_text_sitemap(pack: Callable[[bytes], bytes]) -> None:
    lines = "\ufeffhttps://news.example.org/1\r\n\nhttps://news.example.org/厦门?a=1 \nno address\nhttps://e.org/1\n"
    listing = look(PLAIN, pack(lines.encode()), "text/plain")
    assert [entry.url for entry in listing.entries] == [
        "https://news.example.org/1", "https://news.example.org/%E5%8E%A6%E9%97%A8?a=1", "https://e.org/1",
    ]  # fmt: skip
    assert listing.skipped == (("item 3", "'no address' is no address"),)


def test_a_feed_is_a_sitemap_too() -> None:
    feed = "<rss version='2.0'><channel><item><title>T</title><link>https://e.org/1</link></item></channel></rss>"
    (entry,) = look("kind: sitemap", gzip.compress(feed.encode())).entries
    assert (entry.title, entry.url) == ("T", "https://e.org/1")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html></html>", "is XML with the root 'html', no sitemap"),
        (b"<urlset>", "is no sitemap"),
        (b"", "is no sitemap"),
        (b"\x1f\x8b rubbish", "is broken gzip"),
        (gzip.compress(b"https://e.org/1" * 999, mtime=0)[:-20], "is broken gzip (it is cut short)"),
        (b"Service unavailable", "is no sitemap"),
        (b"{}", "is no sitemap"),
        (gzip.compress(b"0" * 60_000_000, mtime=0), "holds more than 52,428,800 bytes"),
        (b"<!DOCTYPE urlset [<!ENTITY a 'x'>]><urlset>&a;</urlset>", "carries a document type"),
        (b"<urlset>" + b"<a>" * 30_000 + b"</urlset>", "is no sitemap"),
    ],
)
def test_what_is_no_sitemap_is_told(body: bytes, reason: str) -> None:
    with pytest.raises(ArticleRejected) as caught:
        look(PLAIN, body)
    assert reason in caught.value.reason
    assert caught.value.reason.startswith(f"sources/acme.yaml: {URL} ")


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["<urlset>", "</urlset>", "<url>", "</url>", "<loc>", "</loc>", "x", "&lt;", "é", "<!-- -->"])
    )
    .map("".join)
    .map(str.encode)
)
def test_any_text_is_listed_or_refused_with_its_reason(body: bytes) -> None:
    try:
        look(PLAIN, body)
    except ArticleRejected as fault:
        assert fault.reason.startswith("sources/acme.yaml: ")
