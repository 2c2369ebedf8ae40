"""Bursts, imports and the core as tables: each figure beside its ratio to a baseline of the same run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from broadsheet_cli.prices import FETCH_SECONDS, LIST_PRICES

from .core import CoreTime
from .cost import Bill
from .goals import BASELINE_ARTICLES, Goal
from .measure import Run
from .startup import BASELINE as IMPORT_BASELINE
from .usage import Amounts

WIDTH = 120


def baseline(runs: Sequence[Run]) -> Run:
    """Return the run that others are compared with: 1,000 articles, or the smallest where there is none."""
    return next((run for run in runs if run.articles == BASELINE_ARTICLES), runs[0])


def print_bursts(console: Console, runs: Sequence[Run]) -> None:
    """Print what many articles take that come at once, each run from nothing."""
    columns = [f"{run.articles:,} at once" for run in runs]
    each = [run.articles for run in runs]
    amounts = [run.amounts for run in runs]
    console.print(_speed(runs, baseline(runs)))
    console.print(amounts_table("AWS calls, units and bytes per article, in bursts", columns, amounts, each))
    console.print(dollars_table("Dollars per 1,000 articles, in bursts", columns, [run.bill for run in runs], each))
    console.print(own_time_table(columns, amounts, each))


def print_core(console: Console, imports: Mapping[str, float], core: Sequence[CoreTime]) -> None:
    """Print what imports take, and, where it was measured, the core alone."""
    console.print(_imports(imports))
    if core:
        console.print(_core(core))


def print_assumptions(console: Console) -> None:
    """Print how dollars were estimated, and from what."""
    console.print(
        f"Dollars: list prices of {LIST_PRICES.as_of}, {LIST_PRICES.region}, no free tier; storage, delivery, "
        "alarms and the idle polling of queues apart. Lambda's time is estimated: each function's own CPU here, on "
        "the share of a vCPU its memory buys, and assumed waits for AWS and for publishers "
        f"({FETCH_SECONDS:g} s each); nothing was run on AWS. Cold starts are apart: see their own line. "
        "See broadsheet_cli/prices.py.",
        style="dim",
    )


def print_goals(console: Console, goals: Sequence[Goal]) -> None:
    """Print which goals hold."""
    console.print("\n[bold]Goals[/bold]")
    for goal in goals:
        console.print(f"  {goal.shown}", markup=False)


def amounts_table(title: str, columns: Sequence[str], amounts: Sequence[Amounts], each: Sequence[int]) -> Table:
    """Return calls, units and bytes per article, a column for each run; ``each`` are the articles of each."""

    def row(value: Callable[[Amounts], float], digits: int = 2) -> list[str]:
        return [f"{value(used) / articles:.{digits}f}" for used, articles in zip(amounts, each, strict=True)]

    def calls(name: str) -> list[str]:
        return row(lambda used: used.calls.get(name, 0))

    names = sorted({name for used in amounts for name in used.calls})
    rows = {name: calls(name) for name in names}
    rows["AWS calls"] = row(lambda used: sum(used.calls.values()))
    rows["invocations"] = row(lambda used: sum(used.invocations.values()))
    rows["DynamoDB read units"] = row(lambda used: used.read_units, 1)
    rows["DynamoDB write units"] = row(lambda used: used.write_units, 1)
    rows["KB written to DynamoDB"] = row(lambda used: used.bytes_to_dynamodb / 1024, 1)
    rows["KB written to S3"] = row(lambda used: used.bytes_to_s3 / 1024, 1)
    return by_column(title, columns, rows)


def dollars_table(title: str, columns: Sequence[str], bills: Sequence[Bill], each: Sequence[int]) -> Table:
    """Return dollars per 1,000 articles by what is paid for and by function, polling apart."""

    def row(value: Callable[[Bill], float]) -> list[str]:
        return [f"{value(paid) / articles * 1000:.4f}" for paid, articles in zip(bills, each, strict=True)]

    def item(name: str) -> list[str]:
        return row(lambda paid: paid.by_item.get(name, 0.0))

    def function(name: str) -> list[str]:
        return row(lambda paid: paid.by_function.get(name, 0.0))

    rows = {name: item(name) for name in dict.fromkeys(name for paid in bills for name in paid.by_item)}
    rows["total"] = row(lambda paid: paid.total)
    rows |= {f"  of it {name}": function(name) for name in sorted({n for paid in bills for n in paid.by_function})}
    rows["polling, apart"] = row(lambda paid: paid.polling)
    return by_column(title, columns, rows)


def own_time_table(columns: Sequence[str], amounts: Sequence[Amounts], each: Sequence[int]) -> Table:
    """Return the functions' own CPU time per article."""

    def row(name: str) -> list[str]:
        seconds = (used.own_seconds.get(name, 0.0) for used in amounts)
        return [f"{value * 1000 / articles:.2f}" for value, articles in zip(seconds, each, strict=True)]

    names = sorted({name for used in amounts for name in used.own_seconds})
    title = "Functions' own CPU, ms per article: warm, and without their AWS calls"
    return by_column(title, columns, {name: row(name) for name in names})


def by_column(title: str, columns: Sequence[str], rows: Mapping[str, Sequence[str]]) -> Table:
    """Return a table with a column for each run."""
    table = a_table(title, "", *columns)
    for name, cells in rows.items():
        table.add_row(name, *cells)
    return table


def a_table(title: str, *columns: str) -> Table:
    """Return an empty table; all columns but the first hold figures."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left", no_wrap=True)
    return table


def _speed(runs: Sequence[Run], base: Run) -> Table:
    table = a_table(
        f"Bursts through the whole local cloud; baseline: {base.articles:,} articles",
        "articles", "start s", "seconds", "ms/article", "ratio", "CPU ms/article", "ratio", "peak MB",
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
            f"{run.peak_mb:.0f}",
        )
    return table


def _imports(imports: Mapping[str, float]) -> Table:
    table = a_table(f"Import of each entry point; baseline: {IMPORT_BASELINE} alone", "module", "CPU ms", "ratio")
    for name, seconds in imports.items():
        table.add_row(name, f"{seconds * 1000:.0f}", f"{seconds / imports[IMPORT_BASELINE]:.2f}")
    return table


def _core(core: Sequence[CoreTime]) -> Table:
    table = a_table(
        "The core alone, per article; baseline: lxml parses the same bytes", "", "KB", "CPU ms", "baseline ms", "ratio"
    )
    for row in core:
        table.add_row(
            row.name, f"{row.kilobytes:.1f}", f"{row.ms:.2f}", f"{row.parsing_ms:.2f}", f"{row.ms / row.parsing_ms:.0f}"
        )
    return table
