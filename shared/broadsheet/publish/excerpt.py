"""As much of a text as a list has room for."""

from __future__ import annotations

import unicodedata

ELLIPSIS = "…"
_WIDE = frozenset("WF")
_ENDS = " ,.;:!?，。；：！？、·—–-…"


def clipped(text: str, width: int) -> str:
    """Return ``text``, or its beginning with an ellipsis where it is wider than ``width`` columns.

    A full-width character takes two columns (Unicode Standard Annex 11). It ends between words where the script has
    spaces, and before the mark that would stand in front of the ellipsis.
    """
    if len(text) * 2 <= width or _columns(text) <= width:
        return text
    room, end = width - 1, 0
    for end, character in enumerate(text):  # noqa: B007 - where it stopped is what is asked
        room -= _columns(character)
        if room < 0:
            break
    begun = text[:end]
    if not text[end].isspace() and _columns(text[end]) != 2:
        words, space, rest = begun.rpartition(" ")
        begun = words if space and len(rest) < len(begun) // 3 else begun
    return begun.rstrip(_ENDS) + ELLIPSIS


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in _WIDE else 1 for character in text)
