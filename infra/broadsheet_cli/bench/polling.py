"""Days of polling many outlets through the real functions and the table, on the virtual clock. In a process of its own.

What is measured is polling and ingesting: the stream goes nowhere, so that no page is made.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from broadsheet.aws.table import DynamoTable
from broadsheet.flow.source_state import change_state
from broadsheet.model.source import Source
from broadsheet.model.source_state import SourceState
from broadsheet_cli.local_run import CONFIG_PREFIX, TEMPLATE, LocalStack
from broadsheet_cli.mirror import mirror_folder
from broadsheet_cli.prices import LIST_PRICES
from localcloud.cloud import LocalCloud
from localcloud.stack import Function
from localcloud.template import read_stack

from .cost import POLLING, bill
from .measure import RunFailed, peak_mb
from .newsstand import Newsstand, entry_id, open_newsstand
from .outlets import BEGIN, DAY, Outlet
from .polling_simulation import Polled, get_to_know, instant
from .usage import FunctionUsage, Usage, watched

BOUNDS = Source(id="bounds", kind="feed", url="")
"""A source that says nothing of how often it is polled: the product's own bounds."""
SET_UP = timedelta(minutes=30)
"""Before the measured days begin."""
MARKING = "MarkPages"
SETTLING = timedelta(minutes=1)
"""After the measured days, for what was polled in their last minute."""


@dataclass(frozen=True, slots=True)
class PollingRun:
    """What days of polling took. Calls and dollars are of ``PollSource`` and ``DispatchDue`` together."""

    outlets: int
    hosts: int
    known_days: float
    days: int
    polled: Polled
    stored: int
    least_gap: float
    """Seconds between two requests to one host, on the virtual clock."""
    busiest_host: int
    """Requests to the host that was asked most."""
    calls: dict[str, int]
    dollars: float
    invocations: int
    """Of ``PollSource``."""
    seconds: float
    """Of this machine, setting up apart."""
    peak_mb: float

    @property
    def polls_per_invocation(self) -> float:
        """Requests for each invocation of ``PollSource``."""
        return self.polled.requests / self.invocations


@dataclass(slots=True)
class _Ingested:
    """When each entry was first stored. Called after each AWS call of a function."""

    clock: Any = None
    first: dict[str, datetime] = field(default_factory=dict)

    def __call__(self, function: Function, service: str, operation: str, params: Mapping[str, Any]) -> None:  # noqa: ARG002
        if function.logical_id == "IngestArticle" and operation == "TransactWriteItems":
            for action in params["TransactItems"]:
                item = action.get("Put", {}).get("Item", {})
                if "input" in item and item["sk"]["S"].startswith("ORIGIN#"):
                    self.first.setdefault(item["input"]["S"].partition("#")[2], self.clock())


def measure_polling(outlets: Sequence[Outlet], known_days: float, days: int) -> PollingRun:
    """Poll ``outlets`` for ``days`` days, having known them for ``known_days``, and ingest all that they publish.

    Raises RunFailed where an article that was found was not stored.
    """
    ingested = _Ingested()
    with open_newsstand(outlets) as stand, _open_without_pages(stand.hosts, ingested) as local:
        ingested.clock = stand.clock = lambda: local.cloud.now
        _set_up(outlets, known_days, stand, local)
        local.cloud.run_for(BEGIN - local.cloud.now)
        stand.asked.clear()
        with watched() as watch:
            usage = watch.usage = Usage()
            begun = time.perf_counter()
            local.cloud.run_for(timedelta(days=days))
            seconds = time.perf_counter() - begun
        local.cloud.run_for(SETTLING)
        _check(local)
        by_host = _asked_by_host(stand)
        return PollingRun(
            outlets=len(outlets),
            hosts=len(stand.hosts),
            known_days=known_days,
            days=days,
            polled=_polled(outlets, stand, ingested, days),
            stored=len(ingested.first),
            least_gap=min((b - a).total_seconds() for times in by_host for a, b in pairwise(times)),
            busiest_host=max(map(len, by_host)),
            calls=_calls(usage),
            dollars=_dollars(usage, local),
            invocations=usage.functions["PollSource"].invocations,
            seconds=seconds,
            peak_mb=peak_mb(),
        )


