"""``redirect_from``: addresses on this site that lead to an article besides its own, as an upload names them.

The convention of the plugin jekyll-redirect-from. An address is kept as S3 and its CDN hold it: percent-decoded, for a
browser's ``/%E6%B3%89/`` asks for the key ``泉/``; in NFC, as all text here.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import unquote

MAX_REDIRECTS = 10
MAX_REDIRECT_LENGTH = 500
_MAX_KEY_BYTES = 1000
"""An S3 key has at most 1,024 bytes, ``index.html`` among them."""
_MAX_NAME_BYTES = 255
"""Of a file or folder, where the site is written to a disk."""

_OWN = re.compile(
    r"/(?:index\.html?|404\.html|robots\.txt|rss\.xml|feed\.json|opml\.xml|(?:category|assets|posts|images)(?:/.*)?"
    r"|(?:sitemap|atom)(?:[.-].*|/.*)?)?",
    re.IGNORECASE | re.DOTALL,
)
"""What the site writes itself."""
_FILE = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}")
"""``.html``, ``.php5``; not the ``.0`` of ``version-2.0``."""


def redirect_path(written: str) -> str:
    """Return the address that ``written`` names: percent-decoded, NFC, a folder with a slash at its end.

    ``/a/x.html`` is a file and stays as it is; ``/a``, ``/a/`` and ``/a/index.html`` are the folder ``/a/``. Raises
    ValueError with the reason for what is no path, climbs, is too long, or is one of the site's own places.
    """
    shown = written[:80]
    if not written.startswith("/") or written.startswith("//"):
        raise ValueError(f"'{shown}' is no path on this site; write /old/address/")
    if len(written) > MAX_REDIRECT_LENGTH * 9:  # a character is up to nine when percent-encoded
        raise ValueError(f"'{shown}…' is longer than {MAX_REDIRECT_LENGTH} characters")
    path = unicodedata.normalize("NFC", unquote(written, errors="replace"))
    if len(path) > MAX_REDIRECT_LENGTH or len(path.encode("utf-8", "replace")) > _MAX_KEY_BYTES:
        raise ValueError(f"'{shown}…' is longer than {MAX_REDIRECT_LENGTH} characters or {_MAX_KEY_BYTES} bytes")
    if bad := next((c for c in path if c in "?#\\\ufffd" or unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}), ""):
        raise ValueError(f"'{shown}' holds {bad!a}; write a path without query, fragment and control characters")
    folders = path.removeprefix("/").removesuffix("/").split("/")
    if any(folder.startswith(".") or not folder for folder in folders) and path != "/":
        raise ValueError(f"'{shown}' climbs, hides or leaves out a folder; write /old/address/")
    if any(len(folder.encode()) > _MAX_NAME_BYTES for folder in folders):
        raise ValueError(f"'{shown}…' has a folder of more than {_MAX_NAME_BYTES} bytes")
    if _OWN.fullmatch(path):
        raise ValueError(f"'{shown}' is an address of the site's own pages")
    if path.endswith("/index.html"):
        return path.removesuffix("index.html")
    is_file = _FILE.fullmatch(PurePosixPath(path).suffix) and not path.endswith("/")
    return path if is_file or path.endswith("/") else f"{path}/"
