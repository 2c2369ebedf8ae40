from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.model.article import Listing
from broadsheet.model.errors import ArticleRejected
from tests.ingest.listings import FIXTURES, URL, look

PAGE = (FIXTURES / "list.html").read_bytes()
CSS = """\
kind: html
timezone: Asia/Shanghai
items: ul.news > li
fields: {title: h3, url: "h3 a@href", published: .when, summary: p.lead, image: img, authors: .by, id: "@data-id"}
body: {from: page}
"""
XPATH = """\
kind: html
timezone: Asia/Shanghai
items: //ul[@class='news']/li
fields:
  title: h3
  url: h3/a/@href
  published: .//*[@class='when']
  summary: p[@class='lead']
  image: .//img
  authors: .//*[@class='by']
  id: "@data-id"
body: {from: page}
"""


def check_entries(listing: Listing) -> None:
    first, second = listing.entries
    assert first.id == "n1"
    assert first.title == "First & foremost"
    assert first.url == "https://news.example.org/base/one.html"
    assert first.published == datetime(2022, 2, 16, 9, 16, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert first.summary_html == "The <b>lead</b> &amp; more."
    assert first.image == "https://news.example.org/base/pics/1.jpg"
    assert first.authors == ("Ann", "Bo")
    assert second.published == datetime(2022, 2, 15, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert listing.title == "All the news"


def test_css() -> None:
    check_entries(look(CSS, PAGE, "text/html"))


def test_xpath() -> None:
    check_entries(look(XPATH, PAGE, "text/html"))


@pytest.mark.parametrize("items", ["ul.news > li", "//ul[@class='news']/li"])
def test_without_fields_it_is_the_first_heading_and_link(items: str) -> None:
    first, second = look(f"kind: html\nitems: {items}", PAGE).entries
    assert (first.title, first.url) == ("First & foremost", "https://news.example.org/base/one.html")
    assert second.id == second.url == "https://news.example.org/two.html"
    assert first.id == first.url


@pytest.mark.parametrize("items", ["ul.news a", "//ul[@class='news']//a"])
def test_items_may_be_the_links_themselves(items: str) -> None:
    entries = look(f"kind: html\nitems: {items}", PAGE).entries
    assert [entry.title for entry in entries] == ["First & foremost", "Second"]
    assert entries[0].url == "https://news.example.org/base/one.html"


def test_templates_of_fields() -> None:
    entry = look("kind: html\nitems: li\nfields: {id: '@data-id', url: 'https://e.org/{id}'}", PAGE).entries[0]
    assert entry.url == "https://e.org/n1"


@pytest.mark.parametrize(
    ("source", "body", "reason"),
    [
        (
            CSS,
            b"<title>Moved</title>",
            f"field 'items' ('ul.news > li') matches nothing in {URL} (a page called 'Moved')",
        ),
        (XPATH, b"<p>x", "matches nothing in"),
        (CSS, b"", "is empty, no page"),
        (CSS, b"<div>" * 30_000, "200"),
        (XPATH, b"<div>" * 30_000, "200"),
    ],
)
def test_a_page_that_is_unusable_is_told(source: str, body: bytes, reason: str) -> None:
    with pytest.raises(ArticleRejected) as caught:
        look(source, body)
    assert reason in caught.value.reason


def test_a_path_that_cannot_be_evaluated_skips_the_item() -> None:
    listing = look("kind: html\nitems: //li\nfields: {title: 'nothing:like(.)'}", PAGE)
    assert listing.entries == ()
    assert "field 'title' ('nothing:like(.)') cannot be evaluated" in listing.skipped[0][1]


def test_a_constant_xpath_is_its_text() -> None:
    entry = look("kind: html\nitems: //li\nfields: {authors: \"'Staff'\", title: 'string(h3)'}", PAGE).entries[0]
    assert entry.authors == ("Staff",)
    assert entry.title == "First & foremost"


def test_a_legacy_encoding_is_decoded() -> None:
    page = '<meta charset="gb2312"><ul class="news"><li><h3><a href="/1">中国银行厦门分行</a></h3></li></ul>'
    assert look("kind: html\nitems: li", page.encode("gb18030")).entries[0].title == "中国银行厦门分行"


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["<li>", "</li>", "<ul class=news>", "<h3>", "<a href='", "'>", "x", "<?xml version='1.0'?>",
                         "\x00", "<base href=':'>", "<!--", "<table>", "&#xD800;"]),
        max_size=20,
    ).map("".join)
)  # fmt: skip
def test_any_page_is_listed_or_refused_with_its_reason(body: str) -> None:
    for source in (CSS, XPATH):
        try:
            look(source, body)
        except ArticleRejected as fault:
            assert fault.reason
