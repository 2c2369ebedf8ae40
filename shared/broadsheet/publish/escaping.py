"""Escaping for portable posts: text that no Markdown parser and no static site generator acts on.

What is escaped is what any of kramdown (Jekyll), goldmark (Hugo) and markdown-it (Eleventy) gives a meaning to,
by means that all three know: a backslash where kramdown's list of escapes has the character, else a character
reference. Braces are always escaped, so that neither Liquid, nor Hugo's shortcodes, nor kramdown's attribute
lists and ``{::extensions}`` are found in text. Quotes, and dashes and dots in a row, are escaped because kramdown and
goldmark put typographic ones in their place; addresses, because Hugo links them up to the first escape.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from markupsafe import Markup, escape

_SPECIAL = re.compile(
    r"""[\\`*_\[\]|\#"'{}<>~^$]
    | & (?= [#\w] | $ )
    | ! $                             # a link may follow, and would be an image
    | (?<=-) - | (?<=\.) \.
    | (?<=\]) :                       # kramdown: "[label\]: …" defines a link, whatever was escaped
    | : (?=//) | (?<=www) \. | (?<=\S) @ (?=\w)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SPECIAL_IN_ALT = re.compile(r"[\\`*_\[\]|{}<>~^$]|&(?=[#\w])")
_BY_REFERENCE = {character: f"&#{ord(character)};" for character in "{}~^$!@`\\"}
_BY_REFERENCE |= {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
"""What has no escape in kramdown, or one it reads amiss: a backtick in a table, a backslash at the end of a line."""
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
    line = _SPECIAL.sub(_escape_after_first, before + _on_one_line(str(text)))[len(before) :]
    if before == " " or before.isdecimal():
        line = _AT_START.sub(r"\1\\\2", line)
        line = _NUMBER_AT_START.sub(r"\1\\\2", line)
    return Markup(line)  # noqa: S704 - just escaped


def alt_text(text: str) -> Markup:
    """Return ``text`` for the brackets of an image. As little as can be is escaped: markdown-it loses all that is."""
    return Markup(_SPECIAL_IN_ALT.sub(_escape, _on_one_line(text)))  # noqa: S704 - just escaped


def _on_one_line(text: str) -> str:
    return _BREAKS.sub(" ", text)


def _escape(match: re.Match[str]) -> str:
    return _BY_REFERENCE.get(match[0]) or f"\\{match[0]}"


def _escape_after_first(match: re.Match[str]) -> str:
    return _escape(match) if match.start() else match[0]


def html_in_post(text: object) -> Markup:
    """Return ``text`` escaped for an HTML element that stands in a post: no braces either."""
    return braces_away(escape(text))


def braces_away(html: str) -> Markup:
    """Return HTML with its braces as character references, so that no template language finds a tag in it.

    ``html`` is trusted markup. References mean the same as the braces, in text and in attributes.
    """
    # Not ``Markup.replace``, which would escape the references.
    return Markup(str(html).replace("{", "&#123;").replace("}", "&#125;"))  # noqa: S704 - markup in, markup out


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
