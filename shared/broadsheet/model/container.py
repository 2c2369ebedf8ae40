"""What an uploaded object holds, as a state that only grows: the names of its newest version, and who was absent when.

A member is absent at the order of every version that does not name it: one known before but not in this version,
and one new in the newer of two versions, at the order of the older. Joining is commutative and idempotent, so
versions and deletions of an object may arrive in any order, and more than once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .keys import Key


@dataclass(frozen=True, slots=True)
class Container:
    """``order`` and ``names`` are the newest version's; ``absent`` maps names to the highest order they lacked at."""

    order: str = ""
    names: frozenset[str] = frozenset()
    absent: Mapping[str, str] = field(default_factory=dict)

    def holding(self, order: str, names: Iterable[str]) -> Container:
        """Return the container that also knows the version at ``order``, which holds ``names``; none: a deletion."""
        held = frozenset(names)
        absent = dict(self.absent)

        def lacked(missing: Iterable[str], at: str) -> None:
            for name in missing:
                absent[name] = max(absent.get(name, ""), at)

        lacked((self.names | absent.keys()) - held, order)
        if self.order:
            lacked(held - self.names, self.order if order != self.order else "")
        absent = {name: at for name, at in absent.items() if at}
        if order > self.order:
            return Container(order, held, absent)
        return Container(self.order, self.names, absent)


def container_item(key: Key, container: Container, v: int) -> dict[str, Any]:
    """Return the table's item for ``container``."""
    return {
        "pk": key.pk,
        "sk": key.sk,
        "v": v,
        "order": container.order,
        "names": sorted(container.names),
        # Pairs, for a name may be empty and DynamoDB's own names may not.
        "absent": [list(pair) for pair in sorted(container.absent.items())],
    }


def container_from(item: Mapping[str, Any] | None) -> tuple[Container, int]:
    """Return the container and item version of ``item``; for None the empty one at version 0."""
    if item is None:
        return Container(), 0
    return Container(item["order"], frozenset(item["names"]), dict(item["absent"])), int(item["v"])
