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
    """Return the text of ``html``, a cleaned body: each block, list item and table row on a line of its own.

    Captions are left out, since they are no part of the running text, and so are the readings of ruby.
    Raises ArticleRejected past the bounds of ``html_limits``.
    """
    parts: list[str] = []
    _collect(parse_fragment(html), parts)
    lines = (one_line(line) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _collect(element: Element, parts: list[str], inner: str = "\n") -> None:
    """Add the text of ``element``; ``inner`` stands between blocks inside it, which in a table's row is a blank."""
    _add(element.text, parts)
    for child in element:
        if is_element(child) and child.tag not in _UNREAD:
            edge = inner if child.tag in _BLOCKS else ""
            parts.append(edge)
            _collect(child, parts, " " if child.tag == "tr" else inner)
            parts.append(edge)
        _add(child.tail, parts)


def _add(text: str | None, parts: list[str]) -> None:
    if text:
        parts.append(text.replace("\n", " "))
