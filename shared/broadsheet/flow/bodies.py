"""The texts of articles as they are read for pages: in batches, and each only once in a process's life."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from broadsheet.model.keys import Key

from .settle import Store, unpacked

KEPT = 512
LONGEST_KEPT = 64_000
"""Characters. 512 bodies of an ordinary length (3 to 8 KB) are 4 MB of the 1 GB that the renderer has."""


class Bodies:
    """Reads revisions. A revision never changes, so what was read once need not be read again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[Key, str] = OrderedDict()

    def read(self, wanted: Iterable[Key]) -> dict[Key, str]:
        """Return the HTML of each revision.

        Raises LookupError where one is not stored: a fault, since a body is written before what refers to it.
        """
        keys = list(dict.fromkeys(wanted))
        found = {key: self._kept[key] for key in keys if key in self._kept}
        missing = [key for key in keys if key not in found]
        items = self._store.table.batch_get(missing) if missing else {}
        for key in missing:
            found[key] = unpacked(key, items.get(key), self._store)
            if len(found[key]) <= LONGEST_KEPT:
                self._kept[key] = found[key]
        for key in found:
            if key in self._kept:
                self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found
