"""Text as it is allowed to be."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.ingest.plain_text import comparable, one_line, shorten, tidy, to_html, trim, without_tags


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("e\u0301", "é"),
        ("a\x00\x08\x7f\x9f\ufeff\u00adb", "ab"),
        ("\ud800x\uffff", "x"),
        ("\u0338x", "x"),
        ("\u0323\u0338x", "\u0323x"),
        ("=\u0338", "≠"),
        ("中\u3000文", "中\u3000文"),
    ],
)
def test_tidy(text: str, tidied: str) -> None:
    assert tidy(text) == tidied


@given(st.text())
def test_tidied_text_can_stand_beside_markup(text: str) -> None:
    once = tidy(text)
    once.encode()
    assert tidy(once) == once
    assert unicodedata.normalize("NFC", f"<b>{once}</b>") == f"<b>{once}</b>"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("A &amp;amp; B", "A & B"),
        ("<b>a</b>b", "ab"),
        ("a<br>b<p>c</p>", "a b c"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<!-- x --> a", "a"),
        ("  a \n b\u3000c ", "a b c"),
    ],
)
def test_without_tags(markup: str, text: str) -> None:
    assert without_tags(markup) == text


@pytest.mark.parametrize(
    ("text", "length", "short"),
    [
        ("short", 10, "short"),
        ("One sentence here. Another one follows", 30, "One sentence here."),
        ("word word word word", 12, "word word…"),
        ("甲乙丙丁，戊己庚辛壬癸", 8, "甲乙丙丁…"),
        ("一句话结束。第二句话很长很长", 9, "一句话结束。"),
        ("x" * 50, 10, "x" * 9 + "…"),
    ],
)
def test_shorten(text: str, length: int, short: str) -> None:
    assert shorten(text, length) == short


@given(st.text(), st.integers(2, 50))
def test_shortened_text_is_never_longer(text: str, length: int) -> None:
    assert len(shorten(text, length)) <= length


def test_views_of_text() -> None:
    assert trim("\u3000\u00a0 x y\u200b\n") == "x y"
    assert one_line(" a\n\t b \u202e") == "a b"
    assert comparable("Ｑ2 业绩，兑现！") == comparable("q2业绩兑现")
    assert comparable("——") == ""


def test_plain_text_as_html() -> None:
    assert to_html("a\n\nb\nc") == "<p>a</p>\n<p>b<br>c</p>"
    assert to_html("a\nb") == "<p>a</p>\n<p>b</p>"
    assert to_html("a\nb\n\nc", hard_wrapped=True) == "<p>a b</p>\n<p>c</p>"
    assert to_html("1 < 2 & 3") == "<p>1 &lt; 2 &amp; 3</p>"
    assert to_html(" \n ") == ""
