"""``broadsheet``: the operator's command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from broadsheet.model.errors import BroadsheetError

from . import article_commands, import_commands, site_commands, source_commands
from .options import parse_duration, parse_now

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None, help=__doc__
)

app.add_typer(source_commands.app, name="sources")
app.add_typer(article_commands.app, name="article")
app.add_typer(site_commands.app, name="site")
app.add_typer(import_commands.app, name="import")

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
    now: Annotated[str | None, typer.Option(help="ISO 8601 start of the clock; default: real time.")] = None,
    lasting: Annotated[str | None, typer.Option("--for", help="Virtual time to let pass, like 24h.")] = None,
    seed: Annotated[int, typer.Option(help="Orders what may happen at once.")] = 0,
    allow_host: Annotated[list[str] | None, typer.Option(help="HOST:PORT open though private.")] = None,
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


@app.command()
def extract(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="HTML, also .html.gz; - is standard input.")],
    jsonl: Annotated[bool, typer.Option("--jsonl", help="A JSON object per file and line, instead of text.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Also tell what was weighed, and why it won.")] = False,
    url: Annotated[str | None, typer.Option(help="The page's address, where there is one file.")] = None,
    url_map: Annotated[Path | None, typer.Option(help="JSON file {file: url}: the pages' addresses.")] = None,
    timezone: Annotated[str, typer.Option(help="IANA zone of dates without one.")] = "UTC",
    recipes: Annotated[Path | None, typer.Option(help="Folder of recipes, HOST.txt each.", exists=True)] = None,
) -> None:
    """Print the article in each HTML file: readable text, or JSON lines.

    A page without an article has an error and no text, and the others go on. Exit status 1: a file cannot be read.

    Example: broadsheet extract --jsonl --url-map urls.json pages/*.html.gz
    """
    from .extract_command import ExtractOptions, extract_command, read_url_map  # noqa: PLC0415 - as above

    if url is not None and (url_map is not None or len(files) > 1):
        raise typer.BadParameter("--url is the address of one file; for several, write --url-map FILE.json")
    urls = {files[0]: url} if url is not None else read_url_map(url_map) if url_map is not None else {}
    raise typer.Exit(extract_command(ExtractOptions(tuple(files), jsonl, explain, urls, timezone, recipes)))


def main() -> None:
    """Run the command; an error raised on purpose is one line and exit status 2."""
    try:
        app()
    except BroadsheetError as error:
        print(f"broadsheet: {error}", file=sys.stderr)
        raise SystemExit(USAGE) from None


if __name__ == "__main__":
    main()
