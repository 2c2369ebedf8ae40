"""One run of the whole local cloud over made-up news, measured. To be run in a process of its own."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broadsheet.model.errors import BroadsheetError
from broadsheet_cli.local_run import LocalRun, RunOptions, open_run
from broadsheet_cli.prices import LIST_PRICES

from .cost import Bill, bill
from .newsroom import NOW, Newsroom
from .usage import Amounts, Usage, watched


class RunFailed(BroadsheetError):
    """A run that did not store every article measures nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took. Seconds are of the wall clock but for ``cpu_seconds``; bytes and dollars are totals."""

    articles: int
    start_seconds: float
    """Reading the template, starting the cloud, taking in the configuration."""
    seconds: float
    """From the schedule that polls every source to the last page, and the copy of the site and the posts."""
    cpu_seconds: float
    """Of the same span: what counts on a machine that does other things too."""
    peak_mb: float
    amounts: Amounts
    bill: Bill

    @property
    def ms_per_article(self) -> float:
        """Milliseconds of the wall clock."""
        return self.seconds * 1000 / self.articles

    @property
    def cpu_ms_per_article(self) -> float:
        """Milliseconds of CPU."""
        return self.cpu_seconds * 1000 / self.articles


def measure_run(articles: int, host: str) -> Run:
    """Ingest and publish ``articles`` articles from ``host`` (HOST:PORT), from nothing.

    Raises RunFailed where not all of them came through, since then nothing was measured that means anything.
    """
    newsroom = Newsroom(articles)
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as folder:
        config = newsroom.write_configuration(Path(folder, "config"), host)
        options = RunOptions(config=config, now=NOW, out=Path(folder, "out"), allow_hosts=(host,))
        begun = time.perf_counter()
        with open_run(options) as local, watched() as watch:
            local.upload_configuration()
            usage = watch.usage = Usage()  # taking in the configuration is no article's cost
            ready, ready_cpu = time.perf_counter(), time.process_time()
            local.fire_schedules()
            report = dict(local.finish().report)
            ended, ended_cpu = time.perf_counter(), time.process_time()
            _check(report, articles)
            return Run(
                articles=articles,
                start_seconds=ready - begun,
                seconds=ended - ready,
                cpu_seconds=ended_cpu - ready_cpu,
                peak_mb=peak_mb(),
                amounts=usage.amounts(),
                bill=_bill(usage, local, report, newsroom),
            )


def _bill(usage: Usage, local: LocalRun, report: dict[str, Any], newsroom: Newsroom) -> Bill:
    listings = newsroom.sources * 3
    fetches = {"PollSource": listings, "IngestArticle": sum(report["requests"].values()) - listings}
    return bill(usage, local.stack.functions, fetches, LIST_PRICES)


def _check(report: dict[str, Any], articles: int) -> None:
    stored, rejected, dead = report["articles"]["stored"], report["rejections"], report["dead_letters"]
    if stored != articles or rejected or dead:
        raise RunFailed(
            f"{stored} of {articles} articles were stored, {len(rejected)} inputs rejected, {len(dead)} dead letters; "
            f"first: {(rejected or dead or ['nothing'])[0]}"
        )


def peak_mb() -> float:
    """Return the most memory that this process has had, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024**2 if sys.platform == "darwin" else peak / 1024
