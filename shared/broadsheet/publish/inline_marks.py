"""The marks within a text (strong, emphasis, code, links), made into such as Markdown can write without a doubt.

Two marks that touch are one run of ``*`` or ````` to a parser, and each parser cuts such a run in its own way. So
marks that say the same are one, and of two that touch at one end the lesser goes: its text stays.
"""

from __future__ import annotations

from bs4 import BeautifulSoup, PageElement, Tag

LINKED_SCHEMES = ("http:", "https:", "mailto:", "tel:", "/", "#")

_WRITTEN_AS = {
    "b": "strong",
    "i": "em",
    "cite": "em",
    "dfn": "em",
    "var": "em",
    "s": "del",
    "kbd": "code",
    "samp": "code",
}
_UNWRITTEN = frozenset(
    {"abbr", "bdi", "bdo", "ins", "mark", "rp", "rt", "ruby", "small", "span", "sub", "sup", "time", "u", "wbr"}
)
_MARKS = ("strong", "em", "del", "code")


def simplify_marks(soup: BeautifulSoup) -> None:
    """Leave in ``soup`` only marks that Markdown has, none within its like, and none that touch at one end."""
    for tag in soup.find_all(True):
        tag.name = _WRITTEN_AS.get(tag.name, tag.name)
        if tag.name in _UNWRITTEN or (tag.name == "a" and not is_link(tag)):
            tag.unwrap()
    for block in soup.find_all("pre"):
        block.insert_after(*block.find_all("img"))
    for tag in soup.find_all(_MARKS):
        if tag.name == "code" and tag.find(["img", "br"]):
            tag.unwrap()
            continue
        around = ["code", tag.name] if tag.name == "code" else ["code", "dt", tag.name]
        if tag.find_parent(around) or not tag.get_text(strip=True):
            tag.unwrap()
    for tag in soup.find_all(_MARKS):
        while isinstance(tag.next_sibling, Tag) and tag.next_sibling.name == tag.name:
            tag.extend(list(tag.next_sibling.children))
            tag.next_sibling.extract()
    for tag in soup.find_all(_MARKS):
        if _touches_one_end(tag) or _is_mark(tag.previous_sibling):
            tag.unwrap()
    soup.smooth()


def is_link(tag: Tag) -> bool:
    """Whether an ``a`` leads somewhere, and has something to be clicked on."""
    href = str(tag.get("href") or "").lower()
    return href.startswith(LINKED_SCHEMES) and bool(tag.get_text(strip=True) or tag.find("img"))


def _touches_one_end(tag: Tag) -> bool:
    return _is_mark(tag.parent) and (tag.previous_sibling is None) != (tag.next_sibling is None)


def _is_mark(node: PageElement | None) -> bool:
    return isinstance(node, Tag) and node.name in _MARKS
