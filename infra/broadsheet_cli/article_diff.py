"""``broadsheet article diff``: what changed between two revisions, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import unified_diff

import typer

from broadsheet.model.errors import BroadsheetError

from .article_history import Revision, revisions_of
from .article_lookup import find_article
from .article_text import clock_time, print_line, sentences
from .stored import Opened

COLOURS = {"+": typer.colors.GREEN, "-": typer.colors.RED, "@": typer.colors.CYAN}
_BLOCK = re.compile(r"(?=<(?:p|h[1-6]|ul|ol|li|dl|blockquote|pre|figure|table|tr|hr|div|details)\b)")


class RevisionUnknown(BroadsheetError):
    """The number of a revision that the article does not have."""


def show_diff(given: str, old: int | None, new: int | None, opened: Opened, *, markup: bool) -> None:
    """Print how the title and text of revision ``new`` differ from those of ``old``, the last two if not given.

    ``markup`` compares the HTML instead of the readable text. Raises ArticleUnknown and RevisionUnknown.
    """
    revisions = revisions_of(find_article(given, opened).article, opened)
    if len(revisions) < 2 and old is None:
        typer.echo(
            "there is only one revision, so nothing to compare" if revisions else "there is no revision", err=True
        )
        return
    after = _numbered(new if new is not None else len(revisions), revisions)
    before = _numbered(old if old is not None else max(after.number - 1, 1), revisions)
    lines = list(_compared(before, after, opened, markup=markup))
    for line in lines:
        header = line.startswith(("---", "+++"))
        print_line(line, None if header else COLOURS.get(line[:1]))
    if not lines:
        same = before.html == after.html or markup
        told = "is no difference" if same else "is none that a reader sees; --markup shows that of the HTML"
        typer.echo(f"between revisions {before.number} and {after.number} there {told}", err=True)


def _numbered(number: int, revisions: list[Revision]) -> Revision:
    if not 1 <= number <= len(revisions):
        raise RevisionUnknown(
            f"there is no revision {number}; `broadsheet article history` numbers them, here 1 to {len(revisions)}"
        )
    return revisions[number - 1]


def _compared(before: Revision, after: Revision, opened: Opened, *, markup: bool) -> Iterator[str]:
    old, new = ([each.title, *_text(each, markup=markup)] for each in (before, after))
    return unified_diff(old, new, _header(before, opened), _header(after, opened), lineterm="")


def _header(revision: Revision, opened: Opened) -> str:
    return f"{revision.number}  {clock_time(revision.at, opened.site.zone)}  {revision.input}"


def _text(revision: Revision, *, markup: bool) -> list[str]:
    return _BLOCK.sub("\n", revision.html).split("\n") if markup else sentences(revision.html)
