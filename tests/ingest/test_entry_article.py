"""Entries of listings as articles."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from broadsheet.ingest.clean import clean
from broadsheet.ingest.entry_article import parse_entry
from broadsheet.model.article import Entry, SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.source import Cleaning, Source

from .articles import NOW

SOURCE = Source(
    id="acme", kind="json", url="https://a.example/list", language="zh-CN", timezone="Asia/Shanghai", categories=("News",),
    clean=Cleaning(strip_id_or_class=("promo",)),
)  # fmt: skip
ENTRY = Entry(
    id="NW1", title="标题", url="https://a.example/1", published=datetime(2026, 1, 4, tzinfo=UTC), summary_html="摘要",
    categories=("泉州晚报",), tags=("泉州晚报新闻",), source_name="泉州晚报",
)  # fmt: skip
PAGE = (
    "<html><head><title>Page title</title><meta property=og:site_name content=Site><meta name=author content='Jane Doe'>"
    "</head><body><article><p>"
    + "Text of the page, at length. " * 20
    + "</p><p class=promo>Buy, now, and often.</p></article>"
)


def test_the_text_that_was_fetched_for_it() -> None:
    article = parse_entry(ENTRY, SOURCE, "<p>正文。</p><p>（文章来源：泉州晚报）</p>", None)
    assert (article.title, article.published, article.categories) == ("标题", ENTRY.published, ("泉州晚报",))
    assert (article.description, article.canonical_url, article.base_url) == (
        "摘要",
        "https://a.example/1",
        "https://a.example/1",
    )
    assert (article.language, article.method) == ("zh-CN", "json")
    cleaned = clean(article, fallback_slug="NW1", observed_at=NOW, upload=False)
    assert (cleaned.html, cleaned.source_name, cleaned.slug) == ("<p>正文。</p>", "泉州晚报", "nw1")


def test_its_page() -> None:
    page = SourceDocument(PAGE.encode(), "https://a.example/final", "text/html; charset=utf-8", NOW)
    article = parse_entry(ENTRY, SOURCE, None, page)
    assert "Text of the page" in article.html
    assert "Buy, now" not in article.html
    assert (article.title, article.authors, article.source_name) == ("标题", ("Jane Doe",), "泉州晚报")
    bare = parse_entry(replace(ENTRY, title="", source_name=None, categories=()), SOURCE, None, page)
    assert (bare.title, bare.source_name, bare.categories) == ("Page title", "Site", ("News",))
    with pytest.raises(ArticleRejected, match="no article found"):
        parse_entry(ENTRY, SOURCE, None, replace(page, body=b"<p>x"))


@pytest.mark.parametrize(
    ("content", "summary", "html"),
    [
        ("<p>content</p>", "summary", "<p>content</p>"),
        (None, "plain summary\nsecond line", "<p>plain summary</p>\n<p>second line</p>"),
        (None, "1 < 2", "<p>1 &lt; 2</p>"),
        (None, "Caf&eacute;", "Caf&eacute;"),
        (None, "", ""),
    ],
)
def test_its_own_text(content: str | None, summary: str, html: str) -> None:
    article = parse_entry(replace(ENTRY, content_html=content, summary_html=summary), SOURCE, None, None)
    assert (article.html, article.method) == (html, "entry")


def test_a_digest_loses_its_headline_and_gives_its_source() -> None:
    entry = replace(
        ENTRY,
        title="纳斯达克涨幅扩大至1%",
        summary_html="【纳斯达克涨幅扩大至1%】特斯拉涨逾百分之二。（财联社）",
        source_name=None,
    )
    article = clean(parse_entry(entry, SOURCE, None, None), fallback_slug="1", observed_at=NOW, upload=False)
    assert article.html == "<p>特斯拉涨逾百分之二。</p>"
    assert article.description == "特斯拉涨逾百分之二。（财联社）"
    assert article.source_name == "财联社"


def test_an_entry_without_text_is_rejected() -> None:
    article = parse_entry(replace(ENTRY, summary_html=""), SOURCE, None, None)
    with pytest.raises(ArticleRejected, match="empty body"):
        clean(article, fallback_slug="NW1", observed_at=NOW, upload=False)
