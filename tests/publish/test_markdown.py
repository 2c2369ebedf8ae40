from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markupsafe import escape

from broadsheet.publish.markdown import to_html_paragraphs, to_markdown

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def read(markdown: str) -> str:
    """What a CommonMark reader shows of ``markdown``: its text, with white space as a browser has it."""
    return shown(READER.render(markdown))


def shown(html: str) -> str:
    return " ".join(BeautifulSoup(html, "html.parser").get_text().split())


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<h1>A</h1><p>x</p><h3>B</h3>", "## A\n\nx\n\n### B"),
        ("<p><strong>b</strong> and <em>i</em></p>", "**b** and *i*"),
        ("<p>a<br>b</p>", "a  \nb"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "* a\n* b\n  * c"),
        ("<ol start='3'><li>a</li><li>b</li></ol>", "3. a\n4. b"),
        (
            '<p><a href="https://a.example/x(1)?q=a b&amp;c=*">t</a></p>',
            "[t](https://a.example/x%281%29?q=a%20b&c=%2A)",
        ),
        ('<p><img src="https://a.example/i.png" alt="A [cat]"></p>', "![A \\[cat\\]](https://a.example/i.png)"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<pre><code>a  b\n  c</code></pre>", "```\na  b\n  c\n```"),
        ("<pre>has ``` in it</pre>", "````\nhas ``` in it\n````"),
        ("<p>use <code>x = `y`</code></p>", "use `` x = `y` ``"),
        ("<p>line\r\nbroken\n\nby hand</p>", "line broken by hand"),
        ("<p>wow!<a href='https://a.example/'>x</a></p>", "wow&#33;[x](https://a.example/)"),
        ("<hr>", "* * *"),
        ("", ""),
    ],
)
def test_html_becomes_markdown(html: str, markdown: str) -> None:
    assert to_markdown(html) == markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p><strong>强调：</strong>后面</p>", "**强调**：后面"),
        ("<p>他说<strong>“好”</strong>就走</p>", "他说“**好**”就走"),
        ("<p><strong>整段。</strong></p>", "**整段。**"),
        ("<p>前<strong>中</strong>后</p>", "前**中**后"),
        ("<p>看<strong><a href='https://a.example/'>这里</a></strong>吧</p>", "看[这里](https://a.example/)吧"),
    ],
)
def test_emphasis_in_chinese_is_emphasis_for_every_reader(html: str, markdown: str) -> None:
    assert to_markdown(html) == markdown
    assert "*" not in read(markdown)


@pytest.mark.parametrize(
    "text",
    [
        "{{ site.time }}",
        "{% include secret %}",
        "{% endraw %}{{ x }}",
        "{{< figure src=x >}}",
        "{{% shortcode %}}",
        "{: onclick=alert(1)}",
        "{::nomarkdown}<b>{:/}",
        "{:toc}",
        "<script>alert(1)</script>",
        "<b onclick=x>",
        "&lt;b&gt; &amp;amp; &#60;",
        "a | b | c",
        "# not a heading",
        "- not a list",
        "+ not a list",
        "1. not a list",
        "2) not a list",
        "> not a quote",
        ": not a definition",
        "=====",
        "-----",
        "***",
        "~~~",
        "```",
        "~~gone~~ ^up^ $$math$$ ==mark==",
        "[link](javascript:alert(1)) ![image](x) [ref]: x [^1]: note",
        "*a* _b_ __c__ `d`",
        "back\\slash \\* \\",
        "AT&T; R&D & more&",
        "snake_case_name",
        "5 * 3 * 2",
        "*[HTML]: abbreviation",
    ],
)
def test_text_reads_as_it_is_written(text: str) -> None:
    markdown = to_markdown(f"<p>{escape(text)}</p>")
    assert read(markdown) == " ".join(text.split())
    assert READER.render(markdown).count("<") == 2, "a paragraph and nothing else"
    assert not re.search(r"\{[{%:<]|[%}>]\}|<", markdown)


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30), min_size=1, max_size=5)
)
def test_any_text_in_any_pieces_reads_as_it_is_written(pieces: list[str]) -> None:
    html = "<p>" + "".join(f"<span>{escape(piece)}</span>" for piece in pieces) + "</p>"
    markdown = to_markdown(html)
    assert read(markdown) == shown(html)
    assert "<" not in READER.render(markdown).strip().removeprefix("<p>").removesuffix("</p>")


