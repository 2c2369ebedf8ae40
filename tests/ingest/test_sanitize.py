"""The allow-list, against payloads and against anything at all."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from broadsheet.ingest.sanitize import ATTRIBUTES, FOOTNOTE, TAGS, sanitize
from broadsheet.model.errors import ArticleRejected

from .xss_payloads import PAYLOADS

VOID = {"br", "hr", "img", "wbr", "col"}


class Checked(HTMLParser):
    """Fails on whatever is not on the allow-list, and counts what is open."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        for name, value in attrs:
            assert name in ATTRIBUTES.get(tag, set()) | ATTRIBUTES["*"] | ({"rel"} if tag == "a" else set())
            if name in {"href", "src"}:
                allowed = ("http:", "https:") if name == "src" else ("http:", "https:", "mailto:", "#")
                assert (value or "").lower().startswith(allowed)
            if name == "id":
                assert FOOTNOTE.fullmatch(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")


def check(markup: str) -> None:
    checked = Checked()
    checked.feed(markup)
    checked.close()
    assert checked.open == []


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("around", ["{}", "<p>a {} b</p>", "<table><tr><td>{}</td></tr></table>", "<pre>{}</pre>"])
def test_no_payload_leaves_anything_off_the_list(payload: str, around: str) -> None:
    cleaned = sanitize(around.replace("{}", payload))
    check(cleaned)
    assert "alert(1)" not in cleaned or "<script" not in cleaned.lower()
    assert sanitize(cleaned) == cleaned


def test_the_list_has_a_hundred_payloads_and_none_twice() -> None:
    assert len(PAYLOADS) >= 100
    assert len(set(PAYLOADS)) == len(PAYLOADS)


MARKUP = st.lists(
    st.sampled_from(
        [
            *(f"<{tag}>" for tag in sorted(TAGS)), *(f"</{tag}>" for tag in sorted(TAGS)), "<svg>", "<math>", "<style>",
            "<script>", "</script>", "<!--", "-->", "<![CDATA[", "<title>", "<form>", "<select>", "<a href=http://a/>",
            "<a href=javascript:x>", "<img src=https://a/b.png onerror=x>", "<p id=x class=y style=z>", "\n", "&lt;", "&#0;",
            "x", "中", "\u0338", "<", ">", '"', "'", "&", "<font>", "<body>", "<html>", "<template>", "<noscript>",
            "<pre>\n\n", "<textarea>\n", "<table>", "<frameset>", "<center>", "<nobr>", "<button>", "<a id=fn1>",
        ]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(MARKUP, st.text(max_size=200)))
@example("<a><table><a>")
@example("<b><p>x</b>y")
@example("<pre>\n\n\nx</pre>")
@example("<p><table><p>x")
def test_anything_comes_out_on_the_list_well_formed_and_fixed(markup: str) -> None:
    cleaned = sanitize(markup)
    check(cleaned)
    assert sanitize(cleaned) == cleaned


def test_what_an_article_needs_stays() -> None:
    kept = (
        '<h2>Head</h2>\n<p>A <strong>b</strong> <a href="https://a.example/x?y=1&amp;z#q" rel="nofollow noopener">c</a>'
        '<sup><a href="#fn1" id="fnref1" rel="nofollow noopener">1</a></sup></p>\n'
        '<figure><img src="https://a.example/i.png" alt="An image" width="640" height="480"><figcaption>d</figcaption></figure>'
        "\n<table><thead><tr><th>e</th></tr></thead><tbody><tr><td>f</td></tr></tbody></table>"
        '\n<ol start="3"><li id="fn1">g</li></ol>\n<pre><code>h\n  i</code></pre>\n<p><ruby>漢<rt>かん</rt></ruby></p>'
    )
    assert sanitize(kept) == kept


def test_depth_is_checked_first() -> None:
    with pytest.raises(ArticleRejected, match="nested"):
        sanitize("<b>" * 30_000)
