"""A page: what is written to the site or the archive, complete with how it is served."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

CACHE_SHORT = "public, max-age=60, stale-while-revalidate=600"
"""For pages that change when any article does."""
CACHE_ARTICLE = "public, max-age=300, stale-while-revalidate=600"
"""For an article, which changes when it is corrected, and must soon be out of all caches when it is taken down."""
CACHE_ASSET = "public, max-age=31536000, immutable"
"""For what carries its own hash in its address."""


@dataclass(frozen=True, slots=True)
class Page:
    """One object to be stored. ``body`` is complete; ``key`` has no leading slash."""

    key: str
    body: bytes
    content_type: str
    cache_control: str = CACHE_SHORT
    bucket: Literal["site", "archive"] = "site"
    status: int = 200
    """What the CDN answers with: 410 for a page that was taken down, 301 for one that moved."""
    location: str | None = None
    """Where a page that moved leads, percent-encoded: a path on the site."""

    @property
    def sha256(self) -> str:
        """Hex digest of the body: kept in the object's metadata, since an ETag is no MD5 under KMS."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def metadata(self) -> dict[str, str]:
        """What is kept with the object: two pages at one key are the same where this is."""
        told = {"status": str(self.status)} if self.status != 200 else {}
        return {"sha256": self.sha256, **told, **({"location": self.location} if self.location else {})}


@dataclass(frozen=True, slots=True)
class PageKey:
    """Where a page lives, without its bytes: what a writer deletes when the page is no longer wanted."""

    key: str
    bucket: Literal["site", "archive"] = "site"
