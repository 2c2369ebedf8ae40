"""``broadsheet site rebuild``: have every page made again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console

from broadsheet.flow.ports import Outgoing
from broadsheet.model.messages import RebuildMessage

from .article_text import print_line
from .progress import make_console
from .site_queues import Depth, read_depths
from .site_status import Rebuild, read_rebuild, told
from .stored import Opened

LOOK_EVERY_SECONDS = 5.0
QUIET_LOOKS = 3
"""Looks in a row at which nothing is left to do: queue depths on AWS are approximate and some seconds late."""

Pause = Callable[[float], object]


def rebuild_site(opened: Opened, *, wait: bool, pause: Pause = time.sleep) -> int:
    """Ask for a rebuild at the present instant, and return the exit status.

    In a state, and with ``wait`` on a deployed stack, this ends when the last page is written, and with 1 where
    something came to a dead-letter queue meanwhile.
    """
    before = read_depths(opened.outputs, opened.client("sqs"))
    opened.rebuilds.send([Outgoing(RebuildMessage(opened.now).dump())])
    status = opened.publish("rebuilding the site", None)
    if opened.where.stack and not wait:
        print_line(f"asked for; broadsheet site status {opened.where} tells how far it is")
        return status
    if opened.where.stack:
        status = _wait(opened, before, pause)
    print_line(f"rebuild {told(read_rebuild(opened.store.table), opened.site.zone)}")
    return status


def _wait(opened: Opened, before: Mapping[str, Depth], pause: Pause) -> int:
    """Wait until pages are named and written; 1 where a message of theirs was given up."""
    quiet = 0
    with _teller(make_console()) as tell:
        while quiet < QUIET_LOOKS:
            pause(LOOK_EVERY_SECONDS)
            rebuild = read_rebuild(opened.store.table)
            depths = read_depths(opened.outputs, opened.client("sqs"))
            given_up = {name: depth.dead - before[name].dead for name, depth in depths.items()}
            if given_up["rebuild"] > 0:
                tell("rebuild: given up, its message lies in the dead-letter queue; the functions' log says why")
                return 1
            busy = depths["rebuild"].busy + depths["page"].busy
            tell(f"rebuild: {told(rebuild, opened.site.zone)}; {depths['page'].busy} pages to be written")
            quiet = 0 if busy or not _is_named(rebuild, opened.now) else quiet + 1
    return 1 if given_up["page"] > 0 else 0


def _is_named(rebuild: Rebuild | None, asked_at: datetime) -> bool:
    """Return whether all pages were named by a rebuild that was asked for at ``asked_at`` or later."""
    return rebuild is not None and rebuild.done and rebuild.observed_at >= asked_at


@contextmanager
def _teller(console: Console) -> Iterator[Callable[[str], None]]:
    """Give what tells how far things are: one live line on a terminal, a plain line for each change elsewhere."""
    if console.is_terminal:
        with console.status("rebuild: asked for") as status:
            yield status.update
        return
    last: list[str] = []

    def tell(text: str) -> None:
        if text not in last:
            last[:] = [text]
            console.print(text, markup=False, highlight=False)

    yield tell
