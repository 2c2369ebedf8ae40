"""A mirrored image on the site: there for as long as an article on the site shows it."""

from __future__ import annotations

from dataclasses import dataclass

from broadsheet.flow.shown_images import is_shown, mirrored_images
from broadsheet.model import keys
from broadsheet.model.article import MirroredImage
from broadsheet.model.page import CACHE_ASSET, Page, PageKey

from .writing import Newsroom, Rendered

MOST_ADDRESSES = 100
"""Addresses with the same bytes that are looked at for an article that shows one; where there are more, it stays."""


@dataclass(frozen=True, slots=True)
class ImageWriter:
    """``image/NAME``: a copy of what the archive holds under that name."""

    room: Newsroom
    name: str

    def read(self) -> MirroredImage | None:
        """Read whether an article shows the image, at any of its addresses; None where none does."""
        if not self.room.site.mirror_images:
            return None
        table = self.room.table
        lines = table.query(keys.IMAGES, first=f"{self.name}#", last=f"{self.name}#\uffff", limit=MOST_ADDRESSES)
        images = mirrored_images(table, (str(line["url"]) for line in lines))
        known = (image for image in images.values() if image.name == self.name)
        return next((image for image in known if len(lines) == MOST_ADDRESSES or is_shown(image.url, table)), None)

    def render(self, read: MirroredImage | None) -> Rendered:
        """Return the image, or nothing where no article shows it any more.

        Raises LookupError where the archive has lost it: a fault, since it is archived before it is recorded.
        """
        key = f"images/{self.name}"
        if read is None:
            return Rendered(unwanted=(PageKey(key),))
        stored = self.room.archive.get(key)
        if stored is None:
            raise LookupError(f"archive object {key} of {read.url} is gone")
        return Rendered((Page(key, stored.body, read.content_type, CACHE_ASSET),))
