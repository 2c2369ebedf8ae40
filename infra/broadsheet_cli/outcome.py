"""What a run leaves behind: the site, the posts, and a report that accounts for every input."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from broadsheet.aws.table import DynamoTable
from broadsheet.model import keys
from broadsheet.model.identity import UPLOAD_SOURCE
from localcloud.cloud import Report

from .mirror import copy_bucket

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

ARTICLES = ("stored", "updated", "unchanged", "rejected", "unpublished")
PAGES = ("written", "unchanged", "deleted")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The report of a run, as ``report.json`` holds it, and the exit status that follows from it."""

    report: Mapping[str, Any]

    @property
    def exit_status(self) -> int:
        """0 where all inputs are accounted for, 1 where something is in a dead-letter queue."""
        return 1 if self.report["dead_letters"] else 0


def rejections(table: str, dynamodb: DynamoDBClient) -> list[dict[str, str]]:
    """Return the rejections that stand, by source and input, as an operator reads them.

    They are looked up for uploads and for each source there is: scanning would read every article for them.
    """
    store = DynamoTable(dynamodb, table)
    lines = store.query(keys.CATALOG, first=keys.catalog_source("").sk, last=keys.catalog_source("\uffff").sk)
    sources = [UPLOAD_SOURCE, *(line["sk"].removeprefix(keys.catalog_source("").sk) for line in lines)]
    found = [
        {"input": item["shown"], "source": item["source"], "reason": item["reason"]}
        for source in sources
        for item in store.query(keys.rejections(source))
    ]
    return sorted(found, key=lambda r: (r["source"], r["input"]))


def account(
    report: Report, metrics: Counter[str], requests: Counter[str], rejected: list[dict[str, str]], seconds: float
) -> Outcome:
    """Return the outcome of a run from what the cloud, the functions' metrics and the table say."""
    dead = [
        {"queue": letter.destination, "body": letter.body, "receives": letter.receives, "error": letter.last_error}
        for letter in report.dead_letters
    ]
    return Outcome(
        {
            "articles": {name: metrics[f"Articles{name.title()}"] for name in ARTICLES},
            "rejections": rejected,
            "dead_letters": dead,
            "pages": {name: metrics[f"Pages{name.title()}"] for name in PAGES},
            "aws_calls": dict(sorted(report.aws_calls.items())),
            "requests": dict(sorted(requests.items())),
            "invocations": dict(sorted(report.invocations.items())),
            "warnings": list(report.warnings),
            "seconds": round(seconds, 3),
        }
    )


def write_outcome(outcome: Outcome, out: Path, site_bucket: str, archive_bucket: str, s3: S3Client) -> None:
    """Write ``site/``, ``posts/`` and ``report.json`` under ``out``."""
    copy_bucket(site_bucket, "", out / "site", s3)
    copy_bucket(archive_bucket, "posts/", out / "posts", s3)
    (out / "report.json").write_text(json.dumps(outcome.report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
