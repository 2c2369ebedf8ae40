"""The fields people write about an article, in front matter or JSON, typed one by one.

Several names are understood for each, as Jekyll, Hugo, Eleventy and JSON Feed have them. Values come as text (front
matter) or as JSON has them; whatever has the wrong shape is refused by name, and unknown fields are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from broadsheet.ingest.dates import parse_date
from broadsheet.ingest.plain_text import tidy
from broadsheet.ingest.redirects import MAX_REDIRECTS, redirect_path
from broadsheet.model.article import ParsedArticle
from broadsheet.model.errors import ArticleRejected

_EMPTY = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0", ""})
_AND = re.compile(r"\s*[;；、]\s*|\s+(?:and|und|et|y|&)\s+")

_DATE = ("date", "published", "pubdate", "published_at", "date_published", "created")
_MODIFIED = ("last_modified_at", "modified", "updated", "lastmod", "date_modified", "updated_at")


def read_fields(values: Mapping[str, Any], *, file: str, timezone: str, html: str = "") -> ParsedArticle:
    """Return an article with what ``values`` says about it, and ``html`` as its body.

    Dates without a zone are in the ``timezone`` that ``values`` names, else in ``timezone`` (IANA names). ``id``
    names the article that this one edits, ``redirect_from`` paths that are to lead to it, ``base_url`` what relative
    addresses in its body are relative to. Raises ArticleRejected: ``file: field 'date' …; remedy``.
    """
    read = _Reader({str(key).strip().casefold(): value for key, value in values.items()}, file)
    zone = read.zone(timezone)
    canonical = read.text("canonical_url", "canonical", "url") or read.text("external_url", "link")
    if not re.match(r"https?://", canonical):
        canonical = ""  # our own posts' ``url`` is a path on the site
    base = read.text("base_url")
    hidden = read.raw("published") is not None and read.text("published").casefold() in _FALSE
    return ParsedArticle(
        title=read.text("title"),
        html=html,
        published=read.date(_DATE, zone),
        modified=read.date(_MODIFIED, zone),
        authors=read.names("authors", "author", "by"),
        language=read.text("lang", "language") or None,
        description=read.text("description", "summary", "excerpt", "subtitle") or None,
        image=read.image("image", "cover", "thumbnail") or None,
        canonical_url=canonical or None,
        source_name=read.text("source_name", "source") or None,
        source_url=read.text("source_url") or None,
        categories=read.labels("categories") or read.labels("category", whole=True),
        tags=read.labels("tags") or read.labels("keywords"),
        edits=read.text("id") or None,
        slug=read.text("slug") or None,
        aliases=read.redirects("redirect_from"),
        draft=read.flag("draft") or hidden,
        base_url=(base if re.match(r"https?://", base) else canonical) or None,
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    values: Mapping[str, Any]
    file: str

    def raw(self, *names: str) -> Any:
        """Return the first value given under one of ``names``, or None."""
        for name in names:
            value = self.values.get(name)
            if value is not None and not (isinstance(value, str) and value.strip() in _EMPTY):
                return value
        return None

    def refuse(self, names: tuple[str, ...], what: str) -> ArticleRejected:
        name = next((n for n in names if self.values.get(n) is not None), names[0])
        return ArticleRejected(f"{self.file}: field '{name}' {what}")

    def text(self, *names: str) -> str:
        value = self.raw(*names)
        if value is None:
            return ""
        return self._scalar(value, names)

    def _scalar(self, value: Any, names: tuple[str, ...]) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float):
            return tidy(str(value)).strip()
        raise self.refuse(names, f"is a {'list' if isinstance(value, list) else 'mapping'}; write one text")

    def zone(self, default: str) -> str:
        name = self.text("timezone", "time_zone") or default
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as fault:
            raise ArticleRejected(
                f"{self.file}: field 'timezone' is '{name}', which is no time zone; write a name such as Asia/Shanghai"
            ) from fault
        return name

    def date(self, names: tuple[str, ...], zone: str) -> datetime | None:
        for name in names:
            text = self.text(name)
            if text and text.casefold() not in _TRUE | _FALSE:  # Jekyll's ``published: false`` is no date
                found = parse_date(text, zone)
                if found is None:
                    raise self.refuse((name,), f"is '{text[:60]}', which is no date; write 2026-01-05T08:30:00+08:00")
                return found
        return None

    def flag(self, name: str) -> bool:
        text = self.text(name).casefold()
        if text not in _TRUE | _FALSE:
            raise self.refuse((name,), f"is '{text[:40]}'; write true or false")
        return text in _TRUE

    def labels(self, name: str, *, whole: bool = False) -> tuple[str, ...]:
        """Return a list of labels; a text is one (``whole``) or several between commas."""
        value = self.raw(name)
        if isinstance(value, str) and not whole:
            value = re.split(r"[,，;；]", value)
        return tuple(label for label in self._list(value, (name,)) if label)

    def redirects(self, name: str) -> tuple[str, ...]:
        """Return addresses on this site, each once; a text is one."""
        try:
            paths = tuple(dict.fromkeys(redirect_path(text) for text in self._list(self.raw(name), (name,)) if text))
        except ValueError as fault:
            raise self.refuse((name,), f"has an address that cannot lead here: {fault}") from fault
        if len(paths) > MAX_REDIRECTS:
            raise self.refuse((name,), f"names {len(paths)} addresses, more than {MAX_REDIRECTS}; keep those in use")
        return paths

    def names(self, *names: str) -> tuple[str, ...]:
        """Return people: a list, of a text or a mapping with ``name`` for each; or one text, which may join several."""
        found: list[str] = []
        given = self.raw(*names)
        for item in self._items(given):
            if isinstance(item, Mapping):
                found.append(self._scalar(item.get("name", ""), names))
            elif isinstance(given, list):
                found.append(self._scalar(item, names))
            else:
                text = self._scalar(item, names)
                parts = text.split(",")
                several = len(parts) > 1 and all(" " in part.strip() for part in parts)
                found += [p for part in (parts if several else [text]) for p in _AND.split(part.strip())]
        return tuple(name.strip() for name in found if name.strip())

    def image(self, *names: str) -> str:
        value = next(iter(self._items(self.raw(*names))), "")
        if isinstance(value, Mapping):
            value = next((value[key] for key in ("url", "src", "path") if value.get(key)), "")
        return self._scalar(value, names)

    def _items(self, value: Any) -> list[Any]:
        if value is None:
            return []
        return [item for item in value if item is not None] if isinstance(value, list) else [value]

    def _list(self, value: Any, names: tuple[str, ...]) -> list[str]:
        return [self._scalar(item, names) for item in self._items(value)]
