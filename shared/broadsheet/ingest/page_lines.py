"""What readers see of a page, line by line, without the parts that are never about the article."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from broadsheet.ingest.fragment import Element
from broadsheet.ingest.plain_text import comparable, one_line

JOINT = "｜"
"""Stands between two inline elements that touch: what follows may be something else."""

_UNSEEN = frozenset((
    "script", "style", "noscript", "template", "head", "title", "select", "option", "textarea", "button", "svg",
    "iframe", "object", "nav",
))  # fmt: skip
_INLINE = frozenset((
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "em", "font", "i", "img", "ins", "label", "mark",
    "q",
    "s", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "wbr", "address", "meta", "link",
))  # fmt: skip
_ASIDE = re.compile(
    r"(?<!has-)(?<!no-)(?<!with-)(?<![^\s_-])(?:comments?(?:-?(?:list|area|section|body|form|wrap\w*|thread))?"
    r"|disqus\w*|respond|replies"
    r"|side-?bar\w*|related\w*|recommend\w*|recirc\w*|popular|most-?(?:read|viewed|popular)|teasers?|read-?more"
    r"|foot(?:er)?|breadcrumbs?|cookie\w*|newsletter|see-?also|latest(?:-?\w+)?|trending|calendar)(?:$|[\s_-])",
    re.IGNORECASE,
)
_MAX_ELEMENTS = 30_000
_MAX_TEXT = 400_000
_MAX_LINE = 2_000
_TITLE_PART = 6


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text and the element it begins in."""

    text: str
    element: Element


def visible_lines(root: Element) -> tuple[Line, ...]:
    """Return the lines of a page in document order, each on one line, long ones cut, empty ones left out.

    Menus, side columns, comments and lists of other stories are passed over, as far as their names tell. Elements
    that touch without a blank are parted by ``JOINT``.
    """
    body = next(root.iter("body"), root)
    lines: list[Line] = []
    parts: list[str] = []
    start = body
    total = 0
    for element, text, breaks in _pieces(body):
        if breaks and parts:
            _finish(lines, parts, start)
            parts = []
        if text:
            if not parts:
                start = element
            parts.append(text)
            total += len(text)
            if total > _MAX_TEXT:
                break
    if parts:
        _finish(lines, parts, start)
    return tuple(lines)


def title_place(lines: Sequence[str], title: str) -> int | None:
    """Return which of the lines says the title, or at least a good part of it; None where none does."""
    wanted = comparable(title)
    if not wanted:
        return None
    part = None
    for index, line in enumerate(lines):
        if len(line) <= 3 * len(title) + 20 and (said := comparable(line)):
            if said == wanted:
                return index
            if part is None and len(said) >= _TITLE_PART and len(said) * 4 >= len(wanted) and said in wanted:
                part = index
    return part


def is_aside(element: Element) -> bool:
    """Return whether ``element`` stands in a comment, a side column, a list of other stories, or the page's foot."""
    node: Element | None = element
    while node is not None:
        if node.tag in {"aside", "nav"} or _named_aside(node):
            return True
        if node.tag == "footer" and next(node.iterancestors("article", "main"), None) is None:
            return True
        node = node.getparent()
    return False


def _named_aside(element: Element) -> bool:
    if _says_aside(element.get("class") or "") or _says_aside(element.get("id") or ""):
        # A wrapper of the whole page is called "with-sidebar" as well: it is known by the title in it.
        return element.tag not in {"html", "body", "main", "article"} and next(element.iter("h1"), None) is None
    return (element.get("itemtype") or "").endswith("/Comment")


@lru_cache(maxsize=2048)
def _says_aside(names: str) -> bool:
    return _ASIDE.search(names[:300]) is not None


def _finish(lines: list[Line], parts: list[str], start: Element) -> None:
    text = "".join(parts)[:_MAX_LINE]
    text = " ".join(text.split()) if text.isascii() else one_line(text)
    text = text.strip(f"{JOINT} ")
    if text:
        lines.append(Line(text, start))


def _pieces(body: Element) -> Iterator[tuple[Element, str, bool]]:
    """Yield (element, text, whether a line ends before it) over what is seen."""
    yield body, body.text or "", True
    stack: list[tuple[Element, Iterator[Element]]] = [(body, iter(body))]
    count = 0
    while stack and count < _MAX_ELEMENTS:
        parent, children = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
            if stack:
                inline = parent.tag in _INLINE
                tail = parent.tail or ""
                yield stack[-1][0], (JOINT + tail if inline and tail else tail), not inline
            continue
        count += 1
        tag = child.tag
        if not isinstance(tag, str) or tag in _UNSEEN or _skipped(child):
            yield parent, child.tail or "", isinstance(tag, str) and tag not in _INLINE and tag not in _UNSEEN
            continue
        inline = tag in _INLINE
        text = child.text or ""
        yield child, (JOINT + text if inline and text else text), not inline
        stack.append((child, iter(child)))


def _skipped(element: Element) -> bool:
    if element.tag == "aside" or (element.tag == "footer" and next(element.iterancestors("article"), None) is None):
        return True
    if "class" not in element.attrib and "id" not in element.attrib:
        return False
    return _named_aside(element)
