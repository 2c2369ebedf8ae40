"""Made-up news pages as publishers serve them: six layouts, 20 to 200 KB each, and what is right to find in each.

A page is a pure function of its number. What belongs to the article and what does not is known, because every part
carries a mark of its own; the parts around the article are those of real pages, in and beside its text.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape

SMALLEST, LARGEST = 20_000, 200_000
"""Bytes of a page; sizes between them are spread evenly by their logarithm, as those of real pages are."""
NEWEST = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
BETWEEN_PAGES = timedelta(minutes=11)
CHINESE_EVERY = 5
"""One page in so many is Chinese."""

_WHO = (
    "The port authority", "A city committee", "The regional hospital", "An independent auditor", "The rail operator",
    "The education ministry", "A group of shareholders", "The water company", "The national bank", "A local farmer",
    "The union of drivers", "A research team", "The energy regulator", "The district court", "The airport's owner",
)  # fmt: skip
_DID = (
    "said on Tuesday that it had approved", "published the first figures on", "asked the council to postpone",
    "warned of further delays to", "agreed after long talks to finance", "rejected a complaint about",
    "presented its plan for", "wants to know more about", "has begun to review", "withdrew its objection to",
)  # fmt: skip
_WHAT = (
    "the new bridge across the estuary", "a pilot scheme for night trains", "last year's spending on school meals",
    "the sale of two power stations", "a limit on short-term rentals", "the repair of flood defences",
    "cheaper tickets for apprentices", "the merger of three clinics", "a register of empty houses",
    "the cleaning of the old harbour", "rules for heavy lorries in the centre", "a fund for small publishers",
)  # fmt: skip
_HOW = (
    ", although the cost is still unclear", ", a step that had been expected for months", " by a narrow majority",
    ", according to people who took part", " after residents had complained in writing", ", and promised a report",
    " in a meeting that lasted until midnight", ", which opponents called a mistake", ", with effect from April", "",
)  # fmt: skip
_ZH_WHO = ("市港务局", "区教育部门", "省统计局", "铁路运营公司", "当地水务集团", "一家独立审计机构", "城市规划委员会")
_ZH_DID = ("周二表示已批准", "首次公布了", "正在重新评估", "经过协商同意资助", "驳回了有关", "提出了关于")
_ZH_WHAT = ("跨江大桥新方案", "夜间列车试点", "学校午餐支出数据", "旧港区清理工程", "防洪设施维修", "小型诊所合并")
_ZH_HOW = ("，具体费用尚未确定", "，相关各方已等待数月", "，将于四月一日起施行", "，并承诺夏季前提交第二份报告", "")
_SECTIONS = ("World", "Politics", "Business", "Culture", "Science", "Health", "Sport", "Travel", "Opinion", "Weather")


@dataclass(frozen=True, slots=True)
class NewsPage:
    """One page, and what must come of it. ``html`` is UTF-8."""

    number: int
    title: str
    published: datetime
    html: bytes
    wanted: tuple[str, ...]
    """Sentences of the article: of its first, a middle and its last paragraph, of its list and its quotation."""
    unwanted: tuple[str, ...]
    """What stands in and around the article and is none of it."""


def path_of(number: int) -> str:
    """Return where the page of that number lies on its site."""
    return f"/news/{number:05d}.html"


def news_page(number: int) -> NewsPage:
    """Return the page of that number."""
    draw = random.Random(f"page {number}")  # noqa: S311 - news to measure with, not a secret
    article = _Article(number, draw)
    layout = _LAYOUTS[number % len(_LAYOUTS)]
    bare = layout(article, _Surroundings(number, draw), "")
    size = int(SMALLEST * (LARGEST / SMALLEST) ** draw.random())
    html = layout(article, _Surroundings(number, draw), _script(draw, size - len(bare.encode())))
    return NewsPage(
        number, article.title, article.published, html.encode(), tuple(article.marks), _Surroundings.marks(number)
    )


class _Article:
    """What a layout is to show. ``marks`` are the sentences that must be found again."""

    def __init__(self, number: int, draw: random.Random) -> None:
        self.chinese = number % CHINESE_EVERY == 0
        self.language = "zh-CN" if self.chinese else "en"
        self.number = number
        self.published = NEWEST - number * BETWEEN_PAGES
        self.author = "王小明" if self.chinese else "Ada Example"
        self._draw = draw
        sentence = self._sentence()
        headline = sentence[:24] if self.chinese else sentence.split(",")[0].rstrip(".")
        self.title = f"{headline} {number}"
        self.lead = self._sentence()
        paragraphs = [self._linked(self._paragraph()) for _ in range(draw.randint(6, 24))]
        self.marks = [self._mark(part) for part in range(5)]
        for place, mark in zip((0, len(paragraphs) // 2, -1), self.marks, strict=False):
            paragraphs[place] += ("" if self.chinese else " ") + mark
        self.paragraphs = paragraphs

    def body(self, inside: str) -> str:
        """Return the article's text as markup; ``inside`` stands between two of its paragraphs, as teasers do."""
        blocks = [f"<p>{markup}</p>" for markup in self.paragraphs]
        blocks.insert(4, f"<blockquote><p>{self.marks[4]}</p></blockquote>")
        blocks.insert(3, f"<ul><li>{self.marks[3]}</li><li>{self._sentence()}</li></ul>")
        blocks.insert(2, f"<h2>{self._sentence()[:40]}</h2>{inside}")
        blocks.insert(1, f'<figure><img src="/photo/{self.number}.jpg" width="960" height="540" alt="">'
                      f"<figcaption>{self._sentence()}</figcaption></figure>")  # fmt: skip
        return "\n".join(blocks)

    def _linked(self, text: str) -> str:
        if self._draw.random() > 0.2:
            return text
        cut = len(text) // 3
        return f'{text[:cut]}<a href="/topic/{self._draw.randrange(900)}">{text[cut : cut + 9]}</a>{text[cut + 9 :]}'

    def _mark(self, part: int) -> str:
        if self.chinese:
            return f"这份编号为{self.number:05d}号的文件第{part + 1}页记录了当天的全部结果。"
        return f"Page {part + 1} of file {self.number:05d} lists what was found that day."

    def _paragraph(self) -> str:
        count = self._draw.randint(2, 5)
        return ("" if self.chinese else " ").join(self._sentence() for _ in range(count))

    def _sentence(self) -> str:
        pick = self._draw.choice
        if self.chinese:
            return f"{pick(_ZH_WHO)}{pick(_ZH_DID)}{pick(_ZH_WHAT)}{pick(_ZH_HOW)}。"
        return f"{pick(_WHO)} {pick(_DID)} {pick(_WHAT)}{pick(_HOW)}."


