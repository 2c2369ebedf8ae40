from __future__ import annotations

import gzip
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


def test_an_index_leads_to_its_newest_sitemap() -> None:
    index = (
        "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
        "<sitemap><loc>https://e.org/1.xml</loc><lastmod>2022-01-01</lastmod></sitemap>"
        "<sitemap><loc>/2.xml</loc><lastmod>2022-02-01</lastmod></sitemap><sitemap/></sitemapindex>"
    )
    listing = look("kind: sitemap", index)
    assert listing.entries == ()
    assert listing.next_url == "https://news.example.org/2.xml"
    assert "an index of 2 sitemaps" in listing.warnings[0]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html></html>", "is XML with the root 'html', no sitemap"),
        (b"<urlset>", "is no sitemap"),
        (b"", "is no sitemap"),
        (b"\x1f\x8b rubbish", "is broken gzip"),
        (gzip.compress(b"0" * 60_000_000), "holds more than 52,428,800 bytes"),
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
