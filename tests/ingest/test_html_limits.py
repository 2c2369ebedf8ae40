"""Bounds before parsing: what would cost too much is refused, what people write is not."""

from __future__ import annotations

import pytest

from broadsheet.ingest.fragment import parse_fragment
from broadsheet.ingest.html_limits import MAX_CHARACTERS, MAX_DEPTH, check_html
from broadsheet.model.errors import ArticleRejected


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ("<div>" * 30_000, "nested more than 200"),
        ("<b><i>" * 15_000, "nested more than 200"),
        ("<p '><div>" + "<div>" * 300, "nested more than 200"),  # a quote outside of a value hides nothing
        ('<p ="><div>' + "<div>" * 300, "nested more than 200"),
        ("<!-- > -->" + "<div>" * 300, "nested more than 200"),
        ("<a></a>" * 700_000, "more than 8,000 tags"),
        ("<a>" * 1_600_000, "more than 8,000 tags"),
        ("<br>" * 1_200_000, "more than 8,000 tags"),
        ("<!-- x -->" * 480_000, "more than 8,000 tags"),
        ("<p " + " ".join(f"a{n}=1" for n in range(200_000)) + ">", "more than 500 attributes"),
        ('<a "' * 1_200_000, "more than 300,000 parts"),
        (("<p " + "a b c d " * 60 + ">") * 3_000, "more than 300,000 parts"),
        ("x" * (MAX_CHARACTERS + 1), "the limit is 5,000,000"),
    ],
)
def test_hostile_markup_is_refused_by_what_it_is(markup: str, reason: str) -> None:
    with pytest.raises(ArticleRejected, match=reason):
        check_html(markup)


@pytest.mark.parametrize(
    "markup",
    [
        "<p>one" * 5_000,  # end tags that HTML lets people omit
        "<ul>" + "<li>one" * 5_000,
        "<table>" + "<tr><td>a<td>b" * 2_500,
        "<dl>" + "<dt>a<dd>b" * 3_500,
        "<br><img><hr>" * 2_500,
        "<svg>" + "<path d='M0'/>" * 5_000 + "</svg>",
        "<script>" + "if (a<b) '<div>';" * 5_000 + "</script>",
        "<!--" + "<div>" * 5_000,
        "<" * 1_000_000,
        "<!--" * 1_000_000,  # one comment that never ends
        '<a href="' + "x" * 1_000_000,
        '<a title="a > b">' * 150,
        "</div>" * 5_000,
        "<div>" * MAX_DEPTH,
    ],
)
def test_what_parsers_take_easily_passes(markup: str) -> None:
    check_html(markup)


def test_what_the_scan_takes_for_shallow_is_measured_again_as_a_tree() -> None:
    slash_is_the_value = "<i a=1/>" * 1_000
    check_html(slash_is_the_value)
    with pytest.raises(ArticleRejected, match="nested more than 200"):
        parse_fragment(slash_is_the_value)
