from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import feedparser
import pytest
from lxml import etree

from broadsheet.model.article import FeedEntry, IndexLine
from broadsheet.model.page import CACHE_ARTICLE, CACHE_SHORT, Page, PageKey
from broadsheet.model.site import Site
from broadsheet.publish import feed_document, feeds
from broadsheet.publish.feed_xml import ATOM, CONTENT, HISTORY
from tests.publish import golden
from tests.publish.newsroom import CHINESE, ENGLISH, HARBOUR, MORNING, body, line_of, origin

DAY = date(2026, 1, 5)
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
ENTRIES = [
    FeedEntry(
        LINES[0], '<p>It sails &amp; sails.</p><p><img src="https://wire.example/1.jpg" alt="A &quot;boat&quot;"></p>'
    ),
    FeedEntry(LINES[1]),
]
NAMES = {"harbour": "Harbour"}


def site_feeds(site: Site = ENGLISH, entries: list[FeedEntry] = ENTRIES) -> tuple[Page, Page, Page]:
    atom, rss, jsonfeed = feeds.site_feeds(site, NAMES, entries)
    return atom, rss, jsonfeed


def parsed(page: Page) -> Any:
    return feedparser.parse(page.body, response_headers={"content-type": page.content_type})


def links(page: Page) -> dict[str, str]:
    """What the feed itself links to, by relation."""
    root = etree.fromstring(page.body)
    parent = root if root.tag == f"{{{ATOM}}}feed" else root.find("channel")
    assert parent is not None
    return {str(link.get("rel")): str(link.get("href")) for link in parent.findall(f"{{{ATOM}}}link")}


def full(site: Site) -> Site:
    """The site with room for as many entries as there are."""
    return replace(site, head_size=len(ENTRIES))


def test_feeds_look_as_they_did() -> None:
    for name, page in zip(("atom.xml", "rss.xml", "feed.json"), site_feeds(full(ENGLISH)), strict=True):
        assert page.key == name
        golden.check(name, page.body)


@pytest.mark.parametrize("number", [0, 1], ids=["atom", "rss"])
def test_feedparser_reads_them_without_complaint(number: int) -> None:
    page = site_feeds()[number]
    feed = parsed(page)
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.feed.title == ENGLISH.title
    assert links(page)["self"] == f"https://gazette.example/{page.key}"
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
    assert feed_document.entry_id(ENGLISH, corrected) == expected[0]
    assert feed_document.entry_id(replace(ENGLISH, url="http://gazette.example"), LINES[0]) == expected[0]


def test_address_without_a_day_gives_an_id_that_does_not_change_either() -> None:
    line = replace(LINES[0], address="/ferry-abcdef/")
    assert feed_document.entry_id(ENGLISH, line) == feed_document.entry_id(
        ENGLISH, replace(line, instant=datetime(1999, 1, 1, tzinfo=UTC))
    )


def test_feed_is_as_new_as_its_newest_line() -> None:
    atom, rss, _ = site_feeds()
    assert parsed(atom).feed.updated == "2026-01-06T08:30:00Z"
    assert b"<lastBuildDate>Tue, 06 Jan 2026 08:30:00 +0000</lastBuildDate>" in rss.body


def test_empty_feed_is_valid_and_always_the_same() -> None:
    first, second = (site_feeds(entries=[]) for _ in range(2))
    assert first == second
    assert not parsed(first[0]).bozo
    assert parsed(first[0]).feed.updated == "1970-01-01T00:00:00Z"


def test_what_xml_cannot_hold_is_left_out() -> None:
    line = replace(
        LINES[0], title="a\x00b\x0b\ufffe\x1bc 🐟", description="\x01", authors=("\x02x",), language="\x03en"
    )
    for page in site_feeds(entries=[FeedEntry(line, "<p>\x0cx</p>")])[:2]:
        assert etree.fromstring(page.body) is not None
        assert parsed(page).entries[0].title == "abc 🐟"


def test_language_of_an_entry_is_told() -> None:
    root = etree.fromstring(site_feeds()[0].body)
    languages = [element.get("{http://www.w3.org/XML/1998/namespace}lang") for element in root.iter(f"{{{ATOM}}}entry")]
    assert languages == ["en", "zh-CN"]
    assert json.loads(site_feeds()[2].body)["items"][1]["language"] == "zh-CN"


