"""Closing lines: recognised, taken out, told apart from text."""

from __future__ import annotations

import pytest

from broadsheet.ingest.attribution import Attribution, cut_end, take_attribution
from broadsheet.ingest.blocks import rebuild
from broadsheet.ingest.fragment import parse_fragment, text_of, to_markup


def taken(markup: str, known: str | None = None) -> tuple[Attribution, str]:
    blocks = rebuild(parse_fragment(markup))
    found = take_attribution(blocks, known)
    return found, "".join(to_markup(block) for block in blocks)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("（文章来源：泉州晚报）", "泉州晚报"),
        ("(文章来源:泉州晚报)", "泉州晚报"),
        ("（文章来源：<span id='bk_90'><a class=keytip href='https://q.example/'>证券</a></span>时报）", "证券时报"),
        ("（文章来源：上海<strong>证券</strong> 报）", "上海证券报"),
        ("文章来源：　泉州晚报 ", "泉州晚报"),
        ("来源：新华网", "新华网"),
        ("【来源:央视新闻客户端】", "央视新闻客户端"),
        ("稿源：《经济日报》", "经济日报"),
        ("（來源：聯合報）", "聯合報"),
        ("本文来源：澎湃新闻 责任编辑：王某_NB1234", "澎湃新闻"),
        ("来源：中国新闻网 作者：张三", "中国新闻网"),
        ("Source: The Example Times", "The Example Times"),
    ],
)
def test_a_source_line_is_taken_out_and_named(line: str, name: str) -> None:
    found, left = taken(f"<p>正文。</p><p class='em_media'>{line}</p>")
    assert found.name == name
    assert left == "<p>正文。</p>"


@pytest.mark.parametrize(
    ("paragraph", "name", "left"),
    [
        ("正文。（来源：财联社）", "财联社", "正文。"),
        ("<b>正文</b>。（来源：<i>财联</i>社）", "财联社", "<b>正文</b>。"),
        ("正文。（财联社）", "财联社", "正文。"),
        ("正文。(央视新闻)", "央视新闻", "正文。"),
    ],
)
def test_a_source_that_ends_a_paragraph_is_cut_off(paragraph: str, name: str, left: str) -> None:
    assert taken(f"<p>头。</p><p>{paragraph}</p>") == (Attribution(name), f"<p>头。</p><p>{left}</p>")


@pytest.mark.parametrize(
    "line",
    [
        "(陈瑞萍陈鑫炜黄志成洪荣华)",
        "来源：据记者了解，多家公司已经停产。情况仍在发展",
        "能量来源：太阳",
        "他说（下称新京报）",
        "资料来源：公司公告，中航证券",
        "（来源：2022年年报",
        "来源：",
        "数据来源于：多个部门！",
        "Sources: none of this is known yet. More to come.",
    ],
)
def test_text_is_left_alone(line: str) -> None:
    found, left = taken(f"<p>正文。</p><p>{line}</p>")
    assert found == Attribution()
    assert line in left


def test_a_signature_that_is_a_paragraph_of_its_own_leaves_none() -> None:
    assert taken("<p>正文。</p><p>（财联社）</p>") == (Attribution("财联社"), "<p>正文。</p>")


def test_the_seeds_closing_paragraphs() -> None:
    found, left = taken("<p>正文。</p><p>(陈瑞萍陈鑫炜)</p><p class='em_media'>（文章来源：泉州晚报）</p>")
    assert found.name == "泉州晚报"
    assert left == "<p>正文。</p><p>(陈瑞萍陈鑫炜)</p>"


def test_other_closing_lines_go_and_the_originals_address_is_kept() -> None:
    found, left = taken(
        "<p>正文。</p><p>（文章来源：财联社）</p><p>责任编辑：张三</p>"
        "<p><a href='https://a.example/news/1,2.html'>https://a.example/news/1,2.html</a></p>"
        "<p>&lt;&gt;</p><p><a href='https://b.example/c'>返回财联社新闻</a>｜<a href='https://b.example/'>返回首页</a></p><hr>"
    )
    assert found == Attribution("财联社", None, "https://a.example/news/1,2.html")
    assert left == "<p>正文。</p>"


def test_a_source_line_with_a_link_gives_its_address() -> None:
    found, _ = taken("<p>正文。</p><p>来源：<a href='https://m.example/'>某报</a></p>")
    assert found == Attribution("某报", "https://m.example/")


def test_a_line_that_names_another_medium_than_the_known_one_stays() -> None:
    assert taken("<p>正文。</p><p>（文章来源：财联社）</p>", "泉州晚报")[1].endswith("<p>（文章来源：财联社）</p>")
    assert taken("<p>正文。</p><p>（文章来源：央视新闻客户端）</p>", "央视新闻")[1] == "<p>正文。</p>"


def test_a_source_line_above_the_text() -> None:
    assert taken("<p>来源：新华社</p><p>正文。</p>") == (Attribution("新华社"), "<p>正文。</p>")


def test_wordpress_closes_feeds_with_a_line_of_its_own() -> None:
    link = "<a href='https://a.example/'>A</a>"
    assert taken(f"<p>Text.</p><p>The post {link} appeared first on {link}.</p>")[1] == "<p>Text.</p>"


@pytest.mark.parametrize("count", range(8))
def test_cutting_across_elements(count: int) -> None:
    block = rebuild(parse_fragment("ab<b>cd<i>e</i></b>fg"))[0]
    cut_end(block, count)
    assert text_of(block) == "abcdefg"[: 7 - count]
