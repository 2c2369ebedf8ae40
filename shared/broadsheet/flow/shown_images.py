"""What the table knows of images: which are mirrored, and which an article on the site shows."""

from __future__ import annotations

from collections.abc import Iterable

from broadsheet.model import keys
from broadsheet.model.article import MirroredImage
from broadsheet.model.records import image_from

from .ports import Table


def mirrored_images(table: Table, urls: Iterable[str]) -> dict[str, MirroredImage]:
    """Return those of the images at ``urls`` that are mirrored, by address."""
    wanted = {url: keys.image(url) for url in urls}
    items = table.batch_get(wanted.values()) if wanted else {}
    found = {url: image_from(items[key]) for url, key in wanted.items() if key in items}
    return {url: image for url, image in found.items() if image is not None}


def is_shown(url: str, table: Table) -> bool:
    """Return whether an article on the site shows the image at ``url``."""
    return bool(table.query(keys.image(url).pk, first=keys.SHOWN_BY, last=keys.SHOWN_BY_END, limit=1))
