"""A Jekyll site on this disk: where it begins, what it is set to, and which of its files are posts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from broadsheet.ingest.jekyll_site import CONFIG, JekyllSite, read_site
from broadsheet.ingest.upload import check_size
from broadsheet.model.errors import ArticleRejected, ConfigurationError

_POSTS = ("_posts", "_drafts")
_NOT_THE_SITE = frozenset(("node_modules", "vendor"))
"""Folders that Jekyll leaves out unless told otherwise."""
_LEFT_OUT = (".", "#", "~", "_")
"""What begins so is no content to Jekyll (its ``EntryFilter``)."""
_MAX_CONFIG_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class SiteFolder:
    """``root`` is the site; ``paths`` are its posts, relative to it, in order."""

    root: Path
    site: JekyllSite
    paths: tuple[str, ...]

    def read(self, path: str) -> bytes:
        """Return a post's bytes. Raises ArticleRejected where it is too large, or cannot be read."""
        file = self.root / path
        shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        try:
            check_size(shown, file.stat().st_size)
            return file.read_bytes()
        except OSError as fault:
            raise ArticleRejected(f"{shown}: cannot be read ({fault.strerror})") from fault


def open_site(given: Path, *, timezone: str | None, url: str | None) -> SiteFolder:
    """Return the site in ``given``: a site's folder, its ``_posts``, or any folder of posts.

    Raises ConfigurationError where there is no post at all, or ``_config.yml`` cannot work.
    """
    given = given.resolve()
    root = given
    if given.name in _POSTS:
        root = next((folder for folder in given.parents if (folder / CONFIG).is_file()), given.parent)
    files = _all_files(given) if root != given else _posts(root) or _all_files(root)
    paths = sorted(file.relative_to(root).as_posix() for file in files)
    if not paths:
        raise ConfigurationError(f"{given}: holds no posts; give a Jekyll site's folder or its _posts")
    return SiteFolder(root, read_site(_config(root), timezone=timezone, url=url or _domain(root)), tuple(paths))


def _config(root: Path) -> str:
    file = root / CONFIG
    if not file.is_file():
        return ""
    if file.stat().st_size > _MAX_CONFIG_BYTES:
        raise ConfigurationError(f"{CONFIG}: {file.stat().st_size:,} bytes; Jekyll's settings are a short file")
    return file.read_text(encoding="utf-8-sig", errors="replace")


def _domain(root: Path) -> str | None:
    """Return the address in the file ``CNAME``, by which GitHub's pages have their own domain."""
    file = root / "CNAME"
    if not file.is_file() or file.stat().st_size > 1000:
        return None
    names = file.read_text(encoding="utf-8-sig", errors="replace").split()
    return f"https://{names[0]}" if names else None


def _posts(folder: Path) -> list[Path]:
    """Return the files under each ``_posts`` and ``_drafts`` of the site."""
    found: list[Path] = []
    waiting = [folder]
    while waiting:
        for entry in sorted(os.scandir(waiting.pop()), key=lambda entry: entry.name):
            if not entry.is_dir(follow_symlinks=False) or entry.name in _NOT_THE_SITE:
                continue
            if entry.name in _POSTS:
                found += _all_files(Path(entry.path))
            elif not entry.name.startswith(_LEFT_OUT) or _holds_posts(entry):
                waiting.append(Path(entry.path))
    return found


def _holds_posts(entry: os.DirEntry[str]) -> bool:
    """Return whether a folder that Jekyll does not enter by itself is its ``collections_dir``."""
    return entry.name.startswith("_") and entry.name != "_site" and (Path(entry.path) / "_posts").is_dir()


def _all_files(folder: Path) -> list[Path]:
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place) / name for name in names if not name.startswith(_LEFT_OUT) and not name.endswith("~")]
    return found
