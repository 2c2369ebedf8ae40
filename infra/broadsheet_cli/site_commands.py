"""``broadsheet site``: how the site stands, and making all of it again."""

from __future__ import annotations

from typing import Annotated

import typer

from .stored_options import JsonOption, NowOption, OutOption, StackOption, StateOption, interruptible, where

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="See how the site stands; make all of it again.")


@app.command()
def status(state: StateOption = None, stack: StackOption = None, as_json: JsonOption = False) -> None:
    """Tell how many articles there are, how polling goes, how far a rebuild is, and what waits in the queues.

    Example: broadsheet site status --stack broadsheet
    """
    from .site_status import show_status  # noqa: PLC0415 - the local cloud and boto3 take a second to import
    from .stored import open_stored  # noqa: PLC0415

    with interruptible("nothing was changed; run it again"), open_stored(where(state, stack)) as opened:
        show_status(opened, as_json=as_json)


@app.command()
def rebuild(
    state: StateOption = None,
    stack: StackOption = None,
    wait: Annotated[bool, typer.Option("--wait", help="With --stack: until the last page is written.")] = False,
    out: OutOption = None,
    now: NowOption = None,
) -> None:
    """Make every page again, and delete those that are no longer wanted; what is the same is not written.

    Settings, templates and category names do this by themselves. Exit status 1: something is in a dead-letter queue.

    Example: broadsheet site rebuild --stack broadsheet --wait
    """
    from .site_rebuild import rebuild_site  # noqa: PLC0415 - as above
    from .stored import open_stored  # noqa: PLC0415

    goes_on = f"it goes on by itself; broadsheet site status --stack {stack} tells how far it is"
    told = goes_on if stack else "nothing was changed; run it again"
    with interruptible(told), open_stored(where(state, stack, now, out)) as opened:
        raise typer.Exit(rebuild_site(opened, wait=wait))
