from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest.listing_json import load_json
from broadsheet.model.article import SourceDocument
from broadsheet.model.errors import ArticleRejected
from tests.ingest.listings import CORPORA, NOW, URL, a_source, look

SOURCE = """\
kind: json
timezone: Asia/Shanghai
identity: {namespace: wire, field: id}
category: {field: medium}
tags: ["{category}新闻"]
items: data.records
fields:
  id: code
  published: shown
  url: "https://www.example.org/n/{code}.html"
  source_name: medium
  authors: people[].name
body: {from: json, url: "https://api.example.org/text?id={code}", field: text}
"""
RECORD = {
    "code": 7,
    "title": " A  <em>title</em> &amp; more ",
    "shown": "2022-02-16 09:16:46",
    "medium": "每日经济新闻",
    "people": [{"name": "Ann"}, {"name": "Bo"}, {"name": None}],
    "extra": 1.0,
    "nested": {"x": 1},
}


def records(*items: Any) -> str:
    return json.dumps({"data": {"records": items}})


def test_an_entry_is_what_paths_and_templates_tell() -> None:
    listing = look(SOURCE, records(RECORD))
    assert listing.skipped == ()
    assert listing.warnings == ()
    (entry,) = listing.entries
    assert entry.id == entry.identifier == "7"
    assert entry.title == "A title & more"
    assert entry.url == "https://www.example.org/n/7.html"
    assert entry.published == datetime(2022, 2, 16, 9, 16, 46, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert entry.categories == ("每日经济新闻",)
    assert entry.tags == ("每日经济新闻",)
    assert entry.authors == ("Ann", "Bo")
    assert entry.source_name == "每日经济新闻"
    assert entry.fields["code"] == "7"
    assert entry.fields["extra"] == "1"
    assert entry.fields["medium"] == "每日经济新闻"
    assert "nested" not in entry.fields


def test_a_field_that_is_not_named_is_looked_for_under_its_own_name() -> None:
    body = json.dumps(
        [{"id": "a", "title": "T", "url": "/x", "summary": "<p>S</p>", "image": "i.png", "tags": ["p", "q"]}]
    )
    (entry,) = look("kind: json", body).entries
    assert (entry.url, entry.image) == ("https://news.example.org/x", "https://news.example.org/i.png")
    assert (entry.summary_html, entry.tags) == ("<p>S</p>", ("p", "q"))


def test_numbers_and_texts_are_one_id() -> None:
    number = look("kind: json", '[{"id": 202201072239307540, "title": "T"}]').entries
    text = look("kind: json", '[{"id": "202201072239307540", "title": "T"}]').entries
    assert number[0].id == text[0].id == "202201072239307540"


@pytest.mark.parametrize(
    ("item", "called", "reason"),
    [
        ({"code": "a", "title": ""}, "a", "no title"),
        ({"code": "a", "title": "  "}, "a", "no title"),
        ({"code": "a", "title": None}, "a", "no title"),
        ({"title": "T"}, "item 1", "'https://www.example.org/n/{code}.html' needs the field 'code'"),
        ("text", "item 1", "is a text, no object"),
        (None, "item 1", "is null, no object"),
    ],
)
def test_a_bad_item_is_skipped_by_itself(item: Any, called: str, reason: str) -> None:
    listing = look(SOURCE, records(item, {**RECORD, "code": "good"}))
    assert [entry.id for entry in listing.entries] == ["good"]
    ((name, why),) = listing.skipped
    assert name == called
    assert reason in why


def test_without_id_and_address_an_item_is_skipped() -> None:
    ((_, reason),) = look("kind: json", '[{"title": "T"}]').skipped
    assert reason.startswith("no id and no URL")


def test_an_id_given_twice() -> None:
    listing = look(SOURCE, records(RECORD, RECORD, {**RECORD, "title": "Other"}))
    assert [entry.title for entry in listing.entries] == ["A title & more"]
    assert listing.skipped == (("7", "id given twice with other contents ('Other'); the first is kept"),)


def test_an_untitled_item_may_get_its_title_from_its_page() -> None:
    body = '[{"id": 1, "url": "/a"}, {"id": 2}]'
    listing = look("kind: json\nbody: {from: page}", body)
    assert [(entry.id, entry.title) for entry in listing.entries] == [("1", "")]
    assert listing.skipped[0][0] == "2"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "is empty, no JSON"),
        ("<!doctype html><title>Moved</title>", "is an HTML or XML page, no JSON; check the url and the kind"),
        ('{"data": ', f"sources/acme.yaml: {URL} is no JSON (Expecting value"),
        ("callback({})", "it begins: callback({})"),
        ('{"code": 1, "msg": "no"}', "field 'items' ('data.records') matches nothing in"),
        ('{"code": 1, "msg": "no"}', "(got keys: code, msg)"),
        ("[1]", "(got a list)"),
        ('{"data": {"records": {"a": 1}}}', "is an object with keys: a, no list"),
        ('{"data": {"records": 5}}', "is a number, no list"),
        ("[" * 100_000, "nests deeper than 200"),
        ('{"a":' * 30_000, "nests deeper than 200"),
        ("9" * 5000, "is no JSON"),
        (b'{"data": {"records": []}}' + b" " * (16 * 1024 * 1024), "more than 16,777,216"),
    ],
)
def test_a_listing_that_is_unusable_is_told(body: str | bytes, reason: str) -> None:
    with pytest.raises(ArticleRejected) as caught:
        look(SOURCE, body)
    assert reason in caught.value.reason
    assert caught.value.reason.startswith("sources/acme.yaml: ")


