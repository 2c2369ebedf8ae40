"""Event patterns, after the examples of the EventBridge User Guide."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.plane.patterns import matches, message_passes, passes


@pytest.mark.parametrize(
    ("rule", "yes", "no"),
    [
        ("a", ["a"], ["b", "A", 1, None]),
        (1, [1, 1.0], ["1", 2, True]),
        (True, [True], [1, "true", False]),
        (None, [None], ["", 0, "null"]),
        ({"prefix": "ab"}, ["ab", "abc"], ["a", "Ab", 1]),
        ({"prefix": {"equals-ignore-case": "AB"}}, ["abc", "ABC"], ["a"]),
        ({"suffix": ".png"}, ["x.png"], ["png", "x.PNG"]),
        ({"equals-ignore-case": "Alice"}, ["aLICE"], ["alicia", 1]),
        ({"anything-but": "a"}, ["b", 1], ["a"]),
        ({"anything-but": ["a", 5]}, ["b", 6], ["a", 5]),
        ({"anything-but": {"prefix": "in"}}, ["out"], ["init"]),
        ({"anything-but": {"suffix": [".a", ".b"]}}, ["x.c"], ["x.a", "x.b"]),
        ({"anything-but": {"wildcard": "*/lib/*"}}, ["a/b"], ["a/lib/b"]),
        ({"numeric": [">", 0, "<=", 5]}, [1, 5, "3"], [0, 6, "x", None]),
        ({"numeric": ["=", 300]}, [300, 3e2, "300.0"], [301]),
        ({"wildcard": "a*c"}, ["ac", "abbc", "a\nc"], ["abcd", "xac"]),
        ({"wildcard": "a\\*c"}, ["a*c"], ["abc"]),
        ({"cidr": "10.0.0.0/24"}, ["10.0.0.255"], ["10.0.1.0", "x"]),
        ({"exists": True}, ["", None, 0], []),
        ({"unknown": "x"}, [], ["x"]),
    ],
)
def test_rules(rule: Any, yes: list[Any], no: list[Any]) -> None:
    assert [value for value in yes if not matches({"k": [rule]}, {"k": value})] == []
    assert [value for value in no if matches({"k": [rule]}, {"k": value})] == []


def test_what_is_absent() -> None:
    assert matches({"k": [{"exists": False}]}, {})
    assert not matches({"k": [{"exists": False}]}, {"k": 1})
    assert not matches({"k": [{"exists": True}]}, {})
    assert not matches({"k": [{"anything-but": "a"}]}, {})
    assert not matches({"k": ["a"]}, {})
    assert matches({"a": {"b": [{"exists": False}]}}, {})
    assert not matches({"k": [{"exists": True}]}, {"k": {"not": "a leaf"}})


def test_every_key_of_the_pattern_must_match_and_any_value_of_its_list() -> None:
    pattern = {"source": ["a", "b"], "detail": {"state": [{"prefix": "run"}]}}
    assert matches(pattern, {"source": "b", "detail": {"state": "running"}, "more": 1})
    assert not matches(pattern, {"source": "b", "detail": {"state": "stopped"}})
    assert not matches(pattern, {"source": "c", "detail": {"state": "running"}})
    assert not matches(pattern, {"source": "b", "detail": "running"})


def test_lists_in_the_event_match_by_any_of_their_values() -> None:
    assert matches({"k": ["b"]}, {"k": ["a", "b"]})
    assert not matches({"k": ["c"]}, {"k": ["a", "b"]})
    assert matches({"k": {"n": [1]}}, {"k": [{"n": 0}, {"n": 1}]})


def test_alternatives() -> None:
    pattern = {"x": [1], "$or": [{"a": [1]}, {"b": [{"numeric": ["<", 0]}]}]}
    assert matches(pattern, {"x": 1, "a": 1})
    assert matches(pattern, {"x": 1, "b": -1})
    assert not matches(pattern, {"x": 1, "a": 2, "b": 1})
    assert not matches(pattern, {"x": 2, "a": 1})


def test_any_filter_of_a_mapping_will_do_and_none_lets_all_pass() -> None:
    assert passes((), {"a": 1})
    assert passes(({"a": [2]}, {"a": [1]}), {"a": 1})
    assert not passes(({"a": [2]},), {"a": 1})


def test_the_body_of_a_message_and_its_filter_must_agree_on_being_json() -> None:
    structured: dict[str, Any] = {"body": {"kind": ["page"]}}
    assert message_passes((structured,), {"body": '{"kind": "page"}'})
    assert not message_passes((structured,), {"body": '{"kind": "other"}'})
    assert not message_passes((structured,), {"body": "page"})
    assert message_passes(({"body": ["page"]},), {"body": "page"})
    assert not message_passes(({"body": ["page"]},), {"body": '{"kind": "page"}'})
    assert message_passes(({"eventSource": ["aws:sqs"]},), {"body": "page", "eventSource": "aws:sqs"})
