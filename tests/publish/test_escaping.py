from __future__ import annotations

import html

import pytest
from markdown_it import MarkdownIt
from markupsafe import Markup

from broadsheet.publish.escaping import alt_text, braces_away, html_in_post, markdown_text, post_url, web_url


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("Rock 'n' \"roll\"", r"Rock \'n\' \"roll\""),  # kramdown and goldmark would curl them
        ("a--b ... c", r"a-\-b .\.\. c"),
        ("a-b. c", "a-b. c"),
        ("[x]: y", r"\[x\]\: y"),  # kramdown: a link definition, were it within a label
        ("see https://a.example/x_y", r"see https\://a.example/x\_y"),  # Hugo would link it, up to the underscore
        ("WWW.a.example", r"WWW\.a.example"),
        ("me_too@a.example", r"me\_too&#64;a.example"),
        ("@name", "@name"),
        ("a `b` c", "a &#96;b&#96; c"),  # a backslash before it means nothing in kramdown's tables
        ("ends in \\", "ends in &#92;"),  # an escaped one at the end of a line is kramdown's line break
        ("wow!", "wow&#33;"),
        ("wow! yes", "wow! yes"),
        ("R&D &amp; x &", "R&amp;D &amp;amp; x &amp;"),
        ("- a", r"\- a"),
        ("12. a", r"12\. a"),
        ("two\nlines", "two lines"),
    ],
)
def test_text_is_escaped_for_all_three_parsers(text: str, markdown: str) -> None:
    assert markdown_text(text) == markdown
    shown = MarkdownIt("commonmark").render(markdown).strip()
    assert html.unescape(shown) == f"<p>{' '.join(text.split())}</p>"


@pytest.mark.parametrize(
    ("before", "text", "markdown"),
    [
        ("-", "-", r"\-"),
        (".", ".", r"\."),
        ("]", ": x", r"\: x"),
        ("x", ": x", ": x"),
        ("y", "@a.example", "&#64;a.example"),
        (" ", "@a.example", "@a.example"),
        ("1", ". x", r"\. x"),
        ("x", "- y", "- y"),
        ("*", "a", "a"),
    ],
)
def test_what_stands_before_decides(before: str, text: str, markdown: str) -> None:
    assert markdown_text(text, before) == markdown


def test_markup_stays_as_it_is() -> None:
    assert markdown_text(Markup("*a*")) == "*a*"


def test_as_little_as_can_be_is_escaped_for_an_image() -> None:
    assert alt_text('It\'s "3 - 4": A. [b] {{c}}') == 'It\'s "3 - 4": A. \\[b\\] &#123;&#123;c&#125;&#125;'


def test_braces_are_references_once() -> None:
    assert html_in_post("{{ <b> }}") == "&#123;&#123; &lt;b&gt; &#125;&#125;"
    assert braces_away("<p>{x}</p>") == "<p>&#123;x&#125;</p>"


def test_nothing_in_an_address_ends_it() -> None:
    assert post_url("https://a.example/a b(c)<d>{e}*[f]|g^h`&copy;") == (
        "https://a.example/a%20b%28c%29%3Cd%3E%7Be%7D%2A%5Bf%5D%7Cg%5Eh%60&copy%3B"
    )


@pytest.mark.parametrize("url", [None, "", "javascript:x", "/path", "https://", "http://[::1"])
def test_only_absolute_web_addresses_are_linked_to(url: str | None) -> None:
    assert web_url(url) is None
