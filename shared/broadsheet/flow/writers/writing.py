"""What a writer of pages is: something that reads its page's inputs, and renders them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from broadsheet.flow.bodies import Bodies
from broadsheet.flow.ports import ObjectStore, Table, Write
from broadsheet.flow.shown_images import mirrored_images
from broadsheet.model import keys
from broadsheet.model.article import CategoryLine, FeedEntry, IndexLine
from broadsheet.model.choice import body_key
from broadsheet.model.page import Page, PageKey
from broadsheet.model.records import category_from
from broadsheet.model.site import Site

LONGEST_IN_FEED = 64_000
"""Characters of HTML. A longer text stands in a feed as its summary, so that a feed stays below 2 MB."""

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Newsroom:
    """What all writers work with. The site's settings are those of one invocation."""

    site: Site
    table: Table
    bodies: Bodies
    pages: ObjectStore
    """The site bucket."""
    archive: ObjectStore
    _names: dict[str, str] = field(default_factory=dict, compare=False)

    def categories(self, slugs: Iterable[str]) -> tuple[CategoryLine, ...]:
        """Return slug and name of each category; one that is not in the catalog is named by its slug.

        As with the settings, names are those of one invocation: a name that changes names every page after it did.
        """
        slugs = tuple(dict.fromkeys(slugs))
        items = self.table.batch_get(keys.category(slug) for slug in slugs if slug not in self._names)
        self._names.update((line.slug, line.name) for line, _ in map(category_from, items.values()))
        return tuple(CategoryLine(slug, self._names.get(slug, slug)) for slug in slugs)

    def with_images(self, lines: tuple[IndexLine, ...]) -> tuple[IndexLine, ...]:
        """Return ``lines`` with the addresses on the site of those images that are mirrored."""
        if not self.site.mirror_images:
            return lines
        images = mirrored_images(self.table, (line.image for line in lines if line.image))
        return tuple(
            replace(line, image=images[line.image].address) if line.image in images else line for line in lines
        )

    def entries(self, lines: Iterable[IndexLine]) -> list[FeedEntry]:
        """Return ``lines`` as entries of a feed, with their texts where the site's feeds carry them."""
        lines = list(lines)
        if self.site.feed_content != "full":
            return [FeedEntry(line) for line in lines]
        texts = self.bodies.read(body_key(line) for line in lines)
        found = [(line, texts[body_key(line)]) for line in lines]
        return [FeedEntry(line, text if len(text) <= LONGEST_IN_FEED else "") for line, text in found]


@dataclass(frozen=True, slots=True)
class Rendered:
    """What is to be: pages stored, keys gone, lines of the table written.

    ``beyond`` are the keys after a page's last part: they go one by one until one is not there. ``writes`` are one
    transaction, each conditional on the version that was read. ``steps`` are written one by one, for half of what a
    transaction costs: the last of them is what tells that the others are done. Pages that were never made before, as
    far as is recorded (``first``), are stored without looking whether they are there.
    """

    pages: tuple[Page, ...] = ()
    unwanted: tuple[PageKey, ...] = ()
    beyond: Iterable[PageKey] = ()
    writes: tuple[Write, ...] = ()
    steps: tuple[Write, ...] = ()
    first: bool = False


class Writer(Protocol[R]):
    """Writes one page, whose only writer it is at any time."""

    def read(self) -> R:
        """Return all that the page is rendered from. Equal results render to the same bytes."""
        ...

    def render(self, read: R) -> Rendered:
        """Return what is to be, given what was read."""
        ...
