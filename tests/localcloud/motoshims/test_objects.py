"""Objects without HTTP: what the local cloud answers is what stock moto answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.s3.models import s3_backends

from localcloud.cloud import LocalCloud
from localcloud.motoshims import objects

from ..sample import bucket, cloud, stack

BUCKETS = ("kept", "flat")
KEYS = st.sampled_from(["a", "a/b", "a/b/c", "a b/ü+.md", "新/闻?.html", "b#%20&=", "~", "/slash//es", "none"])
HEADERS = {
    "ContentType": st.sampled_from(["text/html; charset=utf-8", "application/json"]),
    "CacheControl": st.just("public, max-age=60"),
    "ContentEncoding": st.sampled_from(["gzip", "aws-chunked", "gzip,aws-chunked"]),
    "ContentDisposition": st.just('attachment; filename="a b"'),
    "ContentLanguage": st.just("zh-CN"),
    # From here on: what is left to HTTP.
    "Tagging": st.just("kind=x&other=y"),
    "StorageClass": st.sampled_from(["STANDARD", "GLACIER", "STANDARD_IA"]),
    "ServerSideEncryption": st.just("AES256"),
    "IfNoneMatch": st.just("*"),
    "ContentMD5": st.just("CY9rzUYh03PK3k6DJie09g=="),
    "ChecksumAlgorithm": st.sampled_from(["SHA256", "CRC32"]),
    "Expires": st.sampled_from(["Thu, 01 Jan 2032 00:00:00 GMT"]),
    "WebsiteRedirectLocation": st.just("/elsewhere"),
    "ACL": st.just("public-read"),
}
METADATA = st.dictionaries(
    st.sampled_from(["sha256", "Kind", "a-b_c.d", "kind"]),
    st.sampled_from(["", "x", "two words", "=?utf-8?q?=C3=BC?=", " edged ", '"quoted"']),
    max_size=3,
)
BODIES = st.sampled_from([b"", b"x", b"\x00\xff" * 2000, "text ü", bytearray(b"mutable")])
# Stands for the version that the step of that number made, if it made one.
VERSIONS = st.integers(0, 5)
VERSION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Step = tuple[str, dict[str, Any]]


@st.composite
def puts(draw: st.DrawFn) -> Step:
    chosen = draw(st.sets(st.sampled_from(sorted(HEADERS)), max_size=2))
    params: dict[str, Any] = {name: draw(HEADERS[name]) for name in sorted(chosen)}
    if draw(st.booleans()):
        params["Metadata"] = draw(METADATA)
    if draw(st.integers(0, 9)):
        params["Body"] = draw(BODIES)
    return "put_object", {"Key": draw(KEYS), **params}


@st.composite
def reads_and_deletions(draw: st.DrawFn) -> Step:
    operation = draw(st.sampled_from(["get_object", "get_object", "head_object", "delete_object"]))
    params: dict[str, Any] = {"Key": draw(KEYS)}
    if draw(st.booleans()):
        params["VersionId"] = draw(VERSIONS)
    if operation == "get_object" and not draw(st.integers(0, 5)):
        params["Range"] = "bytes=1-3"
    return operation, params


@st.composite
def listings(draw: st.DrawFn) -> Step:
    params: dict[str, Any] = {}
    for name, values in {
        "Prefix": st.sampled_from(["", "a", "a/", "新/", "/", "no such"]),
        "Delimiter": st.sampled_from(["/", "b"]),
        "MaxKeys": st.integers(0, 3),
        "StartAfter": st.sampled_from(["a", "a/b", "é"]),
        "EncodingType": st.just("url"),
        "FetchOwner": st.just(True),
    }.items():
        if not draw(st.integers(0, 2)):
            params[name] = draw(values)
    return "list_objects_v2", params


STEPS = st.lists(
    st.tuples(
        st.sampled_from([*BUCKETS, *BUCKETS, "nosuchbucket"]), st.one_of(puts(), reads_and_deletions(), listings())
    ),
    min_size=1,
    max_size=8,
)


@pytest.fixture(scope="module")
def running() -> Iterator[LocalCloud]:
    with cloud(stack(bucket("kept"), bucket("flat", versioned=False))) as entered:
        yield entered


class Names:
    """Gives versions names by their order, because each run draws its own."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def plain(self, value: Any) -> Any:
        if isinstance(value, str):
            return VERSION.sub(lambda found: self._known.setdefault(found[0], f"version {len(self._known)}"), value)
        if isinstance(value, Mapping):
            return {name: self.plain(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.plain(inner) for inner in value]
        return value


def said(client: Any, operation: str, params: dict[str, Any]) -> Any:
    """What a call gives, its body read, or its error."""
    try:
        result = getattr(client, operation)(**params)
    except ClientError as error:
        return {"Error": error.response["Error"], "Class": type(error).__name__, "Status": status(error.response)}
    if "Body" in result:
        with result["Body"] as body:
            result["Body"] = body.read()
    return {**result, "ResponseMetadata": status(result)}


def status(response: Any) -> int:
    return int(response["ResponseMetadata"]["HTTPStatusCode"])


def happened(client: Any, steps: list[tuple[str, Step]]) -> list[Any]:
    """What each step gives, listings to their last page, and what the buckets hold in the end."""
    s3 = s3_backends["123456789012"]["aws"]
    for name in BUCKETS:
        for key in list(s3.buckets[name].keys):
            s3.buckets[name].keys.pop(key)
    s3.tagger.tags.clear()
    found: list[Any] = []
    for name, (operation, params) in steps:
        given_params = {"Bucket": name, **params}
        if "VersionId" in params:
            earlier = found[params["VersionId"]] if params["VersionId"] < len(found) else {}
            given_params["VersionId"] = earlier.get("VersionId", "no-such-version")
        found.append(said(client, operation, given_params))
        if operation == "list_objects_v2":
            while token := found[-1].get("NextContinuationToken"):
                found.append(said(client, operation, given_params | {"ContinuationToken": token}))
    for name in BUCKETS:
        versions = client.list_object_versions(Bucket=name)
        found.append([versions.get("Versions"), versions.get("DeleteMarkers")])
        for entry in versions.get("Versions", []):
            read = {"Bucket": name, "Key": entry["Key"], "VersionId": entry["VersionId"]}
            found += [
                said(client, operation, read) for operation in ("get_object", "head_object", "get_object_tagging")
            ]
    return list(Names().plain(found))


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_any_calls(running: LocalCloud, steps: list[tuple[str, Step]]) -> None:
    client = running.client("s3")
    direct = happened(client, steps)
    with patch.object(objects, "answers", lambda *_: False):
        assert direct == happened(client, steps)
