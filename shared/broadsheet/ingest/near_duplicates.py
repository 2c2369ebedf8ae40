"""How alike two texts are, from short signatures: MinHash, by one permutation.

A text is the set of its shingles: each run of three words, or of five characters where a script has no spaces, without
case, width and punctuation. Two texts are as alike as their sets overlap (Jaccard: what is common, of all).
The shingles' hashes fall into 64 bins, and the least of each bin is kept: a share of equal bins estimates the overlap,
as 64 permutations would, from one pass (Li, Owen, Zhang: One Permutation Hashing, 2012). An empty bin borrows from a
full one, by a walk that depends on its number alone (Shrivastava: Optimal Densification, 2017). On news its error was
that of 64 permutations (0.045), at a hundredth of the time.

Two bins next to each other make a band. Texts that have a band in common are compared; the others are not.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from html import unescape

BINS = 64
BIN_BYTES = 2
"""Of the least hash of a bin: two bins that differ are taken for equal once in 65,536 times."""
ROWS = 2
BANDS = 4
"""Each band of each article is a line of the table, and a write: ``docs/architecture.md`` says what more would find."""
WORDS = 3
CHARACTERS = 5
FEWEST = 20
"""Shingles. A shorter text is too likely to be nothing but what its source always says."""
ALIKE_FROM = 0.3
"""News texts that tell different stories never came to more than 0.03, a wire cut to 40 % comes to 0.4."""

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Thai and Lao, Burmese, Khmer, kana, Chinese characters."""
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_UNSPACED_START = re.compile(f"[{_UNSPACED}]")
_BLOCK_TAG = re.compile(
    r"</?(?:blockquote|br|caption|dd|details|div|dl|dt|figcaption|figure|h[1-6]|hr|li|ol|p|pre|summary|table|tbody|td"
    r"|tfoot|th|thead|tr|ul)\b[^>]*>"
)
_TAG = re.compile(r"<[^>]*>")


def signature_of(html: str) -> bytes:
    """Return the signature of a cleaned body, of ``BINS * BIN_BYTES`` bytes; none of a text that is too short.

    It is the same in every process, and for two texts that differ by tags, case, width and punctuation alone.
    """
    shingles = shingles_of(html)
    return _signature(map(_hash, shingles)) if len(shingles) >= FEWEST else b""


def bands_of(signature: bytes) -> tuple[str, ...]:
    """Return the names of a signature's bands, ``3-1a2b3c4d``; none of an empty one."""
    width = ROWS * BIN_BYTES
    return tuple(f"{n}-{signature[n * width : (n + 1) * width].hex()}" for n in range(BANDS)) if signature else ()


def resemblance(a: bytes, b: bytes) -> float:
    """Return how alike the texts of two signatures are, 0 to 1, with a standard error of about 0.05; 0 without one."""
    if not a or not b:
        return 0.0
    return sum(x == y for x, y in zip(_bins(a), _bins(b), strict=True)) / BINS


def shingles_of(html: str) -> frozenset[str]:
    """Return the shingles of a cleaned body."""
    text = unescape(_TAG.sub("", _BLOCK_TAG.sub("\n", html)))
    tokens = _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())
    return frozenset(
        " ".join(tokens[at : at + size])
        for at, token in enumerate(tokens)
        if at + (size := CHARACTERS if _UNSPACED_START.match(token) else WORDS) <= len(tokens)
    )


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _signature(hashes: Iterable[int]) -> bytes:
    least: list[int | None] = [None] * BINS
    for value in hashes:
        bin_, rest = value % BINS, value // BINS
        found = least[bin_]
        if found is None or rest < found:
            least[bin_] = rest
    return b"".join(
        (_borrowed(least, n) if value is None else value).to_bytes(8, "big")[-BIN_BYTES:]
        for n, value in enumerate(least)
    )


def _borrowed(least: list[int | None], empty: int) -> int:
    """Return what the first full bin holds on the walk of bin ``empty``."""
    step = 0
    while True:
        step += 1
        found = least[_hash(f"{empty} {step}") % BINS]
        if found is not None:
            return found


def _bins(signature: bytes) -> list[bytes]:
    return [signature[at : at + BIN_BYTES] for at in range(0, len(signature), BIN_BYTES)]
