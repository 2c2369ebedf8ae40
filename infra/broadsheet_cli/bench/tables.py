"""What was measured, as tables: each figure beside its ratio to a baseline of the same run, and the goals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from broadsheet_cli.prices import FETCH_SECONDS, LIST_PRICES

from .core import CoreTime
from .measure import Run
from .startup import BASELINE as IMPORT_BASELINE

BASELINE_ARTICLES = 1_000
LARGE_ARTICLES = 5_000
MOST_SECONDS = 60.0
MOST_GROWTH = 1.2
MOST_DOLLARS = 0.15
"""Per 1,000 articles."""
WIDTH = 120


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound and what was measured; ``measured`` is None where no run of this bench tells."""

    text: str
    bound: float
    measured: float | None

    @property
    def shown(self) -> str:
        """``holds``, ``missed`` or ``not measured``, with the figures."""
        if self.measured is None:
            return f"not measured  {self.text}"
        verdict = "holds " if self.measured <= self.bound else "MISSED"
        return f"{verdict} {self.text}: {self.measured:.3g} (at most {self.bound:g})"


def baseline(runs: Sequence[Run]) -> Run:
    """Return the run that others are compared with: 1,000 articles, or the smallest where there is none."""
    return next((run for run in runs if run.articles == BASELINE_ARTICLES), runs[0])


def goals(runs: Sequence[Run]) -> tuple[Goal, ...]:
    """Return the goals and how they stand."""
    by_size = {run.articles: run for run in runs}
    base, large = by_size.get(BASELINE_ARTICLES), by_size.get(LARGE_ARTICLES)
    seconds = base.start_seconds + base.seconds if base else None
    wall = large.ms_per_article / base.ms_per_article if base and large else None
    cpu = large.cpu_ms_per_article / base.cpu_ms_per_article if base and large else None
    cost = max(dollars_per_thousand(run) for run in runs)
    return (
        Goal(f"seconds for {BASELINE_ARTICLES:,} articles, start included", MOST_SECONDS, seconds),
        Goal(f"time per article, {LARGE_ARTICLES:,} to {BASELINE_ARTICLES:,} articles", MOST_GROWTH, wall),
        Goal(f"CPU per article, {LARGE_ARTICLES:,} to {BASELINE_ARTICLES:,} articles", MOST_GROWTH, cpu),
        Goal("dollars per 1,000 articles, the dearest size", MOST_DOLLARS, cost),
    )


def dollars_per_thousand(run: Run) -> float:
    """Return dollars per 1,000 articles."""
    return sum(run.dollars.values()) / run.articles * 1000


def print_results(runs: Sequence[Run], imports: Mapping[str, float], core: Sequence[CoreTime]) -> None:
    """Print everything on standard output."""
    console = Console(width=WIDTH, highlight=False)
    base = baseline(runs)
    console.print(_speed(runs, base))
    console.print(_calls(runs))
    console.print(_costs(runs))
    console.print(_own_time(runs))
    console.print(_imports(imports))
    console.print(_core(core))
    console.print(
        f"Dollars: list prices of {LIST_PRICES.as_of}, {LIST_PRICES.region}, no free tier; storage, delivery, traces, "
        "alarms and the idle polling of queues apart. Lambda's time is estimated: each function's own CPU here, on "
        "the share of a vCPU its memory buys, and assumed waits for AWS and for publishers "
        f"({FETCH_SECONDS:g} s each); nothing was run on AWS. See broadsheet_cli/prices.py.",
        style="dim",
    )
    console.print("\n[bold]Goals[/bold]")
    for goal in goals(runs):
        console.print(f"  {goal.shown}", markup=False)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left", no_wrap=True)
    return table


def _speed(runs: Sequence[Run], base: Run) -> Table:
    table = _table(
        f"Through the whole local cloud; baseline: {base.articles:,} articles",
        "articles", "start s", "seconds", "ms/article", "ratio", "CPU ms/article", "ratio", "AWS calls/article",
        "peak MB",
    )  # fmt: skip
    for run in runs:
        table.add_row(
            f"{run.articles:,}",
            f"{run.start_seconds:.1f}",
            f"{run.seconds:.1f}",
            f"{run.ms_per_article:.1f}",
            f"{run.ms_per_article / base.ms_per_article:.2f}",
            f"{run.cpu_ms_per_article:.1f}",
            f"{run.cpu_ms_per_article / base.cpu_ms_per_article:.2f}",
            f"{sum(run.calls.values()) / run.articles:.1f}",
            f"{run.peak_mb:.0f}",
        )
    return table


def _by_size(title: str, runs: Sequence[Run], rows: Mapping[str, Sequence[str]]) -> Table:
    table = _table(title, "", *(f"{run.articles:,} articles" for run in runs))
    for name, cells in rows.items():
        table.add_row(name, *cells)
    return table


def _calls(runs: Sequence[Run]) -> Table:
    names = sorted({name for run in runs for name in run.calls})
    rows = {name: [f"{run.calls.get(name, 0) / run.articles:.2f}" for run in runs] for name in names}
    rows |= {
        "invocations": [f"{sum(run.invocations.values()) / run.articles:.2f}" for run in runs],
        "DynamoDB read units": [f"{run.read_units / run.articles:.1f}" for run in runs],
        "DynamoDB write units": [f"{run.write_units / run.articles:.1f}" for run in runs],
        "KB written to DynamoDB": [f"{run.bytes_to_dynamodb / run.articles / 1024:.1f}" for run in runs],
        "KB written to S3": [f"{run.bytes_to_s3 / run.articles / 1024:.1f}" for run in runs],
    }
    return _by_size("AWS calls, units and bytes per article", runs, rows)


def _costs(runs: Sequence[Run]) -> Table:
    rows = {name: [f"{run.dollars[name] / run.articles * 1000:.4f}" for run in runs] for name in runs[0].dollars}
    rows["total"] = [f"{dollars_per_thousand(run):.4f}" for run in runs]
    return _by_size("Dollars per 1,000 articles", runs, rows)


def _own_time(runs: Sequence[Run]) -> Table:
    names = sorted({name for run in runs for name in run.own_seconds})
    rows = {name: [f"{run.own_seconds.get(name, 0.0) * 1000 / run.articles:.2f}" for run in runs] for name in names}
    return _by_size("Functions' own CPU, ms per article: warm, and without their AWS calls", runs, rows)


def _imports(imports: Mapping[str, float]) -> Table:
    table = _table(f"Import of each entry point; baseline: {IMPORT_BASELINE} alone", "module", "CPU ms", "ratio")
    for name, seconds in imports.items():
        table.add_row(name, f"{seconds * 1000:.0f}", f"{seconds / imports[IMPORT_BASELINE]:.2f}")
    return table


def _core(core: Sequence[CoreTime]) -> Table:
    table = _table(
        "The core alone, per article; baseline: lxml parses the same bytes", "", "KB", "CPU ms", "baseline ms", "ratio"
    )
    for row in core:
        table.add_row(
            row.name, f"{row.kilobytes:.1f}", f"{row.ms:.2f}", f"{row.parsing_ms:.2f}", f"{row.ms / row.parsing_ms:.0f}"
        )
    return table
