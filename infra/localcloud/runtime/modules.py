"""A module tree per function, so that no state leaks between functions that share this process."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

ALWAYS_PRIVATE = frozenset({"aws_lambda_powertools"})
"""Installed packages that keep per-function state in module globals (metrics, loggers)."""

ALWAYS_SHARED = frozenset({"boto3", "botocore", "localcloud", "moto", "s3transfer"})
"""What the local cloud itself stands on: a second copy of it would talk to the real AWS."""


def search_path(code_dir: Path, layer_dirs: Iterable[Path]) -> list[str]:
    """Where a function's modules are found, as Lambda orders them: its code, then its layers.

    A layer folder that holds ``python/`` is searched there.
    """
    layers = [layer / "python" if (layer / "python").is_dir() else layer for layer in layer_dirs]
    return [str(code_dir), *(str(layer) for layer in layers)]


class ModuleTree:
    """The modules of one function: its code, its layers and what keeps state per function.

    Everything else (boto3, lxml, the standard library) is shared with the process.
    """

    def __init__(self, path: list[str]) -> None:
        self._path = path
        self._private = (_top_level_names(path) | ALWAYS_PRIVATE) - ALWAYS_SHARED
        self._modules: dict[str, ModuleType] = {}
        # The names to set aside stay right as long as sys.modules keeps its size: a scan of thousands of
        # modules at each invocation would cost more than the invocation.
        self._outer_names: list[str] = []
        self._outer_size = -1

    def forget(self) -> None:
        """Drop all modules; the next entry imports them anew, as a new sandbox does."""
        self._modules = {}

    @contextmanager
    def active(self) -> Iterator[None]:
        """Have ``sys.modules`` and ``sys.path`` be this function's."""
        if len(sys.modules) != self._outer_size:
            self._outer_names = self._private_names()
        outer = {name: sys.modules.pop(name) for name in self._outer_names if name in sys.modules}
        outer_path = list(sys.path)
        sys.path[:0] = self._path
        if not self._modules:
            importlib.invalidate_caches()
        sys.modules.update(self._modules)
        size = len(sys.modules)
        try:
            yield
        finally:
            names = list(self._modules) if len(sys.modules) == size else self._private_names()
            self._modules = {name: sys.modules.pop(name) for name in names if name in sys.modules}
            sys.modules.update(outer)
            sys.path[:] = outer_path
            self._outer_size = len(sys.modules)

    def _private_names(self) -> list[str]:
        return [name for name in list(sys.modules) if name.partition(".")[0] in self._private]


def load_handler(handler: str) -> Any:
    """Import a handler, ``package.module.function`` (slashes allowed, as on Lambda).

    Raises ImportError or AttributeError as Python does, and whatever the module raises.
    """
    module_name, _, attribute = handler.rpartition(".")
    module = importlib.import_module(module_name.replace("/", "."))
    return getattr(module, attribute)


def _top_level_names(path: Iterable[str]) -> frozenset[str]:
    names: set[str] = set()
    for folder in map(Path, path):
        if not folder.is_dir():
            continue
        for entry in folder.iterdir():
            if entry.suffix == ".py":
                names.add(entry.stem)
            elif entry.is_dir() and entry.name.isidentifier() and not _is_compiled(entry):
                names.add(entry.name)
    return frozenset(names)


def _is_compiled(package: Path) -> bool:
    # Extension modules cannot be loaded twice into one process.
    return any(package.rglob("*.so")) or any(package.rglob("*.pyd"))
