"""Categories and tags as Jekyll reads them: a text is split at blanks, a list is not, the folders above count too."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from broadsheet.ingest.jekyll_mend import Kind, Mend

_MAX_LABELS = 20
_COMMA = re.compile(r"\s*[,，;；]\s*")


def jekyll_categories(folders: Sequence[str], fields: Mapping[str, Any], *, singular: bool = True) -> list[str]:
    """Return the categories that Jekyll makes a post's address of: of its folders, ``categories`` and ``category``."""
    own = fields.get("categories", "")
    named = own.split() if isinstance(own, str) else _texts(own)
    one = _texts(fields.get("category", "")) if singular else []
    return list(dict.fromkeys((*folders, *named, *one)))


def categories_of(folders: Sequence[str], fields: Mapping[str, Any], mends: list[Mend]) -> list[str]:
    """Return the categories a post was meant to have, the folders' last: they are the site's order, not the post's."""
    named = (*_labels("categories", fields, mends), *_texts(fields.get("category", "")), *folders)
    return list(dict.fromkeys(named))[:_MAX_LABELS]


def tags_of(fields: Mapping[str, Any], mends: list[Mend]) -> list[str]:
    """Return the tags of a post: ``tag``, or else ``tags``."""
    return (_texts(fields.get("tag", "")) or _labels("tags", fields, mends))[:_MAX_LABELS]


def _labels(name: str, fields: Mapping[str, Any], mends: list[Mend]) -> list[str]:
    value = fields.get(name, "")
    if not isinstance(value, str):
        return _texts(value)
    if _COMMA.search(value.strip(", ")):
        mends.append(Mend(Kind.LABELS, f"'{name}' was split at its commas, and not at blanks as Jekyll does"))
        return [label for label in _COMMA.split(value.strip()) if label]
    return value.split()


def _texts(value: Any) -> list[str]:
    """Return the texts in a text or a list, lists in it opened up; ``- a: b`` meant the text, and not a mapping."""
    found: list[str] = []
    waiting = [value]
    while waiting and len(found) < _MAX_LABELS:
        item = waiting.pop(0)
        if isinstance(item, list):
            waiting = item[:_MAX_LABELS] + waiting
        elif isinstance(item, dict):
            waiting = [f"{name}: {text}" for name, text in item.items() if isinstance(text, str)][:1] + waiting
        elif isinstance(item, str) and item.strip():
            found.append(item.strip())
    return found