@given(
    st.text("ab文，。“”!*_ ", max_size=6), st.text("ab文，。“”!*_ ", max_size=6), st.text("ab文，。“”!*_ ", max_size=6)
)
def test_emphasis_never_leaves_its_marks_in_the_text(before: str, inner: str, after: str) -> None:
    html = f"<p>{before}<strong>{inner}</strong>{after}</p>"
    assert read(to_markdown(html)).replace(" ", "") == shown(html).replace(" ", "")


@pytest.mark.parametrize("code", ["{{< x >}}", "{% raw %}", "{{ x }}\n  indented\n\nlast"])
def test_code_that_a_generator_would_run_becomes_text(code: str) -> None:
    markdown = to_markdown(f"<pre><code>{escape(code)}</code></pre><p>after</p>")
    assert read(markdown) == " ".join(code.split()) + " after"
    assert "{" not in markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p><b>a</b><strong>b</strong></p>", "**ab**"),
        ("<p><del>a</del><s>b</s></p>", "~~ab~~"),
        ("<p>x<code>a</code><kbd>b</kbd></p>", "x`ab`"),
        ("<p><b>a</b><i>b</i></p>", "**a**b"),
        ("<p><b>a <strong>b</strong> c</b></p>", "**a b c**"),
        ("<p><b><i>a</i></b></p>", "*a*"),
        ("<p><i>a <b>b</b> c</i></p>", "*a **b** c*"),
        ("<p><i>a<b>b</b></i></p>", "*ab*"),
        ("<p><u>a</u><small>b</small><sup>2</sup></p>", "ab2"),
        ("<p><i>a ?</i>b</p>", "*a* ?b"),
        ("<p><i>*\\ ?</i>b</p>", r"\*&#92; ?b"),
        ("<p><code>a<img src='https://a.example/i.png' alt='b'></code></p>", "a![b](https://a.example/i.png)"),
        ("<pre>a<img src='https://a.example/i.png' alt='b'></pre>", "```\na\n```\n\n![b](https://a.example/i.png)"),
        ("<dl><dt>a <b>b</b> c</dt><dd>d</dd></dl>", "**a b c**\n\nd"),
        ("<p><q>a</q></p>", "“a”"),
    ],
)
def test_marks_that_touch_are_one_or_less(html: str, markdown: str) -> None:
    assert to_markdown(html) == markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p><code>a|b</code></p>", r"a\|b"),
        ("<p>a<code>b@c.example</code></p>", "ab&#64;c.example"),
        ("<p><code>~~x</code></p>", "&#126;&#126;x"),
        ("<p><code>&lt;!--more--&gt;</code></p>", r"&lt;!-\-more-\-&gt;"),
        ("<p><a href='https://a.example/'><code>[x]: y</code></a></p>", r"[\[x\]\: y](https://a.example/)"),
        ("<pre>&lt;!--more--&gt;</pre>", r"&lt;!-\-more-\-&gt;"),
    ],
)
def test_code_that_some_parser_looks_into_becomes_text(html: str, markdown: str) -> None:
    assert to_markdown(html) == markdown


@pytest.mark.parametrize("href", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", " javascript:x"])
def test_only_web_addresses_are_linked(href: str) -> None:
    assert to_markdown(f'<p><a href="{href}">text</a><img src="{href}" alt="alt"></p>') == "textalt"


def test_table_keeps_its_cells() -> None:
    html = "<table><tr><th>a|b</th><th>c</th></tr><tr><td>1<br>2</td><td><code>x|y</code></td></tr></table>"
    rendered = READER.render(to_markdown(html))
    cells = [cell.get_text() for cell in BeautifulSoup(rendered, "html.parser").find_all(["th", "td"])]
    assert cells == ["a|b", "c", "1 2", "x|y"]


def test_html_paragraphs_stand_one_a_line() -> None:
    html = '<p class="x">一</p>\n\n<p>二\n三</p>尾<b>巴</b><ul><li>1</li></ul>'
    assert to_html_paragraphs(html) == '<p class="x">一</p>\n <p>二 三</p>\n <p>尾<b>巴</b></p>\n <ul><li>1</li></ul>'


def test_html_paragraphs_hold_no_braces_and_no_empty_lines() -> None:
    html = '<p title="{{ x }}">{% raw %} {{< y >}}\n\n{: .z}</p><blockquote>\n<p>a</p>\n\n<p>b</p>\n</blockquote>'
    written = to_html_paragraphs(html)
    assert not set("{}") & set(written)
    assert "\n\n" not in written
    assert shown(written) == shown(html)


def test_html_paragraphs_keep_preformatted_lines() -> None:
    assert to_html_paragraphs("<pre>a\n b</pre>") == "<pre>a\n b</pre>"
