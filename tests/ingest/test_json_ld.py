"""JSON-LD that is wrong, nested, cross-referenced, or of another story."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest.fragment import parse_document
from broadsheet.ingest.json_ld import LinkedData, as_list, is_organisation, read_json_ld, text_in
from broadsheet.ingest.metadata import read_metadata

URL = "https://news.example/2026/story"
PROPERTIES = (
    "@id", "@type", "@graph", "@list", "@value", "author", "creator", "name", "givenName", "url", "headline", "image",
    "publisher", "mainEntity", "mainEntityOfPage", "datePublished", "dateModified", "dateCreated", "inLanguage",
    "articleSection", "keywords", "isAccessibleForFree", "description", "hasPart", "contentUrl",
)  # fmt: skip
ARTICLE = '{"@type": "NewsArticle", "headline": "Ferry stays", "datePublished": "2026-01-05T08:30:00+08:00"}'


def linked(*scripts: str, url: str = URL) -> LinkedData:
    html = "".join(f"<script type='application/ld+json'>{script}</script>" for script in scripts)
    return read_json_ld(parse_document(f"<html><head>{html}</head></html>"), url)


@pytest.mark.parametrize(
    "script",
    [
        ARTICLE,
        f"[{ARTICLE}]",
        f"\n<!-- {ARTICLE} -->\n",
        f"//<![CDATA[\n{ARTICLE}\n//]]>",
        f"/*<![CDATA[*/{ARTICLE}/*]]>*/",
        f"{ARTICLE};",
        ARTICLE.replace("}", ",}"),
        ARTICLE.replace("Ferry", "Ferry\x01").replace("\x01", ""),
        ARTICLE.replace('"headline"', '\n// what it says\n"headline"'),
        ARTICLE + " trailing words",
        f'{{"@context": "https://schema.org", "@graph": [{{"@type": "WebSite", "name": "S"}}, {ARTICLE}]}}',
        f'{{"@type": "WebPage", "mainEntity": {ARTICLE}}}',
        ARTICLE.replace('"NewsArticle"', '["Thing", "NewsArticle"]'),
        ARTICLE.replace("NewsArticle", "http://schema.org/NewsArticle"),
        ARTICLE[:-1] + ', "articleBody": "cut in the mid',
    ],
)
def test_the_article_is_read_however_the_script_is_written(script: str) -> None:
    assert linked(script).text("headline") == "Ferry stays"


def test_line_ends_and_tabs_in_strings_are_read() -> None:
    script = '{"@type": "Article", "headline": "Ferry\nstays\there", "description": "one \\| two"}'
    assert linked(script).text("headline") == "Ferry stays here"


@pytest.mark.parametrize(
    "script", ["", "{", "[" * 100_000, "null", "5", '"text"', '{"@type": 5}', "{" * 200 + "}" * 200]
)
def test_what_says_nothing_is_passed_over(script: str) -> None:
    assert linked(script).article == {}
    assert linked(script, ARTICLE).text("headline") == "Ferry stays"


def test_a_script_past_the_bound_is_not_read() -> None:
    padded = ARTICLE[:-1] + ', "articleBody": "' + "x" * 500_000 + '"}'
    assert linked(padded).article == {}


def test_depth_is_bounded() -> None:
    deep = '{"@graph": [' * 20 + ARTICLE + "]}" * 20
    assert linked(deep).article == {}


def test_of_several_articles_the_pages_own_is_taken() -> None:
    other = '{"@type": "NewsArticle", "headline": "Other", "url": "https://news.example/other"}'
    own = '{"@type": "NewsArticle", "headline": "Own", "mainEntityOfPage": {"@id": "https://news.example/2026/story#main"}}'
    assert linked(other, own).text("headline") == "Own"
    assert linked(other, own, url="https://elsewhere.example/").text("headline") == "Other"


def test_references_are_resolved() -> None:
    graph = {
        "@graph": [
            {"@type": "Article", "headline": "H", "author": {"@id": "#jane"}},
            {"@type": "Person", "@id": "#jane", "name": "Jane Doe"},
        ]
    }
    data = linked(json.dumps(graph))
    assert data.resolve(data.article["author"])["name"] == "Jane Doe"
    assert data.resolve({"@id": "#nobody"}) == {"@id": "#nobody"}
    assert data.resolve("Jane") == "Jane"


def test_values_are_read_as_text_whatever_their_shape() -> None:
    assert text_in("A &amp;amp; <b>B</b>") == "A & B"
    assert text_in(["", "first", "second"]) == "first"
    assert text_in({"@value": "v"}) == "v"
    assert text_in({"name": "n"}) == ""
    assert text_in(5) == ""
    assert as_list(None) == []
    assert as_list([["a"], "b"]) == ["a", "b"]
    assert as_list({"@list": ["a"]}) == ["a"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("Organization", True), ("NewsMediaOrganization", True), ("Corporation", True), ("Person", False), (None, False)],
)
def test_organisations(kind: str | None, expected: bool) -> None:
    assert is_organisation({"@type": kind, "name": "x"}) is expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PROPERTIES), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(PROPERTIES), JSON, max_size=8))
def test_no_value_anywhere_stops_the_reading(facts: dict[str, object]) -> None:
    script = json.dumps({"@type": "NewsArticle", **facts}).replace("</", "<\\/")
    html = f"<script type='application/ld+json'>{script}</script><h1>Heading of the page</h1>"
    facts_read = read_metadata(parse_document(html), URL)
    assert isinstance(facts_read.title, str)
    assert all(isinstance(name, str) and name for name in facts_read.authors)
    assert facts_read.published is None or facts_read.published.tzinfo is not None
