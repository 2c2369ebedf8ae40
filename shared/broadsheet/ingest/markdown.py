"""Markdown to HTML: CommonMark with tables, strikethrough and footnotes. What comes out is not yet sanitised."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt

from broadsheet.model.errors import ArticleRejected

MAX_CHARACTERS = 500_000
"""A book of 80,000 words."""
MAX_BRACKETS = 20_000
"""Each may begin a link or image and is looked into: 20,000 cost half a second."""


@cache
def _parser() -> MarkdownIt:
    from mdit_py_plugins.footnote import footnote_plugin  # noqa: PLC0415 - only Markdown needs it

    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).use(footnote_plugin)


def to_html(text: str) -> str:
    """Return ``text`` as HTML; raw HTML in it passes through as it is.

    Raises ArticleRejected for more than 500,000 characters or 20,000 opening brackets.
    """
    if len(text) > MAX_CHARACTERS:
        raise ArticleRejected(f"Markdown of {len(text):,} characters; the limit is {MAX_CHARACTERS:,}: split it")
    if text.count("[") > MAX_BRACKETS:
        raise ArticleRejected(f"Markdown with more than {MAX_BRACKETS:,} opening brackets: split it")
    return str(_parser().render(text))
