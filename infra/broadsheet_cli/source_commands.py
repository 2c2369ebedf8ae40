"""``broadsheet sources``: look at sources and how polling them goes, add, pause and poll them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .options import parse_now
from .stored_options import JsonOption, NowOption, OutOption, StackOption, StateOption, interruptible, where

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Look at sources; add, remove, pause, resume, poll them."
)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Configuration folder that holds sources/.")]
AllowOption = Annotated[list[str] | None, typer.Option("--allow-host", help="HOST:PORT open though private.")]
IdsArgument = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of sources.")]
UNTOUCHED = "nothing was changed; run it again"


class AddedKind(StrEnum):
    """Kinds of sources that an address alone defines."""

    FEED = "feed"
    SITEMAP = "sitemap"


# Each command imports its own part: the local cloud, boto3 and the parsers take a second, which --help need not wait.


@app.command("test")
def try_(
    source: Annotated[str, typer.Argument(metavar="SOURCE.yaml|URL|FEED-FILE", help="What to look at.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
    allow_host: AllowOption = None,
    bodies: Annotated[int, typer.Option(min=0, help="Texts to fetch where the listing does not hold them.")] = 3,
    now: Annotated[str | None, typer.Option(help="ISO 8601 time of the look; default: real time.")] = None,
) -> None:
    """Fetch one source and show what would be ingested; nothing is written.

    Where the address is a page's, the feeds that it announces are named. Exit status: 0 the source was read, even
    where entries were skipped; 1 it could not be; 2 wrong usage or definition.

    Example: broadsheet sources test config/sources/wire.yaml --bodies 1
    """
    from .sources_check import TrialOptions, try_source  # noqa: PLC0415

    raise typer.Exit(try_source(TrialOptions(source, parse_now(now), as_json, tuple(allow_host or ()), bodies)))


@app.command("list")
def list_(
    state: StateOption = None,
    stack: StackOption = None,
    failing: Annotated[bool, typer.Option("--failing", help="Those whose last poll failed.")] = False,
    silent: Annotated[bool, typer.Option("--silent", help="Those with nothing new far beyond their habit.")] = False,
    paused: Annotated[bool, typer.Option("--paused", help="Those that are not polled.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List sources by id: when polled last and next, what came, what failed and why, what changed by itself.

    Of --failing, --silent and --paused, several list the sources that are one of them.

    Example: broadsheet sources list --stack broadsheet --failing --silent
    """
    from .sources_list import list_sources  # noqa: PLC0415
    from .stored import open_stored  # noqa: PLC0415

    chosen = {"failing": failing, "silent": silent, "paused": paused}
    with interruptible(UNTOUCHED), open_stored(where(state, stack)) as opened:
        list_sources([name for name, is_chosen in chosen.items() if is_chosen], opened, as_json=as_json)


@app.command()
def pause(
    ids: IdsArgument,
    reason: Annotated[str, typer.Option(help="Why; shown by `sources list`.")] = "",
    state: StateOption = None,
    stack: StackOption = None,
    now: NowOption = None,
) -> None:
    """Poll these sources no more until they are resumed; what they have brought stays.

    Example: broadsheet sources pause wire --reason "repeats itself" --stack broadsheet
    """
    from .sources_curation import pause_sources  # noqa: PLC0415
    from .stored import open_stored  # noqa: PLC0415

    with interruptible(_unsure(stack)), open_stored(where(state, stack, now)) as opened:
        raise typer.Exit(pause_sources(ids, " ".join(reason.split()), opened))


@app.command()
def resume(ids: IdsArgument, state: StateOption = None, stack: StackOption = None, now: NowOption = None) -> None:
    """Poll paused sources again: those you paused, and those whose server said that they are gone.

    A source whose own file pauses it is resumed there.

    Example: broadsheet sources resume wire --stack broadsheet
    """
    from .sources_curation import resume_sources  # noqa: PLC0415
    from .stored import open_stored  # noqa: PLC0415

    with interruptible(_unsure(stack)), open_stored(where(state, stack, now)) as opened:
        raise typer.Exit(resume_sources(ids, opened))


