"""From addresses of pages to stored articles, per second and core, beside news-please on the same pages.

Both fetch the same made-up pages from the same server on loopback in the same run, each in a process of its own, whose
CPU is counted when all is loaded. Both obey robots.txt, decode, extract text and metadata, and store page and article;
ours besides cleans HTML, decides what the article is, and writes revisions, claims and index lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.console import Console

from .correctness import Correctness, judge
from .fresh import in_fresh_process
from .goals import Goal
from .ingestion import MEASURED, WARM, Ingestion, measure_ingestion
from .news_pages import NewsPage, news_page
from .news_server import serving_pages
from .rival_crawl import Crawl, crawl
from .tables import a_table

PAGES, WARM_PAGES, TRIES = 200, 6, 2
"""Pages measured; others before them, one of each layout, that all is loaded with; runs, of which the faster counts."""
MOST_OF_RIVAL = 1.0
OURS, OWN = "Broadsheet, local cloud", "Broadsheet, functions alone"


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast, and how well. ``right`` is None where the same run was judged in another line."""

    name: str
    pages: int
    cpu_seconds: float
    right: Correctness | None = None

    @property
    def per_second(self) -> float:
        """Articles per second of CPU, which is per second and core."""
        return self.pages / self.cpu_seconds


@dataclass(frozen=True, slots=True)
class FetchToStored:
    """Ours with and without what this machine does to be AWS, and news-please's; None where that is not installed."""

    kilobytes: float
    """Of a page, on average."""
    ours: Pace
    own: Pace
    rival: Pace | None


def measure_fetch_to_stored(say: Callable[[str], None], pages: int = PAGES, tries: int = TRIES) -> FetchToStored:
    """Measure both over ``pages`` pages, the faster of ``tries`` runs each; ``say`` is told what is being done.

    Raises RunFailed or BroadsheetError where one of them lost pages or failed as a whole.
    """
    measured = [news_page(number) for number in range(pages)]
    warm = [news_page(number) for number in range(pages, pages + WARM_PAGES)]
    with serving_pages({WARM: warm, MEASURED: measured}) as host:
        runs: list[Ingestion] = []
        crawls: list[Crawl] = []
        for number in range(1, tries + 1):
            say(f"{pages} pages from fetch to stored, run {number} of {tries}: Broadsheet ...")
            runs.append(in_fresh_process(measure_ingestion, host, WARM_PAGES, pages))
            say(f"{pages} pages from fetch to stored, run {number} of {tries}: news-please ...")
            crawls += filter(None, [crawl(measured, _chinese(warm), host)])
        ours = min(runs, key=lambda run: run.cpu_seconds)
        theirs = min(crawls, key=lambda run: run.cpu_seconds, default=None)
        return FetchToStored(
            kilobytes=sum(len(page.html) for page in measured) / pages / 1024,
            ours=Pace(OURS, pages, ours.cpu_seconds, judge(measured, ours.articles, host)),
            own=Pace(OWN, pages, ours.own_seconds),
            rival=_rival(theirs, measured, host) if theirs else None,
        )


def _rival(crawled: Crawl, pages: list[NewsPage], host: str) -> Pace:
    right = judge(pages, crawled.articles, host)
    return Pace(f"news-please {crawled.version}", len(pages), crawled.cpu_seconds, right)


def _chinese(pages: list[NewsPage]) -> NewsPage:
    """Return a page in Chinese, for which news-please loads a dictionary."""
    return next(page for page in pages if not page.title.isascii())


def fetch_goals(measured: FetchToStored | None) -> Iterator[Goal]:
    """Yield the goals: not slower than news-please, and not more often wrong."""
    rival = measured and measured.rival
    cpu = wrong = None
    if measured and rival and measured.ours.right and rival.right:
        cpu = measured.ours.cpu_seconds / rival.cpu_seconds
        wrong = _wrong(measured.ours.right) / max(1, _wrong(rival.right))
    yield Goal("CPU from fetch to stored as a share of news-please's", MOST_OF_RIVAL, cpu)
    yield Goal("pages got wrong as a share of news-please's", MOST_OF_RIVAL, wrong)


def _wrong(right: Correctness) -> int:
    return right.pages - right.right


def print_fetch_to_stored(console: Console, measured: FetchToStored) -> None:
    """Print how fast and how well each was, beside its ratio to news-please, and what was done in that time."""
    paces = [pace for pace in (measured.rival, measured.ours, measured.own) if pace is not None]
    base = paces[0]
    table = a_table(
        f"From fetch to stored, {base.pages} made-up pages of {measured.kilobytes:.0f} KB; baseline: {base.name}",
        "", "articles/s/core", "ratio", "ms each", "stored", "title", "text", "clean", "right", "date",
    )  # fmt: skip
    for pace in paces:
        table.add_row(
            pace.name,
            f"{pace.per_second:.1f}",
            f"{pace.per_second / base.per_second:.2f}",
            f"{pace.cpu_seconds * 1000 / pace.pages:.1f}",
            *_shown(pace.right),
        )
    console.print(table)
    if measured.rival is None:
        console.print("Not compared: news-please is not installed; `make .tools/newsplease/.ready` installs it.")
    console.print(
        f"{OURS}: fetch, archive, extract, clean, identify and one transaction for each article, one after the other, "
        "with all this machine does to be AWS; no pages are rendered. Functions alone: without their AWS calls. The "
        "second between two requests to one host passes on the virtual clock. news-please: its own Scrapy crawler "
        "(Download) and pipeline, HTML and JSON files, without images. Seconds are of CPU, start and imports apart. "
        "Text: all five sentences looked for are there. Clean: no menu, teaser, newsletter, comment, footer or cookie "
        "notice is. Right: title, text and clean. Date: to the minute.",
        style="dim",
    )


def _shown(right: Correctness | None) -> list[str]:
    if right is None:
        return [""] * 6
    return [str(n) for n in (right.stored, right.titles, right.texts, right.clean, right.right, right.dates)]
