"""Made-up news to measure with: as many articles as asked for, of the size of real ones, the same in every run.

An article is a pure function of its number. Sources come in sets of ``SET`` articles, each set with one source of each
kind, so that a larger run is more of the same and not another mix.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Literal

Shape = Literal["feed", "json", "page"]
"""An RSS feed with whole bodies, a JSON list whose bodies take a second request, a feed that leads to pages."""

SET = 50
SHAPES: tuple[Shape, ...] = ("feed",) * 24 + ("json",) * 16 + ("page",) * 10
"""Which article of a set comes from which of its three sources."""
SETS_PER_SOURCE = 5
"""A source lists 80 articles on average: 120 in a feed, 80 in a JSON list, 50 with pages."""
NEWEST = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
NOW = datetime(2026, 1, 5, 0, 30, tzinfo=UTC)
"""When the run begins; every article is older."""
BETWEEN_ARTICLES = timedelta(minutes=7)

ENGLISH_CATEGORIES = (
    "World", "Politics", "Business", "Markets", "Technology", "Science", "Health", "Climate", "Culture", "Sport",
)  # fmt: skip
CHINESE_CATEGORIES = (
    "证券时报", "第一财经", "上海证券报", "经济参考报", "泉州晚报",
    "厦门日报", "重庆商报", "科技日报", "银行观察", "国际金融报",
)  # fmt: skip
_WORDS = tuple(
    re.findall(
        r"\w+",
        "the of to and a in that for on with as by from at its was were has have had said would after before between "
        "over under about while when because government company minister market growth report quarter investors "
        "officials city region energy price supply demand research scientists patients hospital school court police "
        "election parliament president agency bank currency exports factory workers union contract project bridge "
        "railway harbour water forest weather storm record budget deficit tax reform bill vote debate plan proposal "
        "agreement talks meeting summit border trade partner analyst forecast estimate figure percent million billion "
        "year month week Monday Thursday early late new former senior local national international public private "
        "annual recent likely major further",
    )
)
_CLAUSES = (
    "据了解", "记者从有关部门获悉", "截至目前", "业内人士表示", "数据显示", "与去年同期相比", "从行业来看",
    "该公司公告称", "市场普遍预计", "在政策支持下", "多家机构认为", "今年以来", "下一步", "按照规划",
    "统计局公布的结果表明", "受此影响", "消费需求稳步回升", "投资规模继续扩大", "出口保持较快增长",
    "新能源汽车产销两旺", "银行间市场流动性合理充裕", "居民收入与经济增长基本同步", "企业研发投入明显增加",
    "基础设施项目加快落地", "绿色转型取得新进展", "中小企业融资成本有所下降", "港口货物吞吐量创历史新高",
    "房地产市场逐步企稳", "粮食生产再获丰收", "夜间经济活力显现", "监管部门将加强风险提示",
    "专家建议投资者理性看待短期波动", "产业链供应链韧性持续增强", "数字经济规模位居前列",
)  # fmt: skip
_TERMS = tuple(sorted({clause[i : i + 2] for clause in _CLAUSES for i in range(0, len(clause) - 1, 2)}))
"""Texts of whole clauses would resemble each other as no two stories do, and be taken for reports of one event."""
_JUNK = (
    '<p style="color:red;font-size:12px" onclick="track()"><span class="quote-link">ADVERTISEMENT</span></p>',
    '<div style="display:none">hidden share text</div>',
    "<script>window.dataLayer=window.dataLayer||[];</script>",
    "<p>&nbsp;</p>",
)


@dataclass(frozen=True, slots=True)
class Story:
    """One made-up article; ``body`` is HTML as publishers write it, clutter included."""

    number: int
    title: str
    category: str
    language: Literal["en", "zh-CN"]
    published: datetime
    body: str

    @property
    def id(self) -> str:
        """What its source calls it."""
        return f"story-{self.number:06d}"


def shape_of(number: int) -> Shape:
    """Return which kind of source brings the article of that number."""
    return SHAPES[number % SET]


def story(number: int) -> Story:
    """Return the article of that number: 400 to 700 English words, or 900 to 1,500 Chinese characters."""
    draw = random.Random(number)  # noqa: S311 - news to measure with, not a secret
    # Not the number itself: every kind of source is to bring every category.
    subject = number * 7 // 3 % 20
    chinese = shape_of(number) == "json" or number % 4 == 0
    category = CHINESE_CATEGORIES[subject % 10] if chinese else ENGLISH_CATEGORIES[subject % 10]
    title = _chinese_title(draw, number) if chinese else _english_title(draw, number)
    paragraphs = [_chinese(draw) if chinese else _english(draw) for _ in range(draw.randint(7, 11))]
    return Story(
        number=number,
        title=title,
        category=category,
        language="zh-CN" if chinese else "en",
        published=NEWEST - number * BETWEEN_ARTICLES,
        body=_body(draw, number, paragraphs),
    )


def _english_title(draw: random.Random, number: int) -> str:
    return f"{' '.join(draw.choices(_WORDS, k=8)).capitalize()} {number}"


def _chinese_title(draw: random.Random, number: int) -> str:
    return f"{draw.choice(_CLAUSES)}：{draw.choice(_CLAUSES)}（{number}）"


def _english(draw: random.Random) -> str:
    sentences = (" ".join(draw.choices(_WORDS, k=draw.randint(10, 24))).capitalize() for _ in range(3))
    return ". ".join(sentences) + "."


def _chinese(draw: random.Random) -> str:
    clauses = ("".join(draw.choices(_TERMS, k=draw.randint(3, 6))) for _ in range(draw.randint(9, 15)))
    return "，".join(clauses) + "。"


def _body(draw: random.Random, number: int, paragraphs: list[str]) -> str:
    parts = [f'<p style="text-indent:2em">{text}</p>' for text in paragraphs]
    parts.insert(1, f'<p><img src="https://img.example/{number}.jpg" width="640" height="360" alt="Photo"></p>')
    parts.insert(3, f'<p>{paragraphs[0][:40]} <a href="https://news.example/more/{number}?utm_source=rss">more</a></p>')
    parts.insert(5, f"<h2>{paragraphs[2][:30]}</h2>")
    parts.insert(draw.randint(1, len(parts)), draw.choice(_JUNK))
    return "\n".join(parts)


@dataclass(frozen=True, slots=True)
class Newsroom:
    """``articles`` articles in as many sources as they need, all on one host."""

    articles: int

    @property
    def sources(self) -> int:
        """How many groups of three sources there are."""
        return -(-self.articles // (SET * SETS_PER_SOURCE))

    def numbers(self, shape: Shape, source: int) -> Iterator[int]:
        """Yield the numbers of the articles that a source lists."""
        first = source * SET * SETS_PER_SOURCE
        for number in range(first, min(first + SET * SETS_PER_SOURCE, self.articles)):
            if shape_of(number) == shape:
                yield number

    def write_configuration(self, folder: Path, host: str) -> Path:
        """Write the configuration folder of a site that takes everything from ``host`` (HOST:PORT), and return it."""
        base = f"http://{host}/{self.articles}"
        (folder / "sources").mkdir(parents=True)
        (folder / "site.yaml").write_text("title: Bench\nurl: https://bench.example\nlanguage: en\n", encoding="utf-8")
        for source in range(self.sources):
            for shape, text in _definitions(base, source).items():
                (folder / "sources" / f"{shape}-{source}.yaml").write_text(text, encoding="utf-8")
        return folder

    def answer(self, path: str, host: str) -> tuple[bytes, str] | None:
        """Return (body, content type) of what lies at ``path`` after the number of articles; None for nothing."""
        match path.strip("/").split("/"):
            case ["feed" | "page" as shape, source]:
                return self._feed(shape, int(source), host), "application/rss+xml; charset=utf-8"
            case ["json", source]:
                return self._list(int(source)), "application/json; charset=utf-8"
            case ["body", number]:
                return _json({"id": number, "text": story(int(number)).body}), "application/json; charset=utf-8"
            case ["story", number]:
                return page(story(int(number))), "text/html; charset=utf-8"
        return None

    def _feed(self, shape: Literal["feed", "page"], source: int, host: str) -> bytes:
        items = "".join(
            _item(story(number), f"http://{host}/{self.articles}/story/{number}", whole=shape == "feed")
            for number in self.numbers(shape, source)
        )
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
            f"<title>Wire {source}</title><link>http://{host}/</link><description>News</description>{items}"
            "</channel></rss>"
        ).encode()

    def _list(self, source: int) -> bytes:
        stories = map(story, self.numbers("json", source))
        return _json(
            {
                "record": [
                    {"code": s.number, "title": s.title, "at": f"{s.published:%Y-%m-%d %H:%M:%S}", "media": s.category}
                    for s in stories
                ]
            }
        )


def page(shown: Story) -> bytes:
    """Return the article's page as a publisher serves it: menus, teasers, scripts and structured data around it."""
    menu = "".join(f'<li><a href="/{c.lower()}/">{c}</a></li>' for c in ENGLISH_CATEGORIES)
    teasers = "".join(
        f'<div class="teaser"><a href="/story/{n}"><img src="/thumb/{n}.jpg" alt=""><h3>Teaser {n}</h3></a></div>'
        for n in range(40)
    )
    data = json.dumps(
        {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": shown.title,
            "datePublished": shown.published.isoformat(),
            "author": [{"@type": "Person", "name": "Ada Example"}],
        },
        ensure_ascii=False,
    )
    script = "".join(f"window.q.push(['event',{n},'{'x' * 40}']);" for n in range(120))
    return (
        f'<!doctype html><html lang="{shown.language}"><head><meta charset="utf-8"><title>{escape(shown.title)} - Wire'
        f'</title><meta property="og:title" content="{escape(shown.title)}"><script type="application/ld+json">{data}'
        f"</script><style>{'.c{margin:0;padding:0}' * 60}</style><script>window.q=[];{script}</script></head><body>"
        f'<header><nav class="menu"><ul>{menu}</ul></nav></header><main><article class="story-body">'
        f"<h1>{escape(shown.title)}</h1>{shown.body}</article><aside class='sidebar related'>{teasers}</aside></main>"
        f'<footer class="footer"><ul>{menu}</ul><p>Copyright. All rights reserved.</p></footer></body></html>'
    ).encode()


def _item(shown: Story, url: str, *, whole: bool) -> str:
    content = f"<content:encoded><![CDATA[{shown.body}]]></content:encoded>" if whole else ""
    return (
        f"<item><title>{escape(shown.title)}</title><link>{escape(url)}</link><guid isPermaLink='false'>{shown.id}"
        f"</guid><category>{escape(shown.category)}</category><pubDate>{format_datetime(shown.published)}</pubDate>"
        f"{content}</item>"
    )


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _definitions(base: str, source: int) -> dict[Shape, str]:
    return {
        "feed": f"kind: feed\nurl: {base}/feed/{source}\nlanguage: en\n",
        "json": (
            f"kind: json\nurl: {base}/json/{source}\nlanguage: zh-CN\nidentity: {{namespace: wire, field: code}}\n"
            "category: {field: media}\ntags: ['{category}新闻']\nitems: record\n"
            f"fields: {{id: code, title: title, published: at, url: '{base}/story/{{code}}'}}\n"
            f"body: {{from: json, url: '{base}/body/{{code}}', field: text}}\n"
        ),
        "page": f"kind: feed\nurl: {base}/page/{source}\nlanguage: en\nbody: {{from: page}}\n",
    }