def test_texts_come_whole_in_each_format() -> None:
    atom, rss, jsonfeed = site_feeds()
    content = etree.fromstring(atom.body).find(f"{{{ATOM}}}entry/{{{ATOM}}}content")
    assert content is not None
    assert (content.get("type"), content.text) == ("html", ENTRIES[0].html)
    assert etree.fromstring(rss.body).findtext(f"channel/item/{{{CONTENT}}}encoded") == ENTRIES[0].html
    assert json.loads(jsonfeed.body)["items"][0]["content_html"] == ENTRIES[0].html


def test_entry_without_a_text_has_its_summary_or_title() -> None:
    atom, rss, jsonfeed = site_feeds(entries=[FeedEntry(line) for line in LINES])
    summaries = [tag.text for tag in etree.fromstring(atom.body).iter(f"{{{ATOM}}}summary")]
    assert summaries == [LINES[0].description, LINES[1].title]
    assert b"content" not in atom.body
    assert b"<content:encoded" not in rss.body
    items = json.loads(jsonfeed.body)["items"]
    assert [item["content_text"] for item in items] == [LINES[0].description, LINES[1].title]


@pytest.mark.parametrize(
    ("given", "absolute"),
    [
        ('<img src="/images/a.jpg">', '<img src="https://gazette.example/news/images/a.jpg">'),
        ('<a href="/story/">x</a>', '<a href="https://gazette.example/news/story/">x</a>'),
        ('<a href="#fn1">1</a>', f'<a href="https://gazette.example/news{LINES[0].address}#fn1">1</a>'),
        ('<p>a href="/x" &lt;a href="/y"&gt;</p><a href="/z">z</a>', '<p>a href="/x" &lt;a href="/y"&gt;</p><a href="https://gazette.example/news/z">z</a>'),
        ('<a href="https://x.example/" title="b &lt; &quot;c&quot;">x</a>', '<a href="https://x.example/" title="b &lt; &quot;c&quot;">x</a>'),
        ("<br><p>a &amp;amp; \xa0 “x”</p>", "<br><p>a &amp;amp; \xa0 “x”</p>"),
    ],
)  # fmt: skip
def test_addresses_in_texts_are_absolute(given: str, absolute: str) -> None:
    atom, rss, jsonfeed = site_feeds(replace(ENGLISH, url="https://gazette.example/news"), [FeedEntry(LINES[0], given)])
    assert etree.fromstring(atom.body).findtext(f"{{{ATOM}}}entry/{{{ATOM}}}content") == absolute
    assert etree.fromstring(rss.body).findtext(f"channel/item/{{{CONTENT}}}encoded") == absolute
    assert json.loads(jsonfeed.body)["items"][0]["content_html"] == absolute


def test_json_feed_holds_what_the_format_asks_for() -> None:
    feed = json.loads(site_feeds()[2].body)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://gazette.example/feed.json"
    assert feed["authors"] == [{"name": "The Harbour Gazette", "url": "https://gazette.example/"}]
    first, second = feed["items"]
    assert ("content_text" in first, "content_html" in second) == (False, False)
    assert first["date_modified"] == "2026-01-06T08:30:00Z"
    assert (second["content_text"], "summary" in second) == ("渔港复航 & <b>more</b>", False)
    assert second["authors"] == [{"name": "Coast Wire"}]
    assert second["image"] == "https://wire.example/2.jpg"
    assert first["tags"] == ["Harbour"]


def test_category_feed_is_the_categorys() -> None:
    atom = feeds.category_feed(CHINESE, HARBOUR, ENTRIES)
    feed = parsed(atom).feed
    assert feed.id == "tag:nanfeng.example,2026-01-01:/category/harbour/atom.xml"
    assert feed.title == "Harbour · 南风财讯"
    assert links(atom) == {
        "self": "https://nanfeng.example/category/harbour/atom.xml",
        "alternate": "https://nanfeng.example/category/harbour/",
    }


def test_description_is_text_also_to_readers_that_take_it_for_html() -> None:
    line = replace(LINES[0], description="a < b & <script>alert(1)</script>")
    atom, rss, _ = site_feeds(entries=[FeedEntry(line)])
    escaped = "a &lt; b &amp; &lt;script&gt;alert(1)&lt;/script&gt;"
    assert etree.fromstring(rss.body).findtext("channel/item/description") == escaped
    summary = etree.fromstring(atom.body).find(f"{{{ATOM}}}entry/{{{ATOM}}}summary")
    assert summary is not None
    assert (summary.get("type"), summary.text) == (None, line.description)


