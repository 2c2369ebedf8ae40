"""Small images, made of nothing but what a format asks for."""

from __future__ import annotations

import struct
import zlib


def png(width: int = 3, height: int = 2, shade: int = 0) -> bytes:
    """A whole PNG, all of one ``shade`` of grey."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = (b"\0" + bytes([shade]) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, level=9)) + chunk(b"IEND", b"")
    )


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of an AVIF file."""
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def avif(*properties: bytes) -> bytes:
    """The head of an AVIF file with these properties."""
    return box(b"ftyp", b"avif", bytes(4)) + box(b"meta", bytes(4), box(b"iprp", box(b"ipco", *properties)))


def extent(width: int, height: int) -> bytes:
    """The property that tells the size of a picture in an AVIF file."""
    return box(b"ispe", bytes(4), struct.pack(">II", width, height))


def jpeg(width: int, height: int, *segments: bytes, frame: int = 0xC0) -> bytes:
    """The head of a JPEG file with these segments, each with its marker, before the frame."""
    start = struct.pack(">BBHBHHB", 0xFF, frame, 11, 8, height, width, 1)
    return b"\xff\xd8" + b"".join(segments) + start + b"\x01\x11\0"


def exif(orientation: int, order: str = ">") -> bytes:
    """The segment that tells how a picture lies, in big-endian or little-endian (``<``) order."""
    head = (b"MM" if order == ">" else b"II") + struct.pack(f"{order}HI", 42, 8)
    tags = struct.pack(f"{order}H", 2) + struct.pack(f"{order}HHIHxx", 0x0100, 3, 1, 7)
    block = b"Exif\0\0" + head + tags + struct.pack(f"{order}HHIHxx", 0x0112, 3, 1, orientation)
    return struct.pack(">BBH", 0xFF, 0xE1, len(block) + 2) + block
