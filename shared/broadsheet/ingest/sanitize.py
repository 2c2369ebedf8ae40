"""The one allow-list. It runs last, on everything, whatever produced it."""

from __future__ import annotations

import html
import re

import nh3

from broadsheet.ingest.html_limits import check_html

TAGS = frozenset(
    (
        # blocks
        "p", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr", "ul", "ol", "li", "dl", "dt", "dd",
        "figure", "figcaption", "details", "summary", "table", "caption", "thead", "tbody", "tfoot", "tr", "th",
        "td", "colgroup", "col",
        # inline
        "a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "del", "dfn", "em", "i", "img", "ins", "kbd",
        "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "strong", "sub", "sup", "time", "u", "var", "wbr",
    )
)  # fmt: skip
# No ``cite``: nobody sees it, and the sanitiser lets any scheme through there.
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"lang", "dir"},
    "a": {"href", "title", "id"},
    "abbr": {"title"},
    "col": {"span"},
    "del": {"datetime"},
    "img": {"src", "alt", "title", "width", "height"},
    "ins": {"datetime"},
    "li": {"id", "value"},
    "ol": {"start", "reversed", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
SCHEMES = frozenset({"http", "https", "mailto"})
REL = "nofollow noopener"
"""On links of third parties: no vote for them, no handle on our window; the referrer stays, publishers live by it."""

NUMBERS = frozenset({"width", "height", "colspan", "rowspan", "span", "start", "value"})
FOOTNOTE = re.compile(r"fn(?:ref)?[0-9][0-9:_-]{0,15}")
"""Ids that footnotes of uploads use; any other id could shadow a page's own (DOM clobbering)."""
_VALUES = {
    "dir": re.compile("ltr|rtl|auto"),
    "lang": re.compile("[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8}){0,4}"),
    "id": FOOTNOTE,
    "type": re.compile("[1aAiI]"),
    "scope": re.compile("row|col|rowgroup|colgroup"),
    "datetime": re.compile("[0-9TZPWYMDHS:.+ -]{1,40}"),
    **{name: re.compile("[0-9]{1,4}") for name in NUMBERS},
}
_GONE_WITH_CONTENT = frozenset((
    "script", "style", "template", "noscript", "iframe", "object", "svg", "math", "textarea", "title", "select",
    "xmp", "noembed", "noframes", "plaintext",
))  # fmt: skip
_PRE_NEWLINES = re.compile(r"(<pre(?:\s[^>]*)?>)\n+")
_ROUNDS = 6


def _attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "img" and name == "src":
        return value if re.match(r"(?i)https?:", value) else None
    pattern = _VALUES.get(name)
    return value if pattern is None or pattern.fullmatch(value) else None


def _relative(url: str) -> str | None:
    return url if url.startswith("#") and FOOTNOTE.fullmatch(url[1:]) else None


_CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(_GONE_WITH_CONTENT),
    attributes=ATTRIBUTES,
    attribute_filter=_attribute,
    url_schemes=set(SCHEMES),
    url_relative=_relative,
    link_rel=REL,
    strip_comments=True,
)


def sanitize(markup: str) -> str:
    """Return ``markup`` (an HTML fragment) with nothing but allow-listed tags, attributes and addresses.

    The result is well-formed HTML and a fixed point: sanitising it again changes nothing, so a browser that parses
    it reads the same tree. Raises ArticleRejected past the bounds of :mod:`html_limits`.
    """
    check_html(markup)
    for _ in range(_ROUNDS):
        cleaned = _PRE_NEWLINES.sub(r"\1", _CLEANER.clean(markup))
        if cleaned == markup:
            return cleaned
        markup = cleaned
    return html.escape(markup, quote=False)
