"""What a page says of its article, each fact by its own documented order, and where each was seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from broadsheet.ingest.bylines import read_authors
from broadsheet.ingest.evidence import Evidence, decided, seen
from broadsheet.ingest.fragment import Element
from broadsheet.ingest.json_ld import as_list, text_in
from broadsheet.ingest.page_dates import read_dates
from broadsheet.ingest.page_language import read_language
from broadsheet.ingest.page_lines import JOINT
from broadsheet.ingest.page_sources import PageSources
from broadsheet.ingest.page_titles import read_title
from broadsheet.ingest.plain_text import without_tags
from broadsheet.ingest.urls import is_front_page, same_site, web_url

_CHINESE_SOURCE = re.compile(
    r"(?:(?:文章|信息|稿件|新闻|消息)?来\s*源|稿源|来源于|來源)\s*[:：][\s｜]*([^\s|｜　:：()（）【】\[\]0-9]{2,30})"
)
_OPENING = 250
"""Lines of a page in which the medium of a Chinese article is looked for."""


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
    free: bool | None = None
    """Whether all of the article is there for everybody to read (``isAccessibleForFree``)."""
    reasons: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)
    """For each fact the places that told it, the one believed first."""


def read_metadata(root: Element, url: str, timezone: str = "UTC", *, body: Element | None = None) -> Metadata:
    """Return what the page ``root`` from ``url`` tells; times without a zone are in ``timezone`` (IANA).

    ``body`` is the element that holds the article's text, where it is known. The order of places for each fact is
    that of the ``read_*`` function of its module, and of the names below.
    """
    return describe(PageSources(root, url, timezone, body))


def describe(page: PageSources) -> Metadata:
    """Return what a page tells, see :func:`read_metadata`."""
    linked = page.linked
    title, title_reasons = read_title(page)
    dates = read_dates(page, title)
    authors, author_reasons = read_authors(page, title)
    language, language_reasons = read_language(page)
    site = page.meta("og:site_name", "application-name") or _publisher(page)
    description, described = _first(
        ("og:description", without_tags(page.meta("og:description"))),
        ("meta description", without_tags(page.meta("description"))),
        ("twitter:description", without_tags(page.meta("twitter:description"))),
        ("JSON-LD description", linked.text("description")),
    )
    image, pictured = _first(
        ("og:image", page.meta("og:image", "og:image:url", "og:image:secure_url")),
        ("JSON-LD image", _image(page)),
        ("twitter:image", page.meta("twitter:image", "twitter:image:src")),
    )
    section, sectioned = _first(
        ("JSON-LD articleSection", linked.text("articleSection")),
        ("meta article:section", without_tags(page.meta("article:section", "parsely-section", "section"))),
    )
    address, addressed = _canonical(page)
    return Metadata(
        title=title,
        published=dates.published,
        modified=dates.modified,
        authors=authors,
        language=language,
        description=description,
        image=web_url(page.base, image or ""),
        canonical_url=address,
        site_name=site or None,
        section=section,
        tags=tuple(page.contents("article:tag")) or _keywords(page),
        base_url=page.base,
        free=_free(page),
        reasons={
            "title": title_reasons,
            "published": dates.published_evidence,
            "modified": dates.modified_evidence,
            "authors": author_reasons,
            "language": language_reasons,
            "description": described,
            "image": pictured,
            "section": sectioned,
            "canonical_url": addressed,
        },
    )


def source_line(root: Element, page: PageSources | None = None) -> str | None:
    """Return the medium that a Chinese page names beside its text (``来源：…``), or None."""
    lines = (page or PageSources(root, "")).lines
    for line in lines[:_OPENING]:
        if ("源" in line.text) and (found := _CHINESE_SOURCE.search(line.text)):
            return found[1].strip(JOINT)
    return None


def _first(*places: tuple[str, str]) -> tuple[str | None, tuple[Evidence, ...]]:
    """Return the first text that is not empty, and all of them as evidence."""
    evidence = [seen(source, text) for source, text in places if text]
    if not evidence:
        return None, ()
    return next(text for _, text in places if text), decided(evidence, evidence[0], "the first place that tells")


def _publisher(page: PageSources) -> str:
    owner = page.linked.article.get("publisher")
    owner = page.linked.resolve(owner[0] if isinstance(owner, list) and owner else owner)
    return text_in(owner.get("name")) if isinstance(owner, Mapping) else text_in(owner)


def _image(page: PageSources) -> str:
    value: Any = page.linked.article.get("image")
    value = page.linked.resolve(value[0] if isinstance(value, list) and value else value)
    if isinstance(value, Mapping):
        value = value.get("url") or value.get("contentUrl")
        value = value[0] if isinstance(value, list) and value else value
    return value if isinstance(value, str) else ""


def _canonical(page: PageSources) -> tuple[str | None, tuple[Evidence, ...]]:
    """Return the address the page says its article has: where it is to be found, not who may claim it.

    ``rel=canonical`` may name another site, which syndicated copies do: it is shown as the original, while
    ``urls.story_addresses`` decides what it is worth for telling stories apart. A site's front page is no article's
    address; some sites name it on every page.
    """
    own = web_url(None, page.url)
    found = [
        ("link canonical", _article_address(web_url(page.base, link.get("href") or ""), own))
        for link in page.root.iter("link")
        if "canonical" in (link.get("rel") or "").lower().split()
    ]
    shared = _article_address(web_url(page.base, page.meta("og:url")), own)
    found.append(("og:url", shared if own is None or (shared and same_site(shared, own)) else None))
    found.append(("the page's own", own))
    value, evidence = _first(*((source, address or "") for source, address in found))
    return value, evidence


def _article_address(told: str | None, own: str | None) -> str | None:
    """Return ``told``, unless it is the front page of a site and the page itself is none."""
    if told is None or own is None or not is_front_page(told) or is_front_page(own):
        return told
    return None


def _keywords(page: PageSources) -> tuple[str, ...]:
    value = page.linked.article.get("keywords") or page.meta("news_keywords", "keywords")
    items = as_list(value) if not isinstance(value, str) else re.split(r"[,，;；]", value)
    return tuple(text for item in items if isinstance(item, str) and (text := without_tags(item)))


def _free(page: PageSources) -> bool | None:
    """Return what JSON-LD or a meta element says of the access; None where nothing is said."""
    said = page.linked.article.get("isAccessibleForFree", page.linked.page.get("isAccessibleForFree"))
    if said is None:
        tier = page.meta("article:content_tier", "content_tier").lower()
        return {"free": True, "metered": False, "locked": False}.get(tier)
    word = str(said[0] if isinstance(said, list) and said else said).strip().lower().rpartition("/")[2]
    return {"true": True, "1": True, "false": False, "0": False}.get(word)
