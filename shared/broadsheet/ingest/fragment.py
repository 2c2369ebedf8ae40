"""HTML as a tree: parsed within bounds, edited without losing the text between elements, written out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree
from lxml.etree import _Element as Element

from broadsheet.ingest.html_limits import check_html, check_tree
from broadsheet.ingest.plain_text import tidy, trim

__all__ = [
    "Element", "elements", "first_child", "has_words", "is_element", "last_child", "new", "parse_document",
    "parse_fragment", "remove", "replace", "select", "text_of", "to_markup", "unwrap",
]  # fmt: skip

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE = re.compile(
    r"&#(?:0*(?:[0-8]|1[124-9]|2[0-9]|3[01]|6553[45])(?![0-9])|[xX]0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]|[fF]{3}[eEfF])(?![0-9a-fA-F]));?"
)
"""Characters, as such and by number, that lxml lets in when it parses, and refuses when anything is set."""
_STRING = etree.XPath("string()", smart_strings=False)


def parse_document(text: str) -> Element:
    """Return the ``<html>`` element of a page; raises ArticleRejected past the bounds of ``html_limits``."""
    text = _REFERENCE.sub("", _CONTROL.sub("", text))
    check_html(text)
    root = _parse(text)
    check_tree(root)
    return root


def parse_fragment(markup: str) -> Element:
    """Return a ``<div>`` that holds ``markup``, its text tidied (NFC, no control characters).

    A whole page is taken as its body. Raises ArticleRejected past the bounds of ``html_limits``.
    """
    root = parse_document(f"<html><body>{markup}</body></html>")
    root.tag = "div"
    root.attrib.clear()
    for element in root.iter():
        _tidy_element(element)
    for wrapper in elements(root, "head", "body"):
        unwrap(wrapper)
    return root


def _parse(text: str) -> Element:
    # Bytes, since lxml refuses text with an XML declaration; a new parser, since they are not shared by threads.
    parser = etree.HTMLParser(encoding="utf-8", remove_pis=True)
    try:
        root: Element | None = etree.fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.XMLSyntaxError:  # nothing but white space
        root = None
    if root is None:  # nothing but comments
        root = new("html")
    return root


def _tidy_element(element: Element) -> None:
    if element.text:
        element.text = tidy(element.text)
    if element.tail:
        element.tail = tidy(element.tail)
    if isinstance(element.tag, str):
        for name, value in element.items():
            plain = tidy(str(value))
            if plain != value:
                element.set(name, plain)


def to_markup(element: Element) -> str:
    """Return ``element`` with its children as HTML, without what follows it."""
    return str(etree.tostring(element, encoding="unicode", method="html", with_tail=False))


def is_element(node: Element) -> bool:
    """Return whether ``node`` is an element: lxml lists comments among an element's children."""
    return isinstance(node.tag, str)


def elements(root: Element, *names: str) -> list[Element]:
    """Return the elements of these names below ``root`` (all without a name) in document order; safe to edit over."""
    return [e for e in root.iter(*names or ("*",)) if is_element(e) and e is not root]


def first_child(element: Element) -> Element | None:
    """Return the first child, or None; ``len()`` would count them all."""
    return next(iter(element.iterchildren()), None)


def last_child(element: Element) -> Element | None:
    """Return the last child, or None; ``len()`` would count them all."""
    return next(iter(element.iterchildren(reversed=True)), None)


def select(root: Element, xpath: str) -> list[Element]:
    """Return the elements below ``root`` that ``xpath`` selects; raises etree.XPathError where it is no XPath."""
    found = root.xpath(xpath, smart_strings=False)
    nodes: Iterable[object] = found if isinstance(found, list) else ()
    return [n for n in nodes if isinstance(n, Element) and is_element(n) and n is not root]


def text_of(element: Element) -> str:
    """Return all text inside ``element``, as it stands, without comments."""
    return str(_STRING(element))


def has_words(element: Element) -> bool:
    """Return whether ``element`` holds any text but white space."""
    return any(trim(str(text)) for text in element.itertext("*"))


def remove(element: Element) -> None:
    """Take ``element`` out with all it holds; the text after it stays."""
    parent = element.getparent()
    if parent is None:
        return
    _append_before(element, parent, element.tail or "")
    parent.remove(element)


def unwrap(element: Element) -> None:
    """Take ``element`` out and leave what it holds in its place."""
    parent = element.getparent()
    if parent is None:
        return
    children = list(element)
    tail = element.tail or ""
    _append_before(element, parent, (element.text or "") + ("" if children else tail))
    index = parent.index(element)
    if children:
        children[-1].tail = (children[-1].tail or "") + tail
    element.tail = None
    parent[index : index + 1] = children


def replace(element: Element, other: Element | str) -> None:
    """Put ``other``, an element or text, in the place of ``element``; the text after it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if isinstance(other, str):
        _append_before(element, parent, other + (element.tail or ""))
        parent.remove(element)
        return
    other.tail = element.tail
    parent.replace(element, other)


def _append_before(element: Element, parent: Element, text: str) -> None:
    previous = element.getprevious()
    if previous is not None:
        previous.tail = (previous.tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def new(tag: str, text: str = "", **attributes: str) -> Element:
    """Return a new element."""
    element: Element = etree.Element(tag, attributes)
    if text:
        element.text = text
    return element