@app.command()
def poll(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID...]", help="Ids of sources.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All that are not paused.")] = False,
    state: StateOption = None,
    stack: StackOption = None,
    out: OutOption = None,
    allow_host: AllowOption = None,
    now: NowOption = None,
) -> None:
    """Poll sources now, whenever they are due. In a state, this ends when all that came is stored and published.

    Exit status 1: something is in a dead-letter queue. A source that fails is told, and is no fault.

    Example: broadsheet sources poll wire gazette --state build/state --out build/out
    """
    from .sources_poll import poll_stack, poll_state  # noqa: PLC0415

    if all_ == bool(ids):
        raise typer.BadParameter("give ids of sources, or --all")
    if stack and allow_host:
        raise typer.BadParameter("--allow-host goes with --state: a stack's template names the hosts that are open")
    place = where(state, stack, now, out)
    with interruptible(_unsure(stack)):
        if stack:
            raise typer.Exit(poll_stack(ids or (), place))
        raise typer.Exit(poll_state(ids or (), place, tuple(allow_host or ())))


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="A feed's address, or a page's that announces one.")],
    config: ConfigOption = None,
    state: StateOption = None,
    stack: StackOption = None,
    id_: Annotated[str | None, typer.Option("--id", help="What to call it; default: made of its title.")] = None,
    title: Annotated[str | None, typer.Option(help="Its name; default: what it calls itself.")] = None,
    category: Annotated[list[str] | None, typer.Option(help="Category of its entries; can be repeated.")] = None,
    kind: Annotated[AddedKind, typer.Option(help="What the address answers with.")] = AddedKind.FEED,
    from_page: Annotated[bool, typer.Option("--from-page", help="Take texts from the entries' pages.")] = False,
    allow_host: AllowOption = None,
    now: NowOption = None,
) -> None:
    """Look at an address once, and write the source's file into the configuration.

    Exit status: 0 it is written; 1 nothing can be read there; 2 wrong usage, or it is defined already.

    Example: broadsheet sources add https://example.org/news --config config --category Harbour
    """
    from .sources_add import Adding, add_source  # noqa: PLC0415
    from .sources_place import source_files  # noqa: PLC0415

    names, hosts = tuple(category or ()), tuple(allow_host or ())
    asked = Adding(url, parse_now(now), id_, title, names, kind.value, from_page, hosts)
    with interruptible(_unsure(stack)), source_files(config, state, stack, now) as files:
        raise typer.Exit(add_source(asked, files))


@app.command()
def remove(
    source: Annotated[str, typer.Argument(metavar="ID", help="Id of a source.")],
    config: ConfigOption = None,
    state: StateOption = None,
    stack: StackOption = None,
    now: NowOption = None,
) -> None:
    """Delete a source's file from the configuration; the articles that it brought stay.

    Example: broadsheet sources remove wire --config config
    """
    from .sources_add import remove_source  # noqa: PLC0415
    from .sources_place import source_files  # noqa: PLC0415

    with interruptible(_unsure(stack)), source_files(config, state, stack, now) as files:
        raise typer.Exit(remove_source(source, files))


@app.command("export")
def export(config: ConfigOption = None, state: StateOption = None, stack: StackOption = None) -> None:
    """Write all sources to standard output as OPML, for other readers and for `sources import`.

    Example: broadsheet sources export --stack broadsheet > subscriptions.opml
    """
    from .sources_opml import export_sources  # noqa: PLC0415
    from .sources_place import source_files  # noqa: PLC0415

    with interruptible(UNTOUCHED), source_files(config, state, stack) as files:
        export_sources(files)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.opml", help="Sources as other readers export them.")],
    config: ConfigOption = None,
    state: StateOption = None,
    stack: StackOption = None,
    skip: Annotated[bool, typer.Option("--skip", help="Leave out outlines that cannot be used or are known.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file of that name.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would come.")] = False,
    now: NowOption = None,
) -> None:
    """Check an OPML file and put it among the sources; FreshRSS's attributes for JSON and HTML listings are read.

    Example: broadsheet sources import subscriptions.opml --config config --dry-run
    """
    from .sources_opml import import_opml  # noqa: PLC0415
    from .sources_place import source_files  # noqa: PLC0415

    with interruptible(_unsure(stack)), source_files(config, state, stack, now) as files:
        raise typer.Exit(import_opml(file, files, skip=skip, overwrite=overwrite, dry=dry_run))


def _unsure(stack: str | None) -> str:
    return "it may have been done; run it again, which changes nothing twice" if stack else UNTOUCHED
