"""Who wrote it, on Chinese pages: 记者, 作者, 文/ and 编辑 told apart, in lines above the text, in it and below it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from broadsheet.ingest.plain_text import comparable

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
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "司徒", "令狐", "夏侯", "端木", "格桑", "次仁", "扎西", "达瓦", "阿卜", "买买")
_NAME = rf"[{HAN}]{{2,4}}(?:[·•][{HAN}]{{1,8}}){{0,2}}"
_GAP = r"[\s｜　、，,;；/和&]*"
_NAMES = rf"(?P<names>{_NAME}(?:[\s｜　、，,;；/和]+{_NAME}){{0,5}})"
_REPORTER = r"(?:本报|本刊|本网|实习|见习|特约|首席|全媒体|融媒体?|新媒体|驻\w{2,6}|报|社|网|台|客户端|频道|中心|周刊|日报|晚报|新闻)*记者(?:站)?"

_LABEL = re.compile(
    r"(?<![责任])(?P<label>作\s*者|本报记者|记\s*者|撰\s*文|撰\s*稿|文\s*字|采\s*写|采写记者|通讯员|作者姓名|發布者|发帖人|发布人|发表人|楼主|博主|撰文|原作者"
    r"|發表者|发表者|发文机关|发文单位|发布机构|发布单位)"
    r"\s*[｜\s]*[:：/／]\s*[｜\s]*(?P<value>[^:：()（）【】\[\]。|｜\d]{1,40}?(?:\s*[（(][A-Za-z][A-Za-z .'-]{1,30}[)）])?)"
    rf"(?=\s*(?:$|[:：()（）【】\[\]。|｜\d]|阅读|点击|浏览|发表|发布|更新|来源|来自|编辑|责编|责任|时间|日期|字体|评论|译|\s[{HAN}]{{2,5}}\s*[:：]))"
)
_EDITOR = re.compile(rf"(?P<label>责任编辑|責任編輯|责\s*编|编\s*辑|编\s*审)\s*[｜\s]*[:：]\s*[｜\s]*{_NAMES}")
_SOURCE = re.compile(rf"(?:来源|稿源)\s*[:：][\s｜]*(?P<names>[{HAN}]{{2,3}})(?=$|[\s｜)）])")
_BRACKETED = re.compile(
    rf"[（(【\[]\s*[｜\s]*(?:(?:文|图文|文图|文/图|图/文)\s*[/／:：]?\s*)?(?P<outlet>[{HAN}A-Za-z·]{{0,16}}?)(?P<role>记者|通讯员|作者(?=[\s｜:：/])|撰稿|采写)?"
    rf"[\s｜:：/]*{_NAMES}(?P<rest>[^）)】\]]{{0,30}})[）)】\]]"
)
_UNBRACKETED = re.compile(rf"(?:^|[\s｜，。])(?P<outlet>[{HAN}]{{0,14}}?)(?P<role>记者|通讯员)[\s｜:：/]+{_NAMES}\s*(?=$|[｜（(]|摄影?|文|报道)")
_SLASHED = re.compile(rf"(?:^|[｜\s])(?:图?文图?|撰文)\s*[/／丨|｜]\s*{_NAMES}(?=$|[\s｜])")
_POSTED = re.compile(rf"本[贴帖文]由[\s｜]*(?P<names>[^\s｜]{{2,16}}?)[\s｜]*于[\s｜]*\d{{4}}")
_ALONE = re.compile(rf"{_NAME}(?:[\s　、]+{_NAME}){{0,3}}")
_WORDS = frozenset(
    "房产 关闭 简介 单位 高清 高级 方法 方面 金融 金额 常见 常用 温馨 安全 时间 时评 时政 时尚 游戏 游客 文化 文章 文学 文件 文摘 江苏 江西 水平 毛病 成功 成员 成都 成立 "
    "程序 程度 任务 任何 万元 万人 方便 方式 张家口 白天 石油 石家庄 黄金 黄山 黄河 海南 海外 海口 全国 全部 平台 平安 平均 平时 明天 明星 明年 高考 高校 高中 高速 高温 时代 向上 向前 "
    "路线 路透 车辆 车型 车险 包括 包装 强烈 强调 党员 党委 党建 司机 司法 古代 支持 支付 花园 农业 农村 农民 景区 景点 陈列 应用 应该 项目 连接 连续 计算 计划 盛大 戏曲 家电 和谐 和平 "
    "汽车 查看 查询 师傅 师资 商业 商品 商务 商场 何时 何处 应急 章节 于是 路上 左右 关注 关心 常务 常委 管理 解决 解释 解读 连载 金额 马上 高兴 方案 任命 白色 红色 黄色 成果 时期 时刻 "
    "经济 安徽 云南 河南 江山 文物 文艺 万千 百度 南京 南方 东方 西安 易经 钱币 白银 石头 水果 牛奶 鱼类 罗马 卫生 封面 全新 全景 原因 原文 原标题".split()
)
"""Frequent words that begin like a surname."""
_NO_PERSON = re.compile(
    r"新闻|日报|晚报|报道|记者|通讯|编辑|来源|网$|社$|报$|台$|评论|责任|关于|下称|以下|简称|未完|完$|图片|资料|供图|摄|转载|原创|详见|全文|分享|打印|点击"
    r"|首页|上一|下一|返回|更多|相关|本文|作者|阅读|收藏|字号|注册|登录|今日|公司|大学|学院|中国|北京|上海|广东|政府|委员|中心|会议|节日|视频|专题|正文|论坛|博客"
)


@dataclass(frozen=True, slots=True)
class ChineseByline:
    """Names found, by what kind of line (``kind``), and the line itself."""

    kind: str
    names: tuple[str, ...]
    line: str


_SENTENCE = re.compile(r"[。！？…”\"」]$")
_PROSE = 30
"""Characters from which a line is a paragraph of text, so that brackets at its end may sign it."""
KINDS = ("label", "reporter", "signature", "alone", "posted", "source", "editor")
"""The order of trust: 作者：, then 记者, names in brackets that close the text, a name alone below the title, the poster
of a thread, a person named as 来源, and an editor only where nobody else is named."""


def chinese_bylines(lines: Sequence[str], title: str) -> Iterator[ChineseByline]:
    """Yield who is named in the lines of a page, best kind first within no order of lines; ``title`` is the article's."""
    wanted = comparable(title)
    title_at = next((i for i, line in enumerate(lines) if wanted and comparable(line) == wanted), None)
    for index, text in enumerate(lines):
        # In a table the label is a cell of its own.
        line = text + lines[index + 1] if len(text) <= 8 and text.endswith(("：", ":")) and index + 1 < len(lines) else text
        if len(line) <= 400:
            for found in _LABEL.finditer(line):
                if names := _labelled(found["label"], found["value"]):
                    yield ChineseByline("label", names, found[0])
            for found in _SLASHED.finditer(line):
                yield from _people("reporter", found)
            for found in _SOURCE.finditer(line):
                yield from _people("source", found)
        yield from _in_text(line, after_prose=index > 0 and _SENTENCE.search(lines[index - 1]) is not None)
        if (0 < index - title_at <= 4 if title_at is not None else index <= 3) and _ALONE.fullmatch(line):
            names = _split(line)
            if names and all(map(_is_person, names)):
                yield ChineseByline("alone", names, line)


