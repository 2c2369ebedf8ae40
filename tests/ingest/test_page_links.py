from __future__ import annotations

from broadsheet.ingest.page_links import feed_links
from broadsheet.model.article import SourceDocument
from tests.ingest.listings import NOW


def test_feeds_that_a_page_announces() -> None:
    page = (
        b"<base href='https://cdn.example.org/x/'><link rel='alternate stylesheet' type='text/css' href='a.css'>"
        b"<link rel=alternate type='application/rss+xml' href='rss'><link rel='Alternate'"
        b" type='application/atom+xml;a=b' href='/atom'><link rel=alternate type='application/rss+xml' href='rss'>"
        b"<link rel=alternate type='application/feed+json' href='javascript:x'>"
    )
    document = SourceDocument(page, "https://news.example.org/", "text/html", NOW)
    assert feed_links(document) == ["https://cdn.example.org/x/rss", "https://cdn.example.org/atom"]


def test_the_likeliest_feed_comes_first() -> None:
    page = (
        "<link rel=alternate type=application/rss+xml title='A story » Comments Feed' href=/story/feed>"
        "<link rel=alternate type=application/rss+xml href=https://news.example.org/comments/feed/>"
        "<link rel=alternate type=application/rss+xml title='晚报 评论 Feed' href=/c>"
        "<link rel=alternate type=application/rss+xml title=Podcast href=https://pod.example.net/rss>"
        "<link rel=alternate type=application/json href=/wp-json/>"
        "<link rel=alternate type=application/json+oembed href=/oembed>"
        "<link rel=alternate hreflang=de href=/de/>"
        "<link rel=alternate type=application/atom+xml title=News href=//www.news.example.org/atom>"
        "<link rel=alternate type=application/rss+xml href=/rss><a href=/feed>RSS</a>"
    )
    assert feed_links(SourceDocument(page.encode(), "https://news.example.org/", "text/html", NOW)) == [
        "https://www.news.example.org/atom",
        "https://news.example.org/rss",
        "https://pod.example.net/rss",
        "https://news.example.org/story/feed",
        "https://news.example.org/comments/feed/",
        "https://news.example.org/c",
    ]


def test_nothing_is_guessed() -> None:
    page = b"<a href=/feed>RSS</a> <a href=/rss.xml type=application/rss+xml>feed</a>"
    assert feed_links(SourceDocument(page, "https://news.example.org/", "text/html", NOW)) == []
