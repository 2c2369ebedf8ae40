from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest
from lxml import etree

from broadsheet.model.page import Page
from broadsheet.publish import feeds, html
from tests.publish import golden
from tests.publish.newsroom import CHINESE, ENGLISH, HARBOUR, MORNING, body, line_of, origin

LINES = [
    line_of(
        body(ENGLISH, origin(slug="one", canonical_url="https://wire.example/1", modified=MORNING + timedelta(days=1)))
    ),
    line_of(
        body(
            ENGLISH,
            origin(
                title="渔港复航 & <b>more</b>",
                slug="two",
                canonical_url="https://wire.example/2",
                published=MORNING - timedelta(hours=3),
                language="zh-CN",
                authors=(),
                description="",
                image="https://wire.example/2.jpg",
            ),
        )
    ),
]


def site_feeds() -> tuple[Page, Page, Page]:
    _, atom, rss, jsonfeed = html.home_pages(ENGLISH, LINES, [HARBOUR])
    return atom, rss, jsonfeed


def parsed(page: Page) -> Any:
    return feedparser.parse(page.body, response_headers={"content-type": page.content_type})


def test_feeds_look_as_they_did() -> None:
    for name, page in zip(("atom.xml", "rss.xml", "feed.json"), site_feeds(), strict=True):
        assert page.key == name
        golden.check(name, page.body)


@pytest.mark.parametrize("number", [0, 1], ids=["atom", "rss"])
def test_feedparser_reads_them_without_complaint(number: int) -> None:
    page = site_feeds()[number]
    feed = parsed(page)
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.feed.title == ENGLISH.title
    self_link = [link.href for link in feed.feed.links if link.rel == "self"]
    assert self_link == [f"https://gazette.example/{page.key}"]
    assert [entry.title for entry in feed.entries] == [
        "Ferry returns after forty years",
        "渔港复航 & <b>more</b>",
    ]
    assert [entry.link for entry in feed.entries] == [f"https://gazette.example{line.address}" for line in LINES]
    assert [entry.published_parsed[:5] for entry in feed.entries] == [(2026, 1, 5, 8, 30), (2026, 1, 5, 5, 30)]


def test_ids_are_the_same_in_all_feeds_and_outlive_corrections() -> None:
    atom, rss, jsonfeed = site_feeds()
    expected = [f"tag:gazette.example,2026-01-05:{line.article_id}" for line in LINES]
    assert [entry.id for entry in parsed(atom).entries] == expected
    assert [entry.id for entry in parsed(rss).entries] == expected
    assert [item["id"] for item in json.loads(jsonfeed.body)["items"]] == expected
    corrected = replace(LINES[0], title="x", instant=MORNING - timedelta(days=400), updated=None)
    assert feeds.entry_id(ENGLISH, corrected) == expected[0]
    assert feeds.entry_id(replace(ENGLISH, url="http://gazette.example"), LINES[0]) == expected[0]


def test_address_without_a_day_gives_an_id_that_does_not_change_either() -> None:
    line = replace(LINES[0], address="/ferry-abcdef/")
    assert feeds.entry_id(ENGLISH, line) == feeds.entry_id(
        ENGLISH, replace(line, instant=datetime(1999, 1, 1, tzinfo=UTC))
    )


def test_feed_is_as_new_as_its_newest_line() -> None:
    atom, rss, _ = site_feeds()
    assert parsed(atom).feed.updated == "2026-01-06T08:30:00Z"
    assert b"<lastBuildDate>Tue, 06 Jan 2026 08:30:00 +0000</lastBuildDate>" in rss.body


def test_empty_feed_is_valid_and_always_the_same() -> None:
    first, second = (html.home_pages(ENGLISH, [], [])[1:] for _ in range(2))
    assert first == second
    assert not parsed(first[0]).bozo
    assert parsed(first[0]).feed.updated == "1970-01-01T00:00:00Z"


def test_what_xml_cannot_hold_is_left_out() -> None:
    line = replace(LINES[0], title="a\x00b\x0b\ufffe\x1bc 🐟", description="\x01", authors=("\x02x",))
    _, atom, rss, _ = html.home_pages(ENGLISH, [line], [])
    for page in (atom, rss):
        assert etree.fromstring(page.body) is not None
        assert parsed(page).entries[0].title == "abc 🐟"


def test_language_of_an_entry_is_told() -> None:
    root = etree.fromstring(site_feeds()[0].body)
    languages = [
        element.get("{http://www.w3.org/XML/1998/namespace}lang") for element in root.iter(f"{{{feeds.ATOM}}}entry")
    ]
    assert languages == ["en", "zh-CN"]
    assert json.loads(site_feeds()[2].body)["items"][1]["language"] == "zh-CN"


def test_json_feed_holds_what_the_format_asks_for() -> None:
    feed = json.loads(site_feeds()[2].body)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://gazette.example/feed.json"
    first, second = feed["items"]
    assert first["content_text"] == first["summary"]
    assert first["date_modified"] == "2026-01-06T08:30:00Z"
    assert (second["content_text"], "summary" in second) == ("渔港复航 & <b>more</b>", False)
    assert second["authors"] == [{"name": "Coast Wire"}]
    assert second["image"] == "https://wire.example/2.jpg"
    assert first["tags"] == ["Harbour"]


def test_category_feed_is_the_categorys() -> None:
    atom = html.category_pages(CHINESE, HARBOUR, LINES)[1]
    feed = parsed(atom).feed
    assert feed.id == "https://nanfeng.example/category/harbour/atom.xml"
    assert feed.title == "Harbour · 南风财讯"
    assert {link.rel: link.href for link in feed.links} == {
        "self": "https://nanfeng.example/category/harbour/atom.xml",
        "alternate": "https://nanfeng.example/category/harbour/",
    }


def test_description_is_text_also_to_readers_that_take_it_for_html() -> None:
    line = replace(LINES[0], description="a < b & <script>alert(1)</script>")
    _, atom, rss, _ = html.home_pages(ENGLISH, [line], [])
    escaped = "a &lt; b &amp; &lt;script&gt;alert(1)&lt;/script&gt;"
    assert etree.fromstring(rss.body).findtext("channel/item/description") == escaped
    summary = etree.fromstring(atom.body).find(f"{{{feeds.ATOM}}}entry/{{{feeds.ATOM}}}summary")
    assert summary is not None
    assert (summary.get("type"), summary.text) == (None, line.description)
