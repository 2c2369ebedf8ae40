"""The title of the article on a page, without the site's name around it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from broadsheet.ingest.evidence import Evidence, decided, seen
from broadsheet.ingest.fragment import text_of
from broadsheet.ingest.page_sources import PageSources
from broadsheet.ingest.plain_text import comparable, one_line, without_tags

_SEPARATOR = re.compile(
    r"\s+[|｜ㅣ·•»«›‹—–\-/:~]+\s+|\s*[|｜ㅣ]\s*|\s*_+\s*|\s+::\s+|\s*--+\s*|(?<=\S)[：:](?:\s|(?=\S+$))|-(?=[^\s-]{2,12}$)"
)
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")
_LONGEST = 600
_KICKS = frozenset((":", "：", "/"))
_HAN = re.compile(r"[\u4e00-\u9fff]")
_CHINESE_SITE = re.compile(
    r"[\u4e00-\u9fffA-Za-z]{0,12}(?:网|報|报|社|台|频道|在线|论坛|博客|门户|网站|客户端|中心|杂志|周刊)"
)
_CONTENTS = re.compile(r"^(?:menu|search|log ?in|sign in|navigation|home|subscribe|newsletter|404.*)$", re.IGNORECASE)


def read_title(page: PageSources) -> tuple[str, tuple[Evidence, ...]]:
    """Return the title ("" where there is none) and where it was seen.

    The site's name is taken off each first. Then ``og:title`` wins if a heading or the JSON-LD headline says the same,
    or if it is a part of what they say (a title without its kicker); then a JSON-LD headline that a heading repeats;
    then ``og:title``, the JSON-LD headline, a heading that ``<title>`` or another place repeats or contains,
    ``twitter:title``, the first heading, and ``<title>``. Where a heading differs from what won by signs and case
    only, it is the heading's spelling that is returned: the page's own typography.
    """
    raw = _raw(page)
    cleaned = [(source, without_site(text, page, [t for s, t in raw if s != source])) for source, text in raw]
    evidence = [seen(source, text) for source, text in cleaned]
    chosen, why = _choice(cleaned)
    if chosen is None:
        return "", ()
    source, title = cleaned[chosen]
    if source == "title" or (source == "og:title" and len(cleaned) == 2):
        title = _as_seen(title, page)
    return _as_printed(title, [text for source, text in cleaned if source == "h1"]), decided(
        evidence, evidence[chosen], why
    )


def _as_seen(title: str, page: PageSources) -> str:
    """Return the longest beginning of ``title``, up to a separator, that is a line of the page; Chinese sites go."""
    separators = [found for found in _SEPARATOR.finditer(title) if found[0][0] not in _KICKS]
    if not separators:
        return title
    lines = {comparable(line.text) for line in page.lines if len(line.text) <= 200}
    for separator in reversed(separators):
        head = title[: separator.start()]
        if len(comparable(head)) >= 4 and comparable(head) in lines:
            return head.strip()
    if comparable(title) in lines:
        return title
    if "_" in title and _HAN.search(title):
        return title.partition("_")[0].strip() or title
    head, last = title[: separators[-1].start()].strip(), title[separators[-1].end() :].strip()
    return head if len(head) >= 4 and _CHINESE_SITE.fullmatch(last) else title


def _as_printed(title: str, headings: Sequence[str]) -> str:
    """Return the spelling of the heading that says the same, unless its words are glued or all its letters capitals."""
    wanted, words = comparable(title), len(title.split())
    same = (text for text in headings if comparable(text) == wanted)
    return next((text for text in same if len(text.split()) >= words and not text.isupper()), title)


def _raw(page: PageSources) -> list[tuple[str, str]]:
    title = next((one_line(text_of(t)[:1_000]) for t in page.root.iter("title") if t.getparent() is not None), "")
    found = [
        ("og:title", without_tags(page.meta("og:title"))),
        ("JSON-LD headline", page.linked.text("headline")),
        *(("h1", text) for text in page.headings if not _CONTENTS.match(text) and not page.is_site(text)),
        ("twitter:title", without_tags(page.meta("twitter:title"))),
        ("JSON-LD name", page.linked.text("name")),
        ("title", without_tags(title)),
    ]
    return [(source, text[:_LONGEST]) for source, text in found if comparable(text)]


def _choice(cleaned: Sequence[tuple[str, str]]) -> tuple[int | None, str]:
    by_source: dict[str, int] = {}
    for index, (source, _) in enumerate(cleaned):
        by_source.setdefault(source, index)

    def said(source: str) -> str:
        return comparable(cleaned[by_source[source]][1]) if source in by_source else ""

    def heading(at: int) -> str:
        return comparable(cleaned[at][1])

    shared, linked, titled = said("og:title"), said("JSON-LD headline"), said("title")
    headings = [index for index, (source, _) in enumerate(cleaned) if source == "h1"]
    agreeing = [i for i in headings if heading(i) in {shared, linked, titled, said("twitter:title")} - {""}]
    if shared and (shared == linked or any(heading(i) == shared for i in agreeing)):
        return by_source["og:title"], "agrees with the headline or a heading"
    if linked and shared not in linked and any(heading(i) == linked for i in agreeing):
        return by_source["JSON-LD headline"], "agrees with a heading"
    if shared:
        return by_source["og:title"], "what the page is shared as"
    if linked:
        return by_source["JSON-LD headline"], "no og:title"
    if agreeing:
        return agreeing[0], "a heading that another place repeats"
    inside = [i for i in headings if len(comparable(cleaned[i][1])) >= 8 and comparable(cleaned[i][1]) in titled]
    if inside:
        return inside[0], "a heading that <title> contains"
    if len(headings) == 1 and not titled:
        return headings[0], "the only heading"
    for source in ("twitter:title", "h1", "JSON-LD name", "title"):
        if source in by_source:
            return by_source[source], "the first that is there"
    return None, ""


def without_site(title: str, page: PageSources, others: Sequence[str] = ()) -> str:
    """Return ``title`` without the site's name, section or date after a separator, or the site's name before one.

    What is cut off must be a name of the site, or what is left must be what another place (``others``) says as a whole.
    """
    known = {comparable(other) for other in others if len(comparable(other)) >= 4}
    separators = list(_SEPARATOR.finditer(title))
    for separator in separators:
        # What stands right before ":" is a kicker: part of the title, whether others repeat it or not.
        if separator[0][0] in _KICKS:
            continue
        before = "" if comparable(title) in known else title[separator.end() :]
        for kept in (title[: separator.start()], before):
            if comparable(kept) in known:
                return kept.strip()
    kept = title
    for _ in range(4):
        separators = list(_SEPARATOR.finditer(kept))
        if not separators:
            break
        last, first = separators[-1], separators[0]
        if _is_site(kept[last.end() :], page):
            kept = kept[: last.start()].rstrip()
        elif _is_site(kept[: first.start()], page) and (
            first[0][0] not in _KICKS or page.is_site(kept[: first.start()], exactly=True)
        ):
            kept = kept[first.end() :].lstrip()
        else:
            break
    return kept if comparable(kept) else title


def _is_site(part: str, page: PageSources) -> bool:
    return page.is_site(part) or _DATE.fullmatch(part.strip()) is not None
