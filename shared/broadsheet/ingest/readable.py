"""A cleaned body as plain text, one line for each block: what a reader reads, in order."""

from __future__ import annotations

from urllib.parse import urlsplit

from broadsheet.ingest.fragment import Element, is_element, parse_fragment, text_of
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
        if is_element(child) and child.tag not in _UNREAD and not _is_bare_embed(child):
            edge = inner if child.tag in _BLOCKS else ""
            parts.append(edge)
            _collect(child, parts, " " if child.tag == "tr" else inner)
            parts.append(edge)
        _add(child.tail, parts)


def _is_bare_embed(element: Element) -> bool:
    """Return whether a paragraph is only the link that stands for a player or post without a title."""
    if element.tag != "p" or len(element) != 1 or element[0].tag != "a":
        return False
    text = one_line(text_of(element))
    return " " not in text and text == (urlsplit(element[0].get("href") or "").hostname or "").removeprefix("www.")


def _add(text: str | None, parts: list[str]) -> None:
    if text:
        parts.append(text.replace("\n", " "))
