"""Runs of the whole local cloud, for tests."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

from broadsheet.aws.attributes import decode_item
from broadsheet.model import keys
from broadsheet.model.records import article_from, index_from
from broadsheet_cli.local_run import LocalRun, RunOptions, open_run


def run(
    config: Path,
    out: Path | None = None,
    *,
    now: str = "2026-01-05T08:30:00+08:00",
    inbox: Path | None = None,
    state: Path | None = None,
    seed: int = 0,
    hosts: tuple[str, ...] = (),
    isolate: bool = False,
) -> dict[str, Any]:
    """Do what ``broadsheet run`` does, and return the report."""
    options = RunOptions(
        config=config,
        now=datetime.fromisoformat(now),
        inbox=inbox,
        out=out,
        state=state,
        seed=seed,
        allow_hosts=hosts,
        isolate=isolate,
    )
    with open_run(options) as local:
        local.upload_configuration()
        local.upload_inbox()
        local.fire_schedules()
        return dict(local.finish().report)


def files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file under ``folder``, by relative path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write_tree(folder: Path, tree: dict[str, str | bytes]) -> Path:
    """Write ``tree`` (relative path → content) under ``folder`` and return it."""
    for name, content in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def stored_items(local: LocalRun) -> list[dict[str, Any]]:
    """Return all items of the run's table, as plain values."""
    pages = local.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=local.table)
    return [decode_item(item) for page in pages for item in page["Items"]]


def outcome_by_claims(config: Path, *, hosts: tuple[str, ...], seed: int, inbox: Path | None = None) -> Any:
    """Run from an empty state, and return what must not depend on the order of arrival.

    Articles by their claims, with title, body, date, categories, tags and attribution; and the index lists, in which
    an article stands by its claims, since its id and address are decisions that the first arrival makes.
    """
    options = RunOptions(
        config=config,
        now=datetime.fromisoformat("2026-01-05T08:30:00+08:00"),
        inbox=inbox,
        seed=seed,
        allow_hosts=hosts,
    )
    with open_run(options) as local:
        local.upload_configuration()
        local.upload_inbox()
        local.fire_schedules()
        items = stored_items(local)
    articles = [article_from(item)[0] for item in items if item["sk"] == keys.CURRENT]
    claims = {article.id: article.claims for article in articles}
    bodies = {(item["pk"], item["sk"]): item["body"] for item in items if item["sk"].startswith("REV#")}
    shown = []
    for article in articles:
        origin = article.chosen
        if origin:
            body = hashlib.sha256(bodies[origin.body_pk, origin.body_sk]).hexdigest()
            told = (origin.title, body, origin.instant, origin.categories, origin.tags)
            shown.append((article.claims, article.state, *told, origin.source_name, origin.source_url, article.also))
    lists: dict[str, list[Any]] = {}
    for item in items:
        if item["pk"].startswith("INDEX#"):
            line = index_from(item)
            lists.setdefault(item["pk"], []).append((line.instant, claims[line.article_id], line.title))
    return sorted(shown), {index: sorted(lines) for index, lines in sorted(lists.items())}
