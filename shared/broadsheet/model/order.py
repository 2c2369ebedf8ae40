"""Order keys: which of two versions of one input is newer, decided by string comparison alone.

Within one input the keys are of one kind: S3's ``sequencer`` for uploads, the time of the poll for entries.
A version's key ends in a part of its content hash, so that two texts observed at one instant (a poll that was
redelivered and fetched again) still have one winner, whichever comes first.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

SEQUENCER_WIDTH = 32
"""S3 documents the sequencer as hexadecimal of varying length, to be left-padded before it is compared
(Amazon S3 user guide, "Event message structure")."""


def order_of_sequencer(sequencer: str) -> str:
    """Return the order key of an S3 event: its ``sequencer`` in lower case, left-padded with zeros."""
    return sequencer.lower().rjust(SEQUENCER_WIDTH, "0")


def order_of_instant(instant: datetime) -> str:
    """Return the order key of a poll: the aware ``instant`` in UTC, fixed width, to the microsecond."""
    return format_instant(instant)


def version_key(order: str, content_hash: str) -> str:
    """Return the key that orders versions of one input: by ``order``, then by content."""
    return f"{order}~{content_hash[:8]}"


def absence_key(order: str) -> str:
    """Return the key of "not there at ``order``", which is newer than every version of that order."""
    return f"{order}~~"


def format_instant(instant: datetime) -> str:
    """Return an aware datetime as fixed-width UTC text, ``2026-01-05T08:30:00.000000Z``; it sorts by time.

    Raises ValueError for a naive datetime: a time without a zone is not an instant.
    """
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} has no time zone; attach the source's zone before it is stored")
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def parse_instant(text: str) -> datetime:
    """Return the aware UTC datetime of :func:`format_instant`'s text (or of any RFC 3339 text with a zone).

    Raises ValueError where ``text`` is none.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return instant.astimezone(UTC)


def later(instant: datetime, seconds: float) -> datetime:
    """Return ``instant`` plus ``seconds``."""
    return instant + timedelta(seconds=seconds)
