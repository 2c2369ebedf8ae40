"""Bounds on HTML, checked by a scan that costs less than parsing: size, tags, attributes, nesting."""

from __future__ import annotations

import re

from lxml.etree import _Element as Element

from broadsheet.model.errors import ArticleRejected

MAX_CHARACTERS = 5_000_000
"""Of one document; the largest of several hundred news pages has 1.7 million."""
MAX_TAGS = 8_000
"""Start tags and comments of one document; the heaviest of those pages has 4,300. Eight thousand paragraphs take the
extractor about one and a half seconds."""
MAX_SEPARATORS = 300_000
"""White space and slashes inside all tags together, which attributes cannot do without; those pages have a tenth."""
MAX_ATTRIBUTES = 500
"""Attributes of one tag: parsers look for doubles in a way that is quadratic in them."""
MAX_DEPTH = 200
"""Nesting; 20,000 levels cost a sanitiser 2.5 s and a tree builder 40 s."""

VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr", "basefont", "bgsound", "frame", "keygen",
))  # fmt: skip
_S = r"[ \t\n\r\f]"
_VALUE = r"\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^ \t\n\r\f>\"'][^ \t\n\r\f>]*+"
_ATTRIBUTE = rf"[^ \t\n\r\f/>][^ \t\n\r\f/>=]*+(?:{_S}*+={_S}*+(?:{_VALUE})?+)?+"
"""As HTML's tokenizer reads it: a quote opens a value after ``=`` only; every quantifier is possessive, so linear."""
_TOKEN = re.compile(
    rf"<(?:!--(?:.*?(?:--!?>|\Z))|(/?)([a-zA-Z][^ \t\n\r\f/>]*+)((?:[ \t\n\r\f/]++|{_ATTRIBUTE})*+)(?:>|\Z))", re.DOTALL
)
_ONE_ATTRIBUTE = re.compile(_ATTRIBUTE)
_RAW_END = {
    name: re.compile(rf"</{name}(?=[ \t\n\r\f/>])", re.IGNORECASE)
    for name in ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
}

_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "center", "details", "dialog", "dir", "div", "dl", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr",
    "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "ul",
))  # fmt: skip
_IMPLIED_END = {
    **{name: (frozenset({"p"}), frozenset({"td", "th", "caption", "button", "object", "table"})) for name in _BLOCKS},
    "li": (frozenset({"li", "p"}), frozenset({"ul", "ol", "menu", "dir", "td", "th"})),
    "dt": (frozenset({"dt", "dd", "p"}), frozenset({"dl", "td", "th"})),
    "dd": (frozenset({"dt", "dd", "p"}), frozenset({"dl", "td", "th"})),
    "td": (frozenset({"td", "th", "p"}), frozenset({"table", "tr"})),
    "th": (frozenset({"td", "th", "p"}), frozenset({"table", "tr"})),
    "tr": (frozenset({"tr"}), frozenset({"table"})),
    "tbody": (frozenset({"tbody", "thead", "tfoot", "tr"}), frozenset({"table"})),
    "tfoot": (frozenset({"tbody", "thead", "tfoot", "tr"}), frozenset({"table"})),
    "option": (frozenset({"option"}), frozenset({"select", "optgroup"})),
    "rt": (frozenset({"rt", "rp"}), frozenset({"ruby"})),
    "rp": (frozenset({"rt", "rp"}), frozenset({"ruby"})),
    "a": (frozenset({"a"}), frozenset({"td", "th", "caption"})),
}
"""Start tag → (elements it ends, elements beyond which it ends nothing): people leave these end tags out."""


def check_html(text: str) -> None:
    """Raise ArticleRejected where parsing ``text`` could cost too much: too long, deep, or many tags.

    Stops at the first bound that is crossed. End tags that HTML lets people omit do not count as nesting.
    """
    if len(text) > MAX_CHARACTERS:
        raise ArticleRejected(f"HTML of {len(text):,} characters; the limit is {MAX_CHARACTERS:,}: publish it in parts")
    stack: list[str] = []
    tags = position = separators = 0
    while match := _TOKEN.search(text, position):
        position = match.end()
        slash, name, attributes = match.groups()
        if slash:
            _close(stack, name.lower())
            continue
        tags += 1
        if tags > MAX_TAGS:
            raise ArticleRejected(f"HTML with more than {MAX_TAGS:,} tags: publish it in parts")
        if name is None:
            continue
        name = name.lower()
        separators += sum(map(attributes.count, " \t\n\f\r/"))
        if separators > MAX_SEPARATORS:
            raise ArticleRejected(f"HTML with more than {MAX_SEPARATORS:,} parts in its tags: remove attributes")
        if len(attributes) > 2 * MAX_ATTRIBUTES:
            _check_attributes(name, attributes)
        if raw_end := _RAW_END.get(name):
            end = raw_end.search(text, position)
            position = end.start() if end else len(text)
        elif name not in VOID and not attributes.endswith("/"):
            _open(stack, name)


def _check_attributes(name: str, attributes: str) -> None:
    for count, _ in enumerate(_ONE_ATTRIBUTE.finditer(attributes), 1):
        if count > MAX_ATTRIBUTES:
            raise ArticleRejected(f"HTML with more than {MAX_ATTRIBUTES} attributes on one <{name[:20]}>: remove them")


def _open(stack: list[str], name: str) -> None:
    if implied := _IMPLIED_END.get(name):
        ended, boundaries = implied
        for index in range(len(stack) - 1, -1, -1):
            if stack[index] in boundaries:
                break
            if stack[index] in ended:
                del stack[index:]
                break
    stack.append(name)
    if len(stack) > MAX_DEPTH:
        raise ArticleRejected(f"HTML nested more than {MAX_DEPTH} levels deep, down to <{name[:20]}>: close its tags")


def _close(stack: list[str], name: str) -> None:
    if name in stack:
        while stack.pop() != name:
            pass


def check_tree(root: Element) -> None:
    """Raise ArticleRejected where the parsed tree is deeper than ``MAX_DEPTH`` after all."""
    depth = 0
    level = [root]
    while level:
        depth += 1
        if depth > MAX_DEPTH + 10:
            raise ArticleRejected(f"HTML nested more than {MAX_DEPTH} levels deep: close its tags")
        level = [child for element in level for child in element]
