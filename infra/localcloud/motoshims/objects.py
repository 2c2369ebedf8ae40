"""S3's everyday calls answered from moto's buckets, without building, signing and parsing HTTP.

Only what is plain is answered here: common parameters, on objects without encryption, locks, tags or parts, in
buckets without policies. Everything else is left to moto's HTTP layer, and a parity test holds the two against
each other.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import quote

from botocore.response import StreamingBody
from moto.core.utils import rfc_1123_datetime
from moto.s3.models import FakeBucket, FakeKey, FakeTableStorageBucket, S3Backend, s3_backends

from localcloud.plane.errors import ApiError
from localcloud.stack import ACCOUNT_ID

Params = Mapping[str, Any]
Reply = dict[str, Any]

_HEADERS = {
    "CacheControl": "Cache-Control",
    "ContentDisposition": "Content-Disposition",
    "ContentEncoding": "Content-Encoding",
    "ContentLanguage": "Content-Language",
    "ContentType": "Content-Type",
}
_MEMBERS = {header.lower(): member for member, header in _HEADERS.items()}
_PARAMETERS = {
    "PutObject": frozenset({"Bucket", "Key", "Body", "Metadata", *_HEADERS}),
    "GetObject": frozenset({"Bucket", "Key", "VersionId"}),
    "HeadObject": frozenset({"Bucket", "Key", "VersionId"}),
    "DeleteObject": frozenset({"Bucket", "Key", "VersionId"}),
    "ListObjectsV2": frozenset({"Bucket", "Prefix", "Delimiter", "MaxKeys", "ContinuationToken", "StartAfter"}),
}
_DEFAULT_MAX_KEYS = 1000
_METADATA = "x-amz-meta-"
# moto keeps this request header with the metadata; S3 does not show it.
_UNSHOWN = "x-amz-content-sha256"
_METADATA_NAME = re.compile(r"[A-Za-z0-9_.-]+")
# What comes out of an HTTP header as it went in.
_HEADER_VALUE = re.compile(r"(?:[!-~](?:[ -~]*[!-~])?)?")
_CHECKSUM = "CRC32"
"""What botocore sends with each object unless it is told otherwise."""


def answers(operation: str, params: Params, config: Any) -> bool:
    """Whether a call, as its caller wrote it, may be answered by :func:`call`; ``config`` is the client's."""
    known = _PARAMETERS.get(operation)
    if known is None or not known.issuperset(params):
        return False
    if operation == "GetObject":
        return bool(config.response_checksum_validation == "when_supported")
    if operation == "PutObject":
        return config.request_checksum_calculation == "when_supported" and _is_plain_put(params)
    return True


def call(operation: str, params: Params) -> Reply | None:
    """Answer with the members of the response and its metadata, or None where this needs HTTP and nothing was done.

    ``params`` must have been validated. Raises ApiError for an object that does not exist.
    """
    backend = s3_backends[ACCOUNT_ID]["aws"]
    bucket = backend.buckets.get(params["Bucket"])
    if bucket is None or not _is_plain_bucket(bucket):
        return None
    return _CALLS[operation](backend, bucket, params)


def _put(backend: S3Backend, bucket: FakeBucket, params: Params) -> Reply:
    given = params.get("Body", b"")
    body = bytes(given) if isinstance(given, bytes | bytearray) else given.read()
    checksum = base64.b64encode(binascii.crc32(body).to_bytes(4, "big")).decode()
    made = backend.put_object(bucket.name, params["Key"], body, storage="STANDARD", checksum_value=checksum)
    headers = {header: params[member] for member, header in _HEADERS.items() if member in params}
    named = {f"{_METADATA}{name.lower()}": value for name, value in params.get("Metadata", {}).items()}
    made.set_metadata(headers | named)
    made.set_acl(bucket.acl)
    made.checksum_algorithm = _CHECKSUM
    # An unversioned object takes the place, and with it the tags, of the one before it.
    backend.tagger.delete_all_tags_for_resource(made.arn)
    reply = {"ETag": made.etag, "ChecksumCRC32": checksum, **_version(made)}
    return reply | _metadata(200, {"etag": made.etag, **_version_header(made)})


def _get(backend: S3Backend, bucket: FakeBucket, params: Params) -> Reply | None:
    found = _found(backend, bucket, params)
    if found is None:
        if "VersionId" in params:
            return None
        message = "The specified key does not exist."
        missing = ApiError("NoSuchKey", message, status=404)
        missing.extra = {"Error": {"Code": "NoSuchKey", "Message": message, "Key": params["Key"]}}
        raise missing
    reply = _described(backend, found) if isinstance(found, FakeKey) else None
    if reply is None:
        return None
    if found.checksum_value and params.get("ChecksumMode") == "ENABLED":
        reply["ChecksumCRC32"] = found.checksum_value
    body = found.value
    return {**reply, "Body": StreamingBody(BytesIO(body), len(body))}


def _head(backend: S3Backend, bucket: FakeBucket, params: Params) -> Reply | None:
    if "VersionId" in params and not bucket.is_versioned:
        return None
    found = _found(backend, bucket, params)
    if found is None:
        raise ApiError("404", "Not Found", status=404)
    return _described(backend, found) if isinstance(found, FakeKey) else None


def _delete(backend: S3Backend, bucket: FakeBucket, params: Params) -> Reply:
    _, said = backend.delete_object(bucket.name, params["Key"], version_id=params.get("VersionId"))
    reply: Reply = {"VersionId": said["version-id"]} if "version-id" in said else {}
    if "delete-marker" in said:
        reply["DeleteMarker"] = True
    return reply | _metadata(204, {f"x-amz-{name}": value for name, value in said.items()})


