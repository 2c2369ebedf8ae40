"""The summary of a run, as a person reads it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from .outcome import ARTICLES, PAGES, Outcome


def print_summary(outcome: Outcome, console: Console) -> None:
    """Print what was stored, rejected and why, and published."""
    report = outcome.report
    counts = Table(title="Outcome", show_header=False, title_justify="left")
    counts.add_column(justify="left")
    counts.add_column(justify="right")
    for name in ARTICLES:
        counts.add_row(f"articles {name}", str(report["articles"][name]))
    for name in PAGES:
        counts.add_row(f"pages {name}", str(report["pages"][name]))
    counts.add_row("requests to sources", str(sum(report["requests"].values())))
    counts.add_row("function invocations", str(sum(report["invocations"].values())))
    counts.add_row("AWS calls", str(sum(report["aws_calls"].values())))
    counts.add_row("dead letters", str(len(report["dead_letters"])))
    counts.add_row("seconds", f"{report['seconds']:.1f}")
    console.print(counts)
    if report["rejections"]:
        rejected = Table(title="Rejected, and why", title_justify="left")
        rejected.add_column("source", no_wrap=True)
        rejected.add_column("input", overflow="fold", max_width=32)
        rejected.add_column("reason", overflow="fold")
        for rejection in report["rejections"]:
            rejected.add_row(rejection["source"], rejection["input"], rejection["reason"])
        console.print(rejected)
    for letter in report["dead_letters"]:
        console.print(f"[bold]dead letter[/bold] in {letter['queue']}: {letter['error'] or letter['body'][:200]}")
    for warning in report["warnings"]:
        console.print(f"warning: {warning}", markup=False)
