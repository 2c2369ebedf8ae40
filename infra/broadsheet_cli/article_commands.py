"""``broadsheet article``: look at what is stored, compare, take down, restore."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from broadsheet.model.article import ArticleState

from .stored_options import JsonOption, NowOption, OutOption, StackOption, StateOption, interruptible, where

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Look at articles that are stored; take them down, restore them."
)

ArticleArgument = Annotated[
    str,
    typer.Argument(metavar="ID|ADDRESS|URL", help="Its id, its address or URL, or the inbox key that brought it."),
]
UNTOUCHED = "nothing was changed; run it again"


class State(StrEnum):
    """States that articles can be listed by."""

    PUBLISHED = "published"
    HELD = "held"
    DRAFT = "draft"
    GONE = "gone"
    TAKEN_DOWN = "taken_down"


# Each command imports its own part: the local cloud and boto3 take a second, which --help need not wait for.


@app.command("list")
def list_(
    state: StateOption = None,
    stack: StackOption = None,
    category: Annotated[str | None, typer.Option(help="Only those of this category, by its slug.")] = None,
    source: Annotated[str | None, typer.Option(help="Only those that show what this source says, by its id.")] = None,
    state_is: Annotated[State, typer.Option("--state-is", help="Only those that stand so.")] = State.PUBLISHED,
    limit: Annotated[int, typer.Option(min=1, help="Articles at most.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List articles, newest first: id, time in the site's zone, title, source, address.

    Held ones come in the order they are due.

    Example: broadsheet article list --state build/state --category harbour --limit 20
    """
    from .article_list import Wanted, list_articles  # noqa: PLC0415
    from .stored import open_stored  # noqa: PLC0415

    if state_is is State.GONE and (category or source):
        raise typer.BadParameter("a gone article has no text, so no category or source; leave --category, --source out")
    wanted = Wanted(category, source, ArticleState(state_is.value), limit)
    with interruptible(UNTOUCHED), open_stored(where(state, stack)) as opened:
        list_articles(wanted, opened, as_json=as_json)


@app.command()
def show(
    article: ArticleArgument,
    state: StateOption = None,
    stack: StackOption = None,
    as_json: JsonOption = False,
    text: Annotated[bool, typer.Option("--text", help="Its text, too; with --json its HTML.")] = False,
) -> None:
    """Show all that is stored about an article: how it stands, who tells it, what it was merged from.

    Example: broadsheet article show /harbour/2026/03/12/ferry-abc123/ --state build/state --text
    """
    from .article_show import show_article  # noqa: PLC0415
    from .stored import open_stored  # noqa: PLC0415

    with interruptible(UNTOUCHED), open_stored(where(state, stack)) as opened:
        show_article(article, opened, as_json=as_json, with_text=text)


@app.command()
def history(
    article: ArticleArgument, state: StateOption = None, stack: StackOption = None, as_json: JsonOption = False
) -> None:
    """List an article's revisions, oldest first: when seen, from which input, length, title; and its origins.

    Example: broadsheet article history articles/ferry.md --state build/state
    """
    from .article_history import show_history  # noqa: PLC0415
    from .stored import open_stored  # noqa: PLC0415

    with interruptible(UNTOUCHED), open_stored(where(state, stack)) as opened:
        show_history(article, opened, as_json=as_json)


@app.command()
def diff(
    article: ArticleArgument,
    old: Annotated[int | None, typer.Argument(metavar="FROM", help="Number in the history.")] = None,
    new: Annotated[int | None, typer.Argument(metavar="TO", help="Number in the history; the last one.")] = None,
    state: StateOption = None,
    stack: StackOption = None,
    markup: Annotated[bool, typer.Option("--markup", help="Compare the HTML, not what a reader reads.")] = False,
) -> None:
    """Compare two revisions of an article, title and text, a sentence a line; the last two if none are named.

    Example: broadsheet article diff abcdefghij234567 1 3 --stack broadsheet
    """
    from .article_diff import show_diff  # noqa: PLC0415
    from .stored import open_stored  # noqa: PLC0415

    with interruptible(UNTOUCHED), open_stored(where(state, stack)) as opened:
        show_diff(article, old, new, opened, markup=markup)


@app.command()
def unpublish(
    article: ArticleArgument,
    reason: Annotated[str, typer.Option(help="Why; kept with the article, shown to operators, not on the site.")],
    state: StateOption = None,
    stack: StackOption = None,
    out: OutOption = None,
    now: NowOption = None,
) -> None:
    """Take an article down: its page says that it is gone (410), and no poll or upload brings it back.

    Example: broadsheet article unpublish abcdefghij234567 --reason "asked by its author" --stack broadsheet
    """
    from .article_curation import take_down  # noqa: PLC0415
    from .stored import open_stored  # noqa: PLC0415

    if not reason.strip():
        raise typer.BadParameter("--reason is empty; say why, for whoever asks later")
    with interruptible(_unsure(stack)), open_stored(where(state, stack, now, out)) as opened:
        raise typer.Exit(take_down(article, " ".join(reason.split()), opened))


@app.command()
def restore(
    article: ArticleArgument,
    state: StateOption = None,
    stack: StackOption = None,
    out: OutOption = None,
    now: NowOption = None,
) -> None:
    """Lift an article's takedown: it shows again what its sources say by now.

    Example: broadsheet article restore abcdefghij234567 --state build/state --out build/out
    """
    from .article_curation import lift_takedown  # noqa: PLC0415
    from .stored import open_stored  # noqa: PLC0415

    with interruptible(_unsure(stack)), open_stored(where(state, stack, now, out)) as opened:
        raise typer.Exit(lift_takedown(article, opened))


def _unsure(stack: str | None) -> str:
    return "it may have been done; run it again, which changes nothing twice" if stack else UNTOUCHED
