"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1) as a listing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any

from broadsheet.model.article import SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.source import Source

from .feed_media import Attachment, with_attachments
from .listing_item import MAX_ITEMS, RawItem, RawListing, texts
from .listing_json import load_json
from .plain_text import one_line, to_html
from .urls import is_template

_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/1")


def read_json_feed_items(source: Source, document: SourceDocument) -> RawListing:
    """Return the items of a JSON Feed; fields that the source names are keys of its items.

    Raises ArticleRejected where the document is JSON of another kind.
    """
    feed = load_json(document, where=source.where)
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or not _VERSION.match(str(feed.get("version", ""))):
        raise ArticleRejected(
            f"{source.where}: {document.url} is JSON but no JSON Feed (no 'version' of jsonfeed.org with 'items'); "
            "write kind: json, with items and fields"
        )
    authors = _authors(feed)
    cut = len(items) > MAX_ITEMS
    return RawListing(
        items=tuple(_item(item, source, authors, document.url) for item in items[:MAX_ITEMS]),
        title=one_line(str(feed.get("title") or "")) or None,
        next_url=next(iter(texts(feed.get("next_url"))), None),
        language=next(iter(texts(feed.get("language"))), None),
        warnings=(f"{len(items):,} entries, of which the first {MAX_ITEMS:,} were read",) if cut else (),
    )


def _item(item: Any, source: Source, feed_authors: tuple[str, ...], feed_url: str) -> RawItem:
    if not isinstance(item, dict):
        return RawItem({}, problem="is no object")
    raw = {key: found for key, value in item.items() if (found := texts(value))}
    content = next(iter(raw.get("content_html") or map(to_html, raw.get("content_text", ()))), "")
    summary = next((escape(text, quote=False) for text in raw.get("summary", ())), "")
    attached = list(_attachments(item))
    files = (one for one in attached if not one.is_picture)
    pictures = tuple(one.url for one in attached if one.is_picture)
    named = {
        "id": raw.get("id", ()),
        "title": raw.get("title", ()),
        "url": raw.get("url") or raw.get("external_url", ()),
        "published": raw.get("date_published") or raw.get("date_modified", ()),
        "updated": raw.get("date_modified", ()),
        "summary": texts(summary),
        "content": texts(with_attachments(content, summary, files, feed_url)),
        "authors": _authors(item) or feed_authors,
        "categories": raw.get("tags", ()),
        "tags": (),
        "image": raw.get("image") or raw.get("banner_image") or pictures[:1],
        "language": raw.get("language", ()),
    }
    for name, path in source.fields.items():
        if not is_template(path):
            named[name] = named[path] if path in named else raw.get(path, ())
    return RawItem(named, raw)


def _attachments(item: dict[str, Any]) -> Iterator[Attachment]:
    listed = item.get("attachments")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and isinstance(one.get("url"), str):
            kind, title = one.get("mime_type"), one.get("title")
            yield Attachment(one["url"], kind if isinstance(kind, str) else "", title if isinstance(title, str) else "")


def _authors(holder: dict[str, Any]) -> tuple[str, ...]:
    """Return the names in ``authors`` (1.1) or ``author`` (1.0)."""
    listed = holder.get("authors")
    people = listed if isinstance(listed, list) else [holder.get("author")]
    return tuple(name for person in people if isinstance(person, dict) for name in texts(person.get("name")))
