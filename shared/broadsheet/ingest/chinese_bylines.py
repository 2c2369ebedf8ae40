"""Who wrote it, on Chinese pages: 记者, 作者, 文/ and 编辑 told apart, in lines above the text, in it and below it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from broadsheet.ingest.page_lines import title_place

HAN = r"\u4e00-\u9fff\u3400-\u4dbf"
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范"
    "金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章"
    "鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳欧管柴蒙鲍华喻祁蒲房滕屈饶解牟"
    "艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛"
    "仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井"
    "风酆"
    "張劉陳楊黃趙吳孫馬鄭謝許韓鄧馮蕭葉蘇呂盧鍾譚陸賈韋鄒閻龍賀顧龔萬錢嚴湯齊喬龐顏倪莊聶魯歐關蘭"
)
_COMPOUND = (
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "司徒",
    "令狐", "夏侯", "端木", "格桑", "次仁", "扎西", "达瓦", "阿卜", "买买",
)  # fmt: skip
"""Surnames of two characters, and how frequent Tibetan and Uyghur names begin."""
_NAME = rf"[{HAN}]{{2,4}}(?:[·•][{HAN}]{{1,8}}){{0,2}}"
_NAMES = rf"(?P<names>{_NAME}(?:[\s｜　、，,;；/和]+{_NAME}){{0,5}})"

_LABEL = re.compile(
    r"(?<![责任])(?P<label>作\s*者|本报记者|记\s*者|記\s*者|撰\s*文|撰\s*稿|文\s*字|采\s*写|采写记者|通讯员|作者姓名|發布者"
    r"|发帖人|发布人|发表人|楼主|博主|撰文|原作者|發表者|发表者|发文机关|发文单位|发布机构|发布单位)"
    r"\s*[｜\s]*[:：/／]\s*[｜\s]*"
    r"(?P<value>[^:：()（）【】\[\]。|｜\d]{1,40}?(?:\s*[（(][A-Za-z][A-Za-z .'-]{1,30}[)）])?)"
    rf"(?=\s*(?:$|[:：()（）【】\[\]。|｜\d]|阅读|点击|浏览|发表|发布|更新|来源|来自|编辑|责编|责任|时间|日期|字体"
    rf"|评论|译|\s[{HAN}]{{2,5}}\s*[:：]))"
)
_EDITOR = re.compile(rf"(?P<label>责任编辑|責任編輯|责\s*编|编\s*辑|编\s*审)\s*[｜\s]*[:：]\s*[｜\s]*{_NAMES}")
_SOURCE = re.compile(rf"(?:来源|稿源)\s*[:：][\s｜]*(?P<names>[{HAN}]{{2,3}})(?=$|[\s｜)）])")
_OUTLET = rf"[{HAN}A-Za-z0-9·-]"
_BRACKETED_ROLE = re.compile(
    rf"[（(【\[][\s｜]*{_OUTLET}{{0,16}}?(?:记者|記者|通讯员|作者(?=[\s｜:：/])|撰稿|采写)[\s｜:：/]*{_NAMES}[^）)】\]]{{0,60}}[）)】\]]"
)
_BRACKETED_NAMES = re.compile(
    rf"[（(][\s｜]*(?:(?:图文|文图|文|文/图|图/文)\s*[/／:：]?\s*)?{_NAMES}[\s｜]*(?:[^）)]{{0,20}}报道)?[）)]"
)
_UNBRACKETED = re.compile(
    rf"(?:^|[\s｜，。]){_OUTLET}{{0,16}}?(?:记者|記者|通讯员)[\s｜:：/]*{_NAMES}"
    r"\s*(?=$|[｜（(／/\d]|摄影报道|文|报道|報導)"
)
_SLASHED = re.compile(rf"(?:^|[｜\s])(?:图?文图?|撰文|作者|记者|采写)\s*[/／丨|｜]\s*{_NAMES}(?=$|[\s｜])")
_SIGNED = re.compile(rf"^{_NAMES}\s*[/／]\s*图?文")
_POSTED = re.compile(r"本[贴帖文]由[\s｜]*(?P<names>[^\s｜]{2,16}?)[\s｜]*于[\s｜]*\d{4}")
_ALONE = re.compile(rf"{_NAME}(?:[\s　、]+{_NAME}){{0,3}}")
_WORDS = """
万人 万元 万千 东方 于是 云南 任何 任务 任命 何处 何时 党员 党委 党建 全国 全新 全景 全部 关心 关注 关闭 农业
农村 农民 包括 包装 单位 南京 南方 卫生 原因 原文 原标题 古代 司机 司法 向上 向前 和平 和谐 商业 商务 商品 商场
安全 安徽 家电 封面 左右 师傅 师资 常务 常委 常用 常见 平台 平均 平安 平时 应急 应用 应该 张家口 强烈 强调 戏曲
成功 成员 成果 成立 成都 房产 支付 支持 文件 文化 文学 文摘 文物 文章 文艺 方便 方式 方案 方法 方面 时代 时刻
时尚 时政 时期 时评 时间 明天 明年 明星 易经 景区 景点 查看 查询 毛病 水平 水果 江山 江苏 江西 汽车 河南 海南
海口 海外 温馨 游客 游戏 牛奶 白天 白色 白银 百度 盛大 石头 石家庄 石油 程序 程度 章节 简介 管理 红色 经济 罗马
花园 西安 解决 解读 解释 计划 计算 路上 路线 路透 车型 车辆 车险 连接 连续 连载 金融 金额 钱币 陈列 项目 马上
高中 高兴 高校 高清 高温 高级 高考 高速 鱼类 黄山 黄河 黄色 黄金
"""
"""Frequent words that begin like a surname."""
_NO_NAMES = frozenset(_WORDS.split())
_NO_PERSON = re.compile(
    r"新闻|日报|晚报|报道|記者|记者|通讯|编辑|来源|网$|社$|报$|台$|评论|责任|关于|下称|以下|简称|未完|完$|图片|资料|供图|摄|转载"
    r"|原创|详见|全文|分享|打印|点击|首页|上一|下一|返回|更多|相关|本文|作者|阅读|收藏|字号|注册|登录"
    r"|今日|公司|大学|学院|中国|北京|上海|广东|政府|委员|中心|会议|节日|视频|专题|正文|论坛|博客"
)


@dataclass(frozen=True, slots=True)
class ChineseByline:
    """Names found, what kind of line names them, and the line itself."""

    kind: str
    names: tuple[str, ...]
    line: str
    at: int
    """Which line of the page it is."""


_PHOTOGRAPHER = re.compile(r"(?<!文)[\s/／｜]摄影?(?:[\s｜）)】\]]|$)")
_NOBODY = re.compile(r"本站|佚名|未知|匿名|不详|admin|摄影?", re.IGNORECASE)
_SENTENCE = re.compile(r"[。！？…”\"」]$")
_LONGEST_LINE = 400
_PROSE = 30
"""Characters from which a line is a paragraph of text, so that brackets at its end may sign it."""
KINDS = ("label", "reporter", "signature", "alone", "posted", "source", "editor")
"""The order of trust: 作者：, then 记者, names in brackets that close the text, a name alone below the title, the
poster of a thread, a person named as 来源, and an editor only where nobody else is named."""


def chinese_bylines(lines: Sequence[str], title: str) -> Iterator[ChineseByline]:
    """Yield who is named in the lines of a page, in their order; ``title`` is the article's."""
    title_at = title_place(lines, title)
    for index, text in enumerate(lines):
        # In a table the label is a cell of its own.
        is_label = len(text) <= 8 and text.endswith(("：", ":")) and index + 1 < len(lines)
        line = text + lines[index + 1] if is_label else text
        after_prose = index > 0 and _SENTENCE.search(lines[index - 1]) is not None
        below_title = 0 < index - title_at <= 4 if title_at is not None else index <= 3
        for kind, names, said in (*_in_line(line), *_in_text(line, after_prose), *_alone(line, below_title)):
            if names:
                yield ChineseByline(kind, names, said, index)


