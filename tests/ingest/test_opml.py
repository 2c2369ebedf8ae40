from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest.configuration import source_of
from broadsheet.ingest.opml import not_carried, parse_opml, read_opml, write_opml
from broadsheet.model.errors import ConfigurationError
from broadsheet.model.source import Source
from tests.ingest.listings import FIXTURES, look

OPML = (FIXTURES / "subscriptions.opml").read_bytes()


def by_title(reading: tuple[Source, ...]) -> dict[str | None, Source]:
    return {source.title: source for source in reading}


def test_outlines_become_sources() -> None:
    sources = by_title(read_opml(OPML, "sources/all.opml"))
    gazette = sources["The Gazette"]
    assert (gazette.kind, gazette.url) == ("feed", "https://news.example.org/rss")
    assert gazette.categories == ("World",)
    assert gazette.site_url == "https://news.example.org/"
    assert gazette.language == "en"
    assert gazette.poll_every == timedelta(minutes=15)
    assert gazette.file == "sources/all.opml"
    assert sources["泉州晚报"].categories == ("News", "Local")
    assert sources["泉州晚报"].id.startswith("quanzhouwanbao-")
    assert sources["Old style"].url == "http://old.example.org/feed"
    assert sources["Tech"].categories == ("Tech",)
    assert sources["Tech"].body.origin == "page"


def test_freshrss_html_listing() -> None:
    source = by_title(read_opml(OPML, "f"))["Scraped"]
    assert (source.kind, source.items) == ("html", "//li[@class='n']")
    assert source.fields == {"title": "descendant::h2", "url": "descendant::a/@href", "published": ".//time"}
    page = "<ul><li class=n><h2>T</h2><a href=/1>x</a><time datetime=2022-02-16>then</time></li></ul>"
    (entry,) = look(source, page).entries
    assert (entry.title, entry.url) == ("T", "https://news.example.org/1")


def test_freshrss_json_listing() -> None:
    source = by_title(read_opml(OPML, "f"))["Dotted"]
    assert (source.kind, source.items) == ("json", "data.items")
    body = '{"data": {"items": [{"meta": {"the-title": "T"}, "links": ["https://e.org/1"], "n": "5"}]}}'
    (entry,) = look(source, body).entries
    assert (entry.title, entry.url, entry.id) == ("T & more", "https://e.org/1", "5")


def test_one_bad_outline_is_told_and_the_rest_is_read() -> None:
    reading = parse_opml(OPML, "f")
    problems = dict(reading.problems)
    assert len(reading.sources) == 6
    assert any("'Secret'" in where and "user name or password" in reason for where, reason in problems.items())
    assert any("'Odd'" in where and "its type 'XML+XPath' is not known" in reason for where, reason in problems.items())
    assert any("'Remote'" in where and "kept elsewhere" in reason for where, reason in problems.items())
    assert any("'No items'" in where and "has no frss:jsonItem" in reason for where, reason in problems.items())
    assert all(where.startswith("line ") for where in problems)


def test_an_id_does_not_depend_on_the_other_outlines() -> None:
    alone = b"<opml version='2.0'><body><outline text='Tech' xmlUrl='https://tech.example.org/rss'/></body></opml>"
    assert read_opml(alone, "f")[0].id == by_title(read_opml(OPML, "f"))["Tech"].id


def test_raw_defines_the_same_source_again() -> None:
    for source in read_opml(OPML, "f"):
        assert source_of(source.raw, "g") == source


def test_what_is_written_is_read_back() -> None:
    sources = read_opml(OPML, "f")
    written = write_opml(sources, "All & sundry")
    assert write_opml(reversed(sources), "All & sundry") == written
    again = {source.id: source for source in read_opml(written, "g")}
    for source in sources:
        found = again[source.id]
        assert (found.url, found.kind, found.items, found.fields) == (
            source.url, source.kind, source.items, source.fields,
        )  # fmt: skip
        assert (found.title, found.language, found.site_url) == (source.title, source.language, source.site_url)
        assert found.categories[:1] == source.categories[:1]


