"""Who is who: inputs, claims and article ids, as short deterministic hashes."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Literal

ARTICLE_ID_LENGTH = 16
"""80 bits in base32: a million articles collide with a chance of about 4e-13."""
ADDRESS_SUFFIX_LENGTH = 6
"""Characters of the article id that end its address (30 bits within one category, day and slug)."""

UPLOAD_SOURCE = "upload"
"""Stands where a source id stands, for what came by upload. No source may take it as its id."""


def digest(text: str, length: int = 26) -> str:
    """Return ``length`` characters ``[a-z2-7]`` of the SHA-256 of ``text`` (UTF-8)."""
    return digest_bytes(text.encode(), length)


def digest_bytes(data: bytes, length: int = 26) -> str:
    """Return ``length`` characters ``[a-z2-7]`` of the SHA-256 of ``data``."""
    return base64.b32encode(hashlib.sha256(data).digest()).decode("ascii").lower().rstrip("=")[:length]


@dataclass(frozen=True, slots=True, order=True)
class InputKey:
    """One thing that can tell a story: a member of an upload, or an entry of a source.

    ``kind`` ``upload``: ``container`` is the object's key in the inbox, ``name`` the member inside it ("" where
    the object is the article). ``kind`` ``entry``: ``container`` is the source's id, ``name`` the entry's id.
    """

    kind: Literal["entry", "upload"]
    container: str
    name: str

    def __str__(self) -> str:
        """Return the input as text; stable, it is what origins are keyed and tie-broken by."""
        container = self.container.replace("%", "%25").replace("#", "%23")
        if self.kind == "upload" and not self.name:
            return f"upload:{container}"
        return f"{self.kind}:{container}#{self.name}"

    @classmethod
    def parse(cls, text: str) -> InputKey:
        """Return the input whose ``str()`` is ``text``; raises ValueError where it is none."""
        kind, _, rest = text.partition(":")
        container, _, name = rest.partition("#")
        container = container.replace("%23", "#").replace("%25", "%")
        if kind == "entry":
            return cls("entry", container, name)
        if kind == "upload":
            return cls("upload", container, name)
        raise ValueError(f"{text!r} is no input; expected entry:SOURCE#ID or upload:KEY[#MEMBER]")

    @property
    def shown(self) -> str:
        """What an operator calls it: ``articles/a.md``, ``bundles/a.zip#b.md`` or the entry's id."""
        if self.kind == "entry":
            return self.name
        return f"{self.container}#{self.name}" if self.name else self.container

    @property
    def source(self) -> str:
        """The source's id, or ``upload``."""
        return self.container if self.kind == "entry" else UPLOAD_SOURCE

    @property
    def container_text(self) -> str:
        """The text whose hash keys the partition that keeps this input's state."""
        return f"upload:{self.container}" if self.kind == "upload" else str(self)


def claim_of_url(canonical_url: str) -> str:
    """Return the claim of a canonical URL: whoever tells this URL tells the same story."""
    return f"url:{canonical_url}"


def claim_of_id(namespace: str, identifier: str) -> str:
    """Return the claim of an id in a namespace, which several sources may share."""
    return f"id:{namespace}:{identifier}"


def claim_of_input(input_key: InputKey) -> str:
    """Return the claim an input has on its own article."""
    return f"input:{input_key}"


CLAIM_STRENGTH = ("id:", "url:", "input:")
"""The strongest claim names a new article, so that its id does not depend on which source came first."""


def strongest_claim(claims: frozenset[str]) -> str:
    """Return the claim that names the article: an id, else a URL, else an input; ties by text."""
    return min(claims, key=lambda claim: (_strength(claim), claim))


def _strength(claim: str) -> int:
    return next(i for i, prefix in enumerate(CLAIM_STRENGTH) if claim.startswith(prefix))


def article_id_of(claim: str) -> str:
    """Return the id of the article that ``claim`` creates."""
    return digest(claim, ARTICLE_ID_LENGTH)
