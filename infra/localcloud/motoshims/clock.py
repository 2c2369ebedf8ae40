"""Has moto tell the virtual time, and makes its identifiers repeatable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from unittest.mock import patch

import moto.core.utils
import moto.dynamodb.models.table
import moto.s3.models
from moto.moto_api._internal import mock_random


@contextmanager
def virtual_time(now: Callable[[], datetime], seed: str) -> Iterator[None]:
    """Have moto's objects be dated by ``now`` (aware) and its ids be drawn from ``seed``.

    moto keeps naive UTC datetimes, so that is what it gets.
    """

    def utcnow() -> datetime:
        return now().astimezone(UTC).replace(tzinfo=None)

    mock_random.seed(seed)
    with (
        patch.object(moto.core.utils, "utcnow", utcnow),
        patch.object(moto.s3.models, "utcnow", utcnow),
        patch.object(moto.dynamodb.models.table, "utcnow", utcnow),
    ):
        yield
