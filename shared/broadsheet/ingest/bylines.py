"""The authors of an article on a page: named by JSON-LD, meta elements, marked elements, or a line that readers see."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from broadsheet.ingest.chinese_bylines import KINDS, chinese_bylines
from broadsheet.ingest.evidence import Evidence, decided, seen
from broadsheet.ingest.fragment import Element, text_of
from broadsheet.ingest.json_ld import as_list, is_organisation, text_in
from broadsheet.ingest.names import distinct, names_in
from broadsheet.ingest.page_lines import JOINT, title_place
from broadsheet.ingest.page_sources import PageSources
from broadsheet.ingest.plain_text import comparable, one_line

_METAS = (
    "author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dc.creator.name", "dcterms.creator",
    "dcsext.author", "cxenseparse:author", "mrf:authors", "byl", "byline", "article:byline", "article:author_name",
    "citation_author", "article.author", "authors", "vr:author", "og:article:author",
)  # fmt: skip
"""Names of meta elements, the most trusted first."""
_CLASS = re.compile(
    r"(?:^|[\s_-])(?:by-?line|author|autor|autore|auteur|redact(?:or|eur)|writer|reporter|creator)s?"
    r"(?:[_-]{0,2}(?:name|names|link|text|bytext|txt|fn|list|info|meta|box|\d)){0,6}(?:$|\s)",
    re.IGNORECASE,
)
_CATEGORY = re.compile(r"\b(?:category|tag|categories|kategorie|thema|topics?)\b", re.IGNORECASE)
_ITEM = frozenset(("author", "creator", "authors", "byartist"))
_VISIBLE = re.compile(
    r"^(?:[^|]{0,40}\d{4}[^|]{0,12}?\s)?(?:by|von|par|por|di|door|av|af|przez|od|oleh|written by|posted by"
    r"|published by|words by|geschrieben von|ein artikel von"
    r"|ein kommentar von|ein gastbeitrag von|eine analyse von|text:?|autor(?:in)?(?:/autor(?:in)?)?:?"
    r"|autor(?:en)?:|author:|verfasst von|auteur\s?:"
    rf"|autore:|texto:|redaktion:|von:)[\s{JOINT}]+(?=\S)",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"[a-zäöüß]{2,4}")
_LABELLED = re.compile(
    rf"^(?:autor(?:in)?(?:\s?/\s?autor(?:in)?)?|autor:in|author|auteur|autore|verfasser(?:in)?|text|redaktion"
    rf"|kontakt zur redaktion|reporter|story by|words by|bericht)\s*[:{JOINT}]"
    rf"[\s{JOINT}]*(?=\S)",
    re.IGNORECASE,
)
_NAME_WORD = re.compile(
    r"(?:[A-ZÀ-ÖØ-ÞĀ-Ž\u0400-\u042f][\w'’.-]*|(?:de|del|della|van|von|der|den|la|le|el|al|bin|da|di|dos|du|zu|und"
    r"|and|y|et|e)|&)"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_MOST_MARKED = 200
"""Marked elements that are looked at: a list of stories has hundreds, an article a few."""
_AROUND_TITLE = 14
"""Lines below the title in which a byline is looked for."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A place that names authors; a ``weak`` one is believed only where no other speaks."""

    source: str
    text: str
    names: tuple[str, ...]
    weak: bool = False


def read_authors(page: PageSources, title: str) -> tuple[tuple[str, ...], tuple[Evidence, ...]]:
    """Return the authors in their order (() where none is told) and where they were seen; ``title`` is the article's.

    The first of these places that names somebody wins: persons in JSON-LD; on Chinese pages the lines that say 作者,
    记者 or sign the text; meta elements; microdata, ``rel=author`` and elements whose class says byline; "By …" lines
    below the title; organisations in JSON-LD; a person or meta element that only repeats the site's name; an editor
    (责任编辑) of a Chinese page. Who is named in comments and side columns is not looked at.
    """
    evidence: list[Evidence] = []
    fallbacks: list[tuple[Evidence, tuple[str, ...]]] = []
    for place in _places(page, title):
        item = seen(place.source, place.text)
        evidence.append(item)
        names = place.names if place.source.startswith(("JSON-LD", "line")) else _without_site(page, place)
        if place.weak or all(page.is_site(name) for name in names):
            fallbacks.append((item, names))
        elif names:
            return names, decided(evidence, item, "the first place that names somebody")
    for item, names in sorted(fallbacks, key=lambda told: "organisation" not in told[0].source):
        if names:
            return names, decided(evidence, item, "nobody else is named")
    return (), tuple(evidence)


def _without_site(page: PageSources, place: _Place) -> tuple[str, ...]:
    """Return the names without the medium that stands beside them; none where the place only tells the site."""
    names = place.names
    if names and page.is_site(names[0]):
        return names[:1]
    if any(host in place.text.lower() for host in page.hosts[:2]):
        return ()
    media = {name for name in names if page.is_site(name) or comparable(name.split()[0]) in page.site_names}
    return tuple(name for name in names if name not in media) or names


