"""Which entries of a listing are kept: keywords and ``field:pattern`` rules."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from broadsheet.model.article import Entry
from broadsheet.model.source import Filter

from .plain_text import without_tags

_FIELDS: Mapping[str, Callable[[Entry], Iterable[str]]] = {
    "title": lambda entry: (entry.title,),
    "summary": lambda entry: (without_tags(entry.summary_html),),
    "url": lambda entry: (entry.url or "",),
    "category": lambda entry: (*entry.categories, *entry.tags),  # where a source has its own, its entries' are tags
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
    ``*`` in it, it is the whole text and ``*`` is anything. Case and width do not count, nor does white space at the
    edges; a field that is empty matches nothing.
    """
    texts = _Texts(entry)
    for rule in rules.exclude:
        if texts.match(rule):
            return f"left out by the filter: it matches the exclude rule '{rule}'"
    if rules.include and not any(texts.match(rule) for rule in rules.include):
        return f"left out by the filter: it matches none of the include rules ({', '.join(rules.include)[:200]})"
    return None


def matches_nothing(rule: str) -> bool:
    """Return whether ``rule`` can match no entry: it is blank, or a field of every entry without a pattern."""
    name, colon, pattern = _folded(rule).partition(":")
    return not (name or colon) or (bool(colon) and name.strip() in _FIELDS and not pattern.strip())


class _Texts:
    """An entry's texts as rules see them, each folded once however many rules there are."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._own = {_folded(name): text for name, text in entry.fields.items()}
        self._known: dict[str, tuple[str, ...]] = {}

    def match(self, rule: str) -> bool:
        rule = _folded_rule(rule)
        name, colon, pattern = (part.strip() for part in rule.partition(":"))
        if colon and (name in _FIELDS or name in self._own):
            return self._found(pattern, name)
        return any(self._found(rule, field) for field in _KEYWORD_FIELDS)

    def _found(self, pattern: str, name: str) -> bool:
        if not pattern:
            return False
        if "*" in pattern:
            return any(_glob(pattern, text) for text in self._of(name))
        return any(pattern in text for text in self._of(name))

    def _of(self, name: str) -> tuple[str, ...]:
        """Return the texts of a field that are not empty."""
        if name not in self._known:
            texts = _FIELDS[name](self._entry) if name in _FIELDS else (self._own[name],)
            self._known[name] = tuple(text for text in map(_folded, texts) if text)
        return self._known[name]


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
    """Return ``text`` as it is compared: width and case folded, each run of white space one blank.

    Folding case can undo what normalising did, so it is normalised again (Unicode's compatibility caseless match).
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


_folded_rule = lru_cache(maxsize=1024)(_folded)
