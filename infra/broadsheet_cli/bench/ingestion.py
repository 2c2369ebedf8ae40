"""Ingestion alone through the local cloud: from addresses on loopback to stored articles, and nothing published.

The functions are the deployed ones, and what they do is all there: they list the sitemap, take a slot of the host for
each page (a second apart, which passes on the virtual clock), fetch, archive the bytes, extract, clean, identify and
write one transaction. What would render pages from that is not run.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from broadsheet.aws.objects import S3Store
from broadsheet.aws.table import DynamoTable
from broadsheet.flow.settle import Store, read_article, read_body
from broadsheet.ingest.readable import readable_text
from broadsheet.model.keys import INDEX_SITE, Key
from broadsheet.model.records import index_from
from broadsheet_cli.local_run import LocalRun, RunOptions, open_run
from localcloud.runtime.inprocess import InProcess
from localcloud.runtime.outcome import Outcome
from localcloud.stack import Function

from .correctness import StoredArticle
from .measure import RunFailed
from .news_pages import NEWEST

INGESTING = frozenset({"DispatchDue", "PollSource", "IngestArticle", "ReceiveUpload"})
WARM, MEASURED = "/warm.xml", "/pages.xml"
"""Sitemaps: of a few pages that all is loaded with, and of those that are measured."""


@dataclass(frozen=True, slots=True)
class Ingestion:
    """What ingesting took, in CPU seconds of the process, and what was stored, by address."""

    cpu_seconds: float
    """With all that this machine does to be AWS."""
    own_seconds: float
    """Of it the functions' own time: without their AWS calls, and without what delivers their events."""
    articles: Mapping[str, StoredArticle]


def measure_ingestion(host: str, warm: int, pages: int) -> Ingestion:
    """Ingest the ``pages`` pages of ``host`` (HOST:PORT) after ``warm`` others that load what is loaded once.

    To be run in a process of its own. Raises RunFailed where something ended in a dead-letter queue, or nothing came.
    """
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as folder:
        config = Path(folder)
        (config / "sources").mkdir()
        (config / "site.yaml").write_text("title: Bench\nurl: https://bench.example\nlanguage: en\n", encoding="utf-8")
        _add_source(config, "warm", f"http://{host}{WARM}")
        options = RunOptions(config=config, now=NEWEST, allow_hosts=(host,))
        with open_run(options) as local, _only_ingesting() as meter:
            local.upload_configuration()
            local.fire_schedules()
            _add_source(config, "press", f"http://{host}{MEASURED}")
            local.upload_configuration()
            meter.own_seconds, begun = 0.0, time.process_time()
            local.fire_schedules()
            cpu_seconds = time.process_time() - begun
            own_seconds = meter.own_seconds
            _check(local, warm + pages)
            return Ingestion(cpu_seconds, own_seconds, _stored(local))


def _add_source(config: Path, name: str, url: str) -> None:
    text = f"id: {name}\nkind: sitemap\nurl: {url}\ntimezone: UTC\nbody: {{from: page}}\n"
    (config / "sources" / f"{name}.yaml").write_text(text, encoding="utf-8")


def _check(local: LocalRun, pages: int) -> None:
    report = local.conclude(None, save=False).report
    accounted = report["articles"]["stored"] + len(report["rejections"])
    if report["dead_letters"] or accounted != pages:
        first = (report["dead_letters"] or report["rejections"] or ["nothing"])[0]
        raise RunFailed(f"{accounted} of {pages} pages were stored or rejected; first: {first}")


def _stored(local: LocalRun) -> dict[str, StoredArticle]:
    table = DynamoTable(local.cloud.client("dynamodb"), local.table)
    store = Store(table, S3Store(local.cloud.client("s3"), local.bucket("ArchiveBucket")))
    found = {}
    for line in table.query(INDEX_SITE):
        article = read_article(index_from(line).article_id, table)
        if article is not None and (shown := article.article.chosen) is not None:
            text = readable_text(read_body(Key(shown.body_pk, shown.body_sk), store))
            published = f"{shown.published.astimezone(UTC):%Y-%m-%d %H:%M}" if shown.published else None
            found[shown.source_url or ""] = StoredArticle(shown.title, text, published)
    return found


@dataclass(slots=True)
class _Meter:
    own_seconds: float = 0.0
    running: bool = False


@contextmanager
def _only_ingesting() -> Iterator[_Meter]:
    """Leave out all functions but those that ingest, and add up the own time of these."""
    meter = _Meter()
    run = InProcess.invoke
    call: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001 - every call passes it

    def invoke(runner: InProcess, function: Function, event: Any, request_id: str) -> Outcome:
        if function.logical_id not in INGESTING:
            return Outcome(result={"batchItemFailures": []})
        begun, meter.running = time.process_time(), True
        try:
            return run(runner, function, event, request_id)
        finally:
            meter.own_seconds += time.process_time() - begun
            meter.running = False

    def make_api_call(client: BaseClient, operation: str, params: Mapping[str, Any]) -> Any:
        begun = time.thread_time()
        try:
            return call(client, operation, params)
        finally:
            if meter.running:
                meter.own_seconds -= time.thread_time() - begun

    with patch.object(InProcess, "invoke", invoke), patch.object(BaseClient, "_make_api_call", make_api_call):
        yield meter
