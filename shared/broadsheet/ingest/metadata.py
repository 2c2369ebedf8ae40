"""What a page says of itself, in order of trust: JSON-LD, meta elements, links, ``time``, its visible lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from broadsheet.ingest.dates import parse_date
from broadsheet.ingest.fragment import Element, text_of
from broadsheet.ingest.plain_text import comparable, one_line, without_tags
from broadsheet.ingest.urls import web_url

_ARTICLE_TYPES = re.compile(r"(?:News|Blog|Reportage|Analysis|Opinion|Review|Scholarly|Tech|Live|Background|Satirical)?"
                            r"(?:Article|Posting|BlogPosting|NewsArticle)$")  # fmt: skip
_ORGANISATIONS = frozenset({"Organization", "NewsMediaOrganization", "Corporation"})
_MAX_JSON_LD = 500_000
_SEPARATOR = re.compile(r"\s+[|｜·•»«—–-]+\s+|\s*[_|｜]\s*|\s+::\s+")
_BY = re.compile(
    r"^(?:by|von|par|por|di|av|af|door|written by|作者|记者|文|撰文)\s*[:：/]?\s+|^(?:作者|记者|文)\s*[:：/]\s*",
    re.IGNORECASE,
)
_PERSON = re.compile(r"[^\d@<>{}|:/]{2,60}")
_VISIBLE_DATE = re.compile(
    r"(?<!\d)(?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?"
    r"(?:\s*[T ]?\s*\d{1,2}\s*[:：时]\s*\d{2}(?:\s*[:：分]\s*\d{2}秒?)?分?)?(?!\d)"
)
_URL_DATE = re.compile(r"/((?:19|20)\d{2})[/-]?(\d{2})[/-]?(\d{2})(?=[/_.-]|/?t?\d)")
_CHINESE_SOURCE = re.compile(r"(?:来源|稿源|来源于)\s*[:：][\s｜]*([^\s|｜　:：()（）]{2,30})")
_CHINESE_AUTHOR = re.compile(
    r"(?<![责任])(?:作者|记者)\s*[:：][\s｜]*"
    r"([\u4e00-\u9fff·]{2,8}(?:[、\s]+[\u4e00-\u9fff·]{2,8}){0,4})(?=\s|$|[|｜　）)，,])"
)
_PUBLISHED = (
    "article:published_time", "datepublished", "pubdate", "publishdate", "publish-date", "date", "dc.date",
    "dc.date.issued", "dcterms.created", "parsely-pub-date", "sailthru.date", "og:published_time",
    "weibo:article:create_at",
)  # fmt: skip
_MODIFIED = ("article:modified_time", "og:updated_time", "datemodified", "last-modified", "dcterms.modified")
"""Names of meta elements, the most trusted first."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """Facts of a page, "" or None where it tells none."""

    title: str = ""
    published: datetime | None = None
    modified: datetime | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    description: str | None = None
    image: str | None = None
    canonical_url: str | None = None
    site_name: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    base_url: str | None = None


def read_metadata(root: Element, url: str, timezone: str = "UTC") -> Metadata:
    """Return what the page ``root`` from ``url`` tells; dates without a zone are in ``timezone`` (IANA)."""
    facts = _Facts(root, url, timezone)
    site = facts.meta("og:site_name", "application-name") or _organisation(facts.linked.get("publisher"))
    declared = root.get("lang") or facts.meta("og:locale", "language", "content-language")
    image = facts.meta("og:image", "og:image:url", "twitter:image") or _image(facts.linked.get("image"))
    return Metadata(
        title=_title(facts, site),
        published=facts.date("datePublished", _PUBLISHED) or _dated_elsewhere(facts),
        modified=facts.date("dateModified", _MODIFIED),
        authors=_authors(facts),
        language=facts.said("inLanguage") or declared or None,
        description=facts.meta("og:description", "description", "twitter:description")
        or facts.said("description")
        or None,
        image=web_url(facts.base, image),
        canonical_url=_canonical(facts, url),
        site_name=site or None,
        section=facts.said("articleSection") or facts.meta("article:section") or None,
        tags=tuple(facts.all_meta("article:tag")) or _keywords(facts),
        base_url=facts.base,
    )


@dataclass(slots=True)
class _Facts:
    """The page's places of facts, read once."""

    root: Element
    url: str
    timezone: str
    base: str | None = None
    metas: dict[str, list[str]] = field(default_factory=dict)
    linked: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        page = self.url if self.url.startswith(("http://", "https://")) else None
        href = next((b.get("href") for b in self.root.iter("base") if b.get("href")), None)
        self.base = (web_url(page, href) if href else None) or page
        for meta in self.root.iter("meta"):
            name = meta.get("property") or meta.get("name") or meta.get("itemprop") or meta.get("http-equiv")
            content = one_line(meta.get("content") or "")
            if name and content:
                self.metas.setdefault(name.strip().lower(), []).append(content)
        self.linked = _linked_article(self.root)

    def meta(self, *names: str) -> str:
        return next((self.metas[name][0] for name in names if name in self.metas), "")

    def all_meta(self, name: str) -> list[str]:
        return self.metas.get(name, [])

    def said(self, *names: str) -> str:
        """Return a text of the JSON-LD article."""
        for name in names:
            value = self.linked.get(name)
            value = value[0] if isinstance(value, list) and value else value
            if isinstance(value, str) and value.strip():
                return without_tags(value)
        return ""

    def date(self, itemprop: str, metas: Sequence[str]) -> datetime | None:
        """Return a date by its schema.org name, from JSON-LD, meta elements, microdata."""
        for text in (self.said(itemprop), *(value for name in metas for value in self.all_meta(name))):
            if text and (found := parse_date(text, self.timezone)):
                return found
        for element in self.root.iter("time", "span", "div", "abbr", "p"):
            if element.get("itemprop") == itemprop:
                text = element.get("datetime") or element.get("content") or one_line(text_of(element)[:200])
                if found := parse_date(text, self.timezone):
                    return found
        return None


