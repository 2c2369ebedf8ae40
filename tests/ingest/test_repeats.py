"""What is said twice at the top of a body."""

from __future__ import annotations

import pytest

from broadsheet.ingest.blocks import rebuild
from broadsheet.ingest.fragment import parse_fragment, to_markup
from broadsheet.ingest.repeats import drop_repeats, is_alike

FIRST = "俄罗斯总统新闻秘书佩斯科夫当地时间21日表示，克宫不支持相关提议，需要逐案处理。"


def dropped(markup: str, title: str = "标题 在此") -> str:
    blocks = rebuild(parse_fragment(markup))
    drop_repeats(blocks, title)
    return "".join(to_markup(block) for block in blocks)


@pytest.mark.parametrize(
    "line", ["<h1>标题 在此</h1>", "<p>标题，在此！</p>", "<p><b>标题在此</b></p>", "<h2>标题</h2><p>x</p>"]
)
def test_a_first_line_that_is_the_title_goes(line: str) -> None:
    expected = line + "<p>正文。</p>" if line.startswith("<h2>标题</h2>") else "<p>正文。</p>"
    assert dropped(f"{line}<p>正文。</p>") == expected


def test_the_title_stays_where_it_is_all_there_is() -> None:
    assert dropped("<p>标题在此。</p>") == "<p>标题在此。</p>"


def test_a_quoted_digest_that_the_text_repeats_goes() -> None:
    assert (
        dropped(f"<blockquote>{FIRST}（央视新闻客户端）</blockquote><p>{FIRST}</p><p>再说。</p>")
        == f"<p>{FIRST}</p><p>再说。</p>"
    )
    digest = f"<blockquote>{FIRST}再说一句话的内容。</blockquote>"
    assert dropped(f"{digest}<p>开头。</p><p>{FIRST}</p><p>再说一句话的内容。</p>").startswith("<p>开头。</p>")


def test_a_quotation_that_the_text_does_not_repeat_stays() -> None:
    quoted = f"<blockquote><p>{FIRST}此句别处没有。</p></blockquote><p>{FIRST}</p>"
    assert dropped(quoted) == quoted


def test_a_paragraph_that_stands_twice_stands_once() -> None:
    assert dropped(f"<p>{FIRST}</p><p>{FIRST}</p>") == f"<p>{FIRST}</p>"
    assert dropped(f"<p>{FIRST}</p><p>别的。</p>") == f"<p>{FIRST}</p><p>别的。</p>"


def test_a_headline_in_brackets_is_cut_where_it_is_the_title() -> None:
    assert dropped("<p>【标题 在此】正文。</p>") == "<p>正文。</p>"
    assert dropped("<p>【另外一个说法】正文。</p>") == "<p>【另外一个说法】正文。</p>"
    assert dropped("<p>【标题在此】</p>") == "<p>【标题在此】</p>"


def test_headlines_are_alike_but_for_a_word() -> None:
    assert is_alike(
        "旺季迎来需求复苏 Q2业绩兑现成关键 关注电子板块两大主线", "旺季迎来需求复苏 业绩兑现成关键 关注电子板块两主线"
    )
    assert not is_alike("旺季迎来需求复苏", "沪指收跌百分之一")
    assert not is_alike("", "")
