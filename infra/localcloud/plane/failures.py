"""Which items of a batch a function reports as failed (``ReportBatchItemFailures``)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

WHOLE_BATCH = None


def reported_failures(result: Any, identifiers: Collection[str]) -> set[str] | None:
    """Read a handler's result; give the failed identifiers, or None where the whole batch counts as failed.

    Rules: Lambda Developer Guide, "Reporting batch item failures". Nothing, an empty object and an empty list are
    success; anything that cannot be read, and an identifier that the batch does not hold, fails the batch.
    """
    if result is None or result == {}:
        return set()
    if not isinstance(result, dict):
        return WHOLE_BATCH
    failures = result.get("batchItemFailures")
    if failures is None:
        return set()
    if not isinstance(failures, list):
        return WHOLE_BATCH
    failed: set[str] = set()
    for failure in failures:
        identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if not isinstance(identifier, str) or identifier not in identifiers:
            return WHOLE_BATCH
        failed.add(identifier)
    return failed
