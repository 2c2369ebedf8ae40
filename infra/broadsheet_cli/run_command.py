"""The steps of ``broadsheet run``, with progress, and what follows them: serving, watching."""

from __future__ import annotations

from contextlib import suppress
from http.server import ThreadingHTTPServer

from .config_check import check_folder
from .local_run import LocalRun, RunOptions, open_run
from .outcome import Outcome
from .progress import RunProgress, make_console
from .serve import make_server
from .summary import print_summary
from .watch import Watcher

__all__ = ["RunOptions", "run_command"]


def run_command(options: RunOptions, serve: int | None, *, watch: bool) -> int:
    """Run, print the summary, and return the exit status. Raises ConfigurationError for what cannot run."""
    check_folder(options.config)
    console = make_console()
    progress = RunProgress(console)
    with open_run(options, progress.invoked) as local:
        with progress.step("configuration"):
            local.upload_configuration()
        with progress.step("inbox"):
            local.upload_inbox()
        with progress.step("schedules"):
            local.fire_schedules()
        outcome = local.finish()
        print_summary(outcome, console)
        server = make_server(options.out / "site", serve) if serve is not None and options.out else None
        if server:
            console.print(f"http://127.0.0.1:{server.server_port}/  (Ctrl-C ends)")
        if watch:
            outcome = _watch(local, server)
        elif server:
            with suppress(KeyboardInterrupt):
                server.serve_forever()
    return outcome.exit_status


def _watch(local: LocalRun, server: ThreadingHTTPServer | None) -> Outcome:
    """Go on in real time until interrupted, writing the outcome each time something has settled."""
    watcher = Watcher(local, server)
    with suppress(KeyboardInterrupt):
        watcher.run()
    return local.finish()
