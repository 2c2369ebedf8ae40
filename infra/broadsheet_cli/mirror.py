"""Make a prefix of the inbox bucket hold what a folder holds: puts for new and changed files, deletes for gone ones."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Mirrored:
    """How many objects were put and deleted."""

    put: int = 0
    deleted: int = 0


def mirror_folder(folder: Path | None, bucket: str, prefix: str, exclude: str | None, s3: S3Client) -> Mirrored:
    """Mirror ``folder`` into ``bucket`` under ``prefix``, leaving keys under ``exclude`` alone.

    A file is changed where its SHA-256 is not the one in the object's metadata. Hidden files are no content. For no
    folder nothing is done: what an earlier run uploaded stays.
    """
    if folder is None:
        return Mirrored()
    files = {
        prefix + path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _is_hidden(path.relative_to(folder))
    }
    stored = _stored(bucket, prefix, exclude, s3)
    put = 0
    for key, path in files.items():
        body = path.read_bytes()
        digest = hashlib.sha256(body).hexdigest()
        if key in stored and s3.head_object(Bucket=bucket, Key=key)["Metadata"].get("sha256") == digest:
            continue
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=kind, Metadata={"sha256": digest})
        put += 1
    gone = sorted(stored - files.keys())
    for key in gone:
        s3.delete_object(Bucket=bucket, Key=key)
    return Mirrored(put, len(gone))


def _is_hidden(path: Path) -> bool:
    """Return whether a file is none of the user's; ``recipes/.example.com.txt`` is the recipe for subdomains."""
    *folders, name = path.parts
    wildcard = folders[-1:] == ["recipes"] and name.endswith(".txt")
    return any(folder.startswith(".") for folder in folders) or (name.startswith(".") and not wildcard)


def _stored(bucket: str, prefix: str, exclude: str | None, s3: S3Client) -> set[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = {item["Key"] for page in pages for item in page.get("Contents", ())}
    return {key for key in keys if exclude is None or not key.startswith(exclude)}


def copy_bucket(bucket: str, prefix: str, folder: Path, s3: S3Client) -> int:
    """Make ``folder`` hold what ``bucket`` holds under ``prefix``, and return how many objects that is.

    Files that are what they should be are left untouched, so their times tell what changed; others go.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted: set[Path] = set()
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", ()):
            path = folder / item["Key"].removeprefix(prefix)
            if not path.resolve().is_relative_to(folder.resolve()):
                raise ValueError(f"object {item['Key']!r} would be written outside of {folder}; it is not one of ours")
            wanted.add(path)
            if path.is_file() and _etag(path.read_bytes()) == item["ETag"]:
                continue  # an ETag that is no MD5 is no file's either, and then the object is read
            body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            if not path.is_file() or path.read_bytes() != body:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(body)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file() and path not in wanted:
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    return len(wanted)


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
