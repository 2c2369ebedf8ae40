from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest.configuration import source_of
from broadsheet.ingest.opml import parse_opml, read_opml, write_opml
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
