"""The addresses that a file of a site holds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from lxml import etree, html

_ADDRESSES = ("href", "src", "poster", "cite", "data", "action")
_REFRESH = re.compile(r"\d+;\s*url=(.+)")


def of_html(text: str) -> Iterator[str]:
    """Yield each address in a page: links, pictures, what its head and its JSON-LD tell."""
    for element in html.fromstring(text).iter(etree.Element):
        yield from (_shown(element.get(name, "")) for name in _ADDRESSES if element.get(name))
        yield from (part.split()[0] for part in element.get("srcset", "").split(",") if part.strip())
        if element.tag == "meta" and (content := element.get("content", "")):
            found = _REFRESH.fullmatch(content)
            yield found[1] if found else content
        if element.get("type") == "application/ld+json":
            yield from _strings(json.loads(element.text or ""))


def links_of(text: str) -> Iterator[str]:
    """Yield where a reader of a page may go from it."""
    yield from (_shown(link.get("href", "")) for link in html.fromstring(text).iter("a") if link.get("href"))


def _shown(address: str) -> str:
    """Return an address of an attribute such that it can be told from other text: ``news/`` as ``./news/``."""
    return address if re.match(r"[/#?.]|[a-z][a-z0-9+.-]*:", address, re.IGNORECASE) else f"./{address}"


def of_feed(body: bytes) -> Iterator[str]:
    """Yield each address in an XML document, and in the HTML that stands in it."""
    for element in etree.fromstring(body).iter(etree.Element):
        yield from map(str, element.attrib.values())
        yield from _in_text(element.text or "")


def of_json(body: bytes) -> Iterator[str]:
    """Yield each address in a JSON document, and in the HTML that stands in it."""
    for text in _strings(json.loads(body)):
        yield from _in_text(text)


def _in_text(text: str) -> Iterator[str]:
    yield text.strip()
    if "<" in text:
        yield from (unescape(address) for address in re.findall(r'(?:href|src)="([^"]+)"', text))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)
