"""Markdown as uploads have it."""

from __future__ import annotations

import pytest

from broadsheet.ingest.markdown import MAX_CHARACTERS, to_html
from broadsheet.model.errors import ArticleRejected


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a **b** ~~c~~", "<p>a <strong>b</strong> <s>c</s></p>\n"),
        ("<div>\nraw\n</div>", "<div>\nraw\n</div>"),
        ("<https://a.example/>", '<p><a href="https://a.example/">https://a.example/</a></p>\n'),
        ("```py\na < b\n```", '<pre><code class="language-py">a &lt; b\n</code></pre>\n'),
        ("{% raw %} {{ x }}", "<p>{% raw %} {{ x }}</p>\n"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
    ],
)
def test_pairs(text: str, html: str) -> None:
    assert to_html(text) == html


def test_tables_and_footnotes() -> None:
    html = to_html("|a|\n|-|\n|b|\n\nx[^n]\n\n[^n]: note")
    assert "<table>" in html
    assert 'href="#fn1" id="fnref1"' in html


def test_bounds() -> None:
    with pytest.raises(ArticleRejected, match="2,000,001 characters"):
        to_html("x" * (MAX_CHARACTERS + 1))
    with pytest.raises(ArticleRejected, match="20,000 opening brackets"):
        to_html("![" * 20_001)
    with pytest.raises(ArticleRejected, match="100,000 line ends and marks"):
        to_html("x\n\n" * 50_001)
    assert to_html(">" * 100_000)
