from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest.yaml_text import load_mapping, load_strings, load_value
from broadsheet.model.errors import ArticleRejected, ConfigurationError

plain = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), max_size=20)
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: no", "no"),
        ("a: 12:30", "12:30"),
        ("a: 0123", 123),
        ("a: 2022-02-16 09:16:46 +0800", "2022-02-16 09:16:46 +0800"),
        ("a: true", True),
        ("a: 'true'", "true"),
        ("a: -5", -5),
        ("a: 1.5", 1.5),
        ("a: 1e9", "1e9"),
        ("a: .inf", ".inf"),
        ("a:", None),
        ("a: ~", None),
        ("a: ''", ""),
        ("a: 123456789012345678901234567890", "123456789012345678901234567890"),
        ("a: [1, {b: c}]", [1, {"b": "c"}]),
        ("a: |\n  x\n  y\n", "x\ny\n"),
    ],
)
def test_scalars_are_typed_as_in_yaml_1_2(text: str, value: Any) -> None:
    assert load_mapping(text, file="f") == {"a": value}


def test_keys_are_text_and_a_merge_key_merges_nothing() -> None:
    assert load_mapping("on: 1\n5: 2\n<<: {x: 1}", file="f") == {"on": 1, "5": 2, "<<": {"x": 1}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &x 1\nb: *x", "f: line 1, column 4: aliases and anchors are not allowed"),
        ("b: *x", "aliases and anchors"),
        ("a: !!python/object:os.system x", "the tag tag:yaml.org,2002:python/object:os.system is not allowed"),
        ("a: 1\nb: 2\na: 3", "f: line 3, column 1: the key 'a' is given twice"),
        ("a: 1\n---\nb: 2", "a second document begins"),
        ("[a]: 1", "a key is a list or a mapping"),
        ("a: [1", "f: line 1"),
        ("a: b: c", "f: line 1, column 5: mapping values are not allowed here"),
        ("- a", "holds a list at its top"),
        ("just text", "holds the text 'just text' at its top"),
        ("a: \x07", "is no YAML"),
        ('a: "\\ud800"', "lone surrogate"),
        ("a: " + "x" * 300_000, "holds 300,003 bytes of YAML"),
        ("[" * 100_000, "nests deeper than 200"),
        ("a: " + "{a: " * 30_000, "nests deeper than 200"),
        ("- " * 30_000, "nests deeper than 200"),
        ("? " * 30_000, "a key is a list or a mapping"),
    ],
)
def test_what_is_refused_is_named(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_mapping(text, file="f")
    assert reason in str(caught.value)
    assert str(caught.value).startswith("f:")


def test_depth_of_200_is_allowed() -> None:
    assert load_value("[" * 200 + "]" * 200, file="f") is not None


@pytest.mark.parametrize("text", ["", "# only a comment", "\ufeff", "---\n"])
def test_an_empty_text_is_an_empty_mapping(text: str) -> None:
    assert load_mapping(text, file="f") == {}
    assert load_strings(text, file="f") == {}


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert load_mapping("\ufeffa: 1", file="f") == {"a": 1}


def test_front_matter_keeps_every_scalar_as_it_was_written() -> None:
    text = "title: 12:30\nid: 0123\ndraft: no\ndate: 2022-02-16\nempty:\nnull: ~\ntags: [1, yes]"
    assert load_strings(text, file="f") == {
        "title": "12:30", "id": "0123", "draft": "no", "date": "2022-02-16", "empty": "", "null": "~",
        "tags": ["1", "yes"],
    }  # fmt: skip


@pytest.mark.parametrize("text", ["a: &x 1", "- a", "a: " + "[" * 300, "x" * 70_000, "a: 'b"])
def test_bad_front_matter_rejects_the_article(text: str) -> None:
    with pytest.raises(ArticleRejected) as caught:
        load_strings(text, file="articles/a.md")
    assert caught.value.reason.startswith("articles/a.md: ")


def test_text_is_nfc() -> None:
    assert load_mapping("a: e\u0301", file="f") == {"a": "\u00e9"}


@settings(deadline=None)
@given(st.dictionaries(plain, values, max_size=4))
def test_what_pyyaml_writes_is_read_back(mapping: dict[str, Any]) -> None:
    written = yaml.safe_dump(mapping, allow_unicode=True)
    try:
        read = load_strings(written, file="f")
    except ArticleRejected as fault:
        assert "given twice" in fault.reason
        return
    expected = load_strings(yaml.safe_dump(read, allow_unicode=True), file="f")
    assert read == expected
    assert len(read) == len(mapping)


@settings(deadline=None)
@given(st.text(max_size=200) | st.text("[]{}:,-?&*!|>'\"%@` \n\ta1", max_size=80))
def test_any_text_is_read_or_refused_by_name(text: str) -> None:
    try:
        assert isinstance(load_mapping(text, file="f"), dict)
    except ConfigurationError as fault:
        assert str(fault).startswith("f:")