def _places(page: PageSources, title: str) -> Iterator[_Place]:
    """Yield the places that name authors, the most trusted first."""
    organisations: list[str] = []
    persons: list[str] = []
    for value in as_list(page.linked.article.get("author") or page.linked.article.get("creator")):
        author = page.linked.resolve(value)
        name = text_in(author.get("name")) if isinstance(author, Mapping) else text_in(author)
        (organisations if is_organisation(author) else persons).append(name or _from_parts(author))
    if any(persons):
        yield _Place("JSON-LD author", ", ".join(persons), _all_names(persons))
    chinese = _is_chinese(page)
    bylines = list(chinese_bylines([line.text for line in page.lines_near], title)) if chinese else []
    for kind in KINDS[:-1]:
        if told := [line for line in bylines if line.kind == kind]:
            # 记者：… and 通讯员：… share a line, or stand on two; further down others are named.
            names = distinct(name for line in told if line.at <= told[0].at + 1 for name in line.names)
            yield _Place(f"line ({kind})", told[0].line, names)
    for name in _METAS:
        values = [value for value in page.contents(name) if "://" not in value]
        if values:
            yield _Place(f"meta {name}", ", ".join(values), _all_names(values), weak=chinese)
    if not chinese:
        yield from _marked(page)
        yield from _visible(page, title)
    if any(organisations):
        named = distinct(name for name in organisations if name)
        yield _Place("JSON-LD author (organisation)", ", ".join(organisations), named, weak=True)
    for line in bylines:
        if line.kind == KINDS[-1]:
            yield _Place("line (editor)", line.line, line.names, weak=True)


def _from_parts(author: Any) -> str:
    if not isinstance(author, Mapping):
        return ""
    return " ".join(filter(None, (text_in(author.get("givenName")), text_in(author.get("familyName")))))


def _all_names(values: list[str]) -> tuple[str, ...]:
    return distinct(name for value in values for name in names_in(value))


def _marked(page: PageSources) -> Iterator[_Place]:
    """Yield what microdata, links and classes mark as the author, each kind as one place."""
    kinds: dict[str, list[str]] = {"microdata author": [], "rel=author": [], "byline": []}
    inside: set[Element] = set()
    looked_at = 0
    for element in (*page.microdata, *page.named):
        kind = _kind(element)
        if kind is None or len(kinds[kind]) >= 8 or looked_at >= _MOST_MARKED:
            continue
        looked_at += 1
        if page.is_beside(element):
            continue
        if element in inside or any(ancestor in inside for ancestor in element.iterancestors()):
            continue
        inside.add(element)
        text = _named(element)
        if 2 < len(text) <= 200:
            kinds[kind].append(text)
    for kind, texts in kinds.items():
        if texts:
            # A class is used again for the box at the text's end: the first one is at its head.
            names = _all_names(texts if kind != "byline" else texts[:1])
            names = names or _all_names(texts[1:2])
            yield _Place(kind, ", ".join(texts), names, weak=all(_INITIALS.fullmatch(name) for name in names))


def _kind(element: Element) -> str | None:
    if (element.get("itemprop") or "").lower() in _ITEM:
        return "microdata author"
    if "author" in (element.get("rel") or "").lower().split():
        return "rel=author"
    classes = element.get("class")
    if classes and element.tag not in {"body", "article", "main", "html", "img", "time"} and _says_byline(classes):
        return "byline"
    return None


@lru_cache(maxsize=2048)
def _says_byline(classes: str) -> bool:
    return _CLASS.search(classes[:300]) is not None


def _named(element: Element) -> str:
    """Return the name in a marked element: its own ``itemprop=name``, its links' texts, or all its text."""
    if element.tag == "meta":
        return one_line(element.get("content") or "")
    for inner in element.iter("*"):
        if inner is not element and (inner.get("itemprop") or "").lower() == "name":
            return one_line(inner.get("content") or text_of(inner)[:200])
    whole = one_line(" ".join(str(text) for text in element.itertext("*"))[:600])
    links = [
        text
        for a in element.iter("a")
        if not _CATEGORY.search(f"{a.get('rel')} {a.get('href')}")
        and (text := one_line(text_of(a)[:100]))
        and names_in(text)
    ]
    return ", ".join(links) if links and len(whole) > 40 else whole


def _visible(page: PageSources, title: str) -> Iterator[_Place]:
    """Yield the first line below the title that says "By" and a name, or the first anywhere that says "Author:"."""
    lines = page.lines_near
    start = title_place([line.text for line in lines], title) or 0
    for index, line in enumerate(lines):
        text = line.text.partition(JOINT + JOINT)[0]
        near = start <= index < start + _AROUND_TITLE
        found = (_VISIBLE.match(text) if near else None) or _LABELLED.match(text)
        if found and len(text) <= 160:
            names = _all_names([re.split(r"\s[|•·–—]\s", text[found.end() :].replace(JOINT, " "))[0]])
            if names and all(_looks_like_name(name) for name in names):
                yield _Place("visible byline", line.text, names)
                return


def _looks_like_name(name: str) -> bool:
    words = name.split()
    return len(words) <= 5 and all(_NAME_WORD.fullmatch(word) for word in words)


def _is_chinese(page: PageSources) -> bool:
    sample = "".join(line.text for line in page.lines[:400])[:6_000] if _HAN.search(_head(page)) else ""
    return len(_HAN.findall(sample)) > 0.25 * len(sample) and not re.search(r"[\u3040-\u30ff]{3}", sample)


def _head(page: PageSources) -> str:
    """Return a cheap look at the page: its title elements, else its first text."""
    titles = "".join(text_of(t)[:300] for t in page.root.iter("title")) + "".join(page.headings)
    return titles or text_of(page.root)[:5_000]
