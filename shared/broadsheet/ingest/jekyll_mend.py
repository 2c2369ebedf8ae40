"""What an import mends in a post, told post by post."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What was mended; the import counts by it."""

    ENCODING = "encoding"
    LINE_ENDS = "line ends"
    FRONT_MATTER = "front matter"
    TABS = "tabs"
    DUPLICATE_KEY = "duplicate key"
    FIELD = "field"
    ID = "id"
    TITLE = "title"
    DATE = "date"
    ZONE = "time zone"
    FILE_NAME = "file name"
    DRAFT = "draft"
    LABELS = "categories and tags"
    ADDRESS = "address"
    LIQUID = "liquid"
    KRAMDOWN = "kramdown"


@dataclass(frozen=True, slots=True)
class Mend:
    """One thing mended: what kind, and how, in a few words for people."""

    kind: Kind
    how: str
