"""S3's event notifications: which event a call makes, what it says, and to whom it goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from localcloud.motoshims import store
from localcloud.plane.numbering import Numbering
from localcloud.stack import Bucket, BucketNotification

EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e"

_CREATED = {
    "PutObject": "ObjectCreated:Put",
    "CopyObject": "ObjectCreated:Copy",
    "CompleteMultipartUpload": "ObjectCreated:CompleteMultipartUpload",
}
_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
}


@dataclass(frozen=True, slots=True)
class ObjectEvent:
    """Something that happened to an object."""

    name: str
    """Without the ``s3:``, as event records carry it: ``ObjectCreated:Put``."""
    bucket: Bucket
    key: str
    time: datetime
    sequencer: str
    """Hexadecimal; greater for a later event of the same key, if padded with zeros on the right."""
    version: str | None = None
    etag: str | None = None
    size: int | None = None

    def matches(self, notification: BucketNotification) -> bool:
        """Whether a notification asks for this event."""
        if not self.key.startswith(notification.prefix) or not self.key.endswith(notification.suffix):
            return False
        names = (event.removeprefix("s3:") for event in notification.events)
        return any(name == self.name or (name.endswith("*") and self.name.startswith(name[:-1])) for name in names)

    def record(self, region: str, configuration: str, request_id: str) -> dict[str, Any]:
        """The record of an event message (S3 User Guide, "Event message structure", version 2.1)."""
        described: dict[str, Any] = {"key": quote_plus(self.key, safe="/"), "sequencer": self.sequencer}
        if self.size is not None:
            described["size"] = self.size
        if self.etag is not None:
            described["eTag"] = self.etag
        if self.version is not None:
            described["versionId"] = self.version
        return {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": region,
            "eventTime": _iso(self.time),
            "eventName": self.name,
            "userIdentity": {"principalId": "AWS:LOCALCLOUD"},
            "requestParameters": {"sourceIPAddress": "127.0.0.1"},
            "responseElements": {"x-amz-request-id": request_id, "x-amz-id-2": "local"},
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": configuration,
                "bucket": {
                    "name": self.bucket.name,
                    "ownerIdentity": {"principalId": "LOCALCLOUD"},
                    "arn": self.bucket.arn,
                },
                "object": described,
            },
        }

    def detail_type(self) -> str:
        """The ``detail-type`` of the same event on EventBridge."""
        return "Object Created" if self.name.startswith("ObjectCreated") else "Object Deleted"

    def detail(self, request_id: str, account: str) -> dict[str, Any]:
        """The ``detail`` of the same event on EventBridge, whose key is not URL-encoded."""
        described: dict[str, Any] = {"key": self.key, "sequencer": self.sequencer}
        if self.size is not None:
            described["size"] = self.size
        if self.etag is not None:
            described["etag"] = self.etag
        if self.version is not None:
            described["version-id"] = self.version
        detail: dict[str, Any] = {
            "version": "0",
            "bucket": {"name": self.bucket.name},
            "object": described,
            "request-id": request_id,
            "requester": account,
            "source-ip-address": "127.0.0.1",
        }
        if self.name in _REASONS:
            detail["reason"] = _REASONS[self.name]
        else:
            marker = self.name.endswith("DeleteMarkerCreated")
            detail["reason"] = "DeleteObject"
            detail["deletion-type"] = "Delete Marker Created" if marker else "Permanently Deleted"
        return detail


class S3Events:
    """Turns successful S3 calls into events."""

    def __init__(self, buckets: Mapping[str, Bucket]) -> None:
        self._buckets = {bucket.name: bucket for bucket in buckets.values()}
        self.counter = Numbering()
        """Makes sequencers; kept with the state."""

    def events(
        self, operation: str, params: Mapping[str, Any], reply: Mapping[str, Any], now: datetime
    ) -> Iterator[ObjectEvent]:
        """Give the events that a call makes, in order."""
        bucket = self._buckets.get(str(params.get("Bucket", "")))
        if bucket is None:
            return
        if operation in _CREATED:
            yield self._created(_CREATED[operation], bucket, str(params["Key"]), now)
        elif operation == "DeleteObject":
            yield self._removed(bucket, str(params["Key"]), params.get("VersionId"), reply.get("VersionId"), now)
        elif operation == "DeleteObjects":
            refused = {error.get("Key") for error in reply.get("Errors", ())}
            markers = {entry.get("Key"): entry.get("DeleteMarkerVersionId") for entry in reply.get("Deleted", ())}
            for entry in params["Delete"]["Objects"]:
                if entry["Key"] not in refused:
                    yield self._removed(bucket, entry["Key"], entry.get("VersionId"), markers.get(entry["Key"]), now)

    def _created(self, name: str, bucket: Bucket, key: str, now: datetime) -> ObjectEvent:
        held = store.current_object(bucket.name, key)
        return ObjectEvent(
            name=name,
            bucket=bucket,
            key=key,
            time=now,
            sequencer=self._sequencer(now),
            version=held.version_id if held is not None and bucket.versioned else None,
            etag=held.etag.strip('"') if held is not None else None,
            size=held.size if held is not None else None,
        )

    def _removed(self, bucket: Bucket, key: str, version: str | None, marker: str | None, now: datetime) -> ObjectEvent:
        if bucket.versioned and version is None:
            return ObjectEvent(
                "ObjectRemoved:DeleteMarkerCreated",
                bucket,
                key,
                now,
                self._sequencer(now),
                version=marker,
                etag=EMPTY_ETAG,
            )
        return ObjectEvent("ObjectRemoved:Delete", bucket, key, now, self._sequencer(now), version=version)

    def _sequencer(self, now: datetime) -> str:
        # Shaped as S3's (hexadecimal seconds, then a counter), and growing even where the clock stands still.
        return f"00{int(now.timestamp()):08X}{next(self.counter):08X}"


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
