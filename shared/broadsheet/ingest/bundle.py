"""Zip files: what is in them, read within bounds, whatever their directory claims."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath

from broadsheet.ingest.plain_text import tidy
from broadsheet.ingest.upload import ARTICLE_ENDINGS, FEED_ENDINGS, MAX_UPLOAD_BYTES
from broadsheet.model.errors import ArticleRejected

MAX_MEMBERS = 1_000
MAX_TOTAL_BYTES = 200 * 1024 * 1024
MAX_RATIO = 300
"""Text packs to a tenth, a feed that repeats itself to a fiftieth; what unpacks past this is a bomb."""
_RATIO_COUNTS_FROM = 2 * 1024 * 1024
_CHUNK = 64 * 1024
_ENCRYPTED, _UTF8 = 0x1, 0x800
_IGNORED = re.compile(r"(?:^|/)(?:\.(?!\.(?:/|$))|__MACOSX/|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a bundle, by its name inside."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a zip file holds, in its order; ``rejected`` are (member's name, reason)."""

    members: tuple[Member, ...]
    rejected: tuple[tuple[str, str], ...] = ()


def members(body: bytes, key: str) -> Bundle:
    """Return the members of the zip file ``body``; ``key`` is what reasons call it.

    A member with a name that leads out of the bundle, encrypted, too large or of an unknown kind is rejected by
    itself. Folders, hidden files and what operating systems add are passed over. Raises ArticleRejected where the
    whole is no zip file, has more than 1,000 members or unpacks to more than 200 MB: counted while unpacking,
    since a directory can lie.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(body))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError, OSError) as fault:
        raise ArticleRejected(f"{key}: is no zip file ({fault}); pack it again") from fault
    found: dict[str, Member] = {}
    rejected: list[tuple[str, str]] = []
    left = MAX_TOTAL_BYTES
    with archive:
        entries = archive.infolist()
        if len(entries) > MAX_MEMBERS:
            raise ArticleRejected(f"{key}: {len(entries):,} members; a bundle has at most {MAX_MEMBERS:,}: split it")
        for entry in entries:
            name = _name(entry)
            if name.endswith("/") or _IGNORED.search(name):
                continue
            reason = _why_not(name, entry) or ("is in the bundle twice; keep one" if name in found else None)
            if reason is None:
                content, spent = _read(archive, entry, left)
                left -= spent
                if left < 0:
                    raise ArticleRejected(
                        f"{key}: unpacks to more than {MAX_TOTAL_BYTES // 2**20} MB; split it (is it a zip bomb?)"
                    )
                if isinstance(content, bytes):
                    found[name] = Member(name, content)
                else:
                    reason = content
            if reason is not None:
                rejected.append((name, f"{key}#{name}: {reason}"))
    return Bundle(tuple(found.values()), tuple(rejected))


def _name(entry: zipfile.ZipInfo) -> str:
    """Return a member's name, read as UTF-8 or GBK where the zip does not say and Python took it for CP437."""
    name = entry.orig_filename
    if not entry.flag_bits & _UTF8:
        try:
            raw = name.encode("cp437")
        except UnicodeEncodeError:
            return tidy(name)
        for encoding in ("utf-8", "gb18030"):
            try:
                return tidy(raw.decode(encoding))
            except UnicodeDecodeError:
                continue
    return tidy(name)


def _why_not(name: str, entry: zipfile.ZipInfo) -> str | None:
    parts = name.split("/")
    if name.startswith("/") or "\\" in name or re.match(r"[A-Za-z]:", name) or ".." in parts or "" in parts:
        return "its name leads out of the bundle or is no plain path; rename it"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a symbolic link; put the file itself into the bundle"
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted; pack it without a password"
    ending = PurePosixPath(name).suffix.lower()
    if ending == ".zip":
        return "is a zip file inside a zip file; unpack it first"
    if ending not in ARTICLE_ENDINGS and not ("feeds" in parts[:-1] and ending in FEED_ENDINGS):
        return f"unknown kind of file '{ending}'; a bundle holds {', '.join(ARTICLE_ENDINGS)}"
    return None


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> tuple[bytes | str, int]:
    """Return a member's content, or why it has none, and the bytes unpacked for it."""
    content = bytearray()
    try:
        with archive.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                content += chunk
                size = len(content)
                if size > left:
                    break
                if size > MAX_UPLOAD_BYTES:
                    return f"unpacks to more than {MAX_UPLOAD_BYTES // 2**20} MB; publish it in parts", size
                if size > _RATIO_COUNTS_FROM and size > MAX_RATIO * max(entry.compress_size, 1):
                    return f"unpacks to over {MAX_RATIO} times its size, as a zip bomb does; pack less of it", size
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, RuntimeError, OSError) as fault:
        return f"cannot be unpacked ({fault}); pack it again", len(content)
    return bytes(content), len(content)
