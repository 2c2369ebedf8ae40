"""A whole run in its file: the clock, what counts, and everything the parts hold."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from localcloud.plane.wiring import Plane
from localcloud.saved.buckets import restore_buckets, save_buckets
from localcloud.saved.events import numberings, restore_events, save_events
from localcloud.saved.file import reading, writing
from localcloud.saved.tables import restore_tables, save_tables


@dataclass(frozen=True, slots=True)
class Clock:
    """When a state was first begun and last saved (aware), and how many runs it has seen."""

    anchor: datetime
    now: datetime
    runs: int


def read_clock(folder: Path) -> Clock | None:
    """The clock of a saved state; None where there is none. Raises StateError where it cannot be read."""
    with reading(folder) as database:
        if database is None:
            return None
        meta = _meta(database)
    return Clock(datetime.fromisoformat(meta["anchor"]), datetime.fromisoformat(meta["now"]), int(meta["runs"]))


def save_state(folder: Path, plane: Plane, anchor: datetime, runs: int) -> None:
    """Write all of it, or, on any error, leave the folder's old state as it was."""
    with writing(folder) as database, _no_collection():
        meta = {
            "anchor": anchor.isoformat(),
            "now": plane.loop.now.isoformat(),
            "runs": str(runs),
            **{f"last number: {name}": str(numbering.last) for name, numbering in numberings(plane).items()},
        }
        database.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        save_tables(database, plane.stack)
        save_buckets(database, plane.stack)
        save_events(database, plane)


def restore_state(folder: Path, plane: Plane) -> None:
    """Put all of it back into tables, buckets and a plane that are new; nothing where nothing was saved.

    What belongs to a resource that the template has no more is left out, loudly.
    """
    with reading(folder) as database, _no_collection():
        if database is None:
            return
        meta = _meta(database)
        for name, numbering in numberings(plane).items():
            numbering.last = int(meta.get(f"last number: {name}", "0"))
        lost = {
            *(f"items of table {name}" for name in restore_tables(database, plane.stack)),
            *(f"objects of bucket {name}" for name in restore_buckets(database, plane.stack)),
            *restore_events(database, plane),
        }
    for what in sorted(lost):
        plane.warn(f"state {folder}: the saved {what} are left out, because the template has no such thing any more")


def _meta(database: sqlite3.Connection) -> dict[str, str]:
    return dict(database.execute("SELECT name, value FROM meta"))


@contextmanager
def _no_collection() -> Iterator[None]:
    """Not look for garbage among hundreds of thousands of new objects: that takes twice as long as making them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
