"""Where an import puts its uploads: a folder that is mirrored into an inbox, or the inbox bucket itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import ClientError

from broadsheet.model.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_KINDS = {".md": "text/markdown; charset=utf-8", ".html": "text/html; charset=utf-8"}


class Destination(Protocol):
    """An inbox. Keys are those of the inbox bucket, ``articles/…``; a SHA-256 is in hexadecimal."""

    def has(self, key: str, sha256: str) -> bool:
        """Return whether ``key`` is there with that content."""

    def put(self, key: str, body: bytes) -> None:
        """Put ``body`` there, whole or not at all."""

    def settle(self) -> int:
        """Let what was put take effect, where that does not happen by itself; return the exit status of that."""


class Nowhere:
    """The destination of a dry run without one: holds nothing, takes nothing."""

    def has(self, key: str, sha256: str) -> bool:  # noqa: ARG002 - the protocol's signature
        """Nothing is there."""
        return False

    def put(self, key: str, body: bytes) -> None:
        """Nothing is put."""

    def settle(self) -> int:
        """Nothing is to be done."""
        return 0


@dataclass(frozen=True, slots=True)
class FolderDestination:
    """A folder that ``broadsheet run --inbox`` mirrors."""

    folder: Path

    def has(self, key: str, sha256: str) -> bool:
        """Return whether the file is there with that content."""
        try:
            return hashlib.sha256((self.folder / key).read_bytes()).hexdigest() == sha256
        except FileNotFoundError:
            return False

    def put(self, key: str, body: bytes) -> None:
        """Write a hidden file and rename it, so that an interrupted import leaves no half of an article."""
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.parent / ".unfinished"
        unfinished.write_bytes(body)
        unfinished.replace(path)

    def settle(self) -> int:
        """Do nothing: `broadsheet run` takes the folder in."""
        return 0


@dataclass(frozen=True, slots=True)
class BucketDestination:
    """The inbox bucket of a deployed stack, or of a local run's state, which ``publish`` brings up to date."""

    s3: S3Client
    bucket: str
    publish: Callable[[], int]

    def has(self, key: str, sha256: str) -> bool:
        """Return whether the object's metadata names that content; an ETag is no MD5 under KMS."""
        try:
            return self.s3.head_object(Bucket=self.bucket, Key=key)["Metadata"].get("sha256") == sha256
        except ClientError as fault:
            if fault.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
                return False
            raise

    def put(self, key: str, body: bytes) -> None:
        """Put the object, its SHA-256 in its metadata."""
        sha256 = hashlib.sha256(body).hexdigest()
        kind = _KINDS[Path(key).suffix]
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=kind, Metadata={"sha256": sha256})

    def settle(self) -> int:
        """Let a state's uploads go through and save it; a deployed stack does so by itself."""
        return self.publish()


def folder_destination(folder: Path) -> FolderDestination:
    """Return ``folder`` as a destination. Raises ConfigurationError where it is a file."""
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(f"--inbox {folder}: is no folder; name the folder that `broadsheet run --inbox` takes")
    return FolderDestination(folder)
