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
