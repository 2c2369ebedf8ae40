"""What an article says, as one short text: equal where nothing a reader sees differs."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime

from broadsheet.model.article import CleanArticle
from broadsheet.model.identity import digest

VERSION = "a"
"""To be changed with what is hashed, so that hashes of two makings never compare equal by chance."""
_NOT_HASHED = frozenset({"slug", "aliases", "content_hash"})
"""An address is decided once, so a new slug says nothing new; and other ways to it are no correction of the article."""


def content_hash(article: CleanArticle) -> str:
    """Return a version letter and 26 characters ``[a-z2-7]`` of the SHA-256 of what ``article`` says.

    Empty fields do not count, so that a field added to the model changes no hash of articles without it.
    """
    said = {
        field.name: _plain(value)
        for field in fields(article)
        if field.name not in _NOT_HASHED and (value := getattr(article, field.name))
    }
    return VERSION + digest(json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def _plain(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
