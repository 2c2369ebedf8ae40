"""A source: where entries come from, and the rules that travel with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

PARAMETER = "ssm:"
"""Begins the value of a header that is kept as an SSM parameter: ``ssm:acme-token``."""

Kind = Literal["feed", "json", "html", "sitemap"]


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes two entries one: their canonical URL, their id, or a field in a shared namespace."""

    by: Literal["url", "id", "field"] = "url"
    namespace: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """Where the text comes from: the entry itself, a second JSON request, or the entry's page."""

    origin: Literal["entry", "json", "page"] = "entry"
    url: str | None = None
    """URL template of the second request, ``{name}`` from the entry's fields."""
    field: str | None = None
    """JMESPath to the HTML text in its answer."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Keywords or ``field:pattern`` rules; an entry must match one of ``include`` and none of ``exclude``."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cleaning:
    """Rules on the body: XPath to strip, id or class fragments to strip."""

    strip: tuple[str, ...] = ()
    strip_id_or_class: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A source's definition, validated. Field paths are JMESPath (json), CSS or XPath (html)."""

    id: str
    kind: Kind
    url: str
    title: str | None = None
    site_url: str | None = None
    priority: int = 0
    identity: Identity = Identity()
    paused: bool = False
    poll_every: timedelta = timedelta(minutes=15)
    poll_min: timedelta = timedelta(minutes=1)
    poll_max: timedelta = timedelta(hours=6)
    timezone: str = "UTC"
    language: str | None = None
    categories: tuple[str, ...] = ()
    category_field: str | None = None
    """Name of the field, of ``fields`` or of the item, that gives the category."""
    tags: tuple[str, ...] = ()
    """Tag templates; ``{category}`` and ``{name}`` of ``fields``."""
    items: str | None = None
    fields: dict[str, str] = field(default_factory=dict)
    next: str | None = None
    """Where the address of the next page is (JMESPath, CSS or XPath), or a template of it with ``{page}``."""
    backfill: int = 0
    """How many older pages, archives or sitemaps are read once, when the source is new."""
    body: Body = Body()
    filter: Filter = Filter()
    retention: timedelta | None = None
    clean: Cleaning = Cleaning()
    headers: dict[str, str] = field(default_factory=dict)
    file: str = field(default="", compare=False)
    """Name of the file it was read from, for messages; where a source is defined is no part of what it is."""
    raw: dict[str, Any] = field(default_factory=dict)
    """The definition as written; its hash tells whether the rules changed."""

    @property
    def where(self) -> str:
        """What messages to an operator call it: its file, else its id."""
        return self.file or f"source '{self.id}'"
