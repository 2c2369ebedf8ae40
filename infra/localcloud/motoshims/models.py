"""botocore's service models read once for all sessions of the process: each function has a session of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

from botocore.loaders import JSONFileLoader

_stock_load_file = JSONFileLoader.load_file


@contextmanager
def shared_models() -> Iterator[None]:
    """Have botocore keep what it reads of its data files; it changes nothing in them but to merge its own extras."""
    with patch.object(JSONFileLoader, "load_file", _load_file):
        yield


def _load_file(_loader: JSONFileLoader, path: str) -> Any:
    return _read(path)


@cache
def _read(path: str) -> Any:
    return _stock_load_file(JSONFileLoader(), path)
