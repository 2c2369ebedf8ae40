"""A process of its own for each measurement, so that nothing is left over from another."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def in_fresh_process(measure: Callable[..., T], *arguments: Any) -> T:
    """Return what ``measure``, a function of a module, returns in a new process; what it raises is raised here."""
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(measure, *arguments).result()
