"""An article in JSON: validated against ``schemas/article.json``, read by its fields."""

from __future__ import annotations

import json
from typing import Any

from broadsheet.ingest import markdown, plain_text, schema_check
from broadsheet.ingest.article_fields import read_fields
from broadsheet.model.article import ParsedArticle
from broadsheet.model.errors import ArticleRejected

_BODIES = ("html", "content_html", "content", "markdown", "text", "content_text")


def parse_json(text: str, *, file: str, timezone: str) -> ParsedArticle:
    """Return the article in ``text``; its body is the first given of html, Markdown and plain text.

    Raises ArticleRejected where it is no JSON (naming line and column), nests too deeply, or does not validate.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as fault:
        raise ArticleRejected(
            f"{file}: broken JSON in line {fault.lineno}, column {fault.colno} ({fault.msg}); mend it there"
        ) from fault
    except RecursionError as fault:
        raise ArticleRejected(f"{file}: JSON nested too deeply; an article is one object") from fault
    if not isinstance(data, dict):
        raise ArticleRejected(f"{file}: is no JSON object; write one article per file, a list of them under feeds/")
    hides = bool(data.get("id") and data.get("draft"))
    if not hides and not any(data.get(name) for name in _BODIES):
        raise ArticleRejected(f"{file}: has no body; give one of {', '.join(_BODIES)}")
    schema_check.check({"title": "-", **data} if hides else data, "article", file=file, error=ArticleRejected)
    return read_fields(data, file=file, timezone=timezone, html=_body(data))


def _body(data: dict[str, Any]) -> str:
    for name in ("html", "content_html", "content"):
        if data.get(name):
            return str(data[name])
    if data.get("markdown"):
        return markdown.to_html(str(data["markdown"]))
    return plain_text.to_html(str(data.get("text") or data.get("content_text") or ""))
