"""One new article as tables: what it costs at each size of the site, and its time against full builds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

from .full_builds import FullBuild
from .goals import share_of_build
from .one_article import BETWEEN, RANKS, OneByOne
from .seeding import CATEGORIES, PER_DAY, TEXTS
from .tables import a_table, amounts_table, by_column, dollars_table, own_time_table


def print_one_by_one(console: Console, runs: Sequence[OneByOne], cold_starts: float) -> None:
    """Print what articles take that come one by one; ``cold_starts`` are dollars, one of each function they wake."""
    columns = [f"{run.stored:,} stored" for run in runs]
    each, amounts = [run.articles for run in runs], [run.amounts for run in runs]
    console.print(_seeded(columns, runs))
    console.print(
        f"Seeded into the table directly, {PER_DAY} articles a day over at most {CATEGORIES} categories of sizes as "
        f"1/rank, with {TEXTS} different texts of 3 to 6 KB, English and Chinese. New articles are uploads, "
        f"{BETWEEN.total_seconds() / 60:g} minutes apart, in the categories of rank "
        f"{', '.join(str(rank + 1) for rank in RANKS)}.",
        style="dim",
    )
    console.print(amounts_table("AWS calls, units and bytes per article, one by one", columns, amounts, each))
    console.print(_pages(columns, runs))
    console.print(dollars_table("Dollars per 1,000 articles, one by one", columns, [run.bill for run in runs], each))
    console.print(
        "Were each of these functions to start cold for each article, it would be "
        f"{cold_starts * 1000:.4f} dollars per 1,000 more, by the CPU that imports take here. "
        "An article polled instead of uploaded does without ReceiveUpload. Polling is what the schedule costs in the "
        f"{BETWEEN.total_seconds() / 60:g} minutes of an article.",
        style="dim",
    )
    console.print(own_time_table(columns, amounts, each))


def print_times(console: Console, runs: Sequence[OneByOne], builds: Sequence[FullBuild]) -> None:
    """Print how long one article takes from its upload to the last page, and how full builds compare."""
    console.print(_times(runs))
    console.print(
        "Wall time is of this machine, warm, without the queues' delays, which virtual time is made of: each hop waits "
        "half a minute, so that a burst is one rewrite. On AWS the waits for its calls come on top.",
        style="dim",
    )
    if builds:
        console.print(_builds(runs, builds))
        for problem in dict.fromkeys(build.problem for build in builds if build.problem):
            console.print(f"Not built: {problem}", markup=False)


def _seeded(columns: Sequence[str], runs: Sequence[OneByOne]) -> Table:
    return by_column(
        "Sites that one new article comes to",
        columns,
        {
            "categories": [f"{run.categories:,}" for run in runs],
            "seeded in s": [f"{run.seed_seconds:.0f}" for run in runs],
            "peak MB": [f"{run.peak_mb:,.0f}" for run in runs],
        },
    )


def _pages(columns: Sequence[str], runs: Sequence[OneByOne]) -> Table:
    kinds = sorted({kind for run in runs for kind in run.amounts.pages})
    rows = {kind: [f"{run.amounts.pages.get(kind, 0) / run.articles:.1f}" for run in runs] for kind in kinds}
    rows["all"] = [f"{sum(run.amounts.pages.values()) / run.articles:.1f}" for run in runs]
    return by_column("Regenerations per article, one by one", columns, rows)


def _times(runs: Sequence[OneByOne]) -> Table:
    table = a_table(
        "One article, from its upload to the last page",
        "stored", "articles", "wall ms, median", "least", "most", "virtual s, median", "most",
    )  # fmt: skip
    for run in runs:
        if run.wall_seconds:
            table.add_row(
                f"{run.stored:,}",
                f"{len(run.wall_seconds)}",
                f"{median(run.wall_seconds) * 1000:.0f}",
                f"{min(run.wall_seconds) * 1000:.0f}",
                f"{max(run.wall_seconds) * 1000:.0f}",
                f"{median(run.virtual_seconds):.0f}",
                f"{max(run.virtual_seconds):.0f}",
            )
    return table


def _builds(runs: Sequence[OneByOne], builds: Sequence[FullBuild]) -> Table:
    table = a_table(
        "Full builds of the same posts, and one article's median wall time as a share of them",
        "posts", "generator", "site", "seconds", "share", "one in",
    )  # fmt: skip
    for build in builds:
        share = share_of_build(build.program, build.posts, runs, builds, complete=build.complete)
        table.add_row(
            f"{build.posts:,}",
            build.program,
            "complete" if build.complete else "bare",
            "not built" if build.seconds is None else f"{build.seconds:.2f}",
            "" if share is None else f"{share:.5f}",
            "" if share is None else f"{1 / share:,.0f}",
        )
    return table