_Named = tuple[str, tuple[str, ...], str]
"""A kind, the names, and what says them."""


def _in_line(line: str) -> Iterator[_Named]:
    """Yield who is named in a line of labels, as stands above or below a text."""
    if len(line) > _LONGEST_LINE:
        return
    for found in _LABEL.finditer(line):
        yield "label", _labelled(found["label"], found["value"]), found[0]
    for found in (*_SLASHED.finditer(line), *_SIGNED.finditer(line)):
        yield "reporter", _people(found), found[0]
    for found in _SOURCE.finditer(line):
        yield "source", _people(found), found[0]


def _in_text(line: str, after_prose: bool) -> Iterator[_Named]:
    """Yield who is named at the beginning or end of a paragraph; ``after_prose`` says that one stands before it."""
    if "记者" in line or "記者" in line or "通讯员" in line:
        for found in _UNBRACKETED.finditer(line):
            yield "reporter", _people(found), found[0]
    ends = line[:160] + "\n" + line[-160:] if len(line) > 320 else line
    for found in _BRACKETED_ROLE.finditer(ends):
        yield "reporter", _people(found, sure=True), found[0]
    if after_prose or len(line) >= _PROSE:
        for found in _BRACKETED_NAMES.finditer(ends):
            if not ends[found.end() :].strip("｜ 。"):
                yield "signature", _people(found), found[0]
    if "编" in line:
        for found in _EDITOR.finditer(line):
            yield "editor", tuple(name for name in _split(found["names"]) if not _is_other(name)), found[0]
    if "本" in line and (posted := _POSTED.search(line)):
        yield "posted", (posted["names"],), posted[0]


