"""Uploads: which keys of the inbox mean what, and a file of unknown origin as an article."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Literal

from broadsheet.ingest import front_matter, markdown
from broadsheet.ingest.article_fields import read_fields
from broadsheet.ingest.encoding import decode
from broadsheet.ingest.extract import extract_page, whole_page
from broadsheet.ingest.fragment import parse_fragment, text_of
from broadsheet.ingest.json_article import parse_json
from broadsheet.ingest.newsletter import parse_email
from broadsheet.ingest.plain_text import one_line
from broadsheet.model.article import ParsedArticle, SourceDocument
from broadsheet.model.errors import ArticleRejected

Place = Literal["article", "feed", "bundle", "config"]

MAX_UPLOAD_BYTES = 20 * 1024 * 1024

ARTICLE_ENDINGS = (".html", ".htm", ".md", ".markdown", ".json", ".eml")
FEED_ENDINGS = (".xml", ".rss", ".atom", ".rdf", ".json", "")
_CONFIG = re.compile(r"site\.ya?ml|categories\.ya?ml|sources/[^/]+\.(?:ya?ml|opml)|recipes/[^/]+\.txt|templates/.+[^/]")
_WILDCARD = re.compile(r"recipes/\.[^/.][^/]*\.txt")
"""``.example.com.txt`` is the recipe for the hosts below example.com, and no hidden file."""
_PAGE = re.compile(r"\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_PLACES = (
    "put articles (.html, .md, .json, .eml) under articles/, feed documents under feeds/, zip files under bundles/, "
    "settings under config/"
)


def classify(key: str) -> Place:
    """Return what an object of the inbox is, by its key.

    Raises ArticleRejected, with what goes where, for a place or an ending that means nothing, folder markers and
    hidden files included.
    """
    place, slash, name = key.partition("/")
    last = name.rpartition("/")[2]
    ending = PurePosixPath(last).suffix.lower()
    if slash and (not last or last.startswith(".")) and not (place == "config" and _WILDCARD.fullmatch(name)):
        raise ArticleRejected(f"{key}: a folder marker or hidden file, which holds no article; delete it")
    match place:
        case "articles" if ending in ARTICLE_ENDINGS:
            return "article"
        case "feeds" if ending in FEED_ENDINGS:
            return "feed"
        case "bundles" if ending == ".zip":
            return "bundle"
        case "config" if _CONFIG.fullmatch(name):
            return "config"
        case "articles":
            raise ArticleRejected(f"{key}: unknown kind of article '{ending}'; write {', '.join(ARTICLE_ENDINGS)}")
        case "feeds":
            raise ArticleRejected(f"{key}: unknown kind of feed '{ending}'; write {', '.join(FEED_ENDINGS[:-1])}")
        case "bundles":
            raise ArticleRejected(f"{key}: unknown kind of bundle '{ending}'; write .zip")
        case "config":
            raise ArticleRejected(
                f"{key}: unknown setting; write config/site.yaml, config/categories.yaml, config/sources/NAME.yaml or "
                ".opml, config/recipes/HOST.txt or config/templates/NAME"
            )
        case _:
            raise ArticleRejected(f"{key}: unknown place; {_PLACES}")


def check_size(name: str, size: int) -> None:
    """Raise ArticleRejected where an upload of ``size`` bytes is larger than ``MAX_UPLOAD_BYTES``."""
    if size > MAX_UPLOAD_BYTES:
        raise ArticleRejected(
            f"{name}: {size / 2**20:.1f} MB; an upload has at most {MAX_UPLOAD_BYTES // 2**20} MB: send it in parts"
        )


def parse_upload(name: str, document: SourceDocument, *, timezone: str = "UTC") -> ParsedArticle:
    """Return the article in an uploaded file: HTML, Markdown, JSON or an e-mail, by the ending of ``name``.

    ``timezone`` (IANA) is for dates without a zone. Fields of front matter win over what a page says of itself.
    Raises ArticleRejected, naming the file and what would mend it.
    """
    check_size(name, len(document.body))
    ending = PurePosixPath(name).suffix.lower()
    if ending == ".eml":
        return parse_email(document.body, file=name)
    if ending == ".json":
        text = decode(document.body, document.content_type, kind="json").text
        return replace(parse_json(text.removeprefix("\ufeff"), file=name, timezone=timezone), method="json")
    if ending in {".md", ".markdown"}:
        return _parse_markdown(name, document, timezone)
    if ending in {".html", ".htm"}:
        return _parse_html(name, document, timezone)
    raise ArticleRejected(f"{name}: unknown kind of article '{ending}'; write {', '.join(ARTICLE_ENDINGS)}")


def _parse_markdown(name: str, document: SourceDocument, timezone: str) -> ParsedArticle:
    text = decode(document.body, document.content_type, kind="text").text
    fields, content = front_matter.split(text, file=name)
    article = read_fields(fields, file=name, timezone=timezone, html=markdown.to_html(content))
    return replace(article, title=article.title or _first_heading(article.html), method="markdown")


def _parse_html(name: str, document: SourceDocument, timezone: str) -> ParsedArticle:
    text = decode(document.body, document.content_type, kind="html").text
    fields, content = front_matter.split(text, file=name)
    article = read_fields(fields, file=name, timezone=timezone, html=content)
    if not _PAGE.match(content):
        return replace(article, title=article.title or _first_heading(content), method="fragment")
    page = replace(document, body=content.encode("utf-8", "replace"), content_type="text/html; charset=utf-8")
    try:
        found = extract_page(page, timezone=timezone)
    except ArticleRejected:
        # Whoever uploads a page means it as an article, however short.
        found = whole_page(page, timezone=timezone)
    return _merged(article, found)


def _merged(given: ParsedArticle, found: ParsedArticle) -> ParsedArticle:
    """Return what the page says, overridden by what its front matter gives."""
    return replace(
        found,
        title=given.title or found.title,
        published=given.published or found.published,
        modified=given.modified or found.modified,
        authors=given.authors or found.authors,
        language=given.language or found.language,
        description=given.description or found.description,
        image=given.image or found.image,
        canonical_url=given.canonical_url or found.canonical_url,
        source_name=given.source_name or found.source_name,
        source_url=given.source_url or found.source_url,
        categories=given.categories or found.categories,
        tags=given.tags or found.tags,
        edits=given.edits,
        slug=given.slug,
        aliases=given.aliases,
        draft=given.draft,
        base_url=found.base_url or given.base_url,
    )


def _first_heading(markup: str) -> str:
    tree = parse_fragment(markup)
    return next((text for e in tree.iter("h1", "h2") if (text := one_line(text_of(e)))), "")
