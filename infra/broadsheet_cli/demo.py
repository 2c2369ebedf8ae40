"""``make demo``: an invented newspaper through the whole pipeline, with some bad input on purpose.

The clock is a fixed virtual one and nothing is kept between runs, so each run gives the same bytes.
"""

from __future__ import annotations

import shutil
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from broadsheet.model.errors import BroadsheetError

from .demo_origin import serving
from .local_run import LocalRun, RunOptions, open_run
from .outcome import Outcome
from .progress import RunProgress, make_console
from .serve import make_server
from .summary import print_summary

MATERIAL = Path(__file__).resolve().parents[1] / "demo"
NOW = datetime.fromisoformat("2026-03-14T09:00:00+01:00")
"""The morning the newspaper comes out: all of its stories are dated before it."""
ORIGIN = "127.0.0.1:8791"
"""Where the configuration says its sources are; replaced there when the port is taken."""
WITHDRAWN = "articles/car-park.md"
"""The upload that is deleted in the demo's last step."""
ESCAPING = "../press-release.md"
"""The member of the bundle whose name climbs out of it."""
PACKED_AT = (2026, 3, 14, 8, 0, 0)


@dataclass(frozen=True, slots=True)
class Staged:
    """The demo's input as ``broadsheet run`` takes it: two folders, and where the sources are served."""

    config: Path
    inbox: Path
    origin: str


@contextmanager
def staged() -> Iterator[Staged]:
    """Copy the material into a temporary folder, pack its bundle and serve its sources while the body runs."""
    port = int(ORIGIN.rpartition(":")[2])
    with TemporaryDirectory(prefix="broadsheet-demo-") as folder, serving(MATERIAL / "origin", port) as origin:
        config, inbox = Path(folder, "config"), Path(folder, "inbox")
        shutil.copytree(MATERIAL / "config", config)
        shutil.copytree(MATERIAL / "inbox", inbox)
        for source in sorted((config / "sources").glob("*.yaml")):
            text = source.read_text(encoding="utf-8")
            source.write_text(text.replace(f"//{ORIGIN}/", f"//{origin}/"), encoding="utf-8")
        pack(MATERIAL / "bundles", inbox / "bundles" / "weekend.zip")
        yield Staged(config, inbox, origin)


def pack(folder: Path, bundle: Path) -> None:
    """Write the zip file ``bundle``: all of ``folder``/weekend, and a member with a name that climbs out."""
    bundle.parent.mkdir(parents=True, exist_ok=True)
    members = {path.name: path for path in sorted((folder / "weekend").iterdir())}
    members[ESCAPING] = folder / "press-release.md"
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in members.items():
            archive.writestr(zipfile.ZipInfo(name, PACKED_AT), path.read_bytes())


def run_demo(out: Path, console: Console) -> Outcome:
    """Run the demo into ``out`` (``site/``, ``posts/``, ``report.json``) and return its outcome."""
    progress = RunProgress(console)
    with staged() as given:
        options = RunOptions(given.config, NOW, given.inbox, out, allow_hosts=(given.origin,))
        with open_run(options, progress.invoked) as local:
            with progress.step("1/4 configuration: a site, its categories, five sources"):
                local.upload_configuration()
            with progress.step("2/4 inbox: articles in Markdown, HTML, JSON and mail, a feed, a zip file"):
                local.upload_inbox()
            with progress.step("3/4 sources: two feeds, a JSON interface, a list of pages, one that is broken"):
                local.fire_schedules()
            with progress.step("4/4 second thoughts: two corrections, one withdrawal"):
                _think_again(given.inbox, local)
            return local.finish()


def _think_again(inbox: Path, local: LocalRun) -> None:
    """Change what lies in the inbox as an editor would, and let that take effect."""
    shutil.copytree(MATERIAL / "later", inbox, dirs_exist_ok=True)
    (inbox / WITHDRAWN).unlink()
    local.upload_inbox()


def demo(
    out: Annotated[Path, typer.Option(help="Where site/, posts/ and report.json go.")],
    serve: Annotated[int | None, typer.Option(help="Serve the site on this port afterwards.")] = None,
) -> None:
    """Run the whole pipeline on an invented newspaper, with some bad input on purpose.

    Example: python -m broadsheet_cli.demo --out build/demo --serve 8000
    """
    console = make_console()
    # Bound before the work, so that a taken port is known at once.
    server = site_server(out / "site", serve, console) if serve is not None else None
    outcome = run_demo(out, console)
    print_summary(outcome, console)
    console.print(f"The site is in {out / 'site'}, its portable posts in {out / 'posts'}, the report is")
    console.print(f"{out / 'report.json'}. What went in is in {_shown(MATERIAL)}; what is broken there is on purpose.")
    if server:
        console.print(f"http://127.0.0.1:{server.server_port}/  (Ctrl-C ends)")
        with suppress(KeyboardInterrupt):
            server.serve_forever()
        server.server_close()
    raise typer.Exit(outcome.exit_status)


def site_server(folder: Path, port: int, console: Console) -> ThreadingHTTPServer:
    """Return a server of ``folder`` on ``port``, or on a free one where that is taken; it does not serve yet."""
    try:
        return make_server(folder, port)
    except OSError as error:
        console.print(f"Port {port} cannot be had ({error.strerror}); a free one is taken instead.")
        return make_server(folder, 0)


def _shown(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def main() -> None:
    """Run the command; an error raised on purpose is one line and exit status 2."""
    try:
        typer.run(demo)
    except BroadsheetError as error:
        print(f"demo: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