def test_an_empty_list_is_a_warning() -> None:
    listing = look(SOURCE, records())
    assert listing.entries == ()
    assert listing.warnings == (f"{URL} lists nothing",)


def test_brackets_in_texts_do_not_count_as_depth() -> None:
    (entry,) = look(SOURCE, records({**RECORD, "title": "[" * 300 + '\\"'})).entries
    assert entry.title.startswith("[[[")


def test_a_date_that_is_none_is_a_warning() -> None:
    listing = look(SOURCE, records({**RECORD, "shown": "soon"}))
    assert listing.entries[0].published is None
    assert listing.warnings == ("'A title & more': the date 'soon' is not understood; it is left out",)


def test_relative_dates_are_relative_to_the_look() -> None:
    (entry,) = look(SOURCE, records({**RECORD, "shown": "今天 16:25"})).entries
    assert entry.published == datetime(2022, 6, 1, 16, 25, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_a_date_ahead_stays_for_whoever_clamps_it() -> None:
    (entry,) = look(SOURCE, records({**RECORD, "shown": "2030-01-01 00:00:00"})).entries
    assert entry.published is not None
    assert entry.published > NOW


def test_half_characters_and_controls_are_repaired() -> None:
    (entry,) = look("kind: json", '[{"id": "a\\ud800", "title": "T\\u0000\\ud800x", "content": "\\udfff"}]').entries
    entry.title.encode()
    entry.id.encode()
    assert entry.title == "Tx"


def test_a_path_that_fails_on_an_item_skips_that_item() -> None:
    source = "kind: json\nfields: {title: \"join('-', parts)\"}"
    listing = look(source, '[{"id": 1, "parts": ["a", "b"]}, {"id": 2, "parts": 5}]')
    assert [entry.title for entry in listing.entries] == ["a-b"]
    assert "field 'title' cannot be read" in listing.skipped[0][1]


def test_a_legacy_encoding_is_decoded() -> None:
    body = '[{"id": 1, "title": "中国银行股份有限公司"}]'.encode("gb18030")
    assert look("kind: json", body, "application/json; charset=gbk").entries[0].title == "中国银行股份有限公司"


def test_a_missing_identity_is_a_warning() -> None:
    source = a_source("kind: json\nidentity: {namespace: wire, field: code}")
    listing = look(source, '[{"id": 1, "title": "T"}]')
    assert listing.entries[0].identifier is None
    assert listing.warnings == ("'1': the field 'code' of 'identity' is empty or missing",)


def test_long_texts_do_not_travel_as_fields() -> None:
    (entry,) = look("kind: json", json.dumps([{"id": 1, "title": "T", "content": "x" * 5000}])).entries
    assert entry.content_html == "x" * 5000
    assert "content" not in entry.fields


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "title", "url", "data", "records", "published", "x"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(json_values)
def test_any_json_is_listed_or_refused_with_its_reason(value: Any) -> None:
    for source in ("kind: json", SOURCE):
        try:
            listing = look(source, json.dumps(value))
        except ArticleRejected as fault:
            assert fault.reason.startswith("sources/acme.yaml: ")
        else:
            assert len({entry.id for entry in listing.entries}) == len(listing.entries)


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text('[]{}",:\\ua1', max_size=60).map(str.encode))
def test_any_bytes_are_loaded_or_refused(body: bytes) -> None:
    try:
        load_json(SourceDocument(body, URL, "", NOW), where="w")
    except ArticleRejected as fault:
        assert fault.reason.startswith("w: ")


MARKETS = {
    "list_type102": ("records", "infoCode", "showtime", "column"),
    "list_type45": ("nodeList", "infocode", "showtime", "from"),
    "list_market37": ("record", "infoCode", "datetime", "medianame"),
    "list_type102_empty_record": ("records", "infoCode", "showtime", "column"),
}


def market(name: str) -> Any:
    path = CORPORA / "finews" / "api" / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    items, code, shown, medium = MARKETS[name]
    source = (
        f"kind: json\ntimezone: Asia/Shanghai\nidentity: {{namespace: wire, field: id}}\nitems: {items}\n"
        f"fields: {{id: {code}, published: {shown}}}\ncategory: {{field: {medium}}}\ntags: ['{{category}}新闻']\n"
        f"body: {{from: json, url: 'https://api.example.org/t?id={{{code}}}', field: text}}"
    )
    return look(source, path.read_bytes(), "application/json")


def test_real_lists_tell_one_identifier_for_one_story() -> None:
    wire, media = market("list_type102"), market("list_type45")
    assert (len(wire.entries), len(media.entries)) == (8, 7)
    assert not wire.skipped
    assert not media.skipped
    by_id = {entry.identifier: entry.title for entry in wire.entries}
    shared = [entry for entry in media.entries if entry.identifier in by_id]
    assert len(shared) == 7
    assert all(entry.published is not None and entry.categories for entry in media.entries)


def test_the_real_seed_record() -> None:
    (entry,) = market("list_market37").entries
    assert entry.categories == ("泉州晚报",)
    assert entry.tags == ("泉州晚报新闻",)
    assert entry.published == datetime(2022, 2, 16, 9, 16, 46, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_the_real_empty_record_is_skipped() -> None:
    listing = market("list_type102_empty_record")
    assert listing.entries == ()
    ((name, reason),) = listing.skipped
    assert name.startswith("NW")
    assert reason.startswith("no title")
