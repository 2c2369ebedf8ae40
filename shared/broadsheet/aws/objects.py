"""One bucket, in S3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from broadsheet.flow.ports import StoredObject

from . import limits

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ABSENT = frozenset({"NoSuchKey", "NoSuchVersion", "404"})


class S3Store:
    """``ports.ObjectStore`` on an S3 bucket.

    The role needs ``s3:ListBucket`` on the bucket, or S3 answers 403 where it means "there is none"; reading a
    version needs ``s3:GetObjectVersion``. Metadata is kept as it is given: what is not printable ASCII is refused,
    since only the caller knows how it is to be encoded.
    """

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def get(self, key: str, version: str | None = None) -> StoredObject | None:
        """Return the object (of that version), or None where there is none or the version marks a deletion.

        Raises ClientError for everything else S3 may answer (403, no such bucket, a version id that is none).
        """
        try:
            answer = self._client.get_object(**self._named(key, version))
            with answer["Body"] as stream:
                body = stream.read()
        except ClientError as error:
            if _means_absent(error):
                return None
            raise
        return StoredObject(body, answer["ContentType"], _lower_names(answer["Metadata"]), len(body))

    def metadata(self, key: str) -> Mapping[str, str] | None:
        """Return the object's metadata, or None where there is none (or no such bucket: a HEAD cannot tell)."""
        try:
            answer = self._client.head_object(**self._named(key))
        except ClientError as error:
            if _means_absent(error):
                return None
            raise
        return _lower_names(answer["Metadata"])

    def put(
        self,
        key: str,
        body: bytes,
        content_type: str,
        cache_control: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Write the object; raises ValueError for a key or metadata that S3 would refuse or change."""
        limits.check_object(key, metadata or {})
        caching: Any = {"CacheControl": cache_control} if cache_control else {}
        self._client.put_object(
            **self._named(key), Body=body, ContentType=content_type, Metadata=dict(metadata or {}), **caching
        )

    def delete(self, key: str) -> None:
        """Delete the object; one that does not exist is fine. In a versioned bucket its versions stay readable."""
        self._client.delete_object(**self._named(key))

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with ``prefix``, in the order of their UTF-8 bytes."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        yield from (found["Key"] for page in pages for found in page.get("Contents", ()))

    def _named(self, key: str, version: str | None = None) -> Any:
        name = {"Bucket": self._bucket, "Key": key}
        return name | {"VersionId": version} if version else name


def _means_absent(error: ClientError) -> bool:
    """Whether the answer says that there is no such object; a deletion's own version answers 405 with a header."""
    if error.response["Error"]["Code"] in _ABSENT:
        return True
    headers = error.response["ResponseMetadata"].get("HTTPHeaders", {})
    return headers.get("x-amz-delete-marker") == "true"


def _lower_names(metadata: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in metadata.items()}
