"""All facts of a page together, and golden pairs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from broadsheet.ingest.fragment import parse_document
from broadsheet.ingest.metadata import read_metadata, source_line
from broadsheet.ingest.page_lines import visible_lines
from broadsheet.ingest.page_sources import PageSources

GOLDEN = Path(__file__).parents[1] / "golden" / "metadata"
URL = "https://news.example/2026/01/05/story.html"


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.html")))
def test_golden_pairs(name: str) -> None:
    expected = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    facts = read_metadata(
        parse_document((GOLDEN / f"{name}.html").read_text("utf-8")), expected.pop("url"), expected.pop("timezone")
    )
    told = {
        "title": facts.title,
        "published": facts.published.isoformat() if facts.published else None,
        "modified": facts.modified.isoformat() if facts.modified else None,
        "authors": list(facts.authors),
        "language": facts.language,
        "description": facts.description,
        "image": facts.image,
        "canonical_url": facts.canonical_url,
        "site_name": facts.site_name,
        "section": facts.section,
        "tags": list(facts.tags),
        "free": facts.free,
    }
    assert told == expected


def test_there_are_golden_pairs() -> None:
    assert len(list(GOLDEN.glob("*.html"))) >= 3


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<link rel=canonical href=/c>", "https://news.example/c"),
        ("<link rel='alternate canonical' href='https://other.example/c'>", "https://other.example/c"),
        ("<meta property=og:url content='https://m.news.example/c'>", "https://m.news.example/c"),
        ("<meta property=og:url content='https://other.example/c'>", URL),
        ("<link rel=canonical href=/>", URL),
        ("<link rel=canonical href='https://other.example'>", URL),
        ("<link rel=canonical href=/><meta property=og:url content='/c'>", "https://news.example/c"),
        ("<link rel=canonical href='/?p=7'>", "https://news.example/?p=7"),
        ("<link rel=canonical href='javascript:x'>", URL),
        ("", URL),
    ],
)
def test_canonical_addresses(head: str, expected: str) -> None:
    assert read_metadata(parse_document(f"<head>{head}</head>"), URL).canonical_url == expected


@pytest.mark.parametrize(
    ("value", "free"),
    [("true", True), ('"True"', True), ("false", False), ('"http://schema.org/False"', False), ('"perhaps"', None)],
)
def test_free_or_paywalled(value: str, free: bool | None) -> None:
    html = f'<script type="application/ld+json">{{"@type": "NewsArticle", "isAccessibleForFree": {value}}}</script>'
    assert read_metadata(parse_document(html), URL).free is free
    assert read_metadata(parse_document("<meta name=article:content_tier content=metered>"), URL).free is False
    assert read_metadata(parse_document("<p>x"), URL).free is None


@pytest.mark.parametrize(
    ("html", "name"),
    [
        ("<div>来源：<a>海湾日报</a> 作者：张三</div>", "海湾日报"),
        ("<div>文章来源： 海湾网 2022-02-16</div>", "海湾网"),
        ("<div class=comments>来源：海湾日报</div>", None),
        ("<p>no source</p>", None),
    ],
)
def test_the_medium_of_a_chinese_page(html: str, name: str | None) -> None:
    assert source_line(parse_document(html)) == name


def test_lines_are_what_readers_see() -> None:
    html = (
        "<body><nav>Menu</nav><div>One <b>two</b><i>three</i><br>four</div><script>five</script><p>six</p>tail"
        "<div class='article-comments'>seven</div><div class='has-sidebar'><p>eight</p></div><aside>nine</aside></body>"
    )
    assert [line.text for line in visible_lines(parse_document(html))] == [
        "One ｜two｜three",
        "four",
        "six",
        "tail",
        "eight",
    ]


def test_where_the_article_is_known_what_stands_elsewhere_is_not_looked_at() -> None:
    filler = "<p>Filler text between the two of them.</p>" * 60
    story = "<div id=b><p>春早人勤谋发展，奋勇争先正当时，港口扩建工程开工。</p><p>工程明年完工。（张三）</p></div>"
    root = parse_document(
        f"<body><p>某地另一则消息在这里先行刊登，内容与本文没有任何关系。（李四）</p>{filler}{story}</body>"
    )
    body = next(e for e in root.iter("div") if e.get("id") == "b")
    texts = [line.text for line in PageSources(root, URL, body=body).lines_near]
    assert any("张三" in text for text in texts)
    assert not any("李四" in text for text in texts)


def test_marked_elements_in_the_article_are_never_beside_it() -> None:
    root = parse_document("<div class=related><div id=b><span class=author>Jane Doe</span></div></div>")
    body = next(e for e in root.iter("div") if e.get("id") == "b")
    assert read_metadata(root, URL, body=body).authors == ("Jane Doe",)
    assert read_metadata(root, URL).authors == ()


def test_hostile_pages_are_read_without_running_on() -> None:
    for junk in (
        "<p>" + "- | / " * 5_000 + "2026",
        "<p>" + "作者" * 5_000 + "：",
        "<p>" + "（记者 " * 3_000,
        "<div class=byline>" + "by " * 5_000,
        "<script type=application/ld+json>" + "/*\n" * 50_000 + "</script>",
        "<script type=application/ld+json>{" + " " * 100_000 + "</script>",
        "<title>" + "_-|:" * 5_000 + "</title>",
        "".join(f"<div class='comments c{i}'>" for i in range(150)) + "<b class=author>x</b>" * 2_000,
        "<p>12. Juli 2026 " + ", " * 900,
    ):
        assert read_metadata(parse_document(f"<body>{junk}</body>"), URL).authors == ()
