"""HTML list pages as listings: items and their fields by XPath or by CSS, one language per source."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from html import escape
from typing import Any, Protocol

from broadsheet.model.article import SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.source import Source

from .encoding import decode
from .expressions import compile_css, compile_xpath, is_xpath, split_attribute
from .html_limits import check_html
from .listing_item import MANY_VALUED, MARKUP, MAX_ITEMS, RawItem, RawListing, Values
from .plain_text import one_line, tidy, trim
from .urls import is_template, web_url

_CSS_DEFAULTS = {"title": "h1, h2, h3, h4, a[href]", "url": "a[href]", "published": "time"}
_XPATH_DEFAULTS = {
    "title": "(descendant-or-self::*[self::h1 or self::h2 or self::h3 or self::h4 or self::a[@href]])[1]",
    "url": "descendant-or-self::a/@href",
    "published": "descendant::time",
}
_TELLING_ATTRIBUTES = {
    "url": ("href",),
    "image": ("src", "data-src", "content", "href"),
    "published": ("datetime", "content"),
    "updated": ("datetime", "content"),
    "next": ("href",),
}
"""Where an element is chosen for a field, these attributes tell more than its text."""


class _Language(Protocol):
    """A language of paths into one parsed page."""

    root: Any
    base: str | None
    title: str | None

    def items(self, expression: str) -> list[Any]: ...
    def values(self, item: Any, name: str, expression: str) -> tuple[str, ...]: ...


def read_html_items(source: Source, document: SourceDocument) -> RawListing:
    """Return the items of a list page; fields are told by paths relative to the item.

    A field that is not named is looked for where pages have it: the first heading or link, the first address, the
    first ``time``. Raises ArticleRejected where the page is empty or beyond the limits.
    """
    text = decode(document.body, document.content_type, kind="html").text
    if not text.strip():
        raise ArticleRejected(f"{source.where}: {document.url} is empty, no page; check the url")
    check_html(text)
    expression = source.items or ""
    xpath = is_xpath(expression)
    language: _Language = _XPathLanguage(text) if xpath else _CssLanguage(text)
    try:
        rows = language.items(expression)
    except ValueError as fault:
        raise ArticleRejected(f"{source.where}: field 'items' ('{expression}') {fault}") from fault
    if not rows:
        title = f" (a page called '{language.title}')" if language.title else ""
        reason = (
            f"{source.where}: field 'items' ('{expression}') matches nothing in {document.url}{title}; mend the path"
        )
        return RawListing(items=(), nothing=reason)
    paths = dict(_XPATH_DEFAULTS if xpath else _CSS_DEFAULTS)
    paths |= {name: path for name, path in source.fields.items() if not is_template(path)}
    paths = {name: path for name, path in paths.items() if not is_template(source.fields.get(name, ""))}
    base = web_url(document.url, language.base) if language.base else None
    next_url, warnings = _next(source, language, base or document.url)
    if len(rows) > MAX_ITEMS:
        warnings.append(f"{len(rows):,} items, of which the first {MAX_ITEMS:,} were read")
    return RawListing(
        items=tuple(_item(language, row, paths, base) for row in rows[:MAX_ITEMS]),
        title=language.title,
        next_url=next_url,
        warnings=tuple(warnings),
    )


def _next(source: Source, language: _Language, base: str) -> tuple[str | None, list[str]]:
    """Return where the next page is, None for nowhere, and what is wrong with the path to it."""
    if not source.next or is_template(source.next):
        return None, []
    try:
        found = language.values(language.root, "next", source.next)
    except ValueError as fault:
        return None, [f"field 'next' ('{source.next}') {fault}"]
    return (web_url(base, found[0]) if found else None), []


def _item(language: _Language, row: Any, paths: dict[str, str], base: str | None) -> RawItem:
    named: dict[str, tuple[str, ...]] = {}
    for name, path in paths.items():
        try:
            named[name] = language.values(row, name, path)
        except ValueError as fault:
            return RawItem(named, base_url=base, problem=f"field '{name}' ('{path}') {fault}")
    return RawItem(_single(named), base_url=base)


def _single(named: dict[str, tuple[str, ...]]) -> Values:
    """Keep one value where a field has place for one: the first, in the page's order."""
    return {name: values if name in MANY_VALUED else values[:1] for name, values in named.items()}


