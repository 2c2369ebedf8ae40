"""What a post's file name and folders say: date, slug, categories, whether Jekyll takes it for a post."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from broadsheet.ingest.jekyll_mend import Kind, Mend

_DATED = re.compile(r"(\d{2,4})-(\d{1,2})-(\d{1,2})-([^/]*)")
_ANY_DATE = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})")
_UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffd]")
_FOLDERS = ("_posts", "_drafts")


@dataclass(frozen=True, slots=True)
class PostName:
    """A post's place. ``path`` is relative to the site (or its ``collections_dir``), ``shown`` as people read it."""

    path: str
    shown: str
    stem: str
    slug: str
    ending: str
    day: datetime | None
    """Midnight of the day in the name, naive."""
    dated: bool
    """Whether the name is one that Jekyll takes for a post's."""
    draft: bool
    categories: tuple[str, ...]
    mends: tuple[Mend, ...] = ()

    @property
    def key(self) -> str:
        """The path for the inbox, without its ending: no folders of Jekyll's in it, nothing that a key may not hold."""
        *folders, _ = self.shown.replace("_drafts/", "drafts/").split("/")
        parts = (*(folder for folder in folders if folder != "_posts"), self.stem)
        return "/".join(_UNFIT.sub("-", part).lstrip(".") or "-" for part in parts)


def post_name(path: str, collections_dir: str = "") -> PostName:
    """Return what ``path`` (relative to the site, with ``/``) says. Bytes that are no UTF-8 came as surrogates."""
    shown = unicodedata.normalize("NFC", _readable(path))
    mends = [] if shown.isascii() or _readable(path) == path else [Mend(Kind.FILE_NAME, "its name was no UTF-8")]
    inside = shown.removeprefix(f"{collections_dir}/") if collections_dir else shown
    *folders, name = inside.split("/")
    at = next((i for i, folder in enumerate(folders) if folder in _FOLDERS), None)
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, dot + ending) if stem else (name, "")
    found = _DATED.fullmatch(stem)
    day = _day(*found.groups()[:3]) if found else None
    draft = "_drafts" in folders
    if day is None and not draft:
        loose = _ANY_DATE.search(stem)
        day = _day(*loose.groups()) if loose else None
        mends.append(Mend(Kind.FILE_NAME, "is not YYYY-MM-DD-name, so that Jekyll left it out"))
    return PostName(
        path=inside,
        shown=shown,
        stem=stem,
        slug=(found[4] if found else stem).rstrip(".").strip("-") or stem,
        ending=ending.lower(),
        day=day,
        dated=found is not None and day is not None,
        draft=draft,
        categories=tuple(folder for folder in folders[: at or 0] if folder),
        mends=tuple(mends),
    )


def _readable(path: str) -> str:
    """Return a path whose undecodable bytes are read as GB18030, the likeliest of old Chinese disks, or marked."""
    try:
        return path.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeDecodeError as fault:
        raw = bytes(fault.object)
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")


def _day(year: str, month: str, day: str) -> datetime | None:
    century = 0 if len(year) > 2 else 2000 if int(year) < 69 else 1900  # as Ruby reads two digits
    try:
        return datetime(century + int(year), int(month), int(day))  # noqa: DTZ001 - a day, not an instant
    except ValueError:
        return None
