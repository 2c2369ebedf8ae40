"""botocore's service models read once for all sessions of the process: each function has a session of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

from botocore.loaders import JSONFileLoader, Loader

_stock_load_file = JSONFileLoader.load_file
_stock_services = Loader.list_available_services


@contextmanager
def shared_models() -> Iterator[None]:
    """Have botocore keep what it reads of its data files; it changes nothing in them but to merge its own extras.

    Each loader looks through the folders of all services for the names of those there are: that is kept, too.
    """
    with (
        patch.object(JSONFileLoader, "load_file", _load_file),
        patch.object(Loader, "list_available_services", _services),
    ):
        yield


def _load_file(_loader: JSONFileLoader, path: str) -> Any:
    return _read(path)


@cache
def _read(path: str) -> Any:
    return _stock_load_file(JSONFileLoader(), path)


def _services(loader: Loader, type_name: str) -> list[str]:
    return list(_listed(tuple(loader.search_paths), type_name))


@cache
def _listed(search_paths: tuple[str, ...], type_name: str) -> tuple[str, ...]:
    loader = Loader(include_default_search_paths=False)
    loader.search_paths.extend(search_paths)
    return tuple(_stock_services(loader, type_name))
