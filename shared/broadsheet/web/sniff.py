"""What a body really is, from its first bytes: nothing but text may reach the parsers, nothing but images a page.

Source of the method: the MIME Sniffing Standard (https://mimesniff.spec.whatwg.org/), §6 and §7; stricter, since a
publisher's wrong label is no reason to parse a film.
"""

from __future__ import annotations

from broadsheet.model.web import Kind

SNIFFED_BYTES = 1_445
"""How much of a body the standard looks at."""

_IMAGES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"BM", "a BMP image"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
)
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF document"),
    (b"%!PS-Adobe-", "a PostScript document"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"PK\x05\x06", "a ZIP archive or office document"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"\x00asm", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"ID3", "an MP3 file"),
    (b"OggS\x00", "an Ogg file"),
    (b"fLaC", "a FLAC file"),
    (b"\x1aE\xdf\xa3", "a Matroska film"),
    (b"FLV\x01", "a Flash film"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"OTTO", "a font"),
    (b"SQLite format 3\x00", "a database"),
)
_RIFF = {b"WEBP": "a WebP image", b"WAVE": "a WAV file", b"AVI ": "an AVI film"}
_HEIF_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"})

_TEXT_BOMS = (b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe", b"\x00\x00\xfe\xff")
_BINARY_BYTES = bytes({*range(0x09), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)})
"""The standard's binary data bytes: ESC is none of them, ISO-2022-JP needs it."""
_BINARY_SHARE = 10
"""One such byte in so many makes a binary; strays in pages of a dozen megabytes of rubbish do not reach it."""
_NEVER_TEXT = ("audio/", "video/", "font/", "image/", "application/pdf", "application/zip")


def objection_to_label(kind: Kind, content_type: str) -> str | None:
    """Say why a Content-Type header rules a body out before it is read, or None.

    Only what nobody labels by mistake is ruled out; everything else is for ``objection`` to see.
    """
    label = content_type.partition(";")[0].strip().lower()
    if kind != "image" and label.startswith(_NEVER_TEXT) and not label.startswith("image/svg"):
        return f"it is labelled {label[:60]}, where a {kind} was expected"
    return None


def objection(kind: Kind, content_type: str, head: bytes) -> str | None:
    """Say why a body cannot be what was asked for, or None.

    ``head`` is the unpacked body's beginning, ``SNIFFED_BYTES`` long or all of it.
    """
    found = _signature(head)
    if kind == "image":
        if found is not None and found.endswith((" image", " icon")):
            return None
        return f"it is {found or 'no image'}, where an image was expected"
    if found is not None:
        return f"it is {found}, where a {kind} was expected"
    if _is_binary(head, content_type):
        return f"it is binary data, where a {kind} was expected"
    return None


def _signature(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and _has_binary(head):
        return _RIFF.get(head[8:12], "a RIFF file")
    if head[4:8] == b"ftyp" and _has_binary(head):
        return "an AVIF or HEIF image" if head[8:12] in _HEIF_BRANDS else "an MP4 film"
    for magic, name in (*_IMAGES, *_OTHERS):
        # Signatures made of letters also open texts ("BMW recalls…"): they need binary data behind them.
        if head.startswith(magic) and (not magic.isalnum() or _has_binary(head)):
            return name
    return None


def _has_binary(head: bytes) -> bool:
    return len(head.translate(None, _BINARY_BYTES)) < len(head)


def _is_binary(head: bytes, content_type: str) -> bool:
    if head.startswith(_TEXT_BOMS) or _is_wide_text(head, content_type):
        return False
    binary = len(head) - len(head.translate(None, _BINARY_BYTES))
    return binary * _BINARY_SHARE > len(head)


def _is_wide_text(head: bytes, content_type: str) -> bool:
    """Whether this is UTF-16 or UTF-32 without a byte order mark: every other byte of Latin text is 0."""
    declared = "utf-16" in content_type.lower() or "utf-32" in content_type.lower()
    return declared or head.startswith((b"<\x00", b"\x00<", b"\x00\x00\x00<", b"{\x00", b"\x00{", b"[\x00", b"\x00["))
