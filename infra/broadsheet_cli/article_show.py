"""``broadsheet article show``: everything that is stored about one article."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import typer

from broadsheet.flow.settle import read_body
from broadsheet.ingest.decide import Stored
from broadsheet.ingest.readable import readable_text
from broadsheet.model.article import Article, ArticleState, Origin
from broadsheet.model.keys import Key
from broadsheet.model.order import parse_instant

from .article_lookup import find_article
from .article_text import clock_time, print_line
from .stored import Opened

STANDING = {
    ArticleState.PUBLISHED: "published",
    ArticleState.HELD: "held until its time comes",
    ArticleState.DRAFT: "a draft, not on the site",
    ArticleState.GONE: "gone: nothing tells it any more",
    ArticleState.TAKEN_DOWN: "taken down",
}
"""How each state is told; a merged article is never shown, the one that it went into is."""


def show_article(given: str, opened: Opened, *, as_json: bool, with_text: bool) -> None:
    """Print the article that ``given`` names. Raises ArticleUnknown where there is none."""
    found = find_article(given, opened)
    html = _html(found.article, opened) if with_text else None
    if as_json:
        plain = described(found, opened) | ({"html": html} if html is not None else {})
        typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))
        return
    for line in _lines(given, found, opened):
        print_line(line)
    if html is not None:
        print_line("")
        for line in readable_text(html).split("\n"):
            print_line(line)


def ranked(found: Stored) -> list[Origin]:
    """Return the article's origins, the one that is shown first."""
    return sorted(found.origins.values(), key=lambda origin: origin.rank, reverse=True)


def described(found: Stored, opened: Opened) -> dict[str, Any]:
    """Return all there is about the article as JSON, times in the site's zone."""
    article, zone = found.article, opened.site.zone
    takedown = article.takedown
    return {
        "id": article.id,
        "state": article.state.value,
        "address": article.address,
        "url": site_url(article, opened),
        "created_at": _iso(article.created_at, zone),
        "takedown": takedown
        and {
            "at": _iso(parse_instant(takedown.order), zone),
            "active": takedown.active,
            "reason": takedown.reason,
        },
        "origins": [_origin(origin, article, zone) for origin in ranked(found)],
        "also": [{"name": name, "url": url} for name, url in article.also],
        "claims": list(article.claims),
        "absorbed": list(article.absorbed),
    }


def site_url(article: Article, opened: Opened) -> str | None:
    """Return the article's address with the site's in front, None where it never was on the site."""
    return f"{opened.site.url}{article.address}" if article.address else None


def _origin(origin: Origin, article: Article, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "input": origin.input,
        "shown": _is_shown(origin, article),
        "upload": origin.upload,
        "priority": origin.priority,
        "title": origin.title,
        "published": _iso(origin.published, zone),
        "modified": _iso(origin.modified, zone),
        "first_seen": _iso(origin.first_seen, zone),
        "last_seen": _iso(origin.observed_at, zone),
        "unchanged_since": _iso(origin.content_since, zone),
        "release_at": _iso(origin.release_at, zone),
        "expires_at": _iso(origin.expires_at, zone),
        "draft": origin.draft,
        "authors": list(origin.authors),
        "language": origin.language,
        "description": origin.description,
        "image": origin.image,
        "canonical_url": origin.canonical_url,
        "source_id": origin.source_id,
        "source_name": origin.source_name,
        "source_url": origin.source_url,
        "categories": list(origin.categories),
        "tags": list(origin.tags),
        "aliases": list(origin.aliases),
    }


def _lines(given: str, found: Stored, opened: Opened) -> Iterator[str]:
    article, zone = found.article, opened.site.zone
    origin = article.chosen
    yield origin.title if origin else "(no text is in force)"
    facts: dict[str, str | None] = {
        "id": article.id,
        "state": STANDING.get(article.state, article.state.value),
        "taken down": _takedown(article, zone),
        "address": site_url(article, opened) or "none: it never was on the site",
        "stored": clock_time(article.created_at, zone),
    }
    if origin:
        facts |= {
            "date": clock_time(origin.instant, zone),
            "updated": clock_time(origin.updated, zone) if origin.updated else None,
            "categories": ", ".join(origin.categories),
            "tags": ", ".join(origin.tags),
            "authors": ", ".join(origin.authors),
            "language": origin.language,
            "from": _names(origin.source_name, origin.source_url),
            "image": origin.image,
            "aliases": ", ".join(origin.aliases),
        }
    facts |= {
        "also by": "; ".join(_names(name, url) or "" for name, url in article.also),
        "merged": _merged(given, article),
    }
    yield from _told(facts)
    for each in ranked(found):
        yield f"{'shown' if _is_shown(each, article) else 'also'}: {each.input}"
        yield from (f"  {line}" for line in _told(_origin_facts(each, zone)))
    yield from (f"claim: {claim}" for claim in article.claims)


def _origin_facts(origin: Origin, zone: ZoneInfo) -> Mapping[str, str | None]:
    return {
        "title": origin.title,
        "priority": f"{'an upload, ' if origin.upload else ''}{origin.priority}",
        "first seen": clock_time(origin.first_seen, zone),
        "last seen": clock_time(origin.observed_at, zone),
        "unchanged since": clock_time(origin.content_since, zone),
        "url": origin.canonical_url,
        "draft": "yes" if origin.draft else None,
        "held until": clock_time(origin.release_at, zone) if origin.release_at else None,
        "expires": clock_time(origin.expires_at, zone) if origin.expires_at else None,
    }


def _told(facts: Mapping[str, str | None]) -> Iterator[str]:
    return (f"{name}: {value}" for name, value in facts.items() if value)


def _takedown(article: Article, zone: ZoneInfo) -> str | None:
    takedown = article.takedown
    if takedown is None:
        return None
    at = clock_time(parse_instant(takedown.order), zone)
    return f"{at}, because: {takedown.reason}" if takedown.active else f"restored {at}"


def _names(name: str | None, url: str | None) -> str:
    return f"{name} <{url}>" if name and url else name or url or ""


def _merged(given: str, article: Article) -> str:
    told = ", ".join(article.absorbed)
    return f"{told} ({given} is one of them)" if given in article.absorbed else told


def _is_shown(origin: Origin, article: Article) -> bool:
    return article.chosen is not None and article.chosen.input == origin.input


def _html(article: Article, opened: Opened) -> str:
    origin = article.chosen
    return read_body(Key(origin.body_pk, origin.body_sk), opened.store) if origin else ""


def _iso(instant: datetime | None, zone: ZoneInfo) -> str | None:
    return instant.astimezone(zone).isoformat() if instant else None