def test_what_freshrss_exports() -> None:
    reading = parse_opml((FIXTURES / "freshrss.opml").read_bytes(), "f")
    sources = by_title(reading.sources)
    assert set(sources) == {"Ledger", "Muted", "A JSON feed", "Scraped"}
    ledger, muted = sources["Ledger"], sources["Muted"]
    assert (ledger.categories, ledger.poll_every, ledger.paused) == (("Business",), timedelta(hours=1), False)
    assert ledger.body.origin == "page"
    assert ledger.filter.exclude == ("title:sponsored", "category:advert", "author:Bot Author")
    assert len(ledger.clean.strip) == 2
    assert (muted.paused, muted.poll_every, muted.clean.strip) == (True, timedelta(days=1), ())
    assert sources["A JSON feed"].kind == "feed"
    assert sources["Scraped"].fields == {"title": "descendant::h2", "published": "descendant::time"}
    assert [where for where, _ in reading.problems] == ["line 15 ('Embedded')"]
    assert [f"{where.partition(' (')[2]} {note}" for where, note in reading.notes] == [
        "'Ledger') frss:filtersActionRead 'two words' is no rule that `filter` knows",
        "'Muted') frss:CURLOPT_COOKIE is not taken over",
        "'Muted') frss:CURLOPT_HTTPHEADER is not taken over",
        "'Muted') frss:cssContentFilter 'div > p' is not simple enough; write `clean` in a YAML file",
    ]


@pytest.mark.parametrize(
    ("file", "categories"),
    [
        ("miniflux.opml", {"The Gazette": ("World",), "泉州晚报": ("World",)}),
        ("feedly.opml", {"The Gazette": ("World", "Business & Markets"), "Ledger": ("Business & Markets",)}),
    ],
)
def test_what_other_readers_export(file: str, categories: dict[str, tuple[str, ...]]) -> None:
    reading = parse_opml((FIXTURES / file).read_bytes(), file)
    assert {source.title: source.categories for source in reading.sources} == categories
    assert all(source.kind == "feed" for source in reading.sources)
    assert (reading.problems, reading.notes) == ((), ())


EVERY_KIND: list[dict[str, Any]] = [
    {"id": "plain", "url": "https://e.org/feed"},
    {
        "id": "many",
        "url": "https://e.org/2",
        "category": ["World", "A b", "厦门"],
        "title": "T & <t>",
        "language": "zh-CN",
    },
    {
        "id": "page",
        "url": "https://e.org/3",
        "body": {"from": "page"},
        "site_url": "https://e.org/",
        "category": "World",
    },
    {"id": "map", "kind": "sitemap", "url": "https://e.org/sitemap.xml", "paused": True, "poll": {"every": "2h"}},
    {
        "id": "css",
        "kind": "html",
        "url": "https://e.org/4",
        "items": "ul.n > li",
        "fields": {"title": "h2", "url": "a@href"},
    },
    {
        "id": "xpath",
        "kind": "html",
        "url": "https://e.org/5",
        "items": "//li",
        "fields": {"title": "./h2", "image": "img"},
    },
    {"id": "all", "kind": "json", "url": "https://e.org/6", "fields": {"title": '"content-html"', "id": "'fixed'"}},
    {
        "id": "rows",
        "kind": "json",
        "url": "https://e.org/7#force_feed",
        "items": "data.rows[?ok]",
        "fields": {"url": "a.b"},
    },
]


def test_each_kind_comes_back_as_it_was() -> None:
    sources = [source_of(mapping, "f") for mapping in EVERY_KIND]
    written = write_opml(sources, "All")
    reading = parse_opml(written, "g")
    assert (reading.problems, reading.notes) == ((), ())
    assert sorted(reading.sources, key=lambda source: source.id) == [
        replace(source, raw=again.raw)
        for source, again in zip(
            sorted(sources, key=lambda source: source.id),
            sorted(reading.sources, key=lambda source: source.id),
            strict=True,
        )
    ]
    assert write_opml(reading.sources, "All") == written
    assert [not_carried(source) for source in sources] == [()] * len(sources)


def test_what_has_no_place_is_named() -> None:
    source = source_of(
        {
            "id": "x", "kind": "json", "url": "https://e.org", "priority": 5, "poll": {"every": "1h", "max": "1d"},
            "fields": {"title": "t", "code": "c", "url": "https://e.org/{code}"}, "filter": {"exclude": ["ad"]},
            "body": {"from": "json", "url": "https://e.org/{code}", "field": "text"}, "category": ["A", "B/C"],
        },
        "f",
    )  # fmt: skip
    lost = ("priority", "filter", "poll.max", "fields.code", "fields.url", "body", "category")
    assert not_carried(source) == lost
    written = write_opml([source], "All")
    assert b"exclude" not in written
    assert b'"ad"' not in written
    assert write_opml(read_opml(written, "f"), "All") == written


