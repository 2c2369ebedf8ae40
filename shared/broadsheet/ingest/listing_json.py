"""JSON APIs as listings: where the list is and what its fields are is told by JMESPath."""

from __future__ import annotations

import json
import re
from typing import Any

from broadsheet.model.article import SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.source import Source

from .encoding import decode
from .expressions import JsonPath, compile_jmespath
from .listing_item import MAX_DEPTH, MAX_ITEMS, RawItem, RawListing, path_fields, texts
from .plain_text import without_tags
from .urls import is_template

MAX_JSON_BYTES = 16 * 1024 * 1024
_MAY_HOLD_TAGS = frozenset(("title", "authors", "categories", "tags", "source_name"))
"""APIs put ``&amp;`` and ``<em>`` into what is text everywhere else."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


def read_json_items(source: Source, document: SourceDocument) -> RawListing:
    """Return the items of a JSON listing; an item that cannot be read carries its problem.

    Raises ArticleRejected where the whole is unusable: no JSON, or ``items`` is no list.
    """
    data = load_json(document, where=source.where)
    rows = _rows(source, data, document.url)
    if isinstance(rows, str):
        return RawListing(items=(), nothing=rows)
    templated = frozenset(name for name, path in source.fields.items() if is_template(path))
    paths = {name: compile_jmespath(path) for name, path in path_fields(source, templated).items()}
    next_url, warnings = _next(source, data)
    if len(rows) > MAX_ITEMS:
        warnings.append(f"{len(rows):,} items, of which the first {MAX_ITEMS:,} were read; ask for fewer in the url")
    return RawListing(
        items=tuple(_item(row, paths) for row in rows[:MAX_ITEMS]), next_url=next_url, warnings=tuple(warnings)
    )


def load_json(document: SourceDocument, *, where: str) -> Any:
    """Return the value of a JSON document; ``where`` names the source in errors.

    Depth is bounded before anything is parsed. Raises ArticleRejected where it is larger than 16 MB, nests deeper
    than 200, or is no JSON; an HTML page in its place is told as such.
    """
    if len(document.body) > MAX_JSON_BYTES:
        raise ArticleRejected(
            f"{where}: {document.url} holds {len(document.body):,} bytes, more than {MAX_JSON_BYTES:,}; "
            "ask for fewer items"
        )
    text = decode(document.body, document.content_type, kind="json").text.lstrip("\ufeff \t\r\n")
    if not text:
        raise ArticleRejected(f"{where}: {document.url} is empty, no JSON; check the url")
    if text.startswith("<"):
        raise ArticleRejected(f"{where}: {document.url} is an HTML or XML page, no JSON; check the url and the kind")
    if _depth_exceeds(text, MAX_DEPTH):
        raise ArticleRejected(f"{where}: {document.url} nests deeper than {MAX_DEPTH}; that is no listing")
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except ValueError as fault:  # also an integer of more digits than Python reads
        shown = " ".join(text[:60].split())
        raise ArticleRejected(f"{where}: {document.url} is no JSON ({fault}); it begins: {shown}") from fault


def search(path: JsonPath, value: Any) -> Any:
    """Return what ``path`` finds in ``value``, None for nothing; raises ValueError where it cannot be evaluated."""
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415 - only for JSON sources

    try:
        return path.search(value)
    except JMESPathError as fault:
        raise ValueError(" ".join(str(fault).split())) from fault


def _next(source: Source, data: Any) -> tuple[str | None, list[str]]:
    """Return where the next page is, None for nowhere, and what is wrong with the path to it."""
    if not source.next or is_template(source.next):
        return None, []
    try:
        found = search(compile_jmespath(source.next), data)
    except ValueError as fault:
        return None, [f"field 'next' ('{source.next}') fails: {fault}"]
    return (found if isinstance(found, str) else None), []


def _rows(source: Source, data: Any, url: str) -> list[Any] | str:
    """Return the list of items, or why there is none. Raises ArticleRejected for what is no list."""
    expression = source.items or "@"
    try:
        rows = search(compile_jmespath(expression), data)
    except ValueError as fault:
        raise ArticleRejected(f"{source.where}: field 'items' ('{expression}') fails on {url}: {fault}") from fault
    if isinstance(rows, list):
        return rows
    if rows is None:
        got = f"got keys: {', '.join(list(data)[:20])}" if isinstance(data, dict) else f"got {_kind(data)}"
        return f"{source.where}: field 'items' ('{expression}') matches nothing in {url} ({got})"
    got = f" with keys: {', '.join(list(rows)[:20])}" if isinstance(rows, dict) else ""
    raise ArticleRejected(
        f"{source.where}: field 'items' ('{expression}') is {_kind(rows)}{got}, no list, in {url}; "
        "write the path to the list"
    )


def _item(row: Any, paths: dict[str, JsonPath]) -> RawItem:
    raw = {key: found for key, value in row.items() if (found := texts(value))} if isinstance(row, dict) else {}
    if not isinstance(row, dict | list):
        return RawItem({}, raw, problem=f"is {_kind(row)}, no object")
    named: dict[str, tuple[str, ...]] = {}
    for name, path in paths.items():
        try:
            found = texts(search(path, row))
            named[name] = tuple(map(without_tags, found)) if name in _MAY_HOLD_TAGS else found
        except ValueError as fault:
            return RawItem(named, raw, problem=f"field '{name}' cannot be read: {fault}")
    return RawItem(named, raw)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _depth_exceeds(text: str, limit: int) -> bool:
    if text.count("[") + text.count("{") <= limit:
        return False
    depth = 0
    for token in _TOKEN.finditer(text):
        match token[0][0]:
            case "[" | "{":
                depth += 1
                if depth > limit:
                    return True
            case "]" | "}":
                depth -= 1
    return False
