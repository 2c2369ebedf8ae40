"""What polling is measured on, and the figures as tables and goals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from .fresh import in_fresh_process
from .goals import Goal
from .outlets import Workload, make_outlets
from .polling import BOUNDS, PollingRun, measure_polling
from .polling_simulation import Comparison, Polled, Silence, compare, poll_by_schedule, watch_silence
from .tables import by_column

KNOWN_DAYS = 7.0
"""Outlets are known for so long when the measured day begins, unless a line says otherwise."""
OUTLETS, PER_DAY = 1_000, 5_000
WORKLOADS: dict[str, tuple[Workload, float]] = {
    "Zipf 1.0": (Workload("bench"), KNOWN_DAYS),
    "another seed": (Workload("bench, again"), KNOWN_DAYS),
    "just added": (Workload("bench, new"), 0),
    "Zipf 0.8": (Workload("bench, flat", exponent=0.8), KNOWN_DAYS),
    "Zipf 1.2": (Workload("bench, steep", exponent=1.2), KNOWN_DAYS),
    "Zipf 1.4": (Workload("bench, steeper", exponent=1.4), KNOWN_DAYS),
    "2,000 a day": (Workload("bench, few", per_day=2_000), KNOWN_DAYS),
    "20,000 a day": (Workload("bench, many", per_day=20_000), KNOWN_DAYS),
    "around the clock": (Workload("bench, no night", flat=1.0), KNOWN_DAYS),
    "no bursts": (Workload("bench, calm", bursty=0.0), KNOWN_DAYS),
    "a week": (Workload("bench, week", days=7, outlets=500, per_day=2_500), KNOWN_DAYS),
}
MAIN = "Zipf 1.0"
SILENCE = Workload("bench, silence", outlets=500, per_day=2_500, before=10, days=120, dying=0.3)
MOST_OF_FIXED = 0.2
SPACING_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Polling:
    """All that was measured of polling."""

    simulated: dict[str, Comparison]
    silence: Silence
    run: PollingRun
    beside: Comparison
    """The run, beside fixed intervals over the same publications."""
    simulated_run: Polled
    """The run's outlets polled by the schedule alone: what the functions and the table add is the difference."""

    def figures(self) -> dict[str, Any]:
        """Return what goes into ``bench.json``."""
        return {
            "simulated": {name: _figures(comparison) for name, comparison in self.simulated.items()},
            "silence": {
                "outlet_days": self.silence.outlet_days,
                "false_alarms": self.silence.false_alarms,
                "dead": self.silence.dead,
                "days_to_alarm": list(self.silence.found),
            },
            "run": _figures(self.beside)
            | {
                "outlets": self.run.outlets,
                "hosts": self.run.hosts,
                "least_gap_seconds": self.run.least_gap,
                "aws_calls": self.run.calls,
                "dollars": self.run.dollars,
                "seconds": self.run.seconds,
            },
        }


def measure_polling_report(say: Callable[[str], None], outlets: int = OUTLETS) -> Polling:
    """Measure everything: the schedule alone in about a minute, a day of ``outlets`` sources in two or three."""
    simulated = {}
    for name, (workload, known) in WORKLOADS.items():
        say(f"polling, simulated: {name} ...")
        made = make_outlets(workload)
        simulated[name] = compare(made, poll_by_schedule(made, BOUNDS, known, workload.days), workload.days)
    say("silence, simulated ...")
    silence = watch_silence(make_outlets(SILENCE), SILENCE.days)
    say(f"{outlets:,} sources for a day through the local cloud ...")
    made = make_outlets(Workload("bench", outlets=outlets, per_day=PER_DAY * outlets / OUTLETS))
    real = in_fresh_process(measure_polling, made, KNOWN_DAYS, 1)
    return Polling(simulated, silence, real, compare(made, real.polled), poll_by_schedule(made, BOUNDS, KNOWN_DAYS))


def polling_goals(polling: Polling | None) -> Iterator[Goal]:
    """Yield the goals of polling."""
    text = "requests per new article, as a share of a fixed interval's with the same median delay"
    yield Goal(f"{text}, simulated", MOST_OF_FIXED, polling.simulated[MAIN].share if polling else None)
    yield Goal(f"{text}, through the functions", MOST_OF_FIXED, polling.beside.share if polling else None)
    yield Goal(
        "spacing that a host is to be given, as a share of the least it was given",
        1.0,
        SPACING_SECONDS / max(polling.run.least_gap, 1e-6) if polling else None,
    )


def print_polling(console: Console, polling: Polling) -> None:
    """Print all tables."""
    console.print(_simulated(polling.simulated))
    console.print(
        f"{OUTLETS:,} outlets and {PER_DAY:,} articles a day unless said otherwise; the schedule alone, with the "
        f"product's own bounds, sources known for {KNOWN_DAYS:g} days. A fixed interval polls all outlets alike, at "
        "full minutes too; it ignores max-age and ttl unless it heeds them, which the schedule always does. Times "
        "fewer: requests per new article at the same median delay. Same cost: the interval with as many requests.",
        style="dim",
    )
    console.print(_silence(polling.silence))
    console.print(_run(polling))
    console.print(
        "Through the real functions and the table, without the stream: no page is made. Articles of three paragraphs, "
        "in the feed. Delays are from publication to the article's transaction, on the virtual clock, functions taking "
        "no time.",
        style="dim",
    )
    console.print(_cost(polling.run))