def test_feeds_are_bounded() -> None:
    for page in [
        *site_feeds(replace(ENGLISH, head_size=1))[:2],
        feeds.category_feed(replace(ENGLISH, head_size=1), HARBOUR, ENTRIES),
    ]:
        assert len(parsed(page).entries) == 1


def test_full_feed_leads_to_the_archive_of_the_day_of_its_last_entry() -> None:
    # 23:30 in Lisbon is a day later in Shanghai.
    late = [ENTRIES[0], FeedEntry(replace(LINES[1], instant=datetime(2026, 1, 4, 23, 30, tzinfo=UTC)))]
    for site, day in ((full(ENGLISH), "2026-01-04"), (full(CHINESE), "2026-01-05")):
        atom, rss, _ = site_feeds(site, late)
        assert links(atom)["prev-archive"] == links(rss)["prev-archive"] == f"{site.url}/atom/{day}.xml"
        category = feeds.category_feed(site, HARBOUR, late)
        assert links(category)["prev-archive"] == f"{site.url}/category/harbour/{day.replace('-', '/')}/atom.xml"


def test_feed_that_holds_all_there_is_leads_to_no_archive() -> None:
    atom, rss, _ = site_feeds()
    assert set(links(rss)) == {"self"}
    for page in (atom, feeds.category_feed(ENGLISH, HARBOUR, ENTRIES)):
        assert set(links(page)) == {"self", "alternate"}


def archives(older: date | None, newer: date | None, lines: list[IndexLine] | None = None) -> tuple[Page, Page]:
    given = LINES[::-1] if lines is None else lines
    site = replace(ENGLISH, head_size=len(given))
    of_site = feeds.site_day_feed(site, DAY, given, older, newer)
    of_category = feeds.category_day_feed(site, HARBOUR, DAY, given, older, newer)
    assert of_site
    assert of_category
    return of_site, of_category


def test_newest_day_has_no_archive_while_the_feed_people_subscribe_to_holds_all_of_it() -> None:
    size = len(LINES)
    for head_size, newer, there in [(size, None, True), (size + 1, None, False), (size + 1, DAY, True)]:
        site = replace(ENGLISH, head_size=head_size)
        assert (feeds.site_day_feed(site, DAY, LINES, None, newer) is not None) == there
        assert (feeds.category_day_feed(site, HARBOUR, DAY, LINES, None, newer) is not None) == there


def test_archives_lead_from_day_to_day_and_to_the_feed_they_belong_to() -> None:
    site, category = archives(date(2025, 12, 31), date(2026, 1, 9))
    base = "https://gazette.example"
    assert links(site) == {
        "self": f"{base}/atom/2026-01-05.xml",
        "alternate": f"{base}/",
        "current": f"{base}/atom.xml",
        "prev-archive": f"{base}/atom/2025-12-31.xml",
    }
    assert links(category) == {
        "self": f"{base}/category/harbour/2026/01/05/atom.xml",
        "alternate": f"{base}/category/harbour/2026/01/05/",
        "current": f"{base}/category/harbour/atom.xml",
        "prev-archive": f"{base}/category/harbour/2025/12/31/atom.xml",
    }
    assert [PageKey(site.key), site.key] == [feeds.site_day_feed_key(DAY), "atom/2026-01-05.xml"]
    golden.check("archive.xml", site.body)


def test_first_and_last_archive_end_the_series() -> None:
    for page in archives(None, None):
        assert set(links(page)) == {"self", "alternate", "current"}


def test_archives_are_marked_and_share_the_id_of_their_feed() -> None:
    site, category = archives(None, DAY)
    currents = (site_feeds()[0], feeds.category_feed(ENGLISH, HARBOUR, ENTRIES))
    for archive, current in zip((site, category), currents, strict=True):
        mark = f"{{{HISTORY}}}archive"
        assert etree.fromstring(archive.body).find(mark) is not None
        assert etree.fromstring(current.body).find(mark) is None
        assert parsed(archive).feed.id == parsed(current).feed.id
        assert [entry.id for entry in parsed(archive).entries] == [entry.id for entry in parsed(current).entries]
        assert not parsed(archive).bozo


def test_archive_of_the_day_that_runs_is_looked_at_more_often() -> None:
    assert {page.cache_control for page in archives(DAY, None)} == {CACHE_SHORT}
    assert {page.cache_control for page in archives(None, DAY)} == {CACHE_ARTICLE}
