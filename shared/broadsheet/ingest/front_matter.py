"""Front matter: the YAML between ``---`` lines that a Markdown or HTML file begins with."""

from __future__ import annotations

import re
from typing import Any

import frontmatter
from frontmatter.default_handlers import YAMLHandler

from broadsheet.ingest.yaml_text import load_strings
from broadsheet.model.errors import ArticleRejected

_OPENED = re.compile(r"-{3,}[ \t]*\n\s*[A-Za-z_][\w -]{0,60}:(?:\s|$)")
_TOML = re.compile(r"\+{3}[ \t]*\n")


class _Strings(YAMLHandler):
    """Loads every scalar as the text it was written as: ``title: 12:30`` is no number, ``no`` is a word."""

    FM_BOUNDARY = re.compile(r"^-{3,}[ \t]*$", re.MULTILINE)

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file

    def load(self, fm: str, **kwargs: object) -> dict[str, Any]:  # noqa: ARG002 - PyYAML's, which is not used
        # python-frontmatter hands over what stands between the boundaries; the line numbers in errors count from
        # the file's first line because the text begins with the end of that line.
        return load_strings(fm, file=self.file)


def split(text: str, *, file: str) -> tuple[dict[str, Any], str]:
    """Return the front matter of ``text`` (scalars as text; ``{}`` where there is none) and the rest.

    Raises ArticleRejected where the front matter is never closed, is TOML, is no YAML (naming file and line), uses
    aliases, or is larger than 64 KB.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").lstrip("\n \t")
    handler = _Strings(file)
    if _TOML.match(text):
        raise ArticleRejected(f"{file}: front matter is TOML (+++); write YAML between --- lines")
    if not handler.detect(text):
        return {}, text
    try:
        handler.split(text)
    except ValueError as fault:
        if _OPENED.match(text):
            raise ArticleRejected(
                f"{file}: front matter opens in line 1 and is never closed; end it with a line of ---"
            ) from fault
        return {}, text
    metadata, content = frontmatter.parse(text, handler=handler)
    return metadata, content
