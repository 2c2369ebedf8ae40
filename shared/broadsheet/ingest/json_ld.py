"""JSON-LD as pages carry it: often wrong JSON, nested or cross-referenced; read leniently and within bounds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from broadsheet.ingest.fragment import Element
from broadsheet.ingest.plain_text import without_tags
from broadsheet.ingest.urls import canonical_url

MAX_SCRIPT = 500_000
"""Characters of one script; what is longer is no description of an article."""
_MAX_DEPTH = 6
_MAX_OBJECTS = 400

_ARTICLE = re.compile(r"(?:[A-Za-z]*(?:Article|Posting)|Report|Review|Recipe|HowTo)$")
"""schema.org's Article with all its subtypes, and what else carries a headline, a date and an author."""
_PAGE = re.compile(r"(?:[A-Za-z]*WebPage|ItemPage|CreativeWork|VideoObject|AudioObject|PodcastEpisode)$")
_ORGANISATION = re.compile(r"[A-Za-z]*(?:Organization|Corporation|Business)$")
_CONTAINERS = ("@graph", "mainEntity", "mainEntityOfPage", "hasPart", "itemListElement", "item", "blogPost", "@list")

_WRAPPINGS = (("<!--", "-->"), ("//<![CDATA[", "//]]>"), ("/*<![CDATA[*/", "/*]]>*/"), ("<![CDATA[", "]]>"))
"""What old templates put around a script so that older browsers do not show it."""
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_LINE_COMMENT = re.compile(r"^[ \t]{0,80}//[^\n]*$", re.MULTILINE)
_WRONG_ESCAPE = re.compile(r"\\(?![\"\\/bfnrtu])")
_PAIR = re.compile(r'"(headline|datePublished|dateModified|articleSection)"\s*:\s*"((?:[^"\\]|\\.){1,400})"')


@dataclass(frozen=True, slots=True)
class LinkedData:
    """The JSON-LD of a page: all its objects, those named by ``@id``, and the one that is the article ({} if none)."""

    objects: tuple[Mapping[str, Any], ...] = ()
    by_id: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    article: Mapping[str, Any] = field(default_factory=dict)
    page: Mapping[str, Any] = field(default_factory=dict)
    """The web page as an object of its own, which may carry the dates that the article lacks."""

    def text(self, *names: str) -> str:
        """Return the first text among these properties of the article, without tags and entities, or ""."""
        return next((found for name in names if (found := text_in(self.article.get(name)))), "")

    def resolve(self, value: Any) -> Any:
        """Return the object that ``{"@id": …}`` stands for, or ``value`` where it stands for nothing."""
        if isinstance(value, Mapping) and isinstance(value.get("@id"), str) and not value.get("name"):
            return self.by_id.get(value["@id"], value)
        return value


def read_json_ld(root: Element, url: str) -> LinkedData:
    """Return the JSON-LD of the page ``root``; ``url`` chooses among several articles. Broken scripts are passed over.

    Of several articles the one whose own address is the page's wins, then the first whose type is an article's.
    """
    objects: list[Mapping[str, Any]] = []
    for script in root.iter("script"):
        text = script.text
        if not text or len(text) > MAX_SCRIPT or "ld+json" not in (script.get("type") or ""):
            continue
        for item in _objects(_lenient(text), 0):
            objects.append(item)
            if len(objects) >= _MAX_OBJECTS:
                break
    articles = [item for item in objects if _is(item, _ARTICLE)]
    pages = [item for item in objects if _is(item, _PAGE)]
    article = _best(articles, url)
    return LinkedData(
        objects=tuple(objects),
        by_id={item["@id"]: item for item in objects if isinstance(item.get("@id"), str) and len(item) > 1},
        article=article,
        page=_best(pages, url),
    )


def text_in(value: Any) -> str:
    """Return the text in a value of JSON-LD: a string, the first of a list, or ``@value``; "" where there is none."""
    if isinstance(value, list):
        return next((found for item in value[:5] if not isinstance(item, list) and (found := text_in(item))), "")
    if isinstance(value, Mapping):
        value = value.get("@value")
    return without_tags(value) if isinstance(value, str) else ""


def as_list(value: Any) -> list[Any]:
    """Return ``value`` as a flat list: none, one, or many; lists in lists are opened once."""
    if value is None:
        return []
    if isinstance(value, Mapping) and isinstance(value.get("@list"), list):
        value = value["@list"]
    if not isinstance(value, list):
        return [value]
    return [inner for item in value for inner in (item if isinstance(item, list) else [item])]


def is_organisation(value: Any) -> bool:
    """Return whether an object says of itself that it is no person."""
    return isinstance(value, Mapping) and _is(value, _ORGANISATION)


def _is(item: Mapping[str, Any], kind: re.Pattern[str]) -> bool:
    return any(isinstance(name, str) and kind.match(name.rpartition("/")[2]) for name in as_list(item.get("@type")))


def _best(candidates: list[Mapping[str, Any]], url: str) -> Mapping[str, Any]:
    if len(candidates) > 1 and (here := canonical_url(url)):
        for item in candidates:
            if any(canonical_url(address) == here for address in _addresses(item)):
                return item
    return next(
        (c for c in candidates if c.get("headline") or c.get("datePublished")), candidates[0] if candidates else {}
    )


def _addresses(item: Mapping[str, Any]) -> Iterator[str]:
    for name in ("url", "mainEntityOfPage", "@id"):
        value = item.get(name)
        if isinstance(value, Mapping):
            value = value.get("@id") or value.get("url")
        if isinstance(value, str) and value.startswith("http"):
            yield value.partition("#")[0]


def _objects(data: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(data, list):
        for item in data:
            yield from _objects(item, depth + 1)
    elif isinstance(data, dict):
        yield data
        for name in _CONTAINERS:
            if isinstance(data.get(name), list | dict):
                yield from _objects(data[name], depth + 1)
        # Authors and publishers are named here for those who refer to them.
        for name in ("author", "publisher", "creator"):
            if isinstance(data.get(name), dict) and "@id" in data[name]:
                yield data[name]


def _lenient(text: str) -> Any:
    """Return what a script says, None where nothing can be read; wrong escapes and commas are mended."""
    text = text.strip()
    for attempt in (_as_is, _unwrapped, _mended):
        try:
            return json.loads(attempt(text), strict=False)
        except (ValueError, RecursionError):
            continue
    try:
        return json.JSONDecoder(strict=False).raw_decode(_mended(text))[0]
    except (ValueError, RecursionError):
        return _salvaged(text)


def _as_is(text: str) -> str:
    return text


def _unwrapped(text: str) -> str:
    text = text.rstrip(";").strip()
    for before, after in _WRAPPINGS:
        if text.startswith(before):
            text = text[len(before) :].strip().removesuffix(after).strip()
    return text.rstrip(";")


def _mended(text: str) -> str:
    text = _LINE_COMMENT.sub("", _unwrapped(text))
    return _WRONG_ESCAPE.sub(r"\\\\", _TRAILING_COMMA.sub(r"\1", text))


def _salvaged(text: str) -> Mapping[str, Any] | None:
    """Return the few facts that stand in text that is no JSON, such as a script cut in its middle."""
    if not re.search(r'"@type"\s*:\s*\[?\s*"[A-Za-z]*(?:Article|Posting)"', text):
        return None
    found: dict[str, Any] = {"@type": "Article"}
    for name, value in _PAIR.findall(text):
        found.setdefault(name, _WRONG_ESCAPE.sub("", value).replace('\\"', '"'))
    return found
