"""One item of a listing as its format tells it: text by name, before the source's rules make an entry of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from broadsheet.model.source import Source

from .plain_text import tidy, trim

FIELD_NAMES = (
    "id", "title", "url", "published", "updated", "summary", "content", "authors", "categories", "tags", "image",
    "source_name", "language",
)  # fmt: skip
"""The fields an entry has a place for; a source may name more, for its templates."""
MANY_VALUED = frozenset(("authors", "categories", "tags"))
MARKUP = frozenset(("summary", "content"))
"""Fields whose text is HTML; their white space stays."""
MAX_ITEMS = 5_000
MAX_DEPTH = 200

Values = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class RawItem:
    """An item's texts. ``named`` are the source's fields, ``raw`` the item's own top-level keys."""

    named: Values
    raw: Values = field(default_factory=dict)
    base_url: str | None = None
    """What its relative addresses are relative to; None for the document's own address."""
    problem: str | None = None
    """Why the item could not be read; ``named`` may then be empty."""


@dataclass(frozen=True, slots=True)
class RawListing:
    """What a format gave: its items in order, and what it says of the whole."""

    items: tuple[RawItem, ...]
    title: str | None = None
    next_url: str | None = None
    """Where older entries go on: the next page, or the archive before this document."""
    language: str | None = None
    ttl: timedelta | None = None
    """For how long the listing is good, as it says itself."""
    warnings: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    """Of a sitemap index: its sitemaps, newest first."""
    nothing: str | None = None
    """Why it holds no items, where a listing's first page would hold some: past its last page that is no fault."""


def texts(value: Any) -> tuple[str, ...]:
    """Return a JSON value as texts: a scalar as one, a list of scalars as many, anything else as none."""
    values: Iterable[Any] = value if isinstance(value, list | tuple) else (value,)
    found = (_scalar(one) for one in values)
    return tuple(text for text in found if text)


def path_fields(source: Source, templated: frozenset[str]) -> dict[str, str]:
    """Return the paths of a source's fields; a field it does not name is looked for under its own name."""
    paths = {name: name for name in FIELD_NAMES if name not in source.fields}
    return paths | {name: path for name, path in source.fields.items() if name not in templated}


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return trim(tidy(value)) if isinstance(value, str) else str(value) if isinstance(value, int) else ""
