from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest.entry_filter import why_skipped
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
