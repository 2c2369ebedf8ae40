from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.model.errors import ArticleRejected
from tests.ingest.listings import FIXTURES, URL, a_source, look

RSS = (FIXTURES / "rss.xml").read_bytes()
ATOM = (FIXTURES / "atom.xml").read_bytes()
JSON_FEED = (FIXTURES / "feed.json").read_bytes()


def test_rss() -> None:
    listing = look("timezone: Asia/Shanghai", RSS)
    assert listing.title == "The Gazette & Herald"
    assert listing.warnings == ()
    first, second, third = listing.entries
    assert first.id == "story-1"
    assert first.title == "Markets rise & fall"
    assert first.url == "https://news.example.org/story-1?utm_source=rss"
    assert first.published == datetime(2022, 2, 16, 9, 16, 46, tzinfo=UTC)
    assert first.summary_html == "The short version."
    assert first.content_html is not None
    assert 'src="https://news.example.org/i.png"' in first.content_html
    assert "<script>" in first.content_html  # raw: the sanitiser is the last to touch it
    assert first.authors == ("Ann Author", "Ed Editor")
    assert first.categories == ()
    assert first.tags == ("Business", "Markets")
    assert first.image == "https://cdn.example.net/lead.jpg"
    assert first.source_name == "Wire Service"
    assert first.language == "en-gb"
    assert second.id == second.url == "https://news.example.org/story-2"
    assert second.published == datetime(2022, 2, 16, 9, 16, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert second.image == "https://news.example.org/photo.png"
    assert third.id.startswith("sha256-")
    assert third.url is None
    assert listing.skipped == (
        ("item 4", "no title: the field is empty or missing; the entry is taken once it has one"),
    )


def test_an_entry_without_id_and_link_keeps_its_made_up_id() -> None:
    assert look("", RSS).entries[2].id == look("priority: 5", RSS).entries[2].id


def test_the_source_decides_what_categories_are() -> None:
    assert look("category: {field: categories}", RSS).entries[0].categories == ("Business", "Markets")
    assert look("category: {field: categories}", RSS).entries[0].tags == ()
    assert look("category: Finance", RSS).entries[0].categories == ("Finance",)


def test_fields_may_name_keys_of_the_entry_and_templates() -> None:
    source = a_source("fields: {id: link, url: 'https://mirror.example.org/{id}', note: 'from {title}'}")
    first = look(source, RSS).entries[0]
    assert first.id == "https://news.example.org/story-1?utm_source=rss"
    assert first.url is not None
    assert first.url.startswith("https://mirror.example.org/https%3A%2F%2Fnews")
    assert first.fields["note"] == "from Markets rise & fall"


def test_atom() -> None:
    listing = look("", ATOM)
    assert listing.next_url == "https://news.example.org/page2.xml"
    first, second = listing.entries
    assert first.id == "tag:example.org,2022:1"
    assert first.title == "1 < 2 & <em>literally</em>"
    assert first.url == "https://news.example.org/blog/one"
    assert first.published == datetime(2022, 2, 16, 1, 0, tzinfo=UTC)
    assert first.updated == datetime(2022, 2, 17, 1, 0, tzinfo=UTC)
    assert first.authors == ("Ann",)
    assert first.language == "fr"
    assert first.content_html is not None
    assert 'href="https://news.example.org/blog/other"' in first.content_html
    assert second.title == "A bold title"
    assert second.summary_html == "<p>Plain &lt;text&gt;.</p>\n<p>Second paragraph.</p>"


def test_json_feed() -> None:
    listing = look("", JSON_FEED, "application/feed+json")
    assert listing.title == "Example"
    assert listing.next_url == "https://news.example.org/feed.json?page=2"
    first, second = listing.entries
    assert (first.id, first.url) == ("1", "https://news.example.org/one")
    assert first.content_html == "<p>Hello</p>"
    assert first.authors == ("Ann",)
    assert first.tags == ("a", "b")
    assert first.language == "de"
    assert first.image == "https://news.example.org/one.png"
    assert first.published == datetime(2022, 2, 16, 9, 0, tzinfo=UTC)
    assert second.content_html == "<p>One &lt;b&gt;.</p>\n<p>Two.</p>"
    assert second.authors == ("Feed Author",)
    assert len(listing.skipped) == 1


def test_ids_that_repeat_with_other_links_are_told_apart_by_link() -> None:
    items = "".join(
        f"<item><guid isPermaLink='false'>0</guid><title>T{n}</title><link>https://e.org/{n}</link></item>"
        for n in "ab"
    )
    listing = look("", f"<rss version='2.0'><channel>{items}</channel></rss>")
    assert [entry.id for entry in listing.entries] == ["https://e.org/a", "https://e.org/b"]
    assert listing.skipped == ()


def test_what_is_ill_formed_is_read_as_far_as_it_goes() -> None:
    body = "<rss version='2.0'><channel><item><title>T & co</title><link>https://e.org/1</link></item><item>"
    listing = look("", body)
    assert listing.entries[0].title == "T & co"
    assert "is ill-formed" in listing.warnings[0]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "is empty, no feed"),
        ("hello", "is no feed"),
        ("<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'/>", "is no feed"),
        ("{'a'", "is no JSON"),
        ('{"a": 1}', "is JSON but no JSON Feed"),
        ('{"version": "https://jsonfeed.org/version/1.1"}', "is JSON but no JSON Feed"),
        (str(FIXTURES / "rss.xml"), "is no feed"),  # a file's name, which feedparser itself would open
        ("http://127.0.0.1:9/feed", "is no feed"),
        ("\x00\x01\x02", "is no feed"),
        (b" " * (16 * 1024 * 1024) + b"<", "more than 16,777,216"),
        (
            "<?xml version='1.0'?><!-- a --><!DOCTYPE html><link rel=alternate type=application/rss+xml href=/rss>",
            "is an HTML page, no feed; its feeds are: https://news.example.org/rss",
        ),
        ("<html><title>x</title>", "is an HTML page, no feed; write the feed's own address, or kind: html"),
    ],
)
def test_what_is_no_feed_is_told(body: str | bytes, reason: str) -> None:
    with pytest.raises(ArticleRejected) as caught:
        look("", body)
    assert reason in caught.value.reason
    assert caught.value.reason.startswith(f"sources/acme.yaml: {URL} ")