def _simulated(simulated: dict[str, Comparison]) -> Table:
    table = Table(title="Polling at its own pace, and at fixed intervals (minutes)", title_justify="left")
    table.title_style = "bold"
    table.add_column("", no_wrap=True)
    for heading in (
        "polls", "per new", "304s", "median", "p90", "mean",
        "times fewer", "heeds", "its p90", "same cost", "p90", "mean",
    ):  # fmt: skip
        table.add_column(heading, justify="right")
    for name, comparison in simulated.items():
        table.add_row(name, *_cells(comparison))
    return table


def _cells(comparison: Comparison) -> list[str]:
    ours, fast, dear = comparison.ours, comparison.as_fast, comparison.as_dear
    return [
        f"{ours.requests:,.0f}",
        f"{ours.per_new:.2f}",
        f"{_not_modified(ours):.0%}",
        *_delays(ours),
        f"{1 / comparison.share:.1f}",
        f"{1 / comparison.share_of_heeding:.1f}",
        f"{fast.quantile(0.9) / 60:.0f}",
        *_delays(dear),
    ]


def _delays(polled: Polled) -> list[str]:
    return [f"{polled.quantile(0.5) / 60:.1f}", f"{polled.quantile(0.9) / 60:.0f}", f"{polled.mean / 60:.0f}"]


def _not_modified(polled: Polled) -> float:
    return 1 - polled.changed / polled.requests


def _silence(silence: Silence) -> Table:
    found = silence.found
    return by_column(
        "The alarm for silence",
        [f"{SILENCE.outlets} outlets, {SILENCE.days} days"],
        {
            "false alarms per 1,000 outlets and day": [f"{silence.false_alarms / silence.outlet_days * 1000:.2f}"],
            "fell silent for good": [f"{silence.dead}"],
            "of these reported": [f"{len(found)}"],
            "days until then, median": [f"{_part(found, 0.5):.1f}"],
            "days until then, p90": [f"{_part(found, 0.9):.1f}"],
        },
    )


def _part(values: Sequence[float], part: float) -> float:
    return values[int(part * (len(values) - 1))] if values else 0.0


def _run(polling: Polling) -> Table:
    run, beside = polling.run, polling.beside
    columns = [("functions", run.polled), ("schedule alone", polling.simulated_run)]
    columns += [(f"each {beside.as_fast_seconds / 60:.1f} min", beside.as_fast)]
    columns += [(f"each {beside.as_dear_seconds / 60:.0f} min", beside.as_dear)]
    every = [polled for _, polled in columns]
    return by_column(
        f"{run.outlets:,} sources on {run.hosts} hosts for {run.days * 24} hours, in {run.seconds:.0f} s",
        [name for name, _ in columns],
        {
            "requests": [f"{polled.requests:,.0f}" for polled in every],
            "new articles": [f"{len(polled.delays):,}" for polled in every],
            "requests per new article": [f"{polled.per_new:.2f}" for polled in every],
            "304s": [f"{_not_modified(polled):.0%}" for polled in every[:2]] + ["", ""],
            "delay in minutes, median": [f"{polled.quantile(0.5) / 60:.1f}" for polled in every],
            "delay in minutes, p90": [f"{polled.quantile(0.9) / 60:.1f}" for polled in every],
            "delay in minutes, mean": [f"{polled.mean / 60:.1f}" for polled in every],
            "least seconds between two requests to one host": [f"{run.least_gap:.2f}", "", "", ""],
            "requests to the busiest host": [f"{run.busiest_host:,}", "", "", ""],
        },
    )


def _cost(run: PollingRun) -> Table:
    polls = run.polled.requests
    rows = {name: [f"{count / polls:.2f}"] for name, count in run.calls.items()}
    rows["AWS calls"] = [f"{sum(run.calls.values()) / polls:.2f}"]
    rows["polls per invocation"] = [f"{run.polls_per_invocation:.1f}"]
    rows["dollars per 1,000 polls"] = [f"{run.dollars / polls * 1000:.4f}"]
    rows["dollars in 30 days"] = [f"{run.dollars / run.days * 30:.2f}"]
    return by_column("What polling calls and costs, per poll", ["PollSource, DispatchDue"], rows)


def _figures(comparison: Comparison) -> dict[str, Any]:
    def of(polled: Polled) -> dict[str, float]:
        return {
            "requests": polled.requests,
            "new": len(polled.delays),
            "median_seconds": polled.quantile(0.5),
            "p90_seconds": polled.quantile(0.9),
            "mean_seconds": polled.mean,
        }

    return {
        "ours": of(comparison.ours)
        | {"not_modified": _not_modified(comparison.ours), "unseen": comparison.ours.unseen},
        "fixed_as_fast": of(comparison.as_fast) | {"interval_seconds": comparison.as_fast_seconds},
        "fixed_as_fast_heeding": of(comparison.as_fast_heeding),
        "fixed_as_dear": of(comparison.as_dear) | {"interval_seconds": comparison.as_dear_seconds},
    }