class _Surroundings:
    """The parts in and around an article that are none of it; each carries its mark."""

    def __init__(self, number: int, draw: random.Random) -> None:
        self._number = number
        self._draw = draw

    @staticmethod
    def marks(number: int) -> tuple[str, ...]:
        parts = ("Cookie", "Menu", "Newsletter", "Teaser", "Comment", "Legal")
        return tuple(f"{part} part {number:05d}" for part in parts)

    def _mark(self, part: int) -> str:
        return self.marks(self._number)[part]

    def cookies(self) -> str:
        return (
            f'<div id="consent-layer" class="cookie-banner" role="dialog"><p>We and 812 partners store data. '
            f"{self._mark(0)}.</p><button>Accept all</button><button>Settings</button></div>"
        )

    def menu(self) -> str:
        items = "".join(
            f'<li class="nav__item"><a class="nav__link" href="/{name.lower()}/{n}">{name} {n}</a></li>'
            for name in _SECTIONS
            for n in range(self._draw.randint(3, 9))
        )
        return f'<nav class="nav" aria-label="Main"><ul><li>{self._mark(1)}</li>{items}</ul></nav>'

    def newsletter(self) -> str:
        return (
            '<div class="newsletter-signup promo"><h3>Our letter each morning</h3><p>Get the news of the day by mail. '
            f'{self._mark(2)}.</p><form action="/subscribe"><input type="email"><button>Sign up</button></form></div>'
        )

    def teasers(self, count: int) -> str:
        cards = "".join(
            f'<li class="card"><a href="{path_of(self._draw.randrange(90_000))}"><img src="/t/{n}.jpg" alt="">'
            f'<h3 class="card__title">{self._claim()}: {self._mark(3)}</h3><span>{n} hours ago</span></a></li>'
            for n in range(count)
        )
        return f'<section class="related-articles"><h2>More from this section</h2><ul>{cards}</ul></section>'

    def comments(self, count: int) -> str:
        notes = "".join(
            f'<li class="comment"><b>reader{self._draw.randrange(9999)}</b><p>{self._claim()}, or so they say. '
            f"I do not believe a word of it. {self._mark(4)}.</p></li>"
            for _ in range(count)
        )
        return f'<section id="comments" class="comments"><h2>{count} comments</h2><ol>{notes}</ol></section>'

    def footer(self) -> str:
        links = "".join(f'<li><a href="/about/{n}">About us {n}</a></li>' for n in range(18))
        return f'<footer class="footer"><ul>{links}</ul><p>{self._mark(5)}. All rights reserved.</p></footer>'

    def _claim(self) -> str:
        return f"{self._draw.choice(_WHO)} {self._draw.choice(_DID)} {self._draw.choice(_WHAT)}"


