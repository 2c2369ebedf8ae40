"""Metrics that can be asked."""

from __future__ import annotations

from collections import Counter


class FakeCounter:
    """``ports.Counter``: ``counts`` by name."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, name: str, count: int = 1) -> None:
        self.counts[name] += count
