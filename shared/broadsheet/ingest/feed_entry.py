"""An entry of a feed, as feedparser tells it, into an item's fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any, NamedTuple

from broadsheet.model.source import Source

from .feed_media import attachments, pictures, with_attachments
from .listing_item import RawItem, path_fields, texts
from .plain_text import one_line, tidy, to_html, trim, without_tags
from .urls import absolute, is_template

MAX_NAME = 500
"""Characters of an author's name with an address; what is longer names nobody."""
_MAIL = re.compile(r"\S+@\S+\.\S+")
_TAG = re.compile(r"<[a-zA-Z/!]")
_ADDRESS = re.compile(r"https?:|/", re.IGNORECASE)
_PLAIN = "text/plain"


class _Text(NamedTuple):
    html: str
    language: str | None


_NO_TEXT = _Text("", None)


def feed_item(entry: Any, source: Source, feed_url: str, feed_authors: tuple[str, ...]) -> RawItem:
    """Return the fields of ``entry``; those that ``source`` names are keys of it, or templates.

    ``feed_url`` is the document's address; ``feed_authors`` stand where the entry names nobody.
    """
    raw = {key: found for key, value in entry.items() if (found := texts(value))}
    details = [entry.get("title_detail"), entry.get("summary_detail"), *entry.get("content", ())]
    base = next((detail["base"] for detail in details if detail and detail.get("base")), feed_url)
    content, summary = _content_and_summary(entry)
    images = list(pictures(entry))
    named = {
        "id": texts(_id(entry, base)),
        "title": texts(plain_text(entry, "title") or entry.get("itunes_title")),
        "url": texts(_link(entry)),
        "published": _dates(entry, "published") or _dates(entry, "created") or _dates(entry, "updated"),
        "updated": _dates(entry, "updated"),
        "summary": texts(summary.html),
        "content": texts(_body(entry, content.html, summary.html, images, base)),
        "authors": author_names(entry) or author_names(entry.get("source") or {}) or feed_authors,
        "categories": tuple(_categories(entry)),
        "tags": (),
        "image": tuple(images[:1]),
        "source_name": texts(plain_text(entry.get("source") or {}, "title")),
        "language": texts(_language(entry, content, summary)),
    }
    for name, path in path_fields(source, frozenset()).items():
        if name in source.fields and not is_template(path):
            named[name] = named[path] if path in named else raw.get(path, ())
    return RawItem(named, raw, base_url=base)


def plain_text(holder: Mapping[str, Any], name: str) -> str:
    """Return a text construct of feedparser's, a title, as text on one line."""
    value = str(holder.get(name) or "")
    detail = holder.get(f"{name}_detail") or {}
    return one_line(value) if detail.get("type") == _PLAIN else without_tags(value)


def author_names(holder: Any) -> tuple[str, ...]:
    """Return the names of the authors of an entry or a feed; mail addresses stay where they are."""
    names: list[str] = []
    for author in holder.get("authors") or ():
        name = without_tags(str(author.get("name") or "")[:MAX_NAME])
        if wrapped := re.fullmatch(rf"{_MAIL.pattern}\s*\((.+)\)", name):
            name = wrapped[1]
        if name and not _MAIL.fullmatch(name):
            names.append(name)
    return tuple(dict.fromkeys(names))


def _id(entry: Any, base: str) -> str | None:
    """Return the id as it is written; one that is the entry's only address, and is a path, as an address."""
    ident = str(entry.get("id") or "")
    return absolute(base, ident) if ident.startswith("/") and entry.get("guidislink") else ident


def _link(entry: Any) -> str | None:
    """Return where the entry's page is; its id stands for that where it is an address, and not a mere word."""
    link = str(entry.get("feedburner_origlink") or entry.get("link") or "")
    stands_for_it = entry.get("guidislink") and link == entry.get("id")
    return None if stands_for_it and not _ADDRESS.match(link) else link


def _content_and_summary(entry: Any) -> tuple[_Text, _Text]:
    """Return the longer text there is, and the shorter; where there is but one, it is what the feed calls it."""
    contents = [text for part in entry.get("content", ()) if (text := _content(part)).html]
    content = max(contents, key=lambda text: len(text.html), default=_NO_TEXT)
    kinds = ("summary", "itunes_summary", "media_description", "subtitle")
    summary = next((text for kind in kinds if (text := _text_of(entry, kind)).html), _NO_TEXT)
    return (summary, content) if content.html and len(summary.html) > len(content.html) else (content, summary)


def _text_of(entry: Any, kind: str) -> _Text:
    detail = entry.get(f"{kind}_detail") or {}
    return _Text(_markup(entry.get(kind), detail), detail.get("language"))


def _content(part: Mapping[str, Any]) -> _Text:
    kind, value = str(part.get("type") or ""), str(part.get("value") or "")
    is_text = kind == _PLAIN or kind.endswith(("html", "xml"))
    # What was in base64 is decoded, and text all the same if it has tags; else it is a picture, still encoded.
    return _Text(_markup(value, part), part.get("language")) if is_text or _TAG.search(value) else _NO_TEXT


def _markup(value: Any, detail: Mapping[str, Any]) -> str:
    text = trim(tidy(str(value or "")))
    return to_html(text) if text and detail.get("type") == _PLAIN else text


def _body(entry: Any, content: str, summary: str, images: list[str], base: str) -> str:
    """Return the content with what is attached; where there is no text at all, a picture is the article."""
    body = with_attachments(content, summary, attachments(entry), base)
    return f'<p><img src="{escape(images[0])}" alt=""></p>' if images and not body and not summary else body


def _dates(entry: Any, name: str) -> tuple[str, ...]:
    """Return the date as written, then as feedparser reads it: it knows old formats, we know the source's zone."""
    if name not in entry:
        return ()
    found = texts(entry.get(name, ""))
    if parsed := entry.get(f"{name}_parsed"):
        year, month, day, hour, minute, second = parsed[:6]
        found += (f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z",)
    return found


def _categories(entry: Any) -> Iterator[str]:
    for tag in entry.get("tags") or ():
        if name := without_tags(str(tag.get("label") or tag.get("term") or "")):
            yield name


def _language(entry: Any, content: _Text, summary: _Text) -> str | None:
    """Return the language of the text, where there is one; a title may quote another."""
    own = entry.get("language")
    of_text: Iterable[_Text] = [text for text in (content, summary) if text.html][:1]
    title = (entry.get("title_detail") or {}).get("language")
    return own or next((text.language for text in of_text), title)
