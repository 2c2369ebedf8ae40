"""Where older entries are: next pages by path, by template, by the format."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.ingest.listing import read_listing
from broadsheet.model.article import Listing, SourceDocument
from broadsheet.model.errors import ArticleRejected
from tests.ingest.listings import NOW, URL, a_source, look

CSS = "kind: html\nitems: li\nnext: a.next@href\n"
XPATH = "kind: html\nitems: //li\nnext: //a[@class='next']/@href\n"
TEMPLATE = "next: 'https://news.example.org/list?page={page}'\n"
ITEM = "<li><a href=/1>One</a></li>"


def look_at_page(lines: str, body: str, page: int, url: str = URL) -> Listing:
    return read_listing(a_source(lines), SourceDocument(body.encode(), url, "", NOW), NOW, page)


@pytest.mark.parametrize("source", [CSS, XPATH, CSS.replace("@href", ""), XPATH.replace("/@href", "")])
@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("<a class=next href='?p=2'>older</a>", f"{URL}?p=2"),
        ("<a class=next href='https://archive.example.org/2'>older</a>", "https://archive.example.org/2"),
        ("<base href='/deep/x'><a class=next href='2'>older</a>", "https://news.example.org/deep/2"),
        ("<a class=next href='/list#more'>older</a>", None),
        ("<a class=next href='javascript:more()'>older</a>", None),
        ("", None),
    ],
)
def test_a_path_leads_to_the_next_page_of_a_html_list(source: str, link: str, address: str | None) -> None:
    assert look(source, f"<ul>{ITEM}</ul>{link}").next_url == address


def test_a_path_that_cannot_be_evaluated_is_a_warning() -> None:
    listing = look("kind: html\nitems: //li\nnext: 'nothing:like(.)'", ITEM)
    assert len(listing.entries) == 1
    assert "field 'next' ('nothing:like(.)') cannot be evaluated" in listing.warnings[0]


@pytest.mark.parametrize(
    ("path", "told", "address"),
    [
        ("paging.next", {"next": "/list?after=9"}, "https://news.example.org/list?after=9"),
        ("paging.next", {"next": "https://e.org/2"}, "https://e.org/2"),
        ("paging.next", {"next": None}, None),
        ("paging.next", {"next": False}, None),
        ("paging.next", {"next": ""}, None),
        ("paging.next", {}, None),
        ("paging.cursor && join('', ['?after=', paging.cursor])", {"cursor": "x9"}, f"{URL}?after=x9"),
        ("paging.cursor && join('', ['?after=', paging.cursor])", {"cursor": None}, None),
    ],
)
def test_a_path_leads_to_the_next_page_of_a_json_list(path: str, told: dict[str, Any], address: str | None) -> None:
    body = json.dumps({"paging": told, "rows": [{"id": 1, "title": "T"}]})
    listing = look(f'kind: json\nitems: rows\nnext: "{path}"', body)
    assert (len(listing.entries), listing.next_url) == (1, address)


def test_a_json_path_that_fails_is_a_warning() -> None:
    listing = look("kind: json\nnext: \"join('', [@])\"", '[{"id": 1, "title": "T"}]')
    assert listing.next_url is None
    assert "field 'next' (" in listing.warnings[0]


@pytest.mark.parametrize(
    ("page", "template", "following"),
    [(1, "{page}", "2"), (2, "{page}", "3"), (1, "{page-1}", "1"), (5, "{page-1}", "5")],
)
def test_a_template_counts_pages(page: int, template: str, following: str) -> None:
    lines = f"kind: html\nitems: li\nnext: 'https://news.example.org/list/{template}.html'\n"
    listing = look_at_page(lines, ITEM, page)
    assert listing.next_url == f"https://news.example.org/list/{following}.html"


def test_a_feed_may_have_pages_by_a_template() -> None:
    feed = "<rss version='2.0'><channel><item><title>T</title><link>https://e.org/1</link></item></channel></rss>"
    assert look_at_page(TEMPLATE, feed, 3).next_url == "https://news.example.org/list?page=4"


@pytest.mark.parametrize(
    ("lines", "empty"),
    [(f"kind: html\nitems: li\n{TEMPLATE}", "<p>No more"), (f"kind: json\nitems: rows\n{TEMPLATE}", '{"rows": null}'),
     (f"kind: json\nitems: rows\n{TEMPLATE}", '{"rows": []}')],
)  # fmt: skip
def test_past_the_last_page_there_is_nothing_and_no_next_page(lines: str, empty: str) -> None:
    listing = look_at_page(lines, empty, 7)
    assert (listing.entries, listing.skipped, listing.next_url) == ((), (), None)
    assert listing.warnings == (f"{URL} lists nothing",)


def test_a_first_page_without_items_is_still_a_fault() -> None:
    with pytest.raises(ArticleRejected, match="matches nothing"):
        look_at_page(f"kind: html\nitems: li\n{TEMPLATE}", "<p>Redesigned", 1)


def test_a_page_that_names_itself_or_the_head_has_no_next_page() -> None:
    second = f"{URL}?p=2"
    for target in (second, f"{second}#top", URL):
        link = f"{ITEM}<a class=next href='{target}'>x</a>"
        assert look_at_page(CSS, link, 2, url=second).next_url is None


def test_a_json_feed_says_itself() -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "T"}], "next_url": "?p=2"}
    assert look("kind: feed", json.dumps(feed)).next_url == f"{URL}?p=2"


@given(st.text(max_size=40))
def test_whatever_is_told_is_a_web_address_or_none(told: str) -> None:
    found = look("kind: json\nitems: rows\nnext: more", json.dumps({"more": told, "rows": [{"id": 1, "title": "T"}]}))
    assert found.next_url is None or found.next_url.startswith(("http://", "https://"))
