"""What an image is, from its bytes: its format, and how large a browser shows it. Nothing is decoded.

Five formats that every browser shows and none runs anything in: JPEG (ITU-T T.81, B), PNG (W3C PNG, 11.2.1), GIF
(GIF89a, 18), WebP (RFC 9649, 2.4 to 2.7) and AVIF (ISO/IEC 23008-12, 6.5.3, in boxes of ISO/IEC 14496-12). SVG is none
of them: it is a document, with scripts.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from broadsheet.model.errors import BroadsheetError

LONGEST_SIDE = 65_535
MOST_PIXELS = 100_000_000
"""A browser needs four bytes for each: beyond this a picture of a few bytes takes a telephone down."""
MOST_PARTS = 4_000
"""Segments, fill bytes or boxes that are looked at before the size: real files have below a hundred."""

Size = tuple[int, int]


class ImageRefused(BroadsheetError):
    """Bytes that are no image to be shown. The message is one clause, which begins with "it"."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What an image is: its type, the ending of its file's name, and its size in pixels as it is shown."""

    content_type: str
    ending: str
    width: int
    height: int


def read_image(body: bytes) -> ImageFacts:
    """Return what the image in ``body`` is.

    Raises ImageRefused for any other format, for a head that is cut off or makes no sense, and for one too large.
    """
    known = next((known for known in _FORMATS if known.begins(body)), None)
    if known is None:
        raise ImageRefused("it is no JPEG, PNG, GIF, WebP or AVIF image")
    try:
        width, height = known.size_of(body)
    except (struct.error, IndexError) as error:
        raise ImageRefused(f"it is a damaged {known.ending} image, which ends before it tells its size") from error
    if not (0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE and width * height <= MOST_PIXELS):
        raise ImageRefused(
            f"it is {width} × {height} pixels; at most {MOST_PIXELS:,}, and {LONGEST_SIDE:,} a side, are shown"
        )
    return ImageFacts(known.content_type, known.ending, width, height)


# ---- JPEG ----------------------------------------------------------------------------------------------------

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a frame, whichever way it is coded."""
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a segment."""


def _jpeg(body: bytes) -> Size:
    at, turned = 2, False
    for _ in range(MOST_PARTS):
        if body[at] != 0xFF:
            break
        at += 1
        marker = body[at]
        if marker == 0xFF:  # a fill byte: the marker is yet to come
            continue
        at += 1
        if marker in _ALONE:
            continue
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", body, at + 3)
            return (height, width) if turned else (width, height)
        (length,) = struct.unpack_from(">H", body, at)
        if marker in (0xD9, 0xDA) or length < 2:
            break
        if marker == 0xE1 and body[at + 2 : at + 8] == b"Exif\0\0":
            turned = _is_turned(body[at + 8 : at + length])
        at += length
    raise ImageRefused("it is a damaged JPEG image, without a frame before its data")


_ORIENTATION = 0x0112
_TURNED = range(5, 9)
"""Orientations that lie on their side (Exif 2.32, 4.6.4 A): browsers stand them up."""


def _is_turned(exif: bytes) -> bool:
    """Return whether width and height change places when a picture with this Exif block is shown."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return False
    try:
        (directory,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, directory)
        for entry in range(min(count, MOST_PARTS)):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", exif, directory + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return value in _TURNED
    except struct.error:  # a browser shows the picture as it lies, too
        return False
    return False


# ---- PNG, GIF, WebP ------------------------------------------------------------------------------------------


def _png(body: bytes) -> Size:
    head, width, height = struct.unpack_from(">8sII", body, 8)
    if head != b"\0\0\0\rIHDR":
        raise ImageRefused("it is a damaged PNG image, which does not begin with its header")
    return width, height


def _gif(body: bytes) -> Size:
    width, height = struct.unpack_from("<HH", body, 6)
    return width, height


def _webp(body: bytes) -> Size:
    match body[12:16]:
        case b"VP8X":
            sides = struct.unpack_from("<HBHB", body, 24)
            return sides[0] + (sides[1] << 16) + 1, sides[2] + (sides[3] << 16) + 1
        case b"VP8L" if body[20] == 0x2F:
            (packed,) = struct.unpack_from("<I", body, 21)
            return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
        case b"VP8 " if body[23:26] == b"\x9d\x01\x2a":
            width, height = struct.unpack_from("<HH", body, 26)
            return width & 0x3FFF, height & 0x3FFF
    raise ImageRefused("it is a damaged WebP image, which holds no picture where it should")


# ---- AVIF ----------------------------------------------------------------------------------------------------

_AVIF_BRANDS = frozenset({b"avif", b"avis"})


def _is_avif(body: bytes) -> bool:
    if body[4:8] != b"ftyp":
        return False
    length = min(int.from_bytes(body[:4], "big"), 256)
    brands = {body[at : at + 4] for at in (8, *range(16, length, 4))}
    return not brands.isdisjoint(_AVIF_BRANDS)


def _avif(body: bytes) -> Size:
    """Return the size of the largest picture in it: thumbnails and the tiles of a grid are smaller."""
    sizes, turned = [], False
    for kind, start, stop in _properties(body):
        if kind == b"ispe":
            sizes.append(struct.unpack_from(">II", body[start:stop], 4))
        elif kind == b"irot":
            turned = bool(body[start] & 1)
    if not sizes:
        raise ImageRefused("it is a damaged AVIF image, which does not tell its size")
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return (height, width) if turned else (width, height)


def _properties(body: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the image properties: meta/iprp/ipco/*. A ``meta`` box has four bytes more before its content."""
    for _, meta, meta_stop in _boxes(body, 0, len(body), b"meta"):
        for _, iprp, iprp_stop in _boxes(body, meta + 4, meta_stop, b"iprp"):
            for _, ipco, ipco_stop in _boxes(body, iprp, iprp_stop, b"ipco"):
                yield from _boxes(body, ipco, ipco_stop)


def _boxes(body: bytes, at: int, stop: int, wanted: bytes | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, first byte and end of the content of each box, of one type where it is ``wanted``, only once."""
    for _ in range(MOST_PARTS):
        if at + 8 > stop:
            return
        length, kind = struct.unpack_from(">I4s", body, at)
        start = at + 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", body, start)
            start += 8
        end = stop if length == 0 else at + length
        if end < start or end > stop:
            raise ImageRefused("it is a damaged AVIF image, whose parts do not fit into each other")
        if wanted is None or kind == wanted:
            yield kind, start, end
        if kind == wanted:
            return
        at = end


class _Format(NamedTuple):
    """A format: how its files are named and begin, and where it keeps its size."""

    ending: str
    content_type: str
    begins: Callable[[bytes], bool]
    size_of: Callable[[bytes], Size]


_FORMATS = (
    _Format("jpg", "image/jpeg", lambda body: body.startswith(b"\xff\xd8\xff"), _jpeg),
    _Format("png", "image/png", lambda body: body.startswith(b"\x89PNG\r\n\x1a\n"), _png),
    _Format("gif", "image/gif", lambda body: body.startswith((b"GIF87a", b"GIF89a")), _gif),
    _Format("webp", "image/webp", lambda body: body[:4] == b"RIFF" and body[8:12] == b"WEBP", _webp),
    _Format("avif", "image/avif", _is_avif, _avif),
)