def _script(draw: random.Random, size: int) -> str:
    """Return ``size`` bytes of what most of a page is: state, styles and icons; less where a page is large already."""
    if size < 400:
        return ""
    state = {"flags": [draw.randrange(10**9) for _ in range(size // 24)]}
    style = "".join(f".c{n}{{margin:{n}px;color:#{n:06x}}}" for n in range(size // 90))
    icons = "".join(
        f'<symbol id="i{n}"><path d="M{n} 0L{draw.randrange(999)} {draw.randrange(999)}z"></path></symbol>'
        for n in range(size // 240)
    )
    return (
        f"<style>{style}</style><svg hidden>{icons}</svg>"
        f"<script>window.__STATE__={json.dumps(state, separators=(',', ':'))}</script>"
    )


def _head(article: _Article, script: str, *, described: bool, suffix: str) -> str:
    when = article.published.isoformat()
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "datePublished": when,
        "author": {"@type": "Person", "name": article.author},
    }
    told = (
        f'<meta property="og:type" content="article"><meta property="og:title" content="{escape(article.title)}">'
        f'<meta name="description" content="{escape(article.lead)}">'
        f'<meta property="article:published_time" content="{when}">'
        f'<script type="application/ld+json">{json.dumps(data, ensure_ascii=False)}</script>'
    )
    return (
        f'<head><meta charset="utf-8"><title>{escape(article.title)}{suffix}</title>{told if described else ""}'
        f"{script}</head>"
    )


def _page(article: _Article, head: str, body: str) -> str:
    return f'<!doctype html>\n<html lang="{article.language}">{head}<body>{body}</body></html>'


def _semantic(article: _Article, around: _Surroundings, script: str) -> str:
    return _page(
        article,
        _head(article, script, described=True, suffix=" | The Estuary"),
        f"{around.cookies()}<header>{around.menu()}</header><main><article><header><h1>{escape(article.title)}</h1>"
        f'<p class="byline">By {article.author}, <time datetime="{article.published.isoformat()}">today</time></p>'
        f"</header>{article.body(around.newsletter())}</article>{around.teasers(12)}{around.comments(8)}</main>"
        f"{around.footer()}",
    )


def _divisions(article: _Article, around: _Surroundings, script: str) -> str:
    return _page(
        article,
        _head(article, script, described=True, suffix=""),
        f'<div id="top">{around.menu()}</div><div class="row"><div class="col-8"><h1 class="hl">'
        f'{escape(article.title)}</h1><div class="meta"><span class="author">{article.author}</span></div>'
        f'<div class="story-text" id="story">{article.body(around.teasers(3))}</div>{around.newsletter()}'
        f'{around.comments(30)}</div><div class="col-4 sidebar">{around.teasers(24)}</div></div>{around.footer()}'
        f"{around.cookies()}",
    )


def _microdata(article: _Article, around: _Surroundings, script: str) -> str:
    return _page(
        article,
        _head(article, script, described=False, suffix=" - Harbour Times"),
        f'{around.menu()}<div itemscope itemtype="https://schema.org/NewsArticle"><h1 itemprop="headline">'
        f'{escape(article.title)}</h1><meta itemprop="datePublished" content="{article.published.isoformat()}">'
        f'<span itemprop="author">{article.author}</span><div itemprop="articleBody">{article.body("")}</div></div>'
        f"{around.newsletter()}{around.teasers(30)}{around.comments(3)}{around.footer()}{around.cookies()}",
    )


def _journal(article: _Article, around: _Surroundings, script: str) -> str:
    return _page(
        article,
        _head(article, script, described=True, suffix=" – Journal"),
        f'{around.cookies()}<div id="page" class="site"><header id="masthead">{around.menu()}</header>'
        '<div id="primary"><article class="post type-post hentry"><h1 class="entry-title">'
        f"{escape(article.title)}</h1>"
        f'<div class="entry-meta"><time datetime="{article.published.isoformat()}">today</time></div>'
        f'<div class="entry-content">{article.body(around.newsletter())}<div class="sharedaddy"><a href="#">Share</a>'
        f"</div></div></article>{around.comments(20)}</div><aside>{around.teasers(10)}</aside></div>{around.footer()}",
    )


def _tables(article: _Article, around: _Surroundings, script: str) -> str:
    return _page(
        article,
        _head(article, script, described=False, suffix=""),
        f'{around.menu()}<table width="100%"><tr><td width="70%" valign="top"><h1>{escape(article.title)}</h1>'
        f'<p class="date">{article.published:%Y-%m-%d %H:%M}</p>{article.body("")}</td><td valign="top">'
        f"{around.teasers(20)}{around.newsletter()}</td></tr></table>{around.comments(5)}{around.footer()}"
        f"{around.cookies()}",
    )


def _portal(article: _Article, around: _Surroundings, script: str) -> str:
    return _page(
        article,
        _head(article, script, described=True, suffix="_Portal_News"),
        f'<div class="topbar">{around.menu()}</div><div class="main clearfix"><div class="left">'
        f'<div class="articleTitle"><h1>{escape(article.title)}</h1></div><div class="info">'
        f"{article.published:%Y-%m-%d %H:%M:%S} {article.author}</div>"
        f'<div class="articleContent" id="ContentBody">{article.body(around.teasers(2))}</div>{around.comments(12)}'
        f'</div><div class="right">{around.teasers(40)}{around.newsletter()}</div></div>{around.footer()}'
        f"{around.cookies()}",
    )


_LAYOUTS: tuple[Callable[[_Article, _Surroundings, str], str], ...] = (
    _semantic, _divisions, _microdata, _journal, _tables, _portal,
)  # fmt: skip
