"""Numbers that are never given twice, in one run or in the runs that take up its state."""

from __future__ import annotations


class Numbering:
    """Counts from 1; ``last`` is kept with the state."""

    def __init__(self) -> None:
        self.last = 0

    def __next__(self) -> int:
        self.last += 1
        return self.last
