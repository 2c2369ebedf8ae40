"""Markdown to HTML: CommonMark with tables, strikethrough and footnotes. What comes out is not yet sanitised."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt

from broadsheet.model.errors import ArticleRejected

MAX_CHARACTERS = 2_000_000
MAX_MARKS = 100_000
"""Line ends and characters that may begin markup; plain words cost next to nothing, these up to 20 µs each."""
MAX_BRACKETS = 20_000
"""Each may begin a link or image and is looked into: 20,000 cost half a second."""


@cache
def _parser() -> MarkdownIt:
    from mdit_py_plugins.footnote import footnote_plugin  # noqa: PLC0415 - only Markdown needs it

    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).use(footnote_plugin)


def to_html(text: str) -> str:
    """Return ``text`` as HTML; raw HTML in it passes through as it is.

    Raises ArticleRejected for more than two million characters, 100,000 line ends and marks, or 20,000 brackets.
    """
    if len(text) > MAX_CHARACTERS:
        raise ArticleRejected(f"Markdown of {len(text):,} characters, more than {MAX_CHARACTERS:,}: split it")
    if sum(map(text.count, "\n*_`~<&|>[")) > MAX_MARKS:
        raise ArticleRejected(f"Markdown with more than {MAX_MARKS:,} line ends and marks: split it")
    if text.count("[") > MAX_BRACKETS:
        raise ArticleRejected(f"Markdown with more than {MAX_BRACKETS:,} opening brackets: split it")
    return str(_parser().render(text))