def _linked_article(root: Element) -> Mapping[str, Any]:
    """Return the first JSON-LD object of the page that is an article, or {}."""
    for script in root.iter("script"):
        if "ld+json" in (script.get("type") or "") and script.text and len(script.text) <= _MAX_JSON_LD:
            try:
                data = json.loads(re.sub(r"[\x00-\x1f]+", " ", script.text.strip().removesuffix(";")))
            except (ValueError, RecursionError):
                continue
            for item in _objects(data, 0):
                kinds = item.get("@type")
                kinds = kinds if isinstance(kinds, list) else [kinds]
                if any(isinstance(kind, str) and _ARTICLE_TYPES.search(kind) for kind in kinds):
                    return item
    return {}


def _objects(data: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if isinstance(data, list):
        for item in data:
            yield from _objects(item, depth + 1)
    elif isinstance(data, dict) and depth < 5:
        yield data
        for name in ("@graph", "mainEntity", "mainEntityOfPage", "hasPart"):
            if isinstance(data.get(name), list | dict):
                yield from _objects(data[name], depth + 1)


def _title(facts: _Facts, site: str) -> str:
    headings = [text for h in facts.root.iter("h1") if (text := one_line(text_of(h)))]
    titled = next((one_line(text_of(t)) for t in facts.root.iter("title")), "")
    for candidate in (facts.said("headline"), facts.meta("og:title", "twitter:title"), *headings[:1], titled):
        title = _without_site(without_tags(candidate), site, headings)
        if title:
            return title
    return ""


def _without_site(title: str, site: str, headings: list[str]) -> str:
    """Return ``title`` without the site's name after a separator: what is left must be a heading, or the name known."""
    parts = _SEPARATOR.split(title)
    if len(parts) < 2:
        return title
    for heading in headings:
        if comparable(heading) and comparable(heading) in {comparable(parts[0]), comparable(parts[-1])}:
            return heading
    for end in (-1, 0):
        if site and comparable(parts[end]) and comparable(parts[end]) in comparable(site):
            kept = title[: title.rindex(parts[-1])] if end else title[len(parts[0]) :]
            return kept.strip(" |｜·•»«—–-_:")
    return title


def _authors(facts: _Facts) -> tuple[str, ...]:
    said = [_person(p) for p in _as_list(facts.linked.get("author")) if not _is_organisation(p)]
    named = [n for n in said if n]
    named = named or [n for n in facts.all_meta("author") + facts.all_meta("article:author") if "://" not in n]
    if not named:
        for element in facts.root.iter("a", "span", "div", "p", "address"):
            if element.get("rel") == "author" or element.get("itemprop") == "author":
                named.append(one_line(text_of(element)[:200]))
    if not named and (line := _CHINESE_AUTHOR.search(_opening(facts.root))):
        named = re.split(r"[、\s]+", line[1])
    names: dict[str, str] = {}
    for raw in named:
        for part in re.split(r"\s*[,;、]\s*|\s+(?:and|und|et)\s+", _BY.sub("", raw)):
            name = _BY.sub("", part).strip(" .|-")
            if _PERSON.fullmatch(name) and len(name.split()) <= 5:
                names.setdefault(comparable(name), name)
    return tuple(names.values())[:12]


def _person(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("name")
        value = value[0] if isinstance(value, list) and value else value
    return without_tags(value) if isinstance(value, str) else ""


def _is_organisation(value: Any) -> bool:
    return isinstance(value, Mapping) and str(value.get("@type")) in _ORGANISATIONS


def _organisation(value: Any) -> str:
    return _person(value[0] if isinstance(value, list) and value else value)


def _image(value: Any) -> str:
    value = value[0] if isinstance(value, list) and value else value
    if isinstance(value, Mapping):
        value = value.get("url") or value.get("contentUrl")
    return value if isinstance(value, str) else ""


def _canonical(facts: _Facts, url: str) -> str | None:
    for link in facts.root.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split():
            found = web_url(facts.base, link.get("href") or "")
            if found:
                return found
    return web_url(facts.base, facts.meta("og:url")) or web_url(None, url)


def _keywords(facts: _Facts) -> tuple[str, ...]:
    value = facts.linked.get("keywords") or facts.meta("news_keywords", "keywords")
    items = value if isinstance(value, list) else re.split(r"[,，;；]", value) if isinstance(value, str) else []
    return tuple(text for item in items if isinstance(item, str) and (text := without_tags(item)))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _dated_elsewhere(facts: _Facts) -> datetime | None:
    """Return a date from the first ``time``, the page's first lines or its address: the day at least."""
    for element in facts.root.iter("time"):
        if found := parse_date(element.get("datetime") or one_line(text_of(element)[:200]), facts.timezone):
            return found
    if match := _VISIBLE_DATE.search(_opening(facts.root)):
        text = re.sub(r"\s*([-/.年月时分:：])\s*", r"\1", match[0]).replace("：", ":")
        if found := parse_date(text, facts.timezone):
            return found
    if match := _URL_DATE.search(facts.url):
        return parse_date("-".join(match.groups()), facts.timezone)
    return None


def source_line(root: Element) -> str | None:
    """Return the medium that a Chinese page names above its text (``来源：…``), or None."""
    found = _CHINESE_SOURCE.search(_opening(root))
    return found[1] if found else None


def _opening(root: Element) -> str:
    """Return the visible text of the page's first part, where datelines stand; ``｜`` where an element ends."""
    body = next(root.iter("body"), root)
    parts: list[str] = []
    length = 0
    for element in body.iter():
        if isinstance(element.tag, str) and element.tag not in {"script", "style", "noscript"} and element.text:
            parts.append(element.text)
            length += len(element.text)
        if element.tail:
            parts.append(element.tail)
            length += len(element.tail)
        if length > 20_000:
            break
    return one_line("｜".join(part for part in parts if part.strip())[:20_000])
