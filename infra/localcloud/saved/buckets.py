"""Objects of buckets, all their versions and delete markers, from moto into the saved state and back.

Access control lists, locks and uploads in parts that were not completed are not kept.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any

from moto.s3.models import FakeDeleteMarker, FakeKey

from localcloud.motoshims import store
from localcloud.stack import ACCOUNT_ID, Stack

_ATTRIBUTES = (
    "_storage_class",
    "_version_id",
    "_is_versioned",
    "encryption",
    "kms_key_id",
    "bucket_key_enabled",
    "website_redirect_location",
    "checksum_algorithm",
    "checksum_value",
    "checksum_type",
    "checksum_parts",
)


def save_buckets(database: sqlite3.Connection, stack: Stack) -> None:
    """Write every version of every object of the stack's buckets."""
    for bucket in stack.buckets.values():
        keys = store.moto_bucket(bucket.name).keys
        rows = (
            (bucket.name, json.dumps(_details(version), ensure_ascii=False), _body(version))
            for key in keys
            for version in keys.getlist(key)
        )
        database.executemany("INSERT INTO object VALUES (?, ?, ?)", rows)


def restore_buckets(database: sqlite3.Connection, stack: Stack) -> set[str]:
    """Put the objects back; returns the names of saved buckets that the stack has no more."""
    buckets = {bucket.name: store.moto_bucket(bucket.name) for bucket in stack.buckets.values()}
    missing: set[str] = set()
    for name, text, body in database.execute("SELECT bucket, details, body FROM object ORDER BY rowid"):
        bucket = buckets.get(name)
        if bucket is None:
            missing.add(name)
            continue
        details = json.loads(text)
        if body is None:
            bucket.keys[details["key"]] = _marker(details, bucket.keys.get(details["key"]))
        else:
            bucket.keys[details["key"]] = _object(name, details, body, stack.region)
    return missing


def _details(version: FakeKey | FakeDeleteMarker) -> dict[str, Any]:
    details: dict[str, Any] = {"key": version.name, "modified": version.last_modified.isoformat()}
    if isinstance(version, FakeDeleteMarker):
        return {**details, "version": version.version_id}
    tags = store.s3_backend().tagger.get_tag_dict_for_resource(version.arn)
    return {
        **details,
        "etag": version.etag.strip('"'),
        "metadata": dict(version.metadata),
        "tags": tags,
        "attributes": {name: getattr(version, name) for name in _ATTRIBUTES},
    }


def _body(version: FakeKey | FakeDeleteMarker) -> bytes | None:
    return version.value if isinstance(version, FakeKey) else None


def _object(bucket: str, details: dict[str, Any], body: bytes, region: str) -> FakeKey:
    version = FakeKey(details["key"], body, ACCOUNT_ID, region, etag=details["etag"], bucket_name=bucket)
    version.last_modified = datetime.fromisoformat(details["modified"])
    version.set_metadata(details["metadata"])
    for name, value in details["attributes"].items():
        setattr(version, name, value)
    if details["tags"]:
        tagger = store.s3_backend().tagger
        tagger.tag_resource(version.arn, tagger.convert_dict_to_tags_input(details["tags"]))
    return version


def _marker(details: dict[str, Any], deleted: Any) -> FakeDeleteMarker:
    marker: Any = FakeDeleteMarker.__new__(FakeDeleteMarker)
    marker.key = deleted
    marker.name = details["key"]
    marker.last_modified = datetime.fromisoformat(details["modified"])
    marker._version_id = details["version"]  # noqa: SLF001 - moto draws a new one otherwise
    return marker  # type: ignore[no-any-return]
