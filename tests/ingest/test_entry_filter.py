from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest.entry_filter import matches_nothing, why_skipped
from broadsheet.model.article import Entry
from broadsheet.model.source import Filter

ENTRY = Entry(
    id="NW1",
    title="Breaking: Ｍarkets rise",
    url="https://news.example.org/sport/1.html",
    summary_html="<p>中国银行 &amp; others</p>",
    authors=("Ann Author",),
    categories=("Business",),
    tags=("Stocks",),
    source_name="Wire",
    language="en",
    fields={"column": "353"},
)


@pytest.mark.parametrize(
    "rule",
    [
        "markets", "MARKETS RISE", "银行", "breaking: markets", "title:markets", "title:breaking*", "title:*rise",
        "title:*mar*ri*", "url:/sport/", "url:https://news.example.org/*", "category:business", "tag:stocks",
        "author:ann", "source:wire", "language:en", "id:nw1", "column:353", "summary:银行 & others", "*markets*",
        "title：ｍarkets", " Title : Markets ", "ＴＩＴＬＥ:markets", "category:stocks", "category:busi*", "COLUMN:353",
        "author:*", "summary:*", "  银行  ", "title:*breaking: *",
    ],
)  # fmt: skip
def test_rules_that_match(rule: str) -> None:
    assert why_skipped(ENTRY, Filter(include=(rule,))) is None
    reason = why_skipped(ENTRY, Filter(exclude=(rule,)))
    assert reason == f"left out by the filter: it matches the exclude rule '{rule}'"


@pytest.mark.parametrize(
    "rule",
    [
        "business",
        "title:bank",
        "title:markets*",
        "title:*breaking",
        "category:busi*x",
        "column:35*9",
        "colour:353",
        "",
        "tag:",
    ],
)
def test_rules_that_do_not_match(rule: str) -> None:
    assert why_skipped(ENTRY, Filter(exclude=(rule,))) is None
    reason = why_skipped(ENTRY, Filter(include=(rule, "also not")))
    assert reason == f"left out by the filter: it matches none of the include rules ({rule}, also not)"


BARE = Entry(id="1", title="STRASSE ﬁnds İstanbul")


@pytest.mark.parametrize("rule", ["url:*", "author:*", "summary:*", "category:*", "language:*", "source:*", "tag:*"])
def test_an_empty_field_matches_nothing(rule: str) -> None:
    assert why_skipped(BARE, Filter(exclude=(rule,))) is None
    assert why_skipped(BARE, Filter(include=(rule,))) is not None


@pytest.mark.parametrize("rule", ["straße", "finds", "ﬁnds", "FINDS", "i̇stanbul", "İSTANBUL"])
def test_case_and_width_do_not_count(rule: str) -> None:
    assert why_skipped(BARE, Filter(include=(rule,))) is None


@pytest.mark.parametrize("rule", ["", "  ", "\u3000", "title:", "title: ", "AUTHOR：", "category:\u200a"])
def test_rules_that_can_match_nothing_are_known(rule: str) -> None:
    assert matches_nothing(rule)
    assert why_skipped(ENTRY, Filter(exclude=(rule,))) is None


@pytest.mark.parametrize("rule", ["title", "own:", ":", "title:*", "https://example.org"])
def test_other_rules_can_match_something(rule: str) -> None:
    assert not matches_nothing(rule)


def test_without_rules_all_is_kept() -> None:
    assert why_skipped(ENTRY, Filter()) is None


def test_exclude_wins_over_include() -> None:
    assert why_skipped(ENTRY, Filter(include=("markets",), exclude=("rise",))) is not None


@pytest.mark.parametrize(
    ("pattern", "title", "found"), [("a*a", "a", False), ("a*a", "aa", True), ("*a*a*", "ba", False)]
)
def test_parts_of_a_pattern_do_not_overlap(pattern: str, title: str, found: bool) -> None:
    entry = Entry(id="1", title=title)
    assert (why_skipped(entry, Filter(exclude=(f"title:{pattern}",))) is not None) is found


@settings(deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
def test_no_rule_raises(rule: str, title: str) -> None:
    entry = Entry(id="1", title=title)
    assert (why_skipped(entry, Filter(include=(rule,))) is None) == (
        why_skipped(entry, Filter(exclude=(rule,))) is not None
    )
