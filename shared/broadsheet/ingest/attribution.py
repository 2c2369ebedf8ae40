"""Who told it: the lines at a body's end that name the source, taken out of the text and returned."""

from __future__ import annotations

import re
from dataclasses import dataclass

from broadsheet.ingest.blocks import trim_end
from broadsheet.ingest.fragment import Element, elements, first_child, has_words, last_child, remove, text_of
from broadsheet.ingest.plain_text import comparable, one_line

_KEY = (
    r"(?:文\s*章\s*来\s*源|文章來源|(?:信息|消息|稿件|内容|新闻|本文|原文)来源|来\s*源|來\s*源"
    r"|稿\s*源|出\s*处|转载自|转自|转载于)"
)
_OPEN, _SHUT = r"[（(【\[［「〔]", r"[）)】\]］」〕]"
_LINE = re.compile(
    rf"(?P<open>{_OPEN})?\s*(?:本文\s*)?{_KEY}\s*[:：]\s*(?P<name>.{{1,60}}?)\s*(?P<shut>{_SHUT})?\s*[。.]?", re.DOTALL
)
_TAIL = re.compile(rf"\s*{_OPEN}\s*{_KEY}\s*[:：]\s*(?P<name>[^（(）)【】\[\]。！？]{{1,40}}?)\s*{_SHUT}\s*[。.]?\s*$")
_SIGNED = re.compile(
    r"\s*[（(](?P<name>(?!下称|以下|简称|记者|原|即)[\u4e00-\u9fffA-Za-z0-9]{1,12}"
    r"(?:社|报|网|新闻|电视台|客户端|财经|周刊|杂志|证券))[）)]\s*$"
)
"""A medium's name in brackets that ends a paragraph, as agencies sign: ``（财联社）``."""
_ENGLISH = re.compile(r"\(?(?:Source|Original source)\s*:\s*(?P<name>[^.!?]{2,60})\)?\.?")
_EDITOR = re.compile(
    rf"{_OPEN}?\s*(?:本文)?(?:责任编辑|責任編輯|责\s*编|编辑|校对|审核|值班编辑|实习编辑)\s*[:：]"
    rf"\s*[^。！？]{{1,40}}?\s*{_SHUT}?\s*"
)
_WORDPRESS = re.compile(r"The post .{1,300} (?:first )?appeared (?:first )?on .{1,100}", re.DOTALL)
_BACK = re.compile(r"(?:返回[^\s｜|。]{2,30}[\s｜|]*){1,4}|back to (?:the )?[\w -]{2,40}", re.IGNORECASE)
_NO_NAME = re.compile(r"[。！？；!?;]|https?:|[0-9]{4}[-年/]")
_OTHER_PARTS = re.compile(
    r"(?:\s+|[,，;；|｜/])\s*(?:作者|记者|编辑|责任编辑|责编|时间|日期).*|(?:作者|责任编辑|责编)\s*[:：].*", re.DOTALL
)
"""What stands beside the medium's name on the same line."""
_HAN_GAP = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_LONGEST = 160
"""Characters of a block that may be such a line as a whole."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """What closing lines told: the medium's name and address, and the address of the original."""

    name: str | None = None
    url: str | None = None
    original: str | None = None


def take_attribution(root: Element, known_name: str | None = None) -> Attribution:
    """Take closing lines (source, editor, "back to" links, the bare address) out of rebuilt blocks; return their facts.

    The last blocks are looked at from the end, as long as each is such a line, then the first. Where ``known_name``
    is given, a line that names another medium is left where it is: it is information that is kept nowhere else.
    """
    found = Attribution()
    last = last_child(root)
    while last is not None:
        said = _closing_line(last, known_name or found.name)
        if said is None:
            break
        found = _merge(found, said)
        remove(last)
        last = last_child(root)
    while last is not None and (said := _trailing_source(last, known_name or found.name)):
        found = _merge(found, said)
        if not has_words(last):
            remove(last)
            last = last_child(root)
    first = first_child(root)
    if first is not None and first is not last and (said := _source_line(first, known_name or found.name)):
        found = _merge(found, said)
        remove(first)
    return found


def _merge(first: Attribution, second: Attribution) -> Attribution:
    return Attribution(first.name or second.name, first.url or second.url, first.original or second.original)


def _closing_line(block: Element, known: str | None) -> Attribution | None:
    """Return what a block says if all it does is close the article, else None."""
    if block.tag == "hr":
        return Attribution()
    if block.tag not in {"p", "blockquote", "h5", "h6"} or any(True for _ in block.iter("img")):
        return None
    text = one_line(text_of(block))
    if not comparable(text) or any(p.fullmatch(text) for p in (_EDITOR, _WORDPRESS, _BACK)):
        return Attribution()
    links = elements(block, "a")
    if len(links) == 1 and re.match(r"https?://", text) and _same_address(text, links[0].get("href") or ""):
        return Attribution(original=links[0].get("href"))
    return _source_line(block, known)


def _same_address(text: str, href: str) -> bool:
    def plain(url: str) -> str:
        return comparable(re.sub(r"(?:%[0-9A-Fa-f]{2})+", "", url))

    return plain(text) == plain(href) or href.startswith(text)


def _source_line(block: Element, known: str | None) -> Attribution | None:
    if block.tag not in {"p", "blockquote", "h5", "h6"} or any(True for _ in block.iter("img")):
        return None
    text = one_line(text_of(block))
    if len(text) > _LONGEST:
        return None
    match = _LINE.fullmatch(text) or _ENGLISH.fullmatch(text)
    if match is None or bool(match.groupdict().get("open")) != bool(match.groupdict().get("shut")):
        return None
    name = _name(match["name"])
    if name is None or not _agrees(name, known):
        return None
    links = [link.get("href") for link in elements(block, "a") if (link.get("href") or "").startswith("http")]
    return Attribution(name, links[0] if len(links) == 1 else None)


def _trailing_source(block: Element, known: str | None) -> Attribution | None:
    """Cut ``（来源：X）`` or a medium's bracketed name off the end of a paragraph's text."""
    if block.tag not in {"p", "blockquote", "li"}:
        return None
    tail = text_of(block)[-_LONGEST:]
    match = _TAIL.search(tail) or _SIGNED.search(tail)
    name = _name(match["name"]) if match else None
    if match is None or name is None or not _agrees(name, known):
        return None
    cut_end(block, len(tail) - match.start())
    trim_end(block)
    return Attribution(name)


def _name(text: str) -> str | None:
    name = _OTHER_PARTS.sub("", _HAN_GAP.sub("", one_line(text))).strip(' 《》"“”:：-—')
    return name if name and comparable(name) and not _NO_NAME.search(name) else None


def _agrees(name: str, known: str | None) -> bool:
    if known is None or not comparable(known):
        return True
    one, other = comparable(name), comparable(known)
    return one in other or other in one


def cut_end(block: Element, count: int) -> None:
    """Cut the last ``count`` characters off a block's text, across its inline elements."""
    for element, part in reversed(_in_text_order(block)):
        text = (element.text if part == "text" else element.tail) or ""
        kept = text[: max(0, len(text) - count)]
        count -= len(text) - len(kept)
        if part == "text":
            element.text = kept.rstrip() if count == 0 else kept
        else:
            element.tail = kept.rstrip() if count == 0 else kept
        if count == 0:
            return


def _in_text_order(element: Element) -> list[tuple[Element, str]]:
    places = [(element, "text")]
    for child in element:
        places.extend(_in_text_order(child))
        places.append((child, "tail"))
    return places
