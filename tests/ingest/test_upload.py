"""Keys of the inbox, and uploaded files as articles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest.clean import clean
from broadsheet.ingest.upload import MAX_UPLOAD_BYTES, check_size, classify, parse_upload
from broadsheet.model.article import ParsedArticle
from broadsheet.model.errors import ArticleRejected

from .articles import NOW, document

BEIJING = timezone(timedelta(hours=8))


def upload(name: str, body: str | bytes, timezone: str = "UTC") -> ParsedArticle:
    return parse_upload(name, document(body), timezone=timezone)


# -- keys ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("articles/a.md", "article"),
        ("articles/2026/泉州 晚报.MARKDOWN", "article"),
        ("articles/a.html", "article"),
        ("articles/a.HTM", "article"),
        ("articles/a.json", "article"),
        ("articles/a.eml", "article"),
        ("feeds/f.xml", "feed"),
        ("feeds/f", "feed"),
        ("feeds/f.json", "feed"),
        ("bundles/b.zip", "bundle"),
        ("config/site.yaml", "config"),
        ("config/categories.yml", "config"),
        ("config/sources/acme.yaml", "config"),
        ("config/sources/many.opml", "config"),
        ("config/recipes/example.org.txt", "config"),
        ("config/templates/posts/mine.md.j2", "config"),
    ],
)
def test_what_lies_where(key: str, place: str) -> None:
    assert classify(key) == place


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("a.md", "unknown place; put articles"),
        ("other/a.md", "unknown place; put articles"),
        ("articles/a.pdf", "unknown kind of article '.pdf'"),
        ("articles/noending", "unknown kind of article ''"),
        ("feeds/a.zip", "unknown kind of feed '.zip'"),
        ("bundles/a.tar.gz", "unknown kind of bundle '.gz'"),
        ("config/secrets.yaml", "unknown setting"),
        ("config/sources/deep/acme.yaml", "unknown setting"),
        ("config/templates/", "a folder marker"),
        ("articles/", "a folder marker"),
        ("articles/.DS_Store", "a folder marker or hidden file"),
        ("", "unknown place"),
    ],
)
def test_anything_else_is_refused_with_the_way_out(key: str, reason: str) -> None:
    with pytest.raises(ArticleRejected) as refused:
        classify(key)
    assert refused.value.reason.startswith(f"{key}: {reason}")


def test_a_large_upload_is_refused_by_name() -> None:
    check_size("articles/a.md", MAX_UPLOAD_BYTES)
    with pytest.raises(ArticleRejected, match=r"articles/big\.md: 50\.0 MB; an upload has at most 20 MB"):
        check_size("articles/big.md", 50 * 1024 * 1024)
    with pytest.raises(ArticleRejected, match=r"20\.0 MB"):
        upload("articles/big.md", b"x" * (MAX_UPLOAD_BYTES + 1))


# -- Markdown --------------------------------------------------------------------------------------------------

POST = """---
title: "推进“产城人文”: 12:30"
date: 2022-02-16 09:16:46 +0800
categories: quanzhouwanbao
tags: [泉州晚报新闻, no]
author: 陈瑞萍、陈鑫炜
lang: zh-CN
image: {url: https://a.example/i.png}
canonical_url: https://a.example/story
source_name: 泉州晚报
unknown: {deeply: [nested]}
---
First *paragraph*.

| a | b |
|---|---|
| c | d |

Text[^1] and ~~gone~~.

[^1]: A note.
"""


def test_markdown_with_front_matter() -> None:
    article = upload("articles/a.md", POST)
    assert article.title == "推进“产城人文”: 12:30"
    assert article.published == datetime(2022, 2, 16, 9, 16, 46, tzinfo=BEIJING)
    assert article.categories == ("quanzhouwanbao",)
    assert article.tags == ("泉州晚报新闻", "no")
    assert article.authors == ("陈瑞萍", "陈鑫炜")
    assert (article.language, article.image) == ("zh-CN", "https://a.example/i.png")
    assert (article.canonical_url, article.source_name) == ("https://a.example/story", "泉州晚报")
    html = clean(article, fallback_slug="a", observed_at=NOW, upload=True).html
    assert html == (
        "<p>First <em>paragraph</em>.</p>\n"
        "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>c</td><td>d</td></tr></tbody></table>\n"
        '<p>Text<sup><a href="#fn1" id="fnref1" rel="nofollow noopener">[1]</a></sup> and <s>gone</s>.</p>\n<hr>\n'
        '<ol><li id="fn1">A note. <a href="#fnref1" rel="nofollow noopener">↩︎</a></li></ol>'
    )


@pytest.mark.parametrize(
    ("field", "attribute", "value"),
    [
        ("title: 12:30", "title", "12:30"),
        ("title: 0123", "title", "0123"),
        ("title: no", "title", "no"),
        ("title: ~", "title", "T"),
        ("date: 2026-01-05", "published", datetime(2026, 1, 5, tzinfo=UTC)),
        ("date: 2026-01-05 10:00\ntimezone: Asia/Shanghai", "published", datetime(2026, 1, 5, 10, tzinfo=BEIJING)),
        ("published: false", "draft", True),
        ("published: 2026-01-05T08:00:00Z", "published", datetime(2026, 1, 5, 8, tzinfo=UTC)),
        ("published: false\ndate: 2026-01-05", "published", datetime(2026, 1, 5, tzinfo=UTC)),
        ("draft: yes", "draft", True),
        ("draft: false", "draft", False),
        ("date:", "published", None),
        ("lastmod: 2026-01-05", "modified", datetime(2026, 1, 5, tzinfo=UTC)),
        ("categories: [A, 'B, C']", "categories", ("A", "B, C")),
        ("categories: A, B", "categories", ("A", "B")),
        ("category: A, B", "categories", ("A, B",)),
        ("tags:\n- 1\n- 2.0", "tags", ("1", "2.0")),
        ("authors: [{name: Jane Doe, url: x}, John]", "authors", ("Jane Doe", "John")),
        ("author: Jane Doe and John Roe", "authors", ("Jane Doe", "John Roe")),
        ("author: Jane Doe, John Roe", "authors", ("Jane Doe", "John Roe")),
        ("author: Doe, Jane", "authors", ("Doe, Jane",)),
        ("id: abc", "edits", "abc"),
        ("slug: my-slug", "slug", "my-slug"),
        ("url: /category/2026/01/05/x/", "canonical_url", None),
        ("Title: Upper", "title", "Upper"),
        ("description: >\n  folded\n  text", "description", "folded text"),
        ("image: /i.png", "image", "/i.png"),
    ],
)
def test_fields_are_typed_one_by_one(field: str, attribute: str, value: object) -> None:
    article = upload("articles/a.md", f"---\n{field}\n---\n# T\n\nText")
    assert getattr(article, attribute) == value


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        ("title: [a, b]", "field 'title' is a list"),
        ("title: {a: b}", "field 'title' is a mapping"),
        ("date: soon", "field 'date' is 'soon', which is no date"),
        ("timezone: Mars", "field 'timezone' is 'Mars'"),
        ("draft: perhaps", "field 'draft' is 'perhaps'; write true or false"),
        ("title: a: b", "line 2"),
        ("title: 'open", "line"),
        ("a: &x 1\nb: *x", "aliases"),
        ("title: a\ntitle: b", "given twice"),
        ("- a\n- b", "front matter is a list"),
        ("x: " + "[" * 1_000, "deeper than 200"),
        ("x: " + "y" * 70_000, "more than 65,536"),
    ],
)
def test_broken_front_matter_is_refused_by_name(front: str, reason: str) -> None:
    with pytest.raises(ArticleRejected) as refused:
        upload("articles/a.md", f"---\n{front}\n---\ntext")
    assert refused.value.reason.startswith("articles/a.md:")
    assert reason in refused.value.reason


def test_front_matter_that_never_closes_and_toml() -> None:
    with pytest.raises(ArticleRejected, match="never closed"):
        upload("articles/a.md", "---\ntitle: x\n\ntext")
    with pytest.raises(ArticleRejected, match=r"TOML \(\+\+\+\)"):
        upload("articles/a.md", "+++\ntitle = 'x'\n+++\ntext")


@pytest.mark.parametrize(
    "text", ["\ufeff---\ntitle: x\n---\ny", "\n\n---\r\ntitle: x\r\n---\r\ny", "---\ntitle: x\n---\ny"]
)
def test_marks_and_line_ends_before_front_matter(text: str) -> None:
    article = upload("articles/a.md", text)
    assert (article.title, article.html.strip()) == ("x", "<p>y</p>")


def test_rules_are_no_front_matter() -> None:
    article = upload("articles/a.md", "# T\n\none\n\n---\n\ntwo\n\n---\n\nthree")
    assert article.title == "T"
    assert article.html.count("<hr") == 2
    assert "<hr" in upload("articles/a.md", "---\n\nNo field here").html


def test_markdown_in_gbk() -> None:
    assert (
        upload("articles/a.md", "# 推进产城人文深度融合发展\n\n春早人勤谋发展。".encode("gbk")).title
        == "推进产城人文深度融合发展"
    )


# -- HTML ------------------------------------------------------------------------------------------------------


def test_a_fragment_with_front_matter() -> None:
    article = upload("articles/a.html", "---\ntitle: T\n---\n<p>One</p><script>x</script>")
    assert (article.title, article.html) == ("T", "<p>One</p><script>x</script>")
    assert upload("articles/a.html", "<h2>Heading</h2><p>One</p>").title == "Heading"


def test_a_short_page_is_taken_whole() -> None:
    page = (
        "<!DOCTYPE html><html lang=de><head><title>Titel</title><meta name=author content='Jane Doe'></head>"
        "<body><header>Site</header><h1>Titel</h1><p>Kurz.</p><footer>(c)</footer></body></html>"
    )
    article = clean(upload("articles/a.html", page), fallback_slug="a", observed_at=NOW, upload=True)
    assert (article.title, article.html, article.language, article.authors) == (
        "Titel",
        "<p>Kurz.</p>",
        "de",
        ("Jane Doe",),
    )


def test_a_page_with_front_matter_is_overridden_by_it() -> None:
    page = "---\ntitle: Mine\ncategory: C\n---\n<html><head><title>Theirs</title></head><body><p>" + "Text, long. " * 40
    article = upload("articles/a.html", page)
    assert (article.title, article.categories) == ("Mine", ("C",))
    assert "Text, long." in article.html


# -- JSON ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ('"html": "<p>x</p>"', "<p>x</p>"),
        ('"content_html": "<p>x</p>"', "<p>x</p>"),
        ('"markdown": "*x*"', "<p><em>x</em></p>\n"),
        ('"text": "a < b\\n\\nc\\nd"', "<p>a &lt; b</p>\n<p>c<br>d</p>"),
        ('"content_text": "one\\ntwo"', "<p>one</p>\n<p>two</p>"),
    ],
)
def test_json_articles(body: str, html: str) -> None:
    article = upload(
        "articles/a.json",
        f'\ufeff{{"title": "T", {body}, "date_published": "2026-01-05T08:00:00Z", "authors": [{{"name": "J D"}}], "x": [1]}}',
    )
    assert (article.title, article.html, article.authors) == ("T", html, ("J D",))
    assert article.published == datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"title": ', "broken JSON in line 1, column"),
        ("", "broken JSON in line 1, column 1"),
        ("[1]", "is no JSON object"),
        ('{"title": "T"}', "has no body; give one of html"),
        ('{"html": "x"}', "field 'title' is missing"),
        ('{"title": 5, "html": "x"}', "field 'title' is 5"),
        ('{"title": "T", "html": "x", "authors": [3]}', "field 'authors.0' is 3"),
        ('{"title": "T", "html": "x", "date": "soon"}', "field 'date' is 'soon'"),
        ("[" * 100_000, "JSON nested too deeply"),
        ("<html>", "broken JSON"),
    ],
)
def test_json_that_is_no_article_is_refused_by_name(body: str, reason: str) -> None:
    with pytest.raises(ArticleRejected) as refused:
        upload("articles/a.json", body)
    assert refused.value.reason.startswith(f"articles/a.json: {reason}")


def test_json_that_hides_an_article() -> None:
    article = upload("articles/a.json", '{"id": "abc", "draft": true}')
    assert (article.edits, article.draft, article.title) == ("abc", True, "")


def test_an_unknown_ending_is_refused() -> None:
    with pytest.raises(ArticleRejected, match=r"notes\.txt: unknown kind of article '\.txt'"):
        upload("notes.txt", "x")


# -- anything --------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["a.md", "a.html", "a.json", "a.eml"])


@settings(max_examples=300, deadline=None)
@given(
    NAMES,
    st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))),
)
def test_any_bytes_are_an_article_or_rejected(name: str, body: bytes) -> None:
    try:
        article = parse_upload(name, document(body))
        clean(article, fallback_slug="a", observed_at=NOW, upload=True)
    except ArticleRejected as refused:
        assert refused.reason


FRONT = st.lists(
    st.sampled_from(
        ["---\n", "title: x\n", "date: 2026-01-05\n", "tags: [a, b]\n", "- x\n", "  y: z\n", "a: &b c\n", "d: *b\n", "\ttab\n",
         "? k\n", ": v\n", "{\n", "]\n", "'\n", "%YAML 1.2\n", "...\n", "text\n", "> quote\n", "# H\n", "[x]: y\n", "`", "|a|\n"]
    ),
    max_size=15,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(FRONT)
def test_any_front_matter_is_read_or_rejected(text: str) -> None:
    try:
        upload("a.md", text)
    except ArticleRejected as refused:
        assert refused.reason.startswith("a.md:")


def test_each_author_of_a_list_is_one_person() -> None:
    listed = upload("a.md", "---\ntitle: T\nauthors: ['Lee, Ann', 'Smith and Sons', {name: B}]\n---\nx")
    assert listed.authors == ("Lee, Ann", "Smith and Sons", "B")
    assert upload("a.md", "---\ntitle: T\nauthor: Ann Lee and Bo Li\n---\nx").authors == ("Ann Lee", "Bo Li")
