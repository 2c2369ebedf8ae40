"""A cleaned body as plain text, one line for each block: what a reader reads, in order."""

from __future__ import annotations

from broadsheet.ingest.fragment import Element, is_element, parse_fragment
from broadsheet.ingest.plain_text import one_line

_BLOCKS = frozenset((
    "p", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol", "li", "dl", "dt", "dd", "figure", "figcaption",
    "details", "summary", "table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "hr", "br", "div",
))  # fmt: skip
_UNREAD = frozenset({"figcaption", "rt", "rp"})


def readable_text(html: str) -> str:
    """Return the text of ``html``, a cleaned body: blocks are separated by line ends, each on one line.

    Captions are left out, since they are no part of the running text, and so are the readings of ruby.
    Raises ArticleRejected past the bounds of ``html_limits``.
    """
    parts: list[str] = []
    _collect(parse_fragment(html), parts)
    lines = (one_line(line) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _collect(element: Element, parts: list[str]) -> None:
    _add(element.text, parts)
    for child in element:
        if is_element(child) and child.tag not in _UNREAD:
            edge = child.tag in _BLOCKS
            if edge:
                parts.append("\n")
            _collect(child, parts)
            if edge:
                parts.append("\n")
        _add(child.tail, parts)


def _add(text: str | None, parts: list[str]) -> None:
    if text:
        parts.append(text.replace("\n", " "))
