"""``broadsheet``: the operator's command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from broadsheet.model.errors import BroadsheetError

from .options import parse_duration, parse_now

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None, help=__doc__
)

USAGE = 2
"""Exit status for wrong usage or configuration."""


@app.callback()
def _main() -> None:
    """Turn news sources into a static site: on this machine, or on AWS."""


@app.command()
def run(
    config: Annotated[Path, typer.Option(help="Configuration folder: site.yaml, sources/, …", exists=True)],
    inbox: Annotated[Path | None, typer.Option(help="Folder mirrored into the inbox bucket.", exists=True)] = None,
    out: Annotated[Path | None, typer.Option(help="Where site/, posts/ and report.json go.")] = None,
    state: Annotated[Path | None, typer.Option(help="Keeps table, buckets and queues between runs.")] = None,
    now: Annotated[
        str | None, typer.Option(help="ISO 8601 start of the clock; default: real time.")
    ] = None,
    lasting: Annotated[str | None, typer.Option("--for", help="Virtual time to let pass, like 24h.")] = None,
    seed: Annotated[int, typer.Option(help="Orders what may happen at once.")] = 0,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="HOST:PORT open though private.")
    ] = None,
    isolate: Annotated[bool, typer.Option(help="Each function in a process of its own.")] = False,
    serve: Annotated[int | None, typer.Option(help="Serve the site on this port afterwards (needs --out).")] = None,
    watch: Annotated[bool, typer.Option(help="Keep going in real time, and pick up changed files.")] = False,
) -> None:
    """Run the deployed template's own wiring on this machine.

    Example: broadsheet run --config config --inbox inbox --out build/out --state build/state
    """
    from .run_command import RunOptions, run_command  # noqa: PLC0415 - the local cloud takes a second to import

    options = RunOptions(
        config=config,
        now=parse_now(now),
        inbox=inbox,
        out=out,
        state=state,
        lasting=parse_duration(lasting),
        seed=seed,
        allow_hosts=tuple(allow_host or ()),
        isolate=isolate,
    )
    if serve is not None and out is None:
        raise typer.BadParameter("--serve needs --out: that is the folder it serves")
    raise typer.Exit(run_command(options, serve, watch=watch))


def main() -> None:
    """Run the command; an error raised on purpose is one line and exit status 2."""
    try:
        app()
    except BroadsheetError as error:
        print(f"broadsheet: {error}", file=sys.stderr)
        raise SystemExit(USAGE) from None


if __name__ == "__main__":
    main()
