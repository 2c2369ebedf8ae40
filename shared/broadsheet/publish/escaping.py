"""Escaping for portable posts: text that no Markdown parser and no static site generator acts on.

What is escaped is what any of kramdown (Jekyll), goldmark (Hugo) and markdown-it (Eleventy) gives a meaning to,
by means that all three know: a backslash where kramdown's list of escapes has the character, else a character
reference. Braces are always escaped, so that neither Liquid, nor Hugo's shortcodes, nor kramdown's attribute
lists and ``{::extensions}`` are found in text.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from markupsafe import Markup, escape

_SPECIAL = re.compile(r"[\\`*_\[\]|#]")
_ENTITY = {"{": "&#123;", "}": "&#125;", "<": "&lt;", ">": "&gt;", "~": "&#126;", "^": "&#94;", "$": "&#36;"}
_BY_ENTITY = re.compile("[" + re.escape("".join(_ENTITY)) + "]")
_AMPERSAND = re.compile(r"&(?=[#\w]|$)")
_AT_START = re.compile(r"^(\s*)([-+=:.)])")
_NUMBER_AT_START = re.compile(r"^(\s*\d+)([.)])")
_BREAKS = re.compile(r"\s*[\r\n\u0085\u2028\u2029]\s*")
_REFERENCE = re.compile(r"&(#?\w+);")
_URL_SAFE = "!#$%&'+,-./:;=?@_~"


def markdown_text(text: object, before: str = " ") -> Markup:
    """Return ``text`` as one line of Markdown that reads as it is written. What is ``Markup`` stays as it is.

    ``before`` is the character that stands before it on its line, a space where a line may begin with it: some
    characters mean something there alone, and ``.`` and ``)`` after a digit.
    """
    if isinstance(text, Markup):
        return text
    line = _AMPERSAND.sub("&amp;", _BREAKS.sub(" ", str(text)))
    line = _SPECIAL.sub(r"\\\g<0>", line)
    line = _BY_ENTITY.sub(lambda match: _ENTITY[match[0]], line)
    if before == " " or before.isdecimal():
        line = _AT_START.sub(r"\1\\\2", line)
        line = _NUMBER_AT_START.sub(r"\1\\\2", line)
    # A link may follow, and "!" before "[" would make it an image.
    return Markup(line[:-1] + "&#33;" if line.endswith("!") else line)  # noqa: S704 - just escaped


def html_in_post(text: object) -> Markup:
    """Return ``text`` escaped for an HTML element that stands in a post: no braces either."""
    return braces_away(escape(text))


def braces_away(html: str) -> Markup:
    """Return HTML with its braces as character references, so that no template language finds a tag in it.

    ``html`` is trusted markup. References mean the same as the braces, in text and in attributes.
    """
    return Markup(html.replace("{", "&#123;").replace("}", "&#125;"))  # noqa: S704 - markup in, markup out


def post_url(url: str | None) -> Markup:
    """Return an address as it may stand in ``<…>`` or ``(…)``: nothing in it ends either or means anything."""
    if url is None:
        return Markup("")
    return Markup(_REFERENCE.sub(r"&\1%3B", quote(url, safe=_URL_SAFE)))  # noqa: S704 - percent-encoded


def web_url(url: str | None) -> str | None:
    """Return ``url`` where it is an absolute http or https address, else None: nothing else is linked to."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme.lower() in {"http", "https"} and parts.netloc else None