def _alone(line: str, below_title: bool) -> Iterator[_Named]:
    """Yield the names in a line that holds nothing else and stands below the title."""
    if below_title and _ALONE.fullmatch(line) and all(map(_is_person, _split(line))):
        yield "alone", _split(line), line


def _people(found: re.Match[str], *, sure: bool = False) -> tuple[str, ...]:
    """Return the persons in ``found``, photographers left out.

    Where names are ``sure`` to stand, what begins with no known surname is one as well.
    """
    if _PHOTOGRAPHER.search(found.string[found.start() : found.end() + 4]):
        return ()
    return tuple(part for part in _split(found["names"]) if _is_person(part) or (sure and not _is_other(part)))


def _split(text: str) -> tuple[str, ...]:
    parts = [
        part for part in re.split(r"[\s｜　、，,;；/&]+|(?<=[\u4e00-\u9fff]{2})和(?=[\u4e00-\u9fff]{2})", text) if part
    ]
    # 张 三: a name of two characters set wide.
    if len(parts) == 2 and all(len(part) == 1 for part in parts):
        parts = ["".join(parts)]
    return tuple(parts)


def _labelled(label: str, value: str) -> tuple[str, ...]:
    value = value.strip(" 　｜,，、-")
    latin = re.fullmatch(rf"([{HAN}·]{{2,12}})\s*[（(]([A-Za-z .'-]+)[)）]", value)
    if latin:
        return (value,)
    if re.fullmatch(rf"[{HAN}]\s+[{HAN}]", value):
        return (re.sub(r"\s+", "", value),)
    if label == "记者" and not all(map(_is_person, _split(value))):  # an interview: the question follows
        return ()
    parts = _split(value) if re.search(rf"[{HAN}]", value) else (value,)
    # A first name may be anything, a pen name as well; after it stand persons, or what he is.
    named = (p for i, p in enumerate(parts) if i == 0 or _is_person(p))
    return tuple(p for p in named if 1 < len(p) <= 20 and not _NOBODY.fullmatch(p))


def _is_other(name: str) -> bool:
    return name in _NO_NAMES or _NO_PERSON.search(name) is not None


def _is_person(name: str) -> bool:
    if _is_other(name):
        return False
    if "·" in name or "•" in name or name.startswith(_COMPOUND):
        return True
    return len(name) in {2, 3} and name[0] in _SURNAMES
