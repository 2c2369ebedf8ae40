"""Small builders for what the cleaner and the upload parsers take."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from broadsheet.ingest.clean import clean
from broadsheet.model.article import CleanArticle, ParsedArticle, SourceDocument

NOW = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


def document(body: str | bytes, url: str = "s3://inbox/articles/a.md", content_type: str = "") -> SourceDocument:
    return SourceDocument(body if isinstance(body, bytes) else body.encode(), url, content_type, NOW)


def cleaned(html: str, title: str = "A title", *, upload: bool = False, **fields: Any) -> CleanArticle:
    options = {name: fields.pop(name) for name in ("cleaning", "language", "categories", "source_name", "source_url",
               "source_host") if name in fields and name not in ParsedArticle.__dataclass_fields__}  # fmt: skip
    parsed = ParsedArticle(title=title, html=html, **fields)
    return clean(parsed, fallback_slug="nw2022", observed_at=NOW, upload=upload, **options)
