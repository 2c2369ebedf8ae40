"""Who wrote it. All pages and names are made up."""

from __future__ import annotations

import pytest

from broadsheet.ingest.chinese_bylines import chinese_bylines
from broadsheet.ingest.fragment import parse_document
from broadsheet.ingest.metadata import read_metadata
from broadsheet.ingest.names import names_in

URL = "https://www.harbour-post.example/2026/01/05/story.html"
PROSE = "<p>The council voted on Monday, after four hours of debate, to keep the night ferry running.</p>" * 3
CHINESE = "<p>春早人勤谋发展，奋勇争先正当时。日前，某市召开城市与产业发展大会，表彰了多家企业。</p>" * 3


def authors(html: str) -> tuple[str, ...]:
    return read_metadata(parse_document(html), URL).authors


def linked(author: str) -> str:
    return (
        f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "H", "author": {author}}}</script>'
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("By Jane Doe", ("Jane Doe",)),
        ("by Jane Doe and John Roe", ("Jane Doe", "John Roe")),
        ("Written by: Jane Doe, Staff Writer", ("Jane Doe",)),
        ("Posted on January 5, 2026 by Jane Doe", ("Jane Doe",)),
        ("Jane Doe, Chief Political Correspondent", ("Jane Doe",)),
        ("Jane Doe | Updated 5 January 2026", ("Jane Doe",)),
        ("Jane Doe on January 5, 2026", ("Jane Doe",)),
        ("Von Anna Müller, Jörg Groß und Ü. Ölmez", ("Anna Müller", "Jörg Groß", "Ü. Ölmez")),
        ("Ein Kommentar von Anna Müller", ("Anna Müller",)),
        ("Autorin: Anna Müller", ("Anna Müller",)),
        ("Dr. Anna Müller (dpa)", ("Anna Müller",)),
        ("Par Zoé d’Arc et Luc Petit", ("Zoé d’Arc", "Luc Petit")),
        ("Por María López y Juan Gómez", ("María López", "Juan Gómez")),
        ("di Ada Rossi e Ugo Bianchi", ("Ada Rossi", "Ugo Bianchi")),
        ("김민수 기자", ("김민수",)),
        ("Jane Doe; John Roe; Jane Doe", ("Jane Doe", "John Roe")),
        ("Jane Doe &amp; John Roe", ("Jane Doe", "John Roe")),
        ("Martin Luther King, Jr.", ("Martin Luther King, Jr",)),
        ("desk@news.example", ()),
        ("https://news.example/jane", ()),
        ("@janedoe", ()),
        ("admin", ()),
        ("Senior Editor", ()),
        ("Quelle: dpa", ()),
        ("", ()),
        ("A sentence that is far too long to be the name of anybody who ever lived on this coast", ()),
    ],
)
def test_names_in_strings(text: str, names: tuple[str, ...]) -> None:
    assert names_in(text) == names


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (linked('{"@type": "Person", "name": "Jane Doe"}'), ("Jane Doe",)),
        (linked('[{"@type": "Person", "name": "Jane Doe"}, [{"name": "John Roe"}]]'), ("Jane Doe", "John Roe")),
        (linked('"Jane Doe and John Roe"'), ("Jane Doe", "John Roe")),
        (linked('{"@type": "Person", "givenName": "Jane", "familyName": "Doe"}'), ("Jane Doe",)),
        (
            linked('{"@type": "Person", "name": "Jane Doe"}') + "<meta name=author content='Harbour Post'>",
            ("Jane Doe",),
        ),
        # An organisation speaks only where no person does.
        (
            linked('{"@type": "Organization", "name": "Coast Agency"}') + "<p class=byline>By Jane Doe</p>",
            ("Jane Doe",),
        ),
        (linked('{"@type": "Organization", "name": "Coast Agency"}'), ("Coast Agency",)),
        # So does whoever only repeats the site's name.
        (
            "<meta name=author content='Harbour Post'><meta property=og:site_name content='Harbour Post'><h1>T</h1><p>By Jane Doe</p>",
            ("Jane Doe",),
        ),
        (
            "<meta name=author content='harbour-post.example, Port Ellery'><h1>T</h1><a rel=author>Jane Doe</a>",
            ("Jane Doe",),
        ),
        (
            "<meta name=author content='Harbour Post'><meta property=og:site_name content='Harbour Post'>",
            ("Harbour Post",),
        ),
        (
            "<meta name=parsely-author content='Jane Doe'><meta name=parsely-author content='John Roe'>",
            ("Jane Doe", "John Roe"),
        ),
        (
            "<span itemprop=author itemscope><a href=/x><span itemprop=name>Jane Doe</span></a> covers ports</span>",
            ("Jane Doe",),
        ),
        ("<div class='article__byline-name'>By <a href=/j>Jane Doe</a></div>", ("Jane Doe",)),
        ("<h1>T</h1><div>5 January 2026 by Jane Doe</div>", ("Jane Doe",)),
        ("<h1>T</h1><ul><li>Von: <a>Jane Doe</a>, <a>John Roe</a></li></ul>", ("Jane Doe", "John Roe")),
        # Comments, side columns and other stories are not looked at.
        ("<h1>T</h1><div class=comments><span class=author>Reader One</span></div>", ()),
        ("<h1>T</h1><aside><a rel=author>Jane Doe</a></aside>", ()),
        ("<h1>T</h1><div itemscope itemtype='https://schema.org/Comment'><b itemprop=author>Reader</b></div>", ()),
        (f"<h1>T</h1>{PROSE}<p>By contrast, others stayed.</p>", ()),
    ],
)
def test_places_in_their_order_of_trust(html: str, expected: tuple[str, ...]) -> None:
    assert authors(html) == expected


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("本报记者 张三 李四", ("张三", "李四")),
        ("本报记者张三", ("张三",)),
        ("海湾日报-海湾网记者 周小明", ("周小明",)),
        ("（记者 张三、李四）近日，港口扩建工程开工。", ("张三", "李四")),
        ("（本报记者 张三 通讯员 李四）", ("张三", "李四")),
        ("【记者 买买提·艾力】", ("买买提·艾力",)),
        ("記者張三／台北報導", ("張三",)),
        ("文/张三 图/李四", ("张三",)),
        ("撰文｜张三", ("张三",)),
        ("作者：张三 来源：海湾网", ("张三",)),
        ("来源：海湾日报｜作者：张 三｜责任编辑：李四", ("张三",)),
        ("作者:harbourgirl 阅读(1660)", ("harbourgirl",)),
        ("作者：周明 (Joe Zhou)", ("周明 (Joe Zhou)",)),
        ("本帖由大卫于2005年8月12日发表", ("大卫",)),
        ("摄影：李四", ()),
        ("图为现场。本报记者 王五 摄", ()),
        ("记者：您认为这个问题应该怎样解决呢？", ()),
        ("我们的记者在现场看到", ()),
        ("（来源：海湾社）", ()),
        ("[作者简介]", ()),
    ],
)
def test_chinese_lines(line: str, names: tuple[str, ...]) -> None:
    told = [byline.names for byline in chinese_bylines([line], "题目") if byline.kind != "editor"]
    assert (told[0] if told else ()) == names


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (f"<h1>港口扩建工程开工</h1>{CHINESE}<p>工程将于明年完工。（常大为 马小丹）</p>", ("常大为", "马小丹")),
        (f"<h1>港口扩建工程开工</h1><p>胡大平</p>{CHINESE}", ("胡大平",)),
        (f"<h1>港口扩建工程开工</h1><p>来源：海湾网 编辑：苏小亮</p>{CHINESE}<p>（记者 张三）</p>", ("张三",)),
        # The one name on many a local page is the editor's: it stands where nobody else is named.
        (f"<h1>港口扩建工程开工</h1>{CHINESE}<p>责任编辑：苏小亮</p>", ("苏小亮",)),
        (f"<h1>港口扩建工程开工</h1>{CHINESE}<p>（关闭）</p>", ()),
        (f"<meta name=author content='某某网络公司'><h1>港口扩建工程开工</h1>{CHINESE}<p>（记者 张三）</p>", ("张三",)),
        (
            "<h1>公告全文发布</h1><table><tr><td>发布机构：</td><td>海湾市人民政府</td></tr></table>" + CHINESE,
            ("海湾市人民政府",),
        ),
    ],
)
def test_chinese_pages(html: str, expected: tuple[str, ...]) -> None:
    assert authors(html) == expected


def test_the_reasons_name_every_place_and_the_winner_first() -> None:
    html = "<meta name=author content='Jane Doe'>" + linked('{"@type": "Person", "name": "John Roe"}')
    reasons = read_metadata(parse_document(html), URL).reasons["authors"]
    assert (reasons[0].source, reasons[0].value, reasons[0].won) == ("JSON-LD author", "John Roe", True)
