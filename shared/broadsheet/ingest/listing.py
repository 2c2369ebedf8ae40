"""A listing of any kind into entries: the source's rules applied to what its format tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from broadsheet.model.article import MAX_CATEGORIES, Entry, Listing, SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.identity import digest
from broadsheet.model.source import Kind, Source

from .dates import parse_date
from .listing_feed import read_feed_items
from .listing_html import read_html_items
from .listing_item import RawItem, RawListing
from .listing_json import read_json_items
from .listing_sitemap import read_sitemap_items
from .plain_text import one_line, tidy, trim
from .urls import canonical_url, expand, expand_text, is_template, web_url

MAX_ID_LENGTH = 512
"""A longer id is told by its hash."""
MAX_TITLE_LENGTH = 1_000
MAX_FIELD_LENGTH = 1_000
"""A longer text is no part of an address or a tag, and would travel in every message twice."""
MAX_WARNINGS = 20
MAX_PARTS = 50
"""Newest sitemaps of an index that are kept; older ones stay unread, whatever ``backfill`` asks for."""

_READERS: Mapping[Kind, Callable[[Source, SourceDocument], RawListing]] = {
    "feed": read_feed_items,
    "json": read_json_items,
    "html": read_html_items,
    "sitemap": read_sitemap_items,
}


def read_listing(source: Source, document: SourceDocument, observed_at: datetime, page: int = 1) -> Listing:
    """Return the entries that one look at ``source`` gave, in the listing's order, by the source's rules.

    ``observed_at`` is the aware time of the look; dates such as ``今天 16:25`` are relative to it. An entry without
    a title (unless its page will tell it), without id and address, or with an id that another entry of other
    content has, is skipped with its reason. ``page`` says which page of the listing ``document`` is; its head is
    page 1. Raises ArticleRejected where the whole listing is unusable; only of the head, where it lists nothing that
    ``items`` finds.
    """
    raw = _READERS[source.kind](source, document)
    if raw.nothing and page == 1:
        raise ArticleRejected(raw.nothing)
    reader = _EntryReader(source, document.url, observed_at, raw.language)
    entries: list[Entry] = []
    skipped: list[tuple[str, str]] = []
    for position, item in enumerate(raw.items, start=1):
        try:
            entries.append(reader.entry(item))
        except ArticleRejected as fault:
            skipped.append((_called(item, position), fault.reason))
    if source.kind == "feed":
        entries = _ids_that_differ(entries)
    kept, doubles = _each_id_once(entries)
    warnings = [*raw.warnings, *reader.warnings]
    if not raw.items and not raw.parts:
        warnings.append(f"{document.url} lists nothing")
    if len(warnings) > MAX_WARNINGS:
        warnings[MAX_WARNINGS:] = [f"and {len(warnings) - MAX_WARNINGS} more"]
    return Listing(
        entries=tuple(kept),
        skipped=(*skipped, *doubles),
        warnings=tuple(warnings),
        title=raw.title,
        next_url=_next_url(source, document, raw, page),
        parts=_parts(document, raw),
        ttl=raw.ttl,
    )


def _next_url(source: Source, document: SourceDocument, raw: RawListing, page: int) -> str | None:
    """Return where older entries are listed; None where that is said to be where we are, or where listings begin."""
    if source.next and is_template(source.next):
        following = {"page": str(page + 1), "page-1": str(page)}
        found = expand(source.next, following) if raw.items else None
    else:
        found = raw.next_url
    address = web_url(document.url, found) if found else None
    if address is None or canonical_url(address) in {canonical_url(document.url), canonical_url(source.url)}:
        return None
    return address


def _parts(document: SourceDocument, raw: RawListing) -> tuple[str, ...]:
    found = (web_url(document.url, part) for part in raw.parts)
    return tuple(dict.fromkeys(part for part in found if part and part != document.url))[:MAX_PARTS]


class _EntryReader:
    """Makes entries of one document's items."""

    def __init__(self, source: Source, document_url: str, observed_at: datetime, language: str | None) -> None:
        self._source = source
        self._document_url = document_url
        self._observed_at = observed_at
        self._language = language
        self.warnings: list[str] = []

    def entry(self, item: RawItem) -> Entry:
        """Return the entry an item tells; raises ArticleRejected with the reason where it tells none."""
        if item.problem:
            raise ArticleRejected(item.problem)
        source, base = self._source, item.base_url or self._document_url
        values = {**item.raw, **{name: texts for name, texts in item.named.items() if texts}}
        fields = {name: texts[0] for name, texts in values.items() if len(texts) == 1}
        self._expand_templates(values, fields)

        url = web_url(base, fields["url"]) if fields.get("url") else None
        title = one_line(fields.get("title", ""))[:MAX_TITLE_LENGTH]
        if not title and not (source.body.origin == "page" and url):
            raise ArticleRejected("no title: the field is empty or missing; the entry is taken once it has one")
        published = self._date(values.get("published", ()), title)
        ident = one_line(fields.get("id", "")) or url
        if not ident:
            ident = self._made_up_id(title, published)
        if len(ident) > MAX_ID_LENGTH:
            ident = f"sha256-{digest(ident)}"

        categories, tags = self._categories(values), _lines(values.get("tags", ()))
        if source.category_field != "categories":
            tags = (*tags, *_lines(values.get("categories", ())))
        content = trim(tidy(fields.get("content", ""))) or None
        summary = trim(tidy(fields.get("summary", "")))
        image = fields.get("image")
        return Entry(
            id=ident,
            title=title,
            url=url,
            published=published,
            updated=self._date(values.get("updated", ()), title),
            summary_html="" if summary == content else summary,
            content_html=content,
            authors=tuple(dict.fromkeys(map(one_line, values.get("authors", ())))),
            categories=categories,
            tags=tuple(dict.fromkeys((*self._tags(fields, categories), *tags))),
            language=source.language or fields.get("language") or self._language,
            image=web_url(base, image) if image else None,
            source_name=one_line(fields.get("source_name", "")) or None,
            identifier=self._identifier(fields, ident),
            fields={name: text for name, text in fields.items() if len(text) <= MAX_FIELD_LENGTH},
        )

    def _expand_templates(self, values: dict[str, tuple[str, ...]], fields: dict[str, str]) -> None:
        """Fill in the source's templates: percent-encoded where they make an address, as text elsewhere."""
        for name, template in self._source.fields.items():
            if not is_template(template):
                continue
            text = expand(template, fields) if "://" in template else expand_text(template, fields)
            fields.pop(name, None)
            values[name] = (text,) if text else ()
            if text:
                fields[name] = text

    def _date(self, texts: tuple[str, ...], title: str) -> datetime | None:
        """Return the first of ``texts`` that is a date."""
        for text in texts:
            if instant := parse_date(text, self._source.timezone, today=self._observed_at):
                return instant
        if texts:
            self.warnings.append(f"'{title[:60]}': the date '{texts[0][:60]}' is not understood; it is left out")
        return None

    def _made_up_id(self, title: str, published: datetime | None) -> str:
        if self._source.kind != "feed":
            raise ArticleRejected("no id and no URL: give the source a field 'id' or 'url' that its items have")
        told = f"{title}\n{published.isoformat() if published else ''}"
        return f"sha256-{digest(told)}"

    def _categories(self, values: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        if self._source.category_field is None:
            return self._source.categories
        return _lines(values.get(self._source.category_field, ()))[:MAX_CATEGORIES]

    def _tags(self, fields: Mapping[str, str], categories: tuple[str, ...]) -> list[str]:
        filled = (
            expand_text(template, {**fields, "category": category})
            for template in self._source.tags
            for category in (categories if "{category}" in template else ("",))
        )
        return [one_line(tag) for tag in filled if tag]

    def _identifier(self, fields: Mapping[str, str], ident: str) -> str | None:
        identity = self._source.identity
        if identity.by != "field" or identity.field is None:
            return None
        value = one_line(fields.get(identity.field, ""))
        if not value:
            self.warnings.append(f"'{ident[:60]}': the field '{identity.field}' of 'identity' is empty or missing")
        return value or None


def _lines(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for text in texts if (line := one_line(text))))


def _called(item: RawItem, position: int) -> str:
    for values in (item.named, item.raw):
        for name in ("id", "url"):
            if found := values.get(name):
                return found[0][:MAX_ID_LENGTH]
    return f"item {position}"


def _ids_that_differ(entries: list[Entry]) -> list[Entry]:
    """Where a feed gives one id to entries with different links, the link is what tells them apart."""
    links = defaultdict(set)
    for entry in entries:
        links[entry.id].add(entry.url)
    return [replace(entry, id=entry.url) if entry.url and len(links[entry.id]) > 1 else entry for entry in entries]


def _each_id_once(entries: list[Entry]) -> tuple[list[Entry], list[tuple[str, str]]]:
    """Keep the first of each id; a second one that says something else is told."""
    first: dict[str, Entry] = {}
    doubles: list[tuple[str, str]] = []
    for entry in entries:
        kept = first.setdefault(entry.id, entry)
        if kept is not entry and kept != entry:
            doubles.append((entry.id, f"id given twice with other contents ('{entry.title[:60]}'); the first is kept"))
    return list(first.values()), doubles
