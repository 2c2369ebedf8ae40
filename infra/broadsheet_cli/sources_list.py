"""``broadsheet sources list``: every source, how polling it goes, and what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

import typer
from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from broadsheet.flow.operate_sources import OperatedSource, read_sources
from broadsheet.flow.source_moves import address_of

from .article_text import clock_time, print_line
from .progress import make_console
from .sources_text import as_text, counted, failing, interval_of, paused, plain_source, remarks, span
from .stored import Opened

KINDS: Mapping[str, Callable[[OperatedSource], bool]] = {
    "failing": lambda one: one.state.failures > 0,
    "silent": lambda one: one.state.silent_since is not None,
    "paused": lambda one: one.paused_by is not None,
}
"""What sources can be listed by, and counted at the end."""


def list_sources(wanted: Sequence[str], opened: Opened, *, as_json: bool) -> None:
    """Print the sources that are one of the ``KINDS`` in ``wanted``, or all where that is empty, by id."""
    with make_console().status("reading the sources"):
        known = read_sources(opened.store.table)
    shown = [one for one in known if not wanted or any(KINDS[kind](one) for kind in wanted)]
    zone = opened.site.zone
    if as_json:
        typer.echo(json.dumps([plain_source(one, zone) for one in shown], ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False)
    if console.is_terminal and shown:
        console.print(_grid(shown, zone))
    else:
        for one in shown:
            print_line(_line(one, zone))
            for remark in remarks(one, zone):
                print_line(f"  {remark}")
    counts = ", ".join(f"{sum(map(is_one, known))} {kind}" for kind, is_one in KINDS.items())
    typer.echo(f"{counted(len(known))}: {counts}" if known else "no source is defined", err=True)


def _line(one: OperatedSource, zone: ZoneInfo) -> str:
    source, state = one.source, one.state
    polled = f"polled {clock_time(state.last_poll, zone)}" if state.last_poll else "never polled"
    interval = interval_of(one)
    following = "" if one.paused_by else f", next {clock_time(state.next_poll, zone)}"
    every = f" ({span(interval)})" if interval else ""
    new = f", last new {clock_time(state.last_new, zone)}" if state.last_new else ", nothing new so far"
    priority = f", priority {source.priority}" if source.priority else ""
    title = f"  {source.title}" if source.title else ""
    address = address_of(source, state)
    return f"{source.id}  {source.kind}  {polled}{following}{every}{new}{priority}{title}  {address}"


def _grid(sources: Sequence[OperatedSource], zone: ZoneInfo) -> Grid:
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in ("source", "polled", "next", "every", "last new"):
        grid.add_column(name, no_wrap=name != "source", overflow="fold")
    grid.add_column("title, address, remarks", overflow="fold")
    for one in sources:
        source, state = one.source, one.state
        title = [source.title] if source.title else []
        kind = f"{source.kind}, priority {source.priority}" if source.priority else source.kind
        grid.add_row(
            f"{source.id}\n{kind}",
            _short(clock_time(state.last_poll, zone)),
            "paused" if one.paused_by else _short(clock_time(state.next_poll, zone)),
            span(interval_of(one)),
            _short(clock_time(state.last_new, zone)),
            Text("\n".join(map(as_text, (*title, address_of(source, state), *remarks(one, zone))))),
            style="red" if failing(one) else "dim" if paused(one) else "yellow" if state.silent_since else None,
        )
    return grid


def _short(time: str) -> str:
    """Return a time that fits into a column: the day above the hour."""
    return time.replace(" ", "\n") if time != "?" else "-"
