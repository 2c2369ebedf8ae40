"""Which entries of a listing are kept: keywords and ``field:pattern`` rules."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping

from broadsheet.model.article import Entry
from broadsheet.model.source import Filter

from .plain_text import without_tags

_FIELDS: Mapping[str, Callable[[Entry], Iterable[str]]] = {
    "title": lambda entry: (entry.title,),
    "summary": lambda entry: (without_tags(entry.summary_html),),
    "url": lambda entry: (entry.url or "",),
    "category": lambda entry: entry.categories,
    "tag": lambda entry: entry.tags,
    "author": lambda entry: entry.authors,
    "source": lambda entry: (entry.source_name or "",),
    "language": lambda entry: (entry.language or "",),
    "id": lambda entry: (entry.id,),
}
_KEYWORD_FIELDS = ("title", "summary")


def why_skipped(entry: Entry, rules: Filter) -> str | None:
    """Return why the filter leaves ``entry`` out, or None where it is kept.

    A rule is a keyword, looked for in title and summary, or ``field:pattern`` with title, summary, url, category,
    tag, author, source, language, id or a field of the source's own. A pattern is found anywhere in the text; with
    ``*`` in it, it is the whole text and ``*`` is anything. Case and width do not count.
    """
    for rule in rules.exclude:
        if _matches(entry, rule):
            return f"left out by the filter: it matches the exclude rule '{rule}'"
    if rules.include and not any(_matches(entry, rule) for rule in rules.include):
        return f"left out by the filter: it matches none of the include rules ({', '.join(rules.include)[:200]})"
    return None


def _matches(entry: Entry, rule: str) -> bool:
    name, colon, pattern = rule.partition(":")
    name = name.strip().lower()
    if colon and name in _FIELDS:
        return any(_found(pattern, text) for text in _FIELDS[name](entry))
    own = {key.lower(): value for key, value in entry.fields.items()}
    if colon and name in own:
        return _found(pattern, own[name])
    return any(_found(rule, text) for field in _KEYWORD_FIELDS for text in _FIELDS[field](entry))


def _found(pattern: str, text: str) -> bool:
    pattern, text = _folded(pattern), _folded(text)
    if not pattern:
        return False
    return _glob(pattern, text) if "*" in pattern else pattern in text


def _glob(pattern: str, text: str) -> bool:
    first, *middle, last = pattern.split("*")
    if not text.startswith(first):
        return False
    position = len(first)
    for part in middle:
        found = text.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return text.endswith(last) and len(text) - len(last) >= position


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
