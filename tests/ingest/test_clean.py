"""The cleaner as a whole: steps in their order, fields, rejections, and anything at all as input."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from datetime import timedelta, timezone
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest.clean import clean, clean_body
from broadsheet.ingest.content_hash import content_hash
from broadsheet.ingest.fragment import parse_fragment, text_of
from broadsheet.ingest.upload import parse_upload
from broadsheet.model.article import ParsedArticle
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.source import Cleaning

from .articles import NOW, cleaned, document
from .xss_payloads import PAYLOADS

PAYLOADS_OF_THE_ORIGIN = Path(__file__).parents[3] / "shared" / "corpora" / "finews" / "api" / "articles"
POSTS_OF_THE_ORIGIN = PAYLOADS_OF_THE_ORIGIN.parents[1] / "posts"


# -- bodies ----------------------------------------------------------------------------------------------------


def test_a_body_in_the_origins_manner_comes_out_as_its_paragraphs() -> None:
    article = cleaned(
        '<p style="display:none;height:1px;overflow:hidden;"><br /></p><!-- EM_StockImg_Start --><p style="text-align:center;">'
        '<a href="http://quote.example/r/0.1" class="EmImageRemark"><img src="https://webquoteklinepic.eastmoney.com/Get"></a></p>'
        '<!-- EM_StockImg_End --><p>　　甲公司<span id="quote_0.1"></span>公告，<span id="stock_0.1">'
        '<a href="http://quote.example/r/0.1" class="keytip">乙银行</a></span>增长。<br /></p>\r\n <p><strong>小标题 </strong></p>'
        '<center><img src="https://img.example/a.jpg" alt="Image" width="552" style="border:1px" /></center>'
        '<p class="em_media">（文章来源：<span id="bk_90"><a href="http://quote.example/" class="keytip">证券</a></span>时报）</p>',
        title="甲公司公告",
    )
    assert article.html == (
        "<p>甲公司公告，乙银行增长。</p>\n<p><strong>小标题</strong></p>\n"
        '<p><img alt="" src="https://img.example/a.jpg" width="552"></p>'
    )
    assert article.source_name == "证券时报"
    assert article.image == "https://img.example/a.jpg"
    assert article.slug == "nw2022"


def test_the_steps_in_one_body() -> None:
    article = cleaned(
        "<h1>A title</h1><script>x</script><div onclick=y class=z><font color=red>One</font><br><br>two "
        "<a href='/b?utm_source=f&amp;id=1' onclick=x>link</a></div><iframe src='https://player.vimeo.com/video/12345'></iframe>"
        "<div class='promo'>Buy</div><h1>Part</h1><p>  </p><ul><li>a</ul>Source: The Example Times",
        base_url="https://news.example/a/",
        cleaning=Cleaning(strip_id_or_class=("promo",)),
    )
    assert article.html.split("\n") == [
        "<p>One</p>",
        '<p>two <a href="https://news.example/b?id=1" rel="nofollow noopener">link</a></p>',
        '<p><a href="https://vimeo.com/12345" rel="nofollow noopener">vimeo.com</a></p>',
        "<h2>Part</h2>",
        "<ul><li>a</li></ul>",
    ]
    assert article.source_name == "The Example Times"
    assert article.description == "One two link vimeo.com a"


@pytest.mark.parametrize(
    "html", ["", "  ", "<p></p>", "<script>x</script>", "<p style='display:none'></p>", "<hr>", "&nbsp;"]
)
def test_an_empty_body_is_rejected_by_name(html: str) -> None:
    with pytest.raises(ArticleRejected, match="empty body: no text is left of 'nw2022' \\(A title\\)"):
        cleaned(html)


@pytest.mark.parametrize("title", ["", "   ", "<b></b>", "\u200b", "&nbsp;"])
def test_an_article_without_a_title_is_rejected(title: str) -> None:
    with pytest.raises(ArticleRejected, match="no title: nothing names the article 'nw2022'"):
        cleaned("<p>x</p>", title)


def test_a_body_that_is_its_title_stands() -> None:
    assert cleaned("在岸人民币收盘报6.45。", "在岸人民币收盘报6.45").html == "<p>在岸人民币收盘报6.45。</p>"


def test_an_image_is_a_body() -> None:
    assert cleaned("<img src='https://a.example/cartoon.png' alt='x'>").html.startswith("<p><img")


def test_a_draft_that_edits_needs_neither_title_nor_body() -> None:
    hidden = cleaned("", "", upload=True, edits="abc", draft=True)
    assert (hidden.title, hidden.html, hidden.edits, hidden.draft) == ("", "", "abc", True)
    with pytest.raises(ArticleRejected):
        cleaned("", "", upload=False, edits="abc", draft=True)
    with pytest.raises(ArticleRejected):
        cleaned("", "", upload=True, draft=True)


# -- fields ----------------------------------------------------------------------------------------------------


def test_titles_are_plain_text_on_one_line() -> None:
    assert (
        cleaned("<p>x</p>", " A <b>bold</b>\n &amp;amp; &quot;quoted&quot; title ").title == 'A bold & "quoted" title'
    )
    assert cleaned("<p>x</p>", "e\u0301te\u0301 \u202eevil").title == "été evil"
    assert cleaned("<p>x</p>", "1 &lt; 2 &gt; 0").title == "1 < 2 > 0"
    long = cleaned("<p>x</p>", "word " * 100).title
    assert len(long) <= 300
    assert long.endswith("word…")


def test_a_polled_date_in_the_future_is_when_it_was_seen_and_an_uploads_holds_it() -> None:
    future = NOW + timedelta(days=2)
    polled = cleaned("<p>x</p>", published=future, modified=future)
    assert (polled.published, polled.modified) == (NOW, NOW)
    held = cleaned("<p>x</p>", upload=True, published=future)
    assert held.published == future
    past = NOW - timedelta(days=2)
    assert cleaned("<p>x</p>", published=past).published == past
    assert cleaned("<p>x</p>").published is None


def test_descriptions() -> None:
    assert cleaned("<p>Text of it.</p>", description="<p>A &amp; b</p>").description == "A & b"
    assert cleaned("<p>正文。</p>", "某某标题某某", description="【某某标题某某】摘要内容").description == "摘要内容"
    assert cleaned("<p>Text of it.</p>", description="A title").description == "Text of it."
    own = cleaned("<p>" + "甲乙丙丁，" * 100 + "</p>").description
    assert len(own) <= 160
    assert own.endswith("…")
    assert cleaned("<h2>Head</h2><p>One.</p><p>Two.</p>").description == "One. Two."


def test_names_are_folded_counted_and_capped() -> None:
    article = cleaned(
        "<p>x</p>",
        categories=("Politics", "politics ", "ＰＯＬＩＴＩＣＳ", "", "<b>World</b>", *(f"c{n}" for n in range(20))),
        tags=("#a", "A", *(f"t{n}" for n in range(20))),
        authors=("Jane Doe", "jane doe", " ", "李四"),
    )
    assert article.categories[:3] == ("Politics", "World", "c0")
    assert len(article.categories) == 8
    assert article.tags[:2] == ("a", "t0")
    assert len(article.tags) == 8
    assert article.authors == ("Jane Doe", "李四")


def test_what_the_source_gives_stands_where_the_article_gives_nothing() -> None:
    parsed = ParsedArticle(title="T", html="<p>x</p>")
    article = clean(
        parsed, fallback_slug="f", observed_at=NOW, upload=False, language="zh_CN", categories=["News"],
        source_name=None, source_url="https://s.example/", source_host="www.s.example",
    )  # fmt: skip
    assert (article.language, article.categories) == ("zh-CN", ("News",))
    assert (article.source_name, article.source_url) == ("s.example", "https://s.example/")
    given = replace(
        parsed, language="en", categories=("Own",), source_name="Own name", source_url="https://own.example/"
    )
    article = clean(
        given,
        fallback_slug="f",
        observed_at=NOW,
        upload=False,
        language="zh",
        categories=["News"],
        source_name="Source",
    )
    assert (article.language, article.categories, article.source_name) == ("en", ("Own",), "Own name")


def test_the_name_in_the_text_wins_over_the_sources_own() -> None:
    article = clean(
        ParsedArticle(title="T", html="<p>x</p><p>（文章来源：财联社）</p>"), fallback_slug="f", observed_at=NOW, upload=False,
        source_name="A portal", source_host="portal.example",
    )  # fmt: skip
    assert article.source_name == "财联社"


def test_addresses_are_canonical_or_none() -> None:
    article = cleaned(
        "<p>x</p>",
        canonical_url="HTTPS://A.example:443/x?utm_medium=y#z",
        image="/i.png",
        base_url="https://a.example/b/",
    )
    assert article.canonical_url == "https://a.example/x"
    assert article.image == "https://a.example/i.png"
    refused = cleaned("<p>x</p>", canonical_url="javascript:x", image="data:image/png,x", source_url="ftp://a.example/")
    assert (refused.canonical_url, refused.image, refused.source_url) == (None, None, None)


def test_slugs_come_from_what_is_given_then_the_title_then_the_fallback() -> None:
    assert cleaned("<p>x</p>", "A plain title", slug="My Own Slug").slug == "my-own-slug"
    assert cleaned("<p>x</p>", "A plain title").slug == "a-plain-title"
    assert cleaned("<p>x</p>", "泉州").slug == "nw2022"


# -- hashes ----------------------------------------------------------------------------------------------------


def test_the_hash_is_of_what_a_reader_sees() -> None:
    article = cleaned("<p>x</p>", published=NOW)
    assert re.fullmatch("a[a-z2-7]{26}", article.content_hash)
    assert content_hash(replace(article, content_hash="", slug="other")) == article.content_hash
    for field, value in {
        "title": "B",
        "html": "<p>y</p>",
        "published": NOW + timedelta(hours=1),
        "draft": True,
    }.items():
        assert content_hash(replace(article, **{field: value})) != article.content_hash  # type: ignore[arg-type]


def test_empty_fields_do_not_count_and_zones_are_folded() -> None:
    article = cleaned("<p>x</p>", published=NOW)
    elsewhere = NOW.astimezone(timezone(timedelta(hours=8)))
    assert content_hash(replace(article, published=elsewhere)) == article.content_hash
    assert content_hash(replace(article, language="")) == article.content_hash


# -- anything --------------------------------------------------------------------------------------------------

SOUP = st.lists(
    st.sampled_from(
        [*PAYLOADS, "<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<li>", "<ul>", "<br>", "<br><br>", "<table><tr><td>",
         "</table>", "<blockquote>", "</blockquote>", "<pre>", "<figure>", "<figcaption>", "<h1>", "</h1>", "A title", "words ",
         "（文章来源：财联社）", "来源：新华社", "　　", "【A title】", "&nbsp;", "\u0338", "\x00", "\x01", "\ud800", "\u202e",
         "<img src='https://a.example/x.png'>", "<a href='/x'>y</a>", "<hr>", "责任编辑：张三", "<!-- EM_StockImg_Start -->",
         "<!-- EM_StockImg_End -->", "<noscript>", "</noscript>", "<svg>", "<math>", "&#1;", "&#xd800;", "&#0;", "]]>", "<?xml?>"]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.one_of(SOUP, st.text(max_size=100)))
def test_anything_is_cleaned_to_a_fixed_point_or_rejected(markup: str) -> None:
    try:
        once = cleaned(markup, base_url="https://a.example/")
    except ArticleRejected as refused:
        assert refused.reason.startswith(("empty body", "HTML "))
        return
    once.html.encode()
    assert unicodedata.normalize("NFC", once.html) == once.html
    assert text_of(parse_fragment(once.html)).strip() or "<img" in once.html
    again = clean_body(ParsedArticle(title="A title", html=once.html, source_name=once.source_name), "A title")
    assert again.html in {once.html, ""}


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60), st.lists(st.text(max_size=20), max_size=12))
def test_any_text_in_any_field_is_cleaned_or_rejected(title: str, url: str, text: str, names: list[str]) -> None:
    try:
        article = cleaned(
            "<p>x</p>", title, description=text, canonical_url=url, image=url, source_url=url, source_name=text, language=url,
            authors=tuple(names), categories=tuple(names), tags=tuple(names), slug=text, base_url=url,
        )  # fmt: skip
    except ArticleRejected as refused:
        assert refused.reason.startswith("no title")
        return
    for value in (article.title, article.description, article.source_name or "", *article.authors, *article.tags):
        value.encode()
        assert "\n" not in value
        assert unicodedata.normalize("NFC", value) == value
    assert re.fullmatch("[a-z0-9-]+", article.slug or "")
    assert article.canonical_url is None or article.canonical_url.startswith(("http://", "https://"))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_survives_the_whole_way(payload: str) -> None:
    html = cleaned(f"<p>before</p>{payload}<p>after</p>", base_url="https://a.example/").html
    assert not re.search(
        r"<[^>]*\s(?:on\w+|style|src(?:doc|set)|xlink:href|action|formaction|ping)\s*=", html, re.IGNORECASE
    )
    assert not re.search(r"<[^>]*(?:javascript|vbscript|data):", re.sub(r"https?://[^\"]*", "", html), re.IGNORECASE)
    assert not re.search(
        r"<(?:script|iframe|object|embed|svg|math|style|form|input|base|meta|link)\b", html, re.IGNORECASE
    )


# -- the origin ------------------------------------------------------------------------------------------------


def visible(markup: str) -> list[str]:
    """Paragraphs of a payload as its readers saw them, by hand: no charts, no hidden ones, no source line."""
    markup = re.sub(r"<!-- EM_StockImg_Start -->.*?<!-- EM_StockImg_End -->", "", markup, flags=re.DOTALL)
    markup = re.sub(r"<p style=\"display:none.*?</p>", "", markup, flags=re.DOTALL)
    markup = re.sub(r"<p class=\"em_media\">.*?</p>", "", markup, flags=re.DOTALL)
    paragraphs = re.findall(r"<p[^>]*>(.*?)</p>", markup, flags=re.DOTALL)
    texts = ("".join(unescape(re.sub(r"<[^>]+>", "", p)).split()).strip("　") for p in paragraphs)
    return [text for text in texts if text]


@pytest.mark.skipif(not PAYLOADS_OF_THE_ORIGIN.is_dir(), reason="../shared/corpora/finews is not here")
@pytest.mark.parametrize("path", sorted(PAYLOADS_OF_THE_ORIGIN.glob("*.json")), ids=lambda path: path.stem)
def test_the_origins_bodies_keep_every_paragraph_and_lose_all_junk(path: Path) -> None:
    payload = json.loads(path.read_text("utf-8"))
    for field in ("text", "content"):
        article = cleaned(payload[field], "某个标题")
        source = re.search(r"文章来源：(.*?)）", re.sub(r"<[^>]+>", "", payload[field]))
        assert source is not None
        assert article.source_name == source[1]
        blocks = [b for b in parse_fragment(article.html) if not list(b.iter("img"))]
        assert ["".join(text_of(b).split()) for b in blocks] == visible(payload[field])
        assert not re.search("style=|class=|id=|webquoteklinepic|quote.eastmoney|文章来源|<span|<a ", article.html)


@pytest.mark.skipif(not POSTS_OF_THE_ORIGIN.is_dir(), reason="../shared/corpora/finews is not here")
@pytest.mark.parametrize("path", sorted(POSTS_OF_THE_ORIGIN.glob("2022-*-NW*.md")), ids=lambda path: path.stem)
def test_the_origins_posts_come_out_as_their_payloads(path: Path) -> None:
    name = path.stem.rpartition("-")[2]
    payload = json.loads((PAYLOADS_OF_THE_ORIGIN / f"{name}.json").read_text("utf-8"))
    for post in (path, path.with_name(path.name.replace("NW", ""))):
        article = clean(
            parse_upload(post.name, document(post.read_bytes())), fallback_slug=post.stem, observed_at=NOW, upload=True
        )
        assert article.html == cleaned(payload["text"], article.title).html
        assert article.source_name == cleaned(payload["text"], article.title).source_name
        assert article.canonical_url is not None
        assert article.published is not None
