"""``python -m broadsheet_cli.bench``: measure, print, and write ``bench.json``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from broadsheet.model.errors import BroadsheetError
from broadsheet_cli.local_run import TEMPLATE
from broadsheet_cli.prices import LIST_PRICES
from broadsheet_cli.progress import make_console
from localcloud.template import read_stack

from .core import CoreTime, measure_core
from .cost import cold_start
from .fetch_to_stored import FetchToStored, fetch_goals, measure_fetch_to_stored, print_fetch_to_stored
from .fresh import in_fresh_process
from .full_builds import FullBuild, measure_builds
from .goals import Goal, build_goals, burst_goals, one_by_one_goals
from .measure import Run, measure_run
from .one_article import OneByOne, measure_one_by_one
from .polling_report import Polling, measure_polling_report, polling_goals, print_polling
from .publication_tables import print_one_by_one, print_times
from .server import serving
from .startup import import_seconds
from .tables import WIDTH, print_assumptions, print_bursts, print_core, print_goals

BURSTS = (100, 1_000, 5_000)
STORED = (100, 10_000, 100_000)
BUILT = (2_000, 10_000)
TIMED, COUNTED = 7, 10
"""New articles that are timed, and then others that are counted, at each size."""


class Part(StrEnum):
    """What is measured."""

    ONE = "one"
    BUILDS = "builds"
    BURSTS = "bursts"
    FETCH = "fetch"
    POLLING = "polling"
    CORE = "core"


def main(
    out: Annotated[Path, typer.Option(help="Where bench.json goes.")] = Path("build/bench"),
    part: Annotated[
        list[Part] | None,
        typer.Option(
            help="What to measure, all if not given: `one` article at a time on sites of each size, full `builds` "
            "beside it, `bursts` of articles at once, from `fetch` to stored, a day of `polling` 1,000 "
            "sources, the `core` alone. Repeat it for several."
        ),
    ] = None,
    stored: Annotated[list[int] | None, typer.Option(help="Articles there before; repeat it for several.")] = None,
    posts: Annotated[list[int] | None, typer.Option(help="Posts of a full build; repeat it for several.")] = None,
    articles: Annotated[list[int] | None, typer.Option(help="Articles of a burst; repeat it for several.")] = None,
) -> None:
    """Measure what publishing takes on this machine and would cost on AWS; about half an hour, builds included.

    Example: python -m broadsheet_cli.bench --part one --stored 100 --stored 10000
    """
    say = _teller(make_console())
    parts = set(part or Part)
    sizes = {
        *((stored or STORED) if Part.ONE in parts else ()),
        *((posts or BUILT) if Part.BUILDS in parts else ()),
    }
    one_by_one: list[OneByOne] = []
    for size in sorted(sizes):
        say(f"one article at a time, {size:,} stored ...")
        one_by_one.append(in_fresh_process(measure_one_by_one, size, TIMED, COUNTED))
    builds: list[FullBuild] = []
    for size in sorted(posts or BUILT) if Part.BUILDS in parts else ():
        builds += measure_builds(size, say)
    bursts: list[Run] = []
    if Part.BURSTS in parts:
        with serving() as host:
            for size in sorted(set(articles or BURSTS)):
                say(f"{size:,} articles at once through the local cloud ...")
                bursts.append(in_fresh_process(measure_run, size, host))
    fetched = measure_fetch_to_stored(say) if Part.FETCH in parts else None
    polling = measure_polling_report(say) if Part.POLLING in parts else None
    say("imports ...")
    imports = import_seconds()
    core = measure_core() if Part.CORE in parts else ()
    goals = [
        *one_by_one_goals(one_by_one),
        *build_goals(one_by_one, builds),
        *burst_goals(bursts),
        *fetch_goals(fetched),
        *polling_goals(polling),
    ]
    _print(one_by_one, builds, bursts, fetched, polling, imports, core, goals)
    out.mkdir(parents=True, exist_ok=True)
    document = {
        "one_by_one": [asdict(run) for run in one_by_one],
        "builds": [asdict(build) for build in builds],
        "bursts": [asdict(run) for run in bursts],
        "fetch_to_stored": asdict(fetched) if fetched else None,
        "polling": polling.figures() if polling else None,
        "import_seconds": imports,
        "core": [asdict(measured) for measured in core],
        "goals": [asdict(goal) for goal in goals],
        "prices": asdict(LIST_PRICES) | {"as_of": LIST_PRICES.as_of.isoformat()},
    }
    (out / "bench.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    say(f"written: {out / 'bench.json'}")


def _print(
    one_by_one: list[OneByOne],
    builds: list[FullBuild],
    bursts: list[Run],
    fetched: FetchToStored | None,
    polling: Polling | None,
    imports: dict[str, float],
    core: tuple[CoreTime, ...],
    goals: list[Goal],
) -> None:
    console = Console(width=WIDTH, highlight=False)
    if one_by_one:
        print_one_by_one(console, one_by_one, _cold_starts(one_by_one[0], imports))
        print_times(console, one_by_one, builds)
    if bursts:
        print_bursts(console, bursts)
    if fetched:
        print_fetch_to_stored(console, fetched)
    if polling:
        print_polling(console, polling)
    print_core(console, imports, core)
    print_assumptions(console)
    print_goals(console, goals)


def _cold_starts(run: OneByOne, imports: dict[str, float]) -> float:
    """Return the dollars of one cold start of each function that an article wakes."""
    functions = read_stack(TEMPLATE, parameters={}, stack_name="bench").functions
    return sum(cold_start(functions[name], imports, LIST_PRICES) for name in run.amounts.invocations)


def _teller(console: Console) -> Callable[[str], None]:
    return lambda text: console.print(text, highlight=False)


if __name__ == "__main__":
    try:
        typer.run(main)
    except BroadsheetError as error:
        print(f"bench: {error}", file=sys.stderr)
        raise SystemExit(1) from None
