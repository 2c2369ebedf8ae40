"""Structure rebuilt: pairs of what comes in and what goes out."""

from __future__ import annotations

import inspect
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest.blocks import rebuild
from broadsheet.ingest.fragment import parse_fragment, text_of, to_markup
from broadsheet.ingest.html_limits import MAX_DEPTH
from broadsheet.ingest.sanitize import sanitize


def rebuilt(markup: str) -> str:
    return "".join(to_markup(block) for block in rebuild(parse_fragment(markup)))


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        # paragraphs
        ("one<br><br>two", "<p>one</p><p>two</p>"),
        ("verse one<br>verse two", "<p>verse one<br>verse two</p>"),
        ("　　一段<br>　　二段<br>&nbsp;&nbsp;&nbsp;三段", "<p>一段</p><p>二段</p><p>三段</p>"),
        ("<p>　　缩进</p>\r\n <p>&nbsp;下一段　</p>", "<p>缩进</p><p>下一段</p>"),
        ("<br><p>x<br></p><br>", "<p>x</p>"),
        ("<p></p><p> &nbsp;　\u200b</p><div><span></span></div>", ""),
        ("bare <div>div <p>p</p> tail</div> end", "<p>bare</p><p>div</p><p>p</p><p>tail</p><p>end</p>"),
        ("<center><font color=red><span>text</span></font></center>", "<p>text</p>"),
        ("a  \n\t b", "<p>a b</p>"),
        ("a\u00a0b", "<p>a\u00a0b</p>"),
        # headings
        ("<h1>T</h1><h3>S<br>u</h3>", "<h2>T</h2><h3>S u</h3>"),
        ("<h2><div>T</div></h2>", "<h2>T</h2>"),
        # inline
        ("<p>a <b> b </b>c</p>", "<p>a <b>b</b> c</p>"),
        ("<p>a<b></b><i> </i>b</p>", "<p>a b</p>"),
        ("<b>a</b><b>b</b>", "<p><b>ab</b></p>"),
        ("<strong>a<strong>b</strong></strong>", "<p><strong>ab</strong></p>"),
        ("<a href='https://a/'><h3>t</h3><p>u</p></a>", '<h3><a href="https://a/">t</a></h3><p><a href="https://a/">u</a></p>'),
        ("<strike>a</strike> <tt>b</tt>", "<p><s>a</s> <code>b</code></p>"),
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>", "<p><ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby></p>"),
        ("<sup><a href='#fn1' id='fnref1'>1</a></sup>", '<p><sup><a href="#fn1" id="fnref1">1</a></sup></p>'),
        ("<p>wo<wbr>rd</p>", "<p>wo<wbr></wbr>rd</p>"),
        # lists
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<ul>x<li>a</li><p>y</p>z</ul>", "<ul><li>x</li><li>a</li><li><p>y</p><p>z</p></li></ul>"),
        ("<ul><!-- c -->x<!-- d --><li>a</li><!-- e -->y</ul>", "<ul><li>x</li><li>a</li><li>y</li></ul>"),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        ("<ol start=3><li><p>a</p><p>b</p></li></ol>", '<ol start="3"><li><p>a</p><p>b</p></li></ol>'),
        ("<ul><li></li><li> </li></ul>x", "<p>x</p>"),
        ("<li>stray</li>", "<p>stray</p>"),
        ("<dl><div><dt>a<dd>b</div><dd><p>c</p></dl>", "<dl><dt>a</dt><dd>b</dd><dd>c</dd></dl>"),
        # quotations, code, rules
        ("<blockquote>a<br><br>b</blockquote>", "<blockquote><p>a</p><p>b</p></blockquote>"),
        ("<pre>\n  a\n    b<br>c\n</pre>", "<pre>  a\n    b\nc</pre>"),
        ("<pre><code class=language-py>a &lt; b</code></pre>", "<pre><code>a &lt; b</code></pre>"),
        ("<p>a<hr>b</p>", "<p>a</p><hr><p>b</p>"),
        # figures
        (
            "<figure><div><img src='https://a/i.png'></div><figcaption>c <span>credit</span></figcaption></figure>",
            '<figure><img alt="" src="https://a/i.png"><figcaption>c credit</figcaption></figure>',
        ),
        ("<figure><figcaption>only words</figcaption></figure>", "<p>only words</p>"),
        ("<center><img src='https://a/i.png' alt='x'></center>", '<p><img alt="x" src="https://a/i.png"></p>'),
        # tables
        (
            "<table><tr><th>a<th>b<tr><td>c<td></table>",
            "<table><tbody><tr><th>a</th><th>b</th></tr><tr><td>c</td><td></td></tr></tbody></table>",
        ),
        ("<table><tr><td>one<br><br>two</td></tr></table>", "<p>one</p><p>two</p>"),
        ("<table><tr><td>menu<td><table><tr><td>text</table></table>", "<p>menu</p><p>text</p>"),
        ("<table><tr><td>a<td>b</table>", "<p>a</p><p>b</p>"),
        (
            "<table><caption>t</caption><tr><td>a<td colspan=2>b<tr><td>c<td>d</table>",
            (
                '<table><caption>t</caption><tbody><tr><td>a</td><td colspan="2">b</td></tr>'
                "<tr><td>c</td><td>d</td></tr></tbody></table>"
            ),
        ),
        ("<details><summary>s</summary>t</details>", "<details><summary>s</summary><p>t</p></details>"),
    ],
)  # fmt: skip
def test_pairs(markup: str, expected: str) -> None:
    assert rebuilt(markup) == expected


def test_the_deepest_tree_that_is_let_in_is_rebuilt_within_pythons_stack() -> None:
    room = 3 * MAX_DEPTH + 60
    for around in (("<blockquote>", "</blockquote>"), ("<ul><li>", "</li></ul>"), ("<div>", "</div>")):
        times = (MAX_DEPTH - 10) // around[0].count("<")
        tree = parse_fragment(around[0] * times + "deep" + around[1] * times)
        limit, depth = sys.getrecursionlimit(), len(inspect.stack(0))
        sys.setrecursionlimit(depth + room)
        try:
            assert text_of(rebuild(tree)) == "deep"
        finally:
            sys.setrecursionlimit(limit)


PIECES = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<a href='https://a/'>", "</a>", "<ul>", "</ul>", "<li>", "<br>",
         "<table>", "</table>", "<tr>", "<td>", "<th>", "<caption>", "<blockquote>", "</blockquote>", "<pre>", "</pre>",
         "<figure>", "<figcaption>", "</figure>", "<img src='https://a/b'>", "<h1>", "</h1>", "<dl>", "<dt>", "<dd>", "</dl>",
         "<hr>", "<details>", "<summary>", "</details>", "<span>", "</span>", "<ruby>", "<rt>", "</ruby>", "<ol>", "</ol>",
         " ", "\n", "one", "two ", " three", "四", "　　五", "&nbsp;", "<!-- c -->", "<wbr>", "<center>", "<sup>", "</sup>"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(PIECES)
def test_no_letter_is_lost_or_doubled_and_rebuilding_again_changes_nothing(markup: str) -> None:
    before = sorted("".join(text_of(parse_fragment(markup)).split()).replace("\u00a0", "").replace("\u3000", ""))
    once = rebuilt(markup)
    after = sorted("".join(text_of(parse_fragment(once)).split()).replace("\u00a0", "").replace("\u3000", ""))
    assert after == before
    assert rebuilt(sanitize(once)) == rebuilt(once)
    # A browser that parses it must find the same tree.
    assert sanitize(once).replace("<wbr>", "").count("<p>") == once.count("<p>")