class _XPathLanguage:
    """XPath 1.0 over lxml's tree."""

    def __init__(self, text: str) -> None:
        from lxml import etree, html  # noqa: PLC0415 - for HTML sources only

        self._etree = etree
        parser = html.HTMLParser(no_network=True, huge_tree=False)
        try:
            self.root = html.document_fromstring(_without_declaration(text), parser=parser)
        except etree.ParserError:  # not one element in it
            self.root = html.document_fromstring("<html></html>", parser=parser)
        self.base = next(iter(self._strings("string(//base/@href)")), None)
        self.title = next(iter(self._strings("string(//title)")), None)

    def items(self, expression: str) -> list[Any]:
        found = self._find(self.root, expression)
        return [row for row in found if not isinstance(row, str)]

    def values(self, item: Any, name: str, expression: str) -> tuple[str, ...]:
        found = (self._value(one, name) for one in self._find(item, expression))
        return tuple(text for text in found if text)

    def _strings(self, expression: str) -> Iterable[str]:
        return (one_line(str(text)) for text in self._find(self.root, expression) if str(text).strip())

    def _find(self, item: Any, expression: str) -> list[Any]:
        try:
            found = compile_xpath(expression)(item)
        except self._etree.XPathError as fault:
            raise ValueError(f"cannot be evaluated: {fault}") from fault
        if isinstance(found, list):
            return found
        return [found if isinstance(found, str) else str(found)]

    def _value(self, found: Any, name: str) -> str:
        if not isinstance(found, self._etree._Element):  # noqa: SLF001 - lxml's only public name for its type
            return trim(tidy(str(found))) if name in MARKUP else one_line(str(found))
        if name in MARKUP:
            parts = [escape(found.text or "", quote=False)]
            parts += [self._etree.tostring(child, encoding="unicode", method="html") for child in found]
            return trim(tidy("".join(parts)))
        for attribute in _TELLING_ATTRIBUTES.get(name, ()):
            if value := one_line(str(found.get(attribute) or "")):
                return value
        return one_line("".join(str(part) for part in found.itertext()))


class _CssLanguage:
    """CSS over BeautifulSoup's tree; ``a@href`` is an attribute, ``.`` or ``@href`` the item itself."""

    def __init__(self, text: str) -> None:
        from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning  # noqa: PLC0415 - 123 ms

        for category in (MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning):
            warnings.filterwarnings("ignore", category=category)  # advice to programmers, not about the page
        self.root = BeautifulSoup(_without_declaration(text), "lxml")
        base, title = self.root.select_one("base[href]"), self.root.select_one("title")
        self.base = one_line(str(base["href"])) if base else None
        self.title = one_line(title.get_text()) if title else None

    def items(self, expression: str) -> list[Any]:
        return list(compile_css(expression).select(self.root))

    def values(self, item: Any, name: str, expression: str) -> tuple[str, ...]:
        css, attribute = split_attribute(expression)
        chosen = self._chosen(item, css, own=name in _CSS_DEFAULTS)
        found = (self._value(element, name, attribute) for element in chosen)
        return tuple(text for text in found if text)

    @staticmethod
    def _chosen(item: Any, css: str, *, own: bool) -> list[Any]:
        if not css:
            return [item]
        selector = compile_css(css)
        found = list(selector.select(item))
        return found or ([item] if own and selector.match(item) else [])

    @staticmethod
    def _value(element: Any, name: str, attribute: str | None) -> str:
        if attribute:
            value = element.get(attribute) or ""
            return one_line(" ".join(value) if isinstance(value, list) else str(value))
        if name in MARKUP:
            return trim(tidy(element.decode_contents()))
        for telling in _TELLING_ATTRIBUTES.get(name, ()):
            if value := one_line(str(element.get(telling) or "")):
                return value
        return one_line(element.get_text())


def _without_declaration(text: str) -> str:
    """Take the XML declaration off: lxml refuses text that names an encoding."""
    stripped = text.lstrip("\ufeff \t\r\n")
    return stripped.partition("?>")[2] if stripped.startswith("<?xml") else stripped
