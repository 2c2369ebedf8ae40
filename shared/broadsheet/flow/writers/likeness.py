"""Which other articles tell the same as one: a line of the table that its page follows from."""

from __future__ import annotations

from dataclasses import dataclass, field

from broadsheet.flow.also_reported import around
from broadsheet.flow.ports import Delete, Put
from broadsheet.model import keys
from broadsheet.model.article import Alike, Likeness
from broadsheet.model.records import alike_from, alike_item, likeness_from

from .writing import Newsroom, Rendered

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class LikenessRead:
    """What is alike to the article, newest first, and what was recorded to be."""

    others: tuple[Likeness, ...]
    recorded: Alike | None = field(compare=False)


@dataclass(frozen=True, slots=True)
class LikenessWriter:
    """``likeness/ID``: the article's ``ALIKE`` record, which is there where anything is alike to it."""

    room: Newsroom
    article_id: str

    def read(self) -> LikenessRead:
        """Read what the article is compared by, and what is alike; nothing is to an article that is not on the site."""
        items = self.room.table.query(keys.article(self.article_id), first=keys.ALIKE, last=keys.BANDS)
        found = {item["sk"]: item for item in items}
        own, recorded = found.get(keys.BANDS), found.get(keys.ALIKE)
        others = around(likeness_from(own), self.room.table).alike if own else ()
        return LikenessRead(others, alike_from(recorded) if recorded else None)

    def render(self, read: LikenessRead) -> Rendered:
        """Return the record, where it is another than the one that stands."""
        if not read.others:
            return Rendered(writes=(Delete(keys.alike(self.article_id)),)) if read.recorded else Rendered()
        ids = sorted(other.article_id for other in read.others)
        newest = tuple(other.report for other in read.others[:MOST_SHOWN])
        alike = Alike(self.article_id, tuple(ids), newest)
        return Rendered() if alike == read.recorded else Rendered(writes=(Put(alike_item(alike)),))