def _list(backend: S3Backend, bucket: FakeBucket, params: Params) -> Reply | None:
    token = params.get("ContinuationToken")
    if token is not None and token not in backend._pagination_tokens:  # noqa: SLF001 - where moto keeps them
        return None
    prefix, delimiter, start_after = params.get("Prefix"), params.get("Delimiter"), params.get("StartAfter")
    max_keys = params.get("MaxKeys", _DEFAULT_MAX_KEYS)
    listed, truncated, next_token = backend.list_objects_v2(bucket, prefix, delimiter, token, start_after, max_keys)
    encoding = params.get("EncodingType")
    written: Callable[[str], str] = quote if encoding == "url" else str
    objects = [entry for entry in listed if isinstance(entry, FakeKey)]
    folders = [entry for entry in listed if isinstance(entry, str)]
    reply: Reply = {
        "Name": bucket.name,
        "Prefix": written(prefix or ""),
        "MaxKeys": max_keys,
        "KeyCount": len(listed),
        "IsTruncated": truncated,
    }
    if objects:
        reply["Contents"] = [_listed(entry, written) for entry in objects]
    if delimiter:
        reply["Delimiter"] = delimiter
        if folders:
            reply["CommonPrefixes"] = [{"Prefix": written(folder)} for folder in folders]
    if encoding:
        reply["EncodingType"] = encoding
    if next_token:
        reply["NextContinuationToken"] = next_token
    if start_after and not token:
        reply["StartAfter"] = start_after
    return reply | _metadata(200, {})


_CALLS: Mapping[str, Callable[[S3Backend, FakeBucket, Params], Reply | None]] = {
    "PutObject": _put,
    "GetObject": _get,
    "HeadObject": _head,
    "DeleteObject": _delete,
    "ListObjectsV2": _list,
}


def _found(backend: S3Backend, bucket: FakeBucket, params: Params) -> Any:
    return backend.get_object(bucket.name, params["Key"], params.get("VersionId"), return_delete_marker=True)


def _described(backend: S3Backend, found: FakeKey) -> Reply | None:
    if not _is_plain_object(backend, found):
        return None
    reply: Reply = {
        "AcceptRanges": "bytes",
        "LastModified": _second(found.last_modified),
        "ContentLength": found.size,
        "ETag": found.etag,
        "Metadata": {},
        **_version(found),
    }
    shown = {name: value for name, value in found.metadata.items() if name != _UNSHOWN}
    for name, value in shown.items():
        if name.startswith(_METADATA):
            reply["Metadata"][name.removeprefix(_METADATA)] = value
        elif name in _MEMBERS:
            reply[_MEMBERS[name]] = value
        else:
            return None
    headers = {
        **shown,
        "accept-ranges": "bytes",
        "content-length": str(found.size),
        "etag": found.etag,
        "last-modified": rfc_1123_datetime(found.last_modified),
        **_version_header(found),
    }
    return reply | _metadata(200, headers)


def _listed(found: FakeKey, written: Callable[[str], str]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "Key": written(found.name),
        "LastModified": _second(found.last_modified),
        "ETag": found.etag,
        "Size": found.size,
        "StorageClass": found.storage_class,
    }
    if found.checksum_algorithm:
        entry["ChecksumAlgorithm"] = [found.checksum_algorithm]
    return entry


def _is_plain_put(params: Params) -> bool:
    if not isinstance(params.get("Body", b""), bytes | bytearray | str):
        return False
    values = [params[member] for member in _HEADERS if member in params]
    metadata = params.get("Metadata", {})
    if not isinstance(metadata, Mapping) or not all(
        isinstance(value, str) and _HEADER_VALUE.fullmatch(value) for value in (*values, *metadata.values())
    ):
        return False
    names = {name.lower() for name in metadata if isinstance(name, str) and _METADATA_NAME.fullmatch(name)}
    return all(values) and len(names) == len(metadata)


def _is_plain_bucket(bucket: FakeBucket) -> bool:
    special = (
        bucket.policy,
        bucket.logging,
        bucket.encryption,
        bucket.object_lock_enabled,
        bucket.notification_configuration,
    )
    return not any(special) and not isinstance(bucket, FakeTableStorageBucket)


def _is_plain_object(backend: S3Backend, found: FakeKey) -> bool:
    special = (
        found.encryption,
        found.multipart,
        found.expiry_date,
        found.lock_mode,
        found.lock_until,
        found.lock_legal_status,
        found.website_redirect_location,
        found.checksum_type,
    )
    plain = not any(special) and found.storage_class == "STANDARD" and found.checksum_algorithm in (None, _CHECKSUM)
    return plain and not backend.tagger.get_tag_dict_for_resource(found.arn)


def _version(found: FakeKey) -> Reply:
    return {} if found.version_id == "null" else {"VersionId": found.version_id}


def _version_header(found: FakeKey) -> dict[str, str]:
    return {} if found.version_id == "null" else {"x-amz-version-id": found.version_id}


def _second(naive: datetime) -> datetime:
    return naive.replace(microsecond=0, tzinfo=UTC)


def _metadata(status: int, headers: Mapping[str, str]) -> Reply:
    return {
        "ResponseMetadata": {
            "RequestId": "local",
            "HTTPStatusCode": status,
            "HTTPHeaders": dict(headers),
            "RetryAttempts": 0,
        }
    }