def _in_text(line: str, *, after_prose: bool) -> Iterator[ChineseByline]:
    if "记者" in line or "通讯员" in line:
        for found in _UNBRACKETED.finditer(line):
            yield from _people("reporter", found)
    for found in _BRACKETED.finditer(line[:160] + "\n" + line[-160:] if len(line) > 320 else line):
        closes = line.rstrip("｜ ").endswith(found[0].rstrip("｜ "))
        if found["role"]:
            yield from _people("reporter", found)
        elif closes and found[0][0] in "（(" and not found["outlet"] and (after_prose or len(line) >= _PROSE) and (not found["rest"].strip("｜ ") or "报道" in found["rest"]):
            yield from _people("signature", found)
    if "编" in line:
        for found in _EDITOR.finditer(line):
            if names := tuple(name for name in _split(found["names"]) if not _NO_PERSON.search(name)):
                yield ChineseByline("editor", names, found[0])
    if "本" in line and (posted := _POSTED.search(line)):
        yield ChineseByline("posted", (posted["names"],), posted[0])


def _people(kind: str, found: re.Match[str]) -> Iterator[ChineseByline]:
    names = tuple(name for name in _split(found["names"]) if _is_person(name))
    if names:
        yield ChineseByline(kind, names, found[0])


def _split(text: str) -> tuple[str, ...]:
    parts = [part for part in re.split(r"[\s｜　、，,;；/&]+|(?<=[\u4e00-\u9fff]{2})和(?=[\u4e00-\u9fff]{2})", text) if part]
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
    return tuple(p for p in parts if 1 < len(p) <= 20 and not re.fullmatch(r"(?:本站|佚名|未知|匿名|不详|admin|摄影?)", p, re.IGNORECASE))


def _is_person(name: str) -> bool:
    if name in _WORDS or _NO_PERSON.search(name):
        return False
    if "·" in name or "•" in name or name.startswith(_COMPOUND):
        return True
    return len(name) in {2, 3} and name[0] in _SURNAMES
