"""Front matter of Jekyll posts, also where it is no YAML: one broken title must not cost a post, let alone a run.

What is YAML is read as such. Otherwise it is read line by line: each ``key: value`` by itself, the value as YAML where
it is, as the text that stands there where it is not.
"""

from __future__ import annotations

import re
from typing import Any

from broadsheet.ingest.jekyll_mend import Kind, Mend
from broadsheet.ingest.yaml_text import MAX_FRONT_MATTER_BYTES, load_strings
from broadsheet.model.errors import ArticleRejected

_MAX_TEXT = 1000
_MAX_ITEMS = 50
_MAX_FIELDS = 500
_OPENING = re.compile(r"-{3}[ \t]*\n")
_CLOSING = re.compile(r"^(?:-{3}|\.{3})[ \t]*$\n?", re.MULTILINE)
_KEY = re.compile(r"""(["']?)([^\W\d][\w.-]{0,60})\1[ \t]*:(?:[ \t]+|$)""")
_INDENTED_KEYS = frozenset((
    "title", "date", "categories", "category", "tags", "tag", "author", "permalink", "published", "description",
    "layout",
))  # fmt: skip
"""Keys that are the post's own even where a line before them swallowed them by a slip of indentation."""


def split(text: str) -> tuple[str | None, str, list[Mend]]:
    """Return the front matter of ``text`` (LF line ends) between its lines, the body, and what was mended.

    None where there is no front matter. Jekyll wants it in the first line; blank lines before it are a slip.
    """
    mends = []
    start = text.lstrip("\n \t")
    opened = _OPENING.match(start)
    if opened is None:
        return None, text, []
    closed = _CLOSING.search(start, opened.end())
    if closed is not None:
        front, body = start[opened.end() : closed.start()], start[closed.end() :]
        if len(start) < len(text) and not _has_key(front):
            return None, text, []
    else:
        front, body = _until_text(start[opened.end() :])
        if not front:
            return None, text, []
        mends.append(Mend(Kind.FRONT_MATTER, "was never closed; it ends with its last field"))
    if len(start) < len(text):
        mends.append(Mend(Kind.FRONT_MATTER, "blank lines before it, so that Jekyll took it for text"))
    return front, body, mends


def _has_key(front: str) -> bool:
    return any(_KEY.match(line) for line in front.split("\n"))


def _until_text(text: str) -> tuple[str, str]:
    """Return the lines that ``text`` begins with and that are fields, and the rest."""
    end = 0
    for line in text.splitlines(keepends=True):
        if not _KEY.match(line.rstrip("\n")) and not (end and line.startswith((" ", "\t", "- "))):
            break
        end += len(line)
    return text[:end], text[end:]


def read(front: str, *, file: str) -> tuple[dict[str, Any], list[Mend]]:
    """Return the fields written in ``front`` (scalars as text), and what was mended.

    Raises ArticleRejected only where it is larger than 64 KB.
    """
    if len(front.encode("utf-8", "replace")) > MAX_FRONT_MATTER_BYTES:
        raise ArticleRejected(
            f"{file}: its front matter is larger than {MAX_FRONT_MATTER_BYTES // 1024} KB; shorten it"
        )
    try:
        return load_strings(front, file=file), []
    except ArticleRejected:
        return _read_lines(front, file)


def raw_value(front: str, key: str) -> str:
    """Return what stands after ``key:`` in its last line, "" where there is none: quotes tell text from a time."""
    values = [line[found.end() :] for line in front.split("\n") if (found := _KEY.match(line)) and found[2] == key]
    return values[-1].strip() if values else ""


def _read_lines(front: str, file: str) -> tuple[dict[str, Any], list[Mend]]:
    mends = []
    if "\t" in front:
        mends.append(Mend(Kind.TABS, "tabs became blanks"))
        front = front.expandtabs(2)
    entries: list[tuple[str, list[str]]] = []
    for line in front.split("\n"):
        found = _KEY.match(line)
        if found is None and entries and entries[-1][1][0]:
            indented = _KEY.match(line.lstrip())
            found = indented if indented and indented[2] in _INDENTED_KEYS else None
            line = line.lstrip() if found else line  # noqa: PLW2901 - the same line, put where it belongs
        if found is not None:
            entries.append((found[2], [line[found.end() :].strip()]))
        elif entries and line.strip():
            entries[-1][1].append(line.rstrip())
    fields: dict[str, Any] = {}
    for key, lines in entries[:_MAX_FIELDS]:
        if key in fields:
            mends.append(Mend(Kind.DUPLICATE_KEY, f"'{key}' is given twice; the last one counts, as in Jekyll"))
        fields[key], as_text = _value(lines, file)
        if as_text:
            mends.append(Mend(Kind.FRONT_MATTER, f"'{key}' is no YAML; taken as the text that stands there"))
    if not mends:
        mends.append(Mend(Kind.FRONT_MATTER, "is no YAML as a whole; read line by line"))
    return fields, mends


def _value(lines: list[str], file: str) -> tuple[Any, bool]:
    """Return a field's value from the rest of its line and the lines below, and whether it had to be taken as text."""
    try:
        return _bounded(load_strings("\n".join(("k: " + lines[0], *lines[1:])), file=file).get("k", "")), False
    except ArticleRejected:
        pass
    below = [line.strip() for line in lines[1:]]
    if not lines[0] and below and all(line.startswith("-") for line in below):
        return [_scalar(line[1:].strip(), file) for line in below][:_MAX_ITEMS], True
    return _scalar(" ".join((lines[0], *below)).strip(), file), True


def _scalar(written: str, file: str) -> str:
    try:
        value = load_strings(f"k: {written}", file=file).get("k", "")
    except ArticleRejected:
        value = _unquoted(written)
    return (value if isinstance(value, str) else written)[:_MAX_TEXT]


def _unquoted(written: str) -> str:
    """Return ``written`` without the quotes around it; one at its start alone was forgotten at its end."""
    quote = written[:1]
    if quote not in {'"', "'"}:
        return written
    inner = written[1:]
    if inner.endswith(quote):
        inner = inner[:-1]
    elif quote in inner:
        return written
    return inner.replace('\\"', '"') if quote == '"' else inner.replace("''", "'")


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        return value[:_MAX_TEXT]
    return value[:_MAX_ITEMS] if isinstance(value, list) else value
