"""The goals of the bench: bounds, and what was measured of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from .full_builds import FullBuild
from .measure import Run
from .one_article import OneByOne

BASELINE_ARTICLES = 1_000
LARGE_ARTICLES = 5_000
MOST_SECONDS = 60.0
MOST_GROWTH = 1.2
MOST_DOLLARS_IN_BURSTS = 0.05
MOST_DOLLARS_ONE_BY_ONE = 0.15
"""Per 1,000 articles, both."""
FEW_STORED, MANY_STORED = 100, 100_000
BUILT_POSTS = 10_000
MOST_OF_BUILD = {"hugo": 1 / 20, "jekyll": 1 / 500}
"""Time of one article's publication as a share of a full build's."""


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


def burst_goals(runs: Sequence[Run]) -> Iterator[Goal]:
    """Yield the goals of many articles at once."""
    by_size = {run.articles: run for run in runs}
    base, large = by_size.get(BASELINE_ARTICLES), by_size.get(LARGE_ARTICLES)
    many = f"{LARGE_ARTICLES:,} to {BASELINE_ARTICLES:,} articles"
    yield Goal(
        f"seconds for {BASELINE_ARTICLES:,} articles, start included",
        MOST_SECONDS,
        base.start_seconds + base.seconds if base else None,
    )
    yield Goal(
        f"time per article, {many}", MOST_GROWTH, large.ms_per_article / base.ms_per_article if base and large else None
    )
    yield Goal(
        f"CPU per article, {many}",
        MOST_GROWTH,
        large.cpu_ms_per_article / base.cpu_ms_per_article if base and large else None,
    )
    yield Goal(
        f"dollars per 1,000 articles in a burst of {BASELINE_ARTICLES:,}",
        MOST_DOLLARS_IN_BURSTS,
        per_thousand(base) if base else None,
    )


def one_by_one_goals(runs: Sequence[OneByOne]) -> Iterator[Goal]:
    """Yield the goals of articles that come one by one."""
    by_size = {run.stored: run for run in runs}
    few, many = by_size.get(FEW_STORED), by_size.get(MANY_STORED)
    sizes = f"{MANY_STORED:,} to {FEW_STORED:,} stored"
    yield Goal(
        "dollars per 1,000 articles one by one, the dearest size",
        MOST_DOLLARS_ONE_BY_ONE,
        max(map(per_thousand, runs), default=None),
    )
    yield Goal(
        f"AWS calls per article, {sizes}", MOST_GROWTH, calls_each(many) / calls_each(few) if few and many else None
    )
    yield Goal(
        f"dollars per article, {sizes}", MOST_GROWTH, per_thousand(many) / per_thousand(few) if few and many else None
    )


def build_goals(runs: Sequence[OneByOne], builds: Sequence[FullBuild]) -> Iterator[Goal]:
    """Yield the goals of one article's publication against full builds."""
    for program, bound in MOST_OF_BUILD.items():
        yield Goal(
            f"one article's time as a share of {program}'s full build of {BUILT_POSTS:,}",
            bound,
            share_of_build(program, BUILT_POSTS, runs, builds),
        )


def share_of_build(
    program: str, posts: int, runs: Sequence[OneByOne], builds: Sequence[FullBuild], *, complete: bool = True
) -> float | None:
    """Return the median time of one article as a share of a full build's; None where one of them is not known."""
    run = next((run for run in runs if run.stored == posts and run.wall_seconds), None)
    build = next((b for b in builds if (b.posts, b.program, b.complete) == (posts, program, complete)), None)
    if run is None or build is None or build.seconds is None:
        return None
    return median(run.wall_seconds) / build.seconds


def per_thousand(run: Run | OneByOne) -> float:
    """Return dollars per 1,000 articles, polling and cold starts apart."""
    return run.bill.total / run.articles * 1000


def calls_each(run: OneByOne) -> float:
    """Return AWS calls per article."""
    return sum(run.amounts.calls.values()) / run.articles
