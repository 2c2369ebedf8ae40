"""The file of a saved state: written beside the old one, then put in its place."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

FILE_NAME = "localcloud.sqlite"
LOCK_NAME = "localcloud.lock"
VERSION = 1
"""Of the tables below; another version is refused, never guessed at."""

_TABLES = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE item (tbl TEXT NOT NULL, image TEXT NOT NULL);
CREATE TABLE object (bucket TEXT NOT NULL, details TEXT NOT NULL, body BLOB);
CREATE TABLE message (queue TEXT NOT NULL, details TEXT NOT NULL);
CREATE TABLE deduplication (queue TEXT NOT NULL, id TEXT NOT NULL, details TEXT NOT NULL);
CREATE TABLE batch (mapping TEXT NOT NULL, details TEXT NOT NULL);
CREATE TABLE record (mapping TEXT NOT NULL, details TEXT NOT NULL);
CREATE TABLE invocation (function TEXT NOT NULL, details TEXT NOT NULL);
PRAGMA user_version = {VERSION};
"""


class StateError(Exception):
    """A saved state that cannot be taken up: which, why, and what to do."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep the folder to this process meanwhile: of two that write it, one would undo what the other did.

    The folder is made. Raises StateError where another process has it; the hold ends with the process, however it ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK_NAME).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StateError(f"{folder}: another run has this state open; wait for its end, or stop it") from error
        yield


@contextmanager
def writing(folder: Path) -> Iterator[sqlite3.Connection]:
    """Give an empty database that becomes the folder's state when the body ends without an error.

    The folder is made. Whoever dies meanwhile leaves the old state as it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, fresh = folder / FILE_NAME, folder / f"{FILE_NAME}.new"
    fresh.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(fresh, isolation_level=None)) as database:
            # No journal: a half-written file is never put in place.
            database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_TABLES} BEGIN;")
            yield database
            database.execute("COMMIT")
        _flush(fresh)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection | None]:
    """Give the folder's state, read only; None where there is none yet. Raises StateError where it is unreadable."""
    path = folder / FILE_NAME
    if not path.exists():
        yield None
        return
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version != VERSION:
                raise StateError(
                    f"{path}: its format is {version}, this program reads {VERSION}; take another folder, or the "
                    "program that wrote it"
                )
            yield database
    except sqlite3.DatabaseError as error:
        raise StateError(f"{path}: it cannot be read ({error}); restore it, or remove it to start afresh") from error


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