def test_entities_are_not_expanded_and_no_file_is_read() -> None:
    bomb = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "lol">{bomb}<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        "<rss version='2.0'><channel><item><title>T &l9; &x;</title><link>https://e.org/1</link></item></channel></rss>"
    )
    (entry,) = look("", body).entries
    assert len(entry.title) < 100


def test_many_comments_before_no_page_are_passed_quickly() -> None:
    # Each comment may end where any later one does: without atomic groups this never comes back.
    assert look("", "<!---->" * 500 + "<rss version='2.0'><channel><title>T</title></channel></rss>").title == "T"


def test_a_large_feed_must_be_well_formed() -> None:
    head = "<?xml version='1.0' encoding='gbk'?><rss version='2.0'><channel><item><title>T</title><link>https://e.org</link>"
    pad = "<x>" + "y" * 2_200_000 + "</x>"
    assert len(look("", f"{head}{pad}</item></channel></rss>").entries) == 1
    with pytest.raises(ArticleRejected, match=r"is ill-formed XML of 2,200,\d+ bytes, more than 2,097,152"):
        look("", f"{head}{pad}")


def test_deep_markup_is_read_or_refused() -> None:
    deep = "<a>" * 30_000
    try:
        look("", f"<rss version='2.0'><channel><item><title>T</title><description>{deep}</description></item>")
    except ArticleRejected as fault:
        assert fault.reason


pieces = st.sampled_from([
    "<rss version='2.0'>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<link>", "<![CDATA[", "]]>", "&",
    "&amp;", "&#x110000;", "&#xD800;", "<entry xmlns='http://www.w3.org/2005/Atom'>", "<content type='xhtml'>", "<!--",
    "<pubDate>", "<guid isPermaLink='x'>", "<media:content url='::'/>", "text", "2022-02-16", "<content type='", "\x00",
])  # fmt: skip


@settings(deadline=None)
@given(st.lists(pieces, max_size=25).map("".join) | st.text(max_size=60))
def test_any_text_is_listed_or_refused_with_its_reason(body: str) -> None:
    try:
        look("", body)
    except ArticleRejected as fault:
        assert fault.reason.startswith("sources/acme.yaml: ")
