"""One new article on a site that stores many: uploads that come one by one, watched and timed.

The site is seeded into the table, so that its size costs nothing but memory; its bucket is not, and what the first
article brings is not measured.
"""

from __future__ import annotations

import gc
import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from broadsheet.aws.table import DynamoTable
from broadsheet.flow.site_settings import read_settings
from broadsheet_cli.local_run import CONFIG_PREFIX, LocalStack, open_stack
from broadsheet_cli.mirror import mirror_folder
from broadsheet_cli.prices import LIST_PRICES
from localcloud.motoshims import store
from localcloud.stack import Function

from .cost import POLLING, Bill, bill
from .measure import RunFailed, peak_mb
from .newsroom import story
from .seeding import SEEDED_UNTIL, WIRE_FILE, category_of, filling, seed
from .usage import Amounts, Usage, watched

BETWEEN = timedelta(minutes=10)
RANKS = (0, 1, 2, 4, 8, 16, 24, 32, 40, 48)
"""The categories that measured articles come in, by rank; all are there at every size, none is new."""
NEW = 1_000_000
"""Number of the first new article, far from those seeded."""
SETTINGS = "title: Bench\nurl: https://bench.example\nlanguage: en\n"


@dataclass(frozen=True, slots=True)
class OneByOne:
    """What articles took that came one by one; amounts and dollars are of all of them together."""

    stored: int
    """Articles that were there before."""
    categories: int
    articles: int
    """That were watched; those that were timed are others."""
    seed_seconds: float
    peak_mb: float
    amounts: Amounts
    """Polling apart."""
    bill: Bill
    wall_seconds: list[float]
    """Of each article that was timed: from its upload to the last page written, on this machine."""
    virtual_seconds: list[float]
    """Of the same span: the queues' delays, which AWS adds to the time of functions and calls."""


@dataclass(slots=True)
class _LastPage:
    """When the last page was written, in real and in virtual time. Called after each AWS call of a function."""

    cloud_now: Any = None
    wall: float = 0.0
    virtual: datetime = field(default=SEEDED_UNTIL)

    def __call__(self, function: Function, service: str, operation: str, params: Mapping[str, Any]) -> None:  # noqa: ARG002
        if service == "s3" and operation in ("PutObject", "DeleteObject") and function.logical_id == "RegeneratePage":
            self.wall, self.virtual = time.perf_counter(), self.cloud_now()


def measure_one_by_one(stored: int, timed: int, counted: int) -> OneByOne:
    """Store ``stored`` articles, then publish new ones, each when the one before is done: ``timed``, then ``counted``.

    Raises RunFailed where an article did not come through.
    """
    last = _LastPage()
    with open_stack(SEEDED_UNTIL, after_call=last) as local:
        last.cloud_now = lambda: local.cloud.now
        begun = time.perf_counter()
        categories = _seed(local, stored)
        seeded = time.perf_counter() - begun
        arrivals = _Arrivals(local)
        arrivals.publish(RANKS[0])  # functions are loaded with it, and pages of the site written that will not change
        wall, virtual = [], []
        for number in range(timed):
            uploaded, at = arrivals.publish(RANKS[number % len(RANKS)])
            wall.append(last.wall - uploaded)
            virtual.append((last.virtual - at).total_seconds())
        with watched() as watch:
            arrivals.publish(RANKS[0])
            usage = watch.usage = Usage()
            for number in range(counted):
                arrivals.publish(RANKS[number % len(RANKS)])
        arrivals.check()
        return OneByOne(
            stored=stored,
            categories=categories,
            articles=counted,
            seed_seconds=seeded,
            peak_mb=peak_mb(),
            amounts=usage.without(POLLING).amounts(),
            bill=bill(usage, local.stack.functions, {}, LIST_PRICES),
            wall_seconds=wall,
            virtual_seconds=virtual,
        )


def _seed(local: LocalStack, stored: int) -> int:
    """Fill the table, and return how many categories there are."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as folder:
        config = Path(folder)
        (config / "site.yaml").write_text(SETTINGS, encoding="utf-8")
        (config / "sources").mkdir()
        (config / "sources" / "wire.yaml").write_text(WIRE_FILE, encoding="utf-8")
        mirror_folder(config, local.bucket("InboxBucket"), CONFIG_PREFIX, None, local.cloud.client("s3"))
        local.cloud.drain()
    site = read_settings(DynamoTable(local.cloud.client("dynamodb"), local.table))
    put = filling(store.moto_table(local.table, local.stack.region))
    # What is seeded stays: looking for garbage among it takes longer than making it, and would be measured later.
    gc.disable()
    try:
        return len({seeded.category.slug for seeded in seed(stored, site, put)})
    finally:
        gc.freeze()
        gc.enable()


class _Arrivals:
    """New articles, uploaded into the inbox one by one, ten minutes apart."""

    def __init__(self, local: LocalStack) -> None:
        self._local = local
        self._s3 = local.cloud.client("s3")
        self._count = 0

    def publish(self, rank: int) -> tuple[float, datetime]:
        """Upload an article in the category of that rank, let it go through to the end, and let time pass.

        Returns when it was uploaded, in real seconds and in virtual time.
        """
        cloud = self._local.cloud
        shown = story(NEW + self._count)
        body = {
            "title": shown.title,
            "date": cloud.now.isoformat(),
            "language": shown.language,
            "category": category_of(rank),
            "url": f"https://desk.example/{shown.number}",
            "source_name": "Desk",
            "html": shown.body,
        }
        text = json.dumps(body, ensure_ascii=False).encode()
        uploaded = time.perf_counter(), cloud.now
        self._s3.put_object(Bucket=self._local.bucket("InboxBucket"), Key=f"articles/{shown.number}.json", Body=text)
        cloud.drain()
        self._count += 1
        cloud.run_for(BETWEEN)
        return uploaded

    def check(self) -> None:
        """Raise RunFailed where what was uploaded is not all stored."""
        report = self._local.conclude(None, save=False).report
        stored, rejected, dead = report["articles"]["stored"], report["rejections"], report["dead_letters"]
        if stored != self._count or rejected or dead:
            raise RunFailed(
                f"{stored} of {self._count} articles were stored, {len(rejected)} rejected, {len(dead)} dead letters; "
                f"first: {(rejected or dead or ['nothing'])[0]}"
            )