words = st.text(max_size=12).filter(lambda text: text.isprintable() and text.strip())
mappings = st.fixed_dictionaries(
    {"url": st.sampled_from(["https://e.org/a?b=1&c=2", "http://例え.jp/ü", "https://e.org/feed:x"]),
     "kind": st.sampled_from(["feed", "html", "json", "sitemap"])},
    optional={
        "title": words, "category": st.lists(words, min_size=1, max_size=3), "language": st.sampled_from(["en", "zh-CN"]),
        "paused": st.booleans(), "poll": st.sampled_from([{"every": "5m"}, {"every": "15m"}, {"every": "3d"}]),
        "body": st.sampled_from([{"from": "page"}, {"from": "entry"}]), "site_url": st.just("https://e.org/"),
        "tags": st.lists(words, max_size=2),
    },
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(mappings, max_size=5), st.sampled_from(["//li", "ul > li", " li "]), words)
def test_what_is_written_read_and_written_is_the_same(listed: list[dict[str, Any]], path: str, title: str) -> None:
    sources = []
    for number, given_mapping in enumerate(listed):
        mapping = {"id": f"s{number}", **given_mapping}
        if mapping["kind"] == "html":
            mapping |= {"items": path, "fields": {"title": " h2\n", "authors": "{title} {url}"}}
        if mapping["kind"] == "json":
            mapping |= {"items": '"a-b".c[*] | [0]', "fields": {"title": "'a & b'", "url": "join('', ['x', y])"}}
        sources.append(source_of(mapping, "f"))
    written = write_opml(sources, title)
    reading = parse_opml(written, "f")
    assert (reading.problems, reading.notes, len(reading.sources)) == ((), (), len(sources))
    assert write_opml(reading.sources, title) == written


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is no OPML"),
        (b"not xml", "is no OPML"),
        (b"<rss/>", "is XML with the root 'rss'"),
        (b"<opml version='2.0'><head/></opml>", "no OPML with a body"),
        (
            b"<opml><body><outline text='A' xmlUrl='ftp://x'/></body></opml>",
            "no outline can be used; line 1 ('A'): field 'url'",
        ),
        (b"<opml><body>" + b"<outline text='a'>" * 30_000, "is no OPML"),
        (b" " * 6_000_000, "more than 5,242,880"),
    ],
)
def test_a_file_that_is_unusable_is_told(body: bytes, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_opml(body, "sources/all.opml")
    assert str(caught.value).startswith("sources/all.opml: ")
    assert reason in str(caught.value)


def test_an_empty_list_is_no_fault() -> None:
    assert read_opml(b"<opml version='2.0'><head/><body/></opml>", "f") == ()


def test_a_document_type_alone_is_no_fault() -> None:
    assert read_opml(b"<!DOCTYPE opml><opml><body/></opml>", "f") == ()


@pytest.mark.parametrize("entity", ["SYSTEM 'file:///etc/hostname'", "'text'"])
def test_no_entity_is_expanded(entity: str) -> None:
    outline = "<outline text='a&x;' xmlUrl='https://e.org/&x;'/>"
    body = f"<!DOCTYPE opml [<!ENTITY x {entity}>]><opml><body>{outline}</body></opml>"
    with pytest.raises(ConfigurationError, match=r"declares entities|external entity"):
        read_opml(body.encode(), "f")


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(["rss", "JSON+DotNotation", "HTML+XPath", "x"]), st.text(max_size=30))
def test_any_attribute_is_read_or_told(path: str, kind: str, url: str) -> None:
    from lxml import etree  # noqa: PLC0415

    root = etree.Element("opml")
    outline = etree.SubElement(etree.SubElement(root, "body"), "outline")
    values = {"type": kind, "xmlUrl": f"https://e.org/{url}", "text": path}
    values |= {f"{{https://freshrss.org/opml}}{name}": path for name in ("jsonItem", "jsonItemTitle", "xPathItem")}
    try:
        for name, value in values.items():
            outline.set(name, value)
    except ValueError:  # no XML
        return
    reading = parse_opml(etree.tostring(root), "f")
    assert len(reading.sources) + len(reading.problems) == 1
