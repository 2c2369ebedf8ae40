"""The article on a page, and what the page says about it. Pages are written for these tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from broadsheet.ingest.clean import clean
from broadsheet.ingest.extract import extract_page, whole_page
from broadsheet.ingest.fragment import parse_document
from broadsheet.ingest.metadata import read_metadata
from broadsheet.model.article import CleanArticle, SourceDocument
from broadsheet.model.errors import ArticleRejected

from .articles import NOW

URL = "https://news.example/2026/01/05/story.html"
BEIJING = timezone(timedelta(hours=8))
PROSE = [
    "The council voted on Monday, after four hours of debate, to keep the night ferry running through the winter.",
    "Eleven members were in favour, nine against; the mayor, who had called for the cut, did not speak to reporters.",
    "Fishermen had waited outside since dawn, some with their children, and cheered when the result was read out.",
]
BODY = "".join(f"<p>{paragraph}</p>" for paragraph in PROSE)
CHINESE = [
    "春早人勤谋发展，奋勇争先正当时。日前，某市召开城市与产业发展大会，表彰了多家企业，同时签约十个项目。",
    "据了解，该市将继续优化营商环境，推动重点项目建设，力争全年完成投资一百亿元，带动就业三千人以上。",
]


def page(html: str, content_type: str = "text/html; charset=utf-8", url: str = URL) -> SourceDocument:
    return SourceDocument(html.encode(), url, content_type, NOW)


def article(html: str, **options: object) -> CleanArticle:
    parsed = extract_page(page(html), **options)  # type: ignore[arg-type]
    return clean(parsed, fallback_slug="x", observed_at=NOW + timedelta(days=365), upload=False)


def paragraphs(html: str, **options: object) -> list[str]:
    return [line.removeprefix("<p>").removesuffix("</p>") for line in article(html, **options).html.split("\n")]


AROUND = """<!DOCTYPE html><html lang="en"><head><title>Ferry stays | Example News</title>
<meta property="og:site_name" content="Example News"></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>
<header class="masthead">Example News, the paper of record, since 1888, in print and online, for the whole coast.</header>
{}
<aside class="related"><h3>Related</h3><p>A story about something else, which is long enough, and has commas, to look like text.</p></aside>
<div class="comments"><p>I think, as a reader, that this is wrong, and I have been reading this paper for many years now.</p></div>
<div class="newsletter-signup"><p>Sign up for our newsletter, delivered each morning, free, and unsubscribe at any time you like.</p></div>
<footer><p>Copyright Example News, all rights reserved, registered in England, at 1 Harbour Street, Port Ellery.</p></footer>
</body></html>"""


@pytest.mark.parametrize(
    "layout",
    [
        f"<article><h1>Ferry stays</h1>{BODY}</article>",
        f"<main><div class='story'><h1>Ferry stays</h1><div class='body'>{BODY}</div></div></main>",
        f"<div id='x1'><div id='x2'><h1>Ferry stays</h1></div><div id='x3'>{BODY}</div></div>",
        f"<table><tr><td width=100>menu</td><td><h1>Ferry stays</h1>{BODY}</td></tr></table>",
        "<div><h1>Ferry stays</h1><div>" + "<br><br>".join(PROSE) + "</div></div>",
    ],
)
def test_the_article_and_nothing_but(layout: str) -> None:
    assert paragraphs(AROUND.format(layout)) == PROSE


def test_chinese_text_laid_out_with_breaks_in_gbk() -> None:
    html = (
        "<html><head><meta charset=gb2312><title>产城人文_某某晚报</title></head><body><table><tr><td><a href=/>首页</a>"
        "<a href=/a>新闻</a></td></tr></table><div>来源：某某晚报　2022-02-16 09:16　作者：陈瑞萍</div><div>　　"
        + "<br>　　".join(CHINESE)
        + "</div></body></html>"
    )
    parsed = extract_page(SourceDocument(html.encode("gbk"), URL, "text/html", NOW), timezone="Asia/Shanghai")
    cleaned = clean(parsed, fallback_slug="x", observed_at=NOW, upload=False)
    assert cleaned.html == "\n".join(f"<p>{paragraph}</p>" for paragraph in CHINESE)
    assert cleaned.published == datetime(2022, 2, 16, 9, 16, tzinfo=BEIJING)
    assert (cleaned.source_name, cleaned.authors) == ("某某晚报", ("陈瑞萍",))


def test_a_sources_rules_come_first() -> None:
    html = AROUND.format(
        f"<article>{BODY}<div class='boxout'><p>Not this, please, although it is long enough to count.</p></div></article>"
    )
    assert len(paragraphs(html)) == 4
    assert paragraphs(html, strip_id_or_class=["boxout"]) == PROSE
    assert paragraphs(html, strip=["//div[@class='boxout']"]) == PROSE


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<html></html>",
        "<!-- nothing -->",
        "<ul>" + "<li><a href='/a'>A headline that leads elsewhere, and on</a></li>" * 50 + "</ul>",
        "<p>Too short.</p>",
        "<script>var text = 'Rendered, by script, which we do not run, so nothing is here'</script>",
    ],
)
def test_a_page_without_an_article_is_refused_by_its_address(html: str) -> None:
    with pytest.raises(ArticleRejected, match=r"no article found in https://news\.example/2026/01/05/story\.html"):
        extract_page(page(html))


def test_hostile_pages_are_refused() -> None:
    with pytest.raises(ArticleRejected, match="nested"):
        extract_page(page("<div>" * 30_000))


def test_relative_addresses_are_relative_to_the_page_or_its_base() -> None:
    html = AROUND.format(f"<article>{BODY}<p><img src='i.png'></p></article>")
    assert article(html).image == "https://news.example/2026/01/05/i.png"
    assert article(html.replace("<head>", "<head><base href='/static/'>")).image == "https://news.example/static/i.png"


def test_the_confidence_is_how_likely_the_text_is_the_article() -> None:
    found = extract_page(page(f"<article>{BODY}</article>"))
    assert found.method == "blocks"
    assert 0.9 < found.confidence <= 1.0
    assert whole_page(page("<p>Short.</p>")).method == "whole page"


def test_a_menu_is_no_article() -> None:
    links = "".join(f"<li><a href=/{n}>Section number {n} of the paper</a></li>" for n in range(60))
    with pytest.raises(ArticleRejected, match="no article found"):
        extract_page(page(f"<body><ul>{links}</ul></body>"))


def test_a_picture_and_its_caption_stay_where_they_stand() -> None:
    figure = (
        "<figure><picture><source srcset='data:,' data-srcset='/a.webp 800w'><img src='/a.jpg' alt='A boat'></picture>"
        "<figcaption>The boat, last year</figcaption></figure>"
    )
    html = AROUND.format(
        f"<article><h1>Ferry stays</h1><p>{PROSE[0]}</p>{figure}<p>{PROSE[1]}</p><p>{PROSE[2]}</p></article>"
    )
    lines = article(html).html.split("\n")
    assert [line[:8] for line in lines] == ["<p>The c", "<figure>", "<p>Eleve", "<p>Fishe"]
    assert "https://news.example/a." in lines[1]
    assert "<figcaption>The boat, last year</figcaption>" in lines[1]


def test_text_that_stands_twice_comes_out_once() -> None:
    twice = f"<article><h1>Ferry stays</h1><div class=a>{BODY}</div><div class=b hidden>{BODY}</div></article>"
    assert paragraphs(AROUND.format(twice)) == PROSE


# -- metadata --------------------------------------------------------------------------------------------------

LINKED = """<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "S"},
{"@type": ["NewsArticle"], "headline": "Linked &amp; said", "datePublished": "2026-01-05T08:30:00+08:00",
"dateModified": "2026-01-06T08:30:00Z", "author": [{"@type": "Person", "name": "By Jane Doe"}, {"@type": "Organization", "name": "AP"}],
"inLanguage": "en-GB", "image": {"url": "/l.png"}, "articleSection": "Ports", "keywords": ["ferry", "council"],
"publisher": {"name": "Example News"}}]}</script>"""


def test_json_ld_is_trusted_first() -> None:
    facts = read_metadata(parse_document(f"<head><title>Other</title>{LINKED}</head><h1>Third</h1>"), URL)
    assert facts.title == "Linked & said"
    assert facts.published == datetime(2026, 1, 5, 8, 30, tzinfo=BEIJING)
    assert facts.modified == datetime(2026, 1, 6, 8, 30, tzinfo=UTC)
    assert facts.authors == ("Jane Doe",)
    assert (facts.language, facts.section, facts.site_name) == ("en-GB", "Ports", "Example News")
    assert facts.tags == ("ferry", "council")
    assert facts.image == "https://news.example/l.png"


@pytest.mark.parametrize(
    "broken", ["{", "[" * 100_000, "null", '{"@type": 5}', '{"@type": "NewsArticle", "author": [[1]]}']
)
def test_broken_json_ld_is_passed_over(broken: str) -> None:
    html = f"<script type='application/ld+json'>{broken}</script><title>T</title>"
    assert read_metadata(parse_document(html), URL).title == "T"


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title>Ferry stays | Example News</title><meta property=og:site_name content='Example News'>", "Ferry stays"),
        ("<title>Example News - Ferry stays</title><meta property=og:site_name content='Example News'>", "Ferry stays"),
        ("<title>Ferry stays - a story - Example</title><h1>Ferry stays</h1>", "Ferry stays"),
        ("<title>泉州_某某网</title><h1>泉州</h1>", "泉州"),
        ("<title>One - two</title>", "One - two"),
        ("<meta property=og:title content='Og'><title>T</title>", "Og"),
        ("<h1>Only a heading</h1>", "Only a heading"),
        ("<p>none</p>", ""),
    ],
)
def test_titles_without_the_sites_name(html: str, title: str) -> None:
    assert read_metadata(parse_document(html), URL).title == title


@pytest.mark.parametrize(
    ("html", "published"),
    [
        ("<meta property=article:published_time content=2026-01-04T10:00:00Z>", datetime(2026, 1, 4, 10, tzinfo=UTC)),
        ("<meta name=pubdate content='2026-01-04 10:00'>", datetime(2026, 1, 4, 10, tzinfo=BEIJING)),
        ("<span itemprop=datePublished content=2026-01-04>x</span>", datetime(2026, 1, 4, tzinfo=BEIJING)),
        ("<time datetime=2026-01-04T10:00:00+01:00>4 January</time>", datetime(2026, 1, 4, 9, tzinfo=UTC)),
        ("<div>2026年1月4日 10:05 来源：某报</div>", datetime(2026, 1, 4, 10, 5, tzinfo=BEIJING)),
        ("<div>no date at all</div>", datetime(2026, 1, 5, tzinfo=BEIJING)),
    ],
)
def test_dates_in_their_order_of_trust(html: str, published: datetime) -> None:
    assert read_metadata(parse_document(html), URL, "Asia/Shanghai").published == published


@pytest.mark.parametrize(
    ("html", "authors"),
    [
        ("<meta name=author content='By Jane Doe and John Roe'>", ("Jane Doe", "John Roe")),
        ("<meta property=article:author content='https://f.example/x'><a rel=author>Jane Doe</a>", ("Jane Doe",)),
        ("<div>记者：张三、李四 责任编辑：王五</div>", ("张三", "李四")),
        ("<div>责任编辑：王五</div>", ("王五",)),
        ("<meta name=author content='desk@news.example'>", ()),
    ],
)
def test_authors(html: str, authors: tuple[str, ...]) -> None:
    assert read_metadata(parse_document(html), URL).authors == authors


def test_canonical_addresses() -> None:
    assert (
        read_metadata(parse_document("<link rel='Canonical' href='/c'>"), URL).canonical_url == "https://news.example/c"
    )
    assert read_metadata(parse_document("<p>x"), URL).canonical_url == URL
    assert read_metadata(parse_document("<p>x"), "s3://inbox/a.html").canonical_url is None
