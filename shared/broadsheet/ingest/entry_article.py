"""An entry of a listing as an article: its own text, the text fetched for it, or its page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from broadsheet.ingest import plain_text
from broadsheet.ingest.clean import clean
from broadsheet.ingest.extract import extract_page
from broadsheet.ingest.joined_pages import join_pages
from broadsheet.ingest.recipe_text import Recipe
from broadsheet.ingest.urls import expand
from broadsheet.model.article import CleanArticle, Entry, ParsedArticle, SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.order import format_instant
from broadsheet.model.source import Source

_MARKUP = re.compile(r"<[a-zA-Z/!]|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")


def parse_entry(
    entry: Entry,
    source: Source,
    body_html: str | None,
    page: SourceDocument | None,
    further_pages: Sequence[SourceDocument] = (),
    recipe: Recipe | None = None,
) -> ParsedArticle:
    """Return what ``entry`` of ``source`` says, with the best body there is.

    ``body_html`` is the text of the second request, ``page`` the entry's page, either None where none was fetched;
    without both, the body is the entry's own content or summary. ``further_pages`` go on where the page ends; one that
    holds no article adds nothing. What the entry says wins over what its page says, which ``recipe`` may help to read.
    Raises ArticleRejected where the page holds no article.
    """
    found = ParsedArticle(title="", html="")
    if body_html is not None:
        html, method = _as_markup(body_html), "json"
    elif page is not None:
        found = join_pages([_extracted(page, source, recipe), *_readable(further_pages, source, recipe)])
        html, method = found.html, found.method
    else:
        html, method = _as_markup(entry.content_html or entry.summary_html), "entry"
    return ParsedArticle(
        title=entry.title or found.title,
        html=html,
        published=entry.published or found.published,
        modified=entry.updated or found.modified,
        authors=entry.authors or found.authors,
        language=entry.language or found.language or source.language,
        description=(entry.summary_html or found.description) or None,
        image=entry.image or found.image,
        canonical_url=found.canonical_url or entry.url,
        source_name=entry.source_name or found.source_name,
        categories=entry.categories or source.categories or found.categories,
        tags=entry.tags or found.tags,
        base_url=found.base_url or entry.url or source.url,
        method=method,
        confidence=found.confidence,
    )


def body_address(source: Source, entry: Entry) -> str | None:
    """Return the address that the entry's body must be fetched from, or None where the listing carries it.

    A template that names a missing field gives None too: ``ingest_article`` rejects that entry by name.
    """
    if source.body.origin == "page":
        return entry.url
    if source.body.origin == "json" and source.body.url:
        try:
            return expand(source.body.url, entry.fields)
        except ArticleRejected:
            return None
    return None


def clean_entry(parsed: ParsedArticle, entry: Entry, source: Source, observed_at: datetime) -> CleanArticle:
    """Return what :func:`parse_entry` made of ``entry``, cleaned by its source's rules and completed from both.

    Raises ArticleRejected for what is no article, or is past the source's retention at ``observed_at`` (aware).
    """
    article = clean(
        parsed,
        fallback_slug=entry.id,
        observed_at=observed_at,
        upload=False,
        cleaning=source.clean,
        language=source.language,
        categories=entry.categories or source.categories,
        source_name=entry.source_name or source.title,
        source_url=entry.url,
        source_host=urlsplit(source.url).hostname,
    )
    if source.retention and article.published and article.published + source.retention <= observed_at:
        raise ArticleRejected(
            f"{entry.id}: dated {format_instant(article.published)}, past the source's retention of "
            f"{source.retention.days} days; lengthen `retention` to keep it"
        )
    return article


def _extracted(page: SourceDocument, source: Source, recipe: Recipe | None) -> ParsedArticle:
    return extract_page(
        page,
        strip=source.clean.strip,
        strip_id_or_class=source.clean.strip_id_or_class,
        timezone=source.timezone,
        recipe=recipe,
    )


def _readable(pages: Sequence[SourceDocument], source: Source, recipe: Recipe | None) -> list[ParsedArticle]:
    articles = []
    for page in pages:
        try:
            articles.append(_extracted(page, source, recipe))
        except ArticleRejected:  # a gallery, or a last page without text: the article stands without it
            continue
    return articles


def _as_markup(text: str) -> str:
    """Return ``text`` as it is where it is HTML, and as paragraphs where it is plain."""
    return text if _MARKUP.search(text) else plain_text.to_html(text)
