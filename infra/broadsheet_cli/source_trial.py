"""One look at a source as the pipeline takes it, with nothing written: what would come in, what would not, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from broadsheet.flow.entry_body import json_text, no_address
from broadsheet.flow.pages import page_links
from broadsheet.ingest.entry_article import body_address, clean_entry, parse_entry
from broadsheet.ingest.entry_filter import why_skipped
from broadsheet.ingest.listing import read_listing
from broadsheet.ingest.page_links import feed_links
from broadsheet.ingest.readable import readable_text
from broadsheet.ingest.recipe_text import Recipe, recipe_for
from broadsheet.ingest.urls import host_of
from broadsheet.model.article import Entry, Listing, SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.source import PARAMETER, Source
from broadsheet.model.web import FetchFailed, FetchRequest, FetchResponse, Kind, written_ports
from broadsheet.web.robots import Robots

NOT_FETCHED = "its text was not fetched: {} were asked for, raise --bodies for more"


class Fetcher(Protocol):
    """What a trial needs of the web."""

    def fetch(self, request: FetchRequest) -> FetchResponse:
        """Return the answer; raises FetchFailed."""


@dataclass(frozen=True, slots=True)
class TriedEntry:
    """An entry as it would be stored, or as it is listed where its text was not fetched (``note`` says so)."""

    id: str
    title: str
    url: str | None
    published: datetime | None
    category: str | None
    categories: tuple[str, ...]
    authors: tuple[str, ...]
    content: str | None
    """Cleaned HTML."""
    text: str | None = None
    """The same for reading."""
    note: str | None = None


@dataclass(slots=True)
class Trial:
    """What one look gave. ``skipped`` are (entry id, reason), ``feeds`` what a page announces in place of entries."""

    source: Source
    title: str | None = None
    entries: list[TriedEntry] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)
    older: str | None = None
    """Where older entries are listed: what ``backfill`` would read next."""
    error: str | None = None
    """Why there is nothing: the source cannot be fetched, or is not what it is said to be."""

    def plain(self) -> dict[str, Any]:
        """Return the trial as an object for JSON; instants are ISO 8601 with their zone."""
        return {
            "source": {"id": self.source.id, "kind": self.source.kind, "url": self.source.url, "title": self.title},
            "entries": [_plain(entry) for entry in self.entries],
            "skipped": [{"id": name, "reason": reason} for name, reason in self.skipped],
            "warnings": self.warnings,
            "feeds": self.feeds,
            "older": self.older,
            "error": self.error,
        }


def _plain(entry: TriedEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "title": entry.title,
        "url": entry.url,
        "published": entry.published and entry.published.isoformat(),
        "category": entry.category,
        "categories": list(entry.categories),
        "authors": list(entry.authors),
        "content": entry.content,
        "note": entry.note,
    }


class SourceTrial:
    """Tries one source at ``at`` (aware); at most ``bodies`` texts are fetched, pages only where robots.txt allows.

    ``recipes`` are those of the configuration, by name without ``.txt``.
    """

    def __init__(
        self,
        source: Source,
        fetcher: Fetcher,
        robots: Robots,
        at: datetime,
        bodies: int,
        recipes: Mapping[str, str] | None = None,
    ) -> None:
        self._source = source
        self._fetcher = fetcher
        self._robots = robots
        self._at = at
        self._bodies = bodies
        self._left = bodies
        self._recipes = recipes or {}
        self._trial = Trial(source)
        self._headers = {name: value for name, value in source.headers.items() if not value.startswith(PARAMETER)}
        self._trial.warnings.extend(
            f"the header '{name}' is kept as an SSM parameter, which is not read here; nothing was sent for it"
            for name in source.headers
            if name not in self._headers
        )
        addresses = [source.url, source.body.url or ""]
        self._ports = written_ports(address for address in addresses if address)

    def run(self, listing: SourceDocument | None = None) -> Trial:
        """Return what the source gives; ``listing`` stands for what would be fetched from its address.

        Raises nothing that the source is to blame for: that is told by the trial.
        """
        try:
            document = listing or self._fetch_listing(self._source.url)
            found = read_listing(self._source, document, self._at)
            if found.parts:
                found = self._newest_of(found.parts)
        except FetchFailed as failed:
            self._trial.error = failed.reason
            return self._trial
        except ArticleRejected as rejected:
            self._trial.error = rejected.reason
            if self._source.kind == "feed":
                self._trial.feeds.extend(feed_links(document))
            return self._trial
        self._trial.title = self._source.title or found.title
        self._trial.older = found.next_url
        self._trial.skipped.extend(found.skipped)
        self._trial.warnings.extend(found.warnings)
        for entry in found.entries:
            self._try(entry)
        return self._trial

    def _newest_of(self, parts: Sequence[str]) -> Listing:
        """Return what the newest sitemap of an index lists. Raises FetchFailed and ArticleRejected."""
        self._trial.warnings.append(f"an index of {len(parts)} sitemaps, of which {parts[0]} was looked at")
        return read_listing(self._source, self._fetch_listing(parts[0]), self._at)

    def _fetch_listing(self, url: str) -> SourceDocument:
        response = self._get(url, "json" if self._source.kind == "json" else "feed")
        if response.permanent_url:
            self._trial.warnings.append(f"{url} has moved for good: write `url: {response.permanent_url}`")
        return SourceDocument(response.body, response.url, response.content_type, self._at, response.headers)

    def _get(self, url: str, kind: Kind, recipe: Recipe | None = None) -> FetchResponse:
        headers = dict(recipe.http_headers if recipe else ()) | self._headers
        return self._fetcher.fetch(FetchRequest(url, kind, headers=headers, extra_ports=self._ports))

    def _try(self, entry: Entry) -> None:
        """Add ``entry`` to what would come in, or to what would not."""
        try:
            if left_out := why_skipped(entry, self._source.filter):
                raise ArticleRejected(left_out)
            self._trial.entries.append(self._tried(entry))
        except (ArticleRejected, FetchFailed) as reason:
            self._trial.skipped.append((entry.id, reason.reason))

    def _tried(self, entry: Entry) -> TriedEntry:
        source = self._source
        body_html, page, recipe = None, None, None
        if source.body.origin != "entry":
            address = body_address(source, entry)
            if address is None:
                raise no_address(source, entry)
            if not self._left:
                return self._as_listed(entry)
            self._left -= 1
            if source.body.origin == "page":
                recipe = self._recipe(address)
            document = self._fetch_body(address, recipe)
            page, body_html = (document, None) if source.body.origin == "page" else (None, json_text(document, source))
        parsed = parse_entry(entry, source, body_html, page, recipe=recipe)
        article = clean_entry(parsed, entry, source, self._at)
        return TriedEntry(
            id=entry.id,
            title=article.title,
            url=entry.url,
            published=article.published,
            category=next(iter(article.categories), None),
            categories=article.categories,
            authors=article.authors,
            content=article.html,
            text=readable_text(article.html),
            note=_other_pages(page, recipe),
        )

    def _recipe(self, address: str) -> Recipe | None:
        """Return the recipe for the page at ``address``; what it asks in vain is told once."""
        recipe = recipe_for(host_of(address), self._recipes)
        problems = (f"recipes/{problem}" for problem in (recipe.problems if recipe else ()))
        self._trial.warnings.extend(told for told in problems if told not in self._trial.warnings)
        return recipe

    def _as_listed(self, entry: Entry) -> TriedEntry:
        categories = entry.categories or self._source.categories
        return TriedEntry(
            id=entry.id,
            title=entry.title,
            url=entry.url,
            published=entry.published,
            category=next(iter(categories), None),
            categories=categories,
            authors=entry.authors,
            content=None,
            note=NOT_FETCHED.format(self._bodies),
        )

    def _fetch_body(self, address: str, recipe: Recipe | None) -> SourceDocument:
        """Raises FetchFailed, and ArticleRejected where robots.txt keeps us out."""
        kind: Kind = "page" if self._source.body.origin == "page" else "json"
        if kind == "page":
            verdict = self._robots.verdict(address, at=self._at, extra_ports=self._ports)
            if not verdict.allowed:
                raise ArticleRejected(verdict.reason)
        response = self._get(address, kind, recipe)
        return SourceDocument(response.body, response.url, response.content_type, self._at, response.headers)


def _other_pages(page: SourceDocument | None, recipe: Recipe | None) -> str | None:
    links = page_links(page, recipe) if page is not None else None
    other = links and (links.single or links.next)
    return f"goes on at {other}, which a trial does not fetch" if other else None
