"""What text is allowed to be: NFC, no control characters, and the few views of it that are compared."""

from __future__ import annotations

import html
import re
import unicodedata
from itertools import takewhile

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\ufeff\u00ad]"
)
"""Control characters, lone surrogates and non-characters (no XML, no UTF-8), byte order marks, soft hyphens."""
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SPACE = re.compile(r"\s+")
_TAG = re.compile(r"<(?:!--.*?(?:-->|\Z)|/?[a-zA-Z][^<>]*>)", re.DOTALL)
_NO_WORD = re.compile(r"[\W_]+")
_OVERLAY = "\u0338"
"""The one combining character that NFC composes with ``<``, ``>`` and ``=``."""

EDGE_SPACE = " \t\n\r\f\v\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u200b\u2060\u180e"
"""Characters of a regular expression's class: what is trimmed at the edges of a paragraph."""
_EDGES = re.compile(f"^[{EDGE_SPACE}]+|[{EDGE_SPACE}]+$")


def tidy(text: str) -> str:
    """Return ``text`` as NFC without what XML, UTF-8 or a reader cannot use; line ends are LF.

    A leading U+0338 is dropped: beside a tag's ``>``, normalising the whole document would melt the two into one
    character and break the tag.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = unicodedata.normalize("NFC", text)
    if _OVERLAY in text:
        marks = "".join(takewhile(unicodedata.combining, text))
        text = marks.replace(_OVERLAY, "") + text[len(marks) :]
    return text


def one_line(text: str) -> str:
    """Return ``text`` tidied on one line, each run of white space a single blank; no direction overrides."""
    return _SPACE.sub(" ", _BIDI.sub("", tidy(text))).strip(" \u200b")


def trim(text: str) -> str:
    """Return ``text`` without white space of any kind, zero-width included, at its edges."""
    return _EDGES.sub("", text)


def without_tags(markup: str) -> str:
    """Return the text of a short piece of HTML (a title, a digest) on one line.

    Tags go, entities are resolved twice, since feeds often escape twice (``&amp;amp;``); what then looks like a
    tag is text.
    """
    return one_line(html.unescape(html.unescape(_TAG.sub(" " if _breaks(markup) else "", markup))))


def _breaks(markup: str) -> bool:
    return re.search(r"<(?:br|p|div|li)\b", markup, re.IGNORECASE) is not None


def comparable(text: str) -> str:
    """Return what two texts must share to say the same: letters and digits, folded by width and case."""
    return _NO_WORD.sub("", unicodedata.normalize("NFKC", text).casefold())


def shorten(text: str, length: int) -> str:
    """Return ``text`` cut to at most ``length`` characters after a sentence or word, with ``…`` where it was cut."""
    if len(text) <= length:
        return text
    head = text[: length - 1]
    ends = [m.end() for m in re.finditer(r"[。！？；!?](?=.)|[.;](?=\s)", head)]
    if ends and ends[-1] >= length * 0.6:
        return head[: ends[-1]].rstrip()
    breaks = [m.start() for m in re.finditer(r"\s|(?<=[，、：,])", head)]
    if breaks and breaks[-1] >= length * 0.6:
        head = head[: breaks[-1]]
    return head.rstrip(" \t,;:，、；：—-") + "…"


def to_html(text: str, *, hard_wrapped: bool = False) -> str:
    """Return plain text as HTML paragraphs.

    A blank line ends a paragraph; where there is none, each line is one. A line end inside a paragraph is a
    ``<br>``, or a blank where the text is ``hard_wrapped`` at a column, as e-mail is.
    """
    text = tidy(text).strip("\n")
    blocks = re.split(r"\n[ \t]*\n", text) if re.search(r"\n[ \t]*\n", text) else text.split("\n")
    joint = " " if hard_wrapped else "<br>"
    lines = (joint.join(html.escape(line, quote=False) for line in block.strip("\n").split("\n")) for block in blocks)
    return "\n".join(f"<p>{line}</p>" for line in lines if line.strip())
