"""Listings of object versions, newest first even where the clock stood still between them, and without copies.

moto sorts by date, which says nothing of versions of one instant, and copies every body to list its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.s3.utils import _VersionedKeyStore

_stock_iterlists = _VersionedKeyStore.iterlists


@contextmanager
def newest_first() -> Iterator[None]:
    """Have moto list the versions of each key from the newest on."""
    with patch.object(_VersionedKeyStore, "iterlists", _iterlists):
        yield


class _NewestFirst(list[Any]):
    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        # The listing only marks which is the latest, anew each time.
        return self


def _iterlists(keys: _VersionedKeyStore) -> Iterator[tuple[str, list[Any]]]:
    # moto's sort is stable, so that this order stays where dates are equal.
    for key, versions in _stock_iterlists(keys):
        yield key, _NewestFirst(reversed(versions))
