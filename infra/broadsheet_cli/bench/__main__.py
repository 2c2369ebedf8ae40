"""``python -m broadsheet_cli.bench``: measure, print, and write ``bench.json``."""

from __future__ import annotations

import json
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from broadsheet.model.errors import BroadsheetError
from broadsheet_cli.prices import LIST_PRICES
from broadsheet_cli.progress import make_console

from .core import measure_core
from .measure import Run, measure_run
from .server import serving
from .startup import import_seconds
from .tables import goals, print_results

SIZES = (100, 1_000, 5_000)


def main(
    out: Annotated[Path, typer.Option(help="Where bench.json goes.")] = Path("build/bench"),
    articles: Annotated[list[int] | None, typer.Option(help="A size of run; repeat it for several.")] = None,
) -> None:
    """Measure what the whole pipeline takes on this machine and would cost on AWS; a few minutes.

    Example: python -m broadsheet_cli.bench --out build/bench --articles 100 --articles 1000
    """
    console = make_console()
    sizes = sorted(set(articles or SIZES))
    runs: list[Run] = []
    with serving() as host:
        for size in sizes:
            console.print(f"{size:,} articles through the local cloud ...", highlight=False)
            runs.append(_in_fresh_process(size, host))
    console.print("imports, and the core alone ...")
    imports, core = import_seconds(), measure_core()
    print_results(runs, imports, core)
    out.mkdir(parents=True, exist_ok=True)
    document = {
        "runs": [asdict(run) for run in runs],
        "import_seconds": imports,
        "core": [asdict(measured) for measured in core],
        "goals": [asdict(goal) for goal in goals(runs)],
        "prices": asdict(LIST_PRICES) | {"as_of": LIST_PRICES.as_of.isoformat()},
    }
    (out / "bench.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    console.print(f"written: {out / 'bench.json'}")


def _in_fresh_process(size: int, host: str) -> Run:
    """Measure one size with nothing left over from another."""
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(measure_run, size, host).result()


if __name__ == "__main__":
    try:
        typer.run(main)
    except BroadsheetError as error:
        print(f"bench: {error}", file=sys.stderr)
        raise SystemExit(1) from None