@contextmanager
def _open_without_pages(hosts: Sequence[str], ingested: _Ingested) -> Iterator[LocalStack]:
    stack = read_stack(TEMPLATE, parameters={"AllowedHosts": ",".join(hosts)}, stack_name="bench")
    stack = replace(stack, mappings=tuple(mapping for mapping in stack.mappings if mapping.function != MARKING))
    with LocalCloud(stack, now=BEGIN - SET_UP, after_call=ingested) as cloud:
        yield LocalStack(stack, cloud)


def _set_up(outlets: Sequence[Outlet], known_days: float, stand: Newsstand, local: LocalStack) -> None:
    """Have every outlet be a source, and known for so many days: their rhythm is what the simulation learned."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as folder:
        config = Path(folder)
        (config / "sources").mkdir()
        (config / "site.yaml").write_text("title: Bench\nurl: https://bench.example\nlanguage: en\n", encoding="utf-8")
        for outlet in outlets:
            text = f"id: outlet-{outlet.number}\nkind: feed\nurl: {stand.url(outlet)}\ntimezone: UTC\n"
            (config / "sources" / f"outlet-{outlet.number}.yaml").write_text(text, encoding="utf-8")
        mirror_folder(config, local.bucket("InboxBucket"), CONFIG_PREFIX, None, local.cloud.client("s3"))
        local.cloud.drain()
    table = DynamoTable(local.cloud.client("dynamodb"), local.table)
    for outlet in outlets:
        known = get_to_know(outlet, BOUNDS, known_days)

        def seeded(state: SourceState, outlet: Outlet = outlet, known: Any = known) -> SourceState:
            return replace(
                state,
                rhythm=known.rhythm,
                last_poll=instant(known.last_poll) if known.rhythm else None,
                next_poll=instant(known.next_poll),
                ttl_seconds=outlet.ttl,
            )

        change_state(f"outlet-{outlet.number}", seeded, table)


def _check(local: LocalStack) -> None:
    report = local.conclude(None, save=False).report
    if report["dead_letters"] or report["rejections"]:
        first = (report["dead_letters"] or report["rejections"])[0]
        raise RunFailed(
            f"{len(report['dead_letters'])} dead letters, {len(report['rejections'])} rejections; first: {first}"
        )


def _polled(outlets: Sequence[Outlet], stand: Newsstand, ingested: _Ingested, days: int) -> Polled:
    """Return delays from publication to the article's transaction, of what was published and stored in these days."""
    delays = []
    for outlet in outlets:
        for article in range(outlet.published_until(0), outlet.published_until(days * DAY)):
            stored = ingested.first.get(entry_id(outlet, article))
            if stored is not None:
                delays.append((stored - instant(outlet.published[article])).total_seconds())
    asked = [asked for asked in stand.asked if asked.at < BEGIN + timedelta(days=days)]
    return Polled(len(asked), sum(1 for one in asked if one.status == 200), tuple(sorted(delays)))


def _asked_by_host(stand: Newsstand) -> list[list[datetime]]:
    by_host: dict[str, list[datetime]] = defaultdict(list)
    for asked in stand.asked:
        by_host[asked.host].append(asked.at)
    return [sorted(times) for times in by_host.values()]


def _calls(usage: Usage) -> dict[str, int]:
    return Usage({name: usage.of(name) for name in POLLING}).amounts().calls


def _dollars(usage: Usage, local: LocalStack) -> float:
    """Return what the two functions cost; the requests of one invocation are made side by side."""
    polling = {name: used for name, used in usage.functions.items() if name in POLLING}
    rounds = polling.get("PollSource", FunctionUsage()).invocations
    return bill(Usage(polling), local.stack.functions, {"PollSource": rounds}, LIST_PRICES).polling
