"""Runs of the whole local cloud, for tests."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

from broadsheet_cli.local_run import RunOptions, open_run


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
