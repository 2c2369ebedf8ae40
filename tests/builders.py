"""Small builders of model objects: everything has a default, so a test names only what it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from broadsheet.ingest.clean import finish
from broadsheet.ingest.decide import Content, Told
from broadsheet.model.article import Article, ArticleState, CleanArticle, Entry, Origin
from broadsheet.model.identity import InputKey, claim_of_url
from broadsheet.model.inputs import Version
from broadsheet.model.order import order_of_instant, version_key

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
WEB = "https://news.example"


def minutes(count: float) -> datetime:
    """``count`` minutes after ``NOON``."""
    return NOON + timedelta(minutes=count)


def entry_input(name: str = "1", source: str = "wire") -> InputKey:
    return InputKey("entry", source, name)


def upload_input(key: str = "articles/a.md", name: str = "") -> InputKey:
    return InputKey("upload", key, name)


def version(at: datetime = NOON, content: str = "alpha") -> Version:
    return Version(version_key(order_of_instant(at), content), at, content)


def origin(input_text: str = "entry:wire#1", **fields: Any) -> Origin:
    """An origin of an entry, or of an upload where ``input_text`` names one."""
    given: dict[str, Any] = {
        "input": input_text,
        "upload": input_text.startswith("upload:"),
        "priority": 0,
        "version": "1~alpha",
        "observed_at": NOON,
        "first_seen": NOON,
        "content_since": NOON,
        "title": "Title",
        "content_hash": "alpha",
        "body_pk": "ARTICLE#x",
        "body_sk": "REV#1",
        "slug": "title",
        "categories": ("news",),
    }
    return Origin(**{**given, **fields})


def article(article_id: str = "aaaaaaaaaaaaaaaa", **fields: Any) -> Article:
    given: dict[str, Any] = {
        "created_at": NOON,
        "claims": (claim_of_url(f"{WEB}/{article_id}"),),
        "state": ArticleState.GONE,
    }
    return Article(article_id, **{**given, **fields})


def clean_article(text: str = "alpha", **fields: Any) -> CleanArticle:
    """A clean article whose title, body and slug are made of ``text``, with its real content hash."""
    given: dict[str, Any] = {"title": text.title(), "html": f"<p>{text}</p>", "slug": text}
    return finish(CleanArticle(**{**given, **fields}))


def told(
    text: str = "alpha",
    *,
    input_key: InputKey | None = None,
    at: datetime = NOON,
    claims: frozenset[str] | None = None,
    order: str | None = None,
    categories: tuple[str, ...] = ("news",),
    priority: int = 0,
    retention: timedelta | None = None,
    **fields: Any,
) -> Told:
    """What an entry told at ``at``; ``fields`` are those of the clean article."""
    content = Content(clean_article(text, **fields), categories, priority, retention)
    if claims is None:
        claims = frozenset({claim_of_url(f"{WEB}/story")})
    return Told(input_key or entry_input(), order or order_of_instant(at), at, claims, content, fingerprint=text)


def entry(name: str = "1", **fields: Any) -> Entry:
    given = Entry(id=name, title=f"Title {name}", url=f"{WEB}/{name}", content_html=f"<p>Text of {name}.</p>")
    return replace(given, **fields)
