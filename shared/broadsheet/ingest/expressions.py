"""The languages of paths: JMESPath into JSON, XPath and CSS into HTML. Compiled once, bounded before."""

from __future__ import annotations

import re
from typing import Any, Protocol

MAX_NESTING = 40
"""Brackets open at once in an expression; their parsers are recursive."""
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9:_-]*")
_AXIS = re.compile(r"[a-z-]+::")


class JsonPath(Protocol):
    """A compiled JMESPath."""

    def search(self, value: Any) -> Any:
        """Return what the path finds in ``value``, None for nothing; raises jmespath's JMESPathError."""
        ...


def compile_jmespath(expression: str) -> JsonPath:
    """Return the compiled JMESPath; raises ValueError with the reason where it is none."""
    import jmespath  # noqa: PLC0415 - only for JSON sources
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415

    _bounded(expression)
    try:
        compiled: JsonPath = jmespath.compile(expression)
    except JMESPathError as fault:
        reason = " ".join(str(fault).partition("\n")[0].split())
        raise ValueError(f"is no JMESPath ({reason})") from fault
    return compiled


def compile_xpath(expression: str) -> Any:
    """Return the XPath 1.0 as a function of an element; raises ValueError with the reason where it is none."""
    from lxml import etree  # noqa: PLC0415 - only for HTML sources and cleaning rules

    _bounded(expression)
    try:
        return etree.XPath(expression, smart_strings=False)
    except etree.XPathSyntaxError as fault:
        raise ValueError(f"is no XPath ({fault})") from fault


def compile_css(expression: str) -> Any:
    """Return the compiled CSS selector (soupsieve); raises ValueError with the reason where it is none."""
    import soupsieve  # noqa: PLC0415 - only for HTML sources

    _bounded(expression)
    try:
        return soupsieve.compile(expression)
    except (soupsieve.SelectorSyntaxError, NotImplementedError) as fault:
        raise ValueError(f"is no CSS selector ({str(fault).partition(chr(10))[0]})") from fault


def is_xpath(expression: str) -> bool:
    """Return whether an ``items`` expression is XPath rather than CSS: by its slash, bracket or axis."""
    return expression.lstrip().startswith(("/", "./", "(", "..")) or _AXIS.search(expression) is not None


def split_attribute(selector: str) -> tuple[str, str | None]:
    """Return a CSS field's selector and attribute: ``a.more@href``; "" or ``.`` selects the item itself."""
    css, at, attribute = selector.rpartition("@")
    if not at or not _ATTRIBUTE.fullmatch(attribute):
        css, attribute = selector, ""
    css = css.strip()
    return ("" if css == "." else css), attribute or None


def _bounded(expression: str) -> None:
    depth = 0
    for character in expression:
        depth += (character in "([{") - (character in ")]}")
        if depth > MAX_NESTING:
            raise ValueError(f"nests deeper than {MAX_NESTING}")
