"""``broadsheet import``: take in what another system holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .stored_options import INTERRUPTED, StackOption, StateOption, where

if TYPE_CHECKING:
    from .import_destination import Destination

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Take in what another system holds.")


@app.callback()
def _import() -> None:
    """Take in what another system holds."""


@app.command("jekyll")
def jekyll(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A Jekyll site, or its _posts.", exists=True, file_okay=False)
    ],
    inbox: Annotated[Path | None, typer.Option(help="Folder that `broadsheet run --inbox` takes.")] = None,
    state: StateOption = None,
    stack: StackOption = None,
    prefix: Annotated[str, typer.Option(help="Below articles/ in the inbox.")] = "imported/",
    timezone: Annotated[str | None, typer.Option(help="IANA zone of dates without one; default: the site's.")] = None,
    url: Annotated[str | None, typer.Option(help="Where the old site was served; default: its own settings.")] = None,
    report: Annotated[Path | None, typer.Option(help="JSON file that names each mend and each post left out.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be done.")] = False,
) -> None:
    """Bring in the posts of a Jekyll site: mended where they are broken, their old addresses kept as redirects.

    Nothing in DIR is changed. Run it again after an interruption, or when posts were added: what is there already is
    left alone.

    Example: broadsheet import jekyll ../old-site --inbox inbox --timezone Asia/Shanghai --report mends.json
    """
    from .import_folder import open_site  # noqa: PLC0415 - the parsers take their time, which --help need not wait for
    from .import_jekyll import Imported, Run, import_posts, print_imported  # noqa: PLC0415
    from .import_report import open_report  # noqa: PLC0415
    from .progress import make_console  # noqa: PLC0415

    prefix = _prefix(prefix)
    folder = open_site(directory, timezone=timezone, url=url)
    console = make_console()
    imported = Imported()
    with _destination(inbox, state, stack, dry=dry_run) as destination, open_report(report) as written:
        try:
            import_posts(Run(folder, destination, prefix, written, dry_run), console, imported)
        except KeyboardInterrupt:
            console.print("interrupted: run it again to go on")
        written.close(imported.counts)
    print_imported(imported, console, dry=dry_run)
    raise typer.Exit(imported.exit_status if imported.complete else INTERRUPTED)


def _prefix(given: str) -> str:
    folders = [folder for folder in given.split("/") if folder]
    if any(folder.startswith(".") or not folder.isprintable() for folder in folders):
        raise typer.BadParameter(f"--prefix {given!r}: a folder of it is hidden or climbs; write imported/")
    return "".join(f"{folder}/" for folder in folders)


@contextmanager
def _destination(inbox: Path | None, state: Path | None, stack: str | None, *, dry: bool) -> Iterator[Destination]:
    from .import_destination import BucketDestination, Nowhere, folder_destination  # noqa: PLC0415 - as above

    given = sum(option is not None for option in (inbox, state, stack))
    if given > 1 or (given == 0 and not dry):
        raise typer.BadParameter("give one of --inbox DIR, --state DIR and --stack NAME")
    if inbox is not None:
        yield folder_destination(inbox)
    elif given == 0:
        yield Nowhere()
    else:
        from .stored import open_stored  # noqa: PLC0415 - boto3 and the local cloud take a second

        with open_stored(where(state, stack)) as opened:
            yield BucketDestination(
                opened.client("s3"), opened.outputs["InboxBucket"], lambda: opened.publish("import", None)
            )
