"""An article in JSON: validated against ``schemas/article.json``, read by its fields."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from broadsheet.ingest import markdown, plain_text
from broadsheet.ingest.article_fields import read_fields
from broadsheet.model.article import ParsedArticle
from broadsheet.model.errors import ArticleRejected

_NO_BODY = "html, content_html, content, markdown, text or content_text"


@cache
def _validator() -> Callable[[Any], Any]:
    import fastjsonschema  # noqa: PLC0415 - only uploads in JSON need it

    schema = json.loads(files("broadsheet.ingest").joinpath("schemas/article.json").read_text("utf-8"))
    compiled: Callable[[Any], Any] = fastjsonschema.compile(schema)
    return compiled


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
    _validate(data, file)
    return read_fields(data, file=file, timezone=timezone, html=_body(data))


def _validate(data: Any, file: str) -> None:
    import fastjsonschema  # noqa: PLC0415 - as above

    if isinstance(data, list):
        raise ArticleRejected(f"{file}: holds a list; write one object per file, or put the list under feeds/")
    try:
        _validator()(data)
    except fastjsonschema.JsonSchemaValueException as fault:
        if fault.rule == "anyOf":
            raise ArticleRejected(f"{file}: has no body; give one of {_NO_BODY}") from fault
        if fault.rule == "required":
            raise ArticleRejected(f"{file}: field 'title' is missing; an article needs one") from fault
        name = ".".join(str(part) for part in fault.path[1:]) or "the document"
        what = str(fault.message).removeprefix(str(fault.name)).strip()
        raise ArticleRejected(f"{file}: field '{name}' {what}; see schemas/article.json") from fault


def _body(data: dict[str, Any]) -> str:
    for name in ("html", "content_html", "content"):
        if data.get(name):
            return str(data[name])
    if data.get("markdown"):
        return markdown.to_html(str(data["markdown"]))
    return plain_text.to_html(str(data.get("text") or data.get("content_text") or ""))
