"""Each source file compiled once per process, however many functions import it.

A layer is imported anew by every function that has it. Where no bytecode may be written beside the sources, as in a
read-only checkout, each of them would compile it anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import Any
from unittest.mock import patch

_stock_get_code = SourceFileLoader.get_code

# (loader, path) → (when the file was changed and its size, what it compiles to). Code objects hold no state.
_compiled: dict[tuple[type[SourceFileLoader], str], tuple[Mapping[str, Any], CodeType | None]] = {}


@contextmanager
def compiled_once() -> Iterator[None]:
    """Have modules that are imported meanwhile be compiled only where their file has changed since the last time."""
    with patch.object(SourceFileLoader, "get_code", _get_code):
        yield


def _get_code(loader: SourceFileLoader, fullname: str) -> CodeType | None:
    path = loader.get_filename(fullname)
    stamp = loader.path_stats(path)
    # A loader of another kind may make something else of the same source.
    key = (type(loader), path)
    known = _compiled.get(key)
    if known is None or known[0] != stamp:
        known = _compiled[key] = (stamp, _stock_get_code(loader, fullname))
    return known[1]
