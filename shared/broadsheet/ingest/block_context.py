"""What a first judgement of all blocks tells of each: whether those beside and around it are the article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log

from broadsheet.ingest.page_blocks import Block, PageBlocks

_REACH = 4
_WINDOWS = (3, 8, 20)

CONTEXT: tuple[str, ...] = (
    *(f"p_{side}{step}" for step in range(1, _REACH + 1) for side in ("before", "after")),
    *(f"p_{room}_{what}" for room in ("box", "parent", "holder", "kind") for what in ("all", "others")),
    *(f"p_window{reach}" for reach in _WINDOWS),
    "kept_before", "kept_after", "kept_weight", "kept_share", "p_most", "p_own",
)  # fmt: skip
"""Names of the columns, in the order of a row."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The first judgement of a page, summed up."""

    values: Sequence[float]
    weights: Sequence[int]
    rooms: Sequence[tuple[int, ...]]
    """For each block, what it stands in: its box, that one's parent, the next one, its kind of box."""
    sums: dict[int, list[float]]
    """Of each room, its weight and the part of it that counts as the article."""
    weight_to: Sequence[int]
    kept_to: Sequence[float]
    most: float


def surroundings(page: PageBlocks, values: Sequence[float]) -> Surroundings:
    """Sum up ``values``, the probability of each block of ``page``."""
    sums: dict[int, list[float]] = {}
    rooms = [_rooms(block) for block in page.blocks]
    for block, value, keys in zip(page.blocks, values, rooms, strict=True):
        for key in keys:
            room = sums.setdefault(key, [0.0, 0.0])
            room[0] += block.weight
            room[1] += block.weight * value
    weights = [block.weight for block in page.blocks]
    return Surroundings(
        values=[-0.1] * _REACH + list(values) + [-0.1] * _REACH,
        weights=weights,
        rooms=rooms,
        sums=sums,
        weight_to=list(accumulate(weights, initial=0)),
        kept_to=list(accumulate((w * v for w, v in zip(weights, values, strict=True)), initial=0.0)),
        most=max(values, default=0.0),
    )


def _rooms(block: Block) -> tuple[int, ...]:
    box = block.box
    parent = box.parent
    holder = parent.parent if parent is not None else None
    # Told apart by the last bits, since one box is one block's parent and another's own.
    return (id(box) << 2, (id(parent) << 2) | 1, (id(holder) << 2) | 2, (box.signature << 2) | 3)


def context_row(around: Surroundings, index: int) -> list[float]:
    """Return the row of ``CONTEXT`` for the block at ``index``."""
    middle = index + _REACH
    values, weight_to, kept_to = around.values, around.weight_to, around.kept_to
    count = len(around.weights)
    row: list[float] = []
    for step in range(1, _REACH + 1):
        row += (values[middle - step], values[middle + step])
    own = around.weights[index]
    for key in around.rooms[index]:
        weight, kept = around.sums[key]
        row.append(kept / weight)
        row.append((kept - own * values[middle]) / (weight - own) if weight > own else -0.1)
    for reach in _WINDOWS:
        low, high = max(0, index - reach), min(count, index + reach + 1)
        row.append((kept_to[high] - kept_to[low]) / (weight_to[high] - weight_to[low]))
    total = max(kept_to[-1], 1.0)
    row += (
        kept_to[index] / total,
        (kept_to[-1] - kept_to[index + 1]) / total,
        log(1.0 + total),
        total / max(weight_to[-1], 1),
        around.most,
        values[middle],
    )
    return row
