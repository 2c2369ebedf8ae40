"""What ``ports.ObjectStore`` promises, of the adapter and of the fake alike."""

from __future__ import annotations

import pytest

from broadsheet.flow.ports import StoredObject
from tests.aws.conftest import Bucket

KEY = "articles/泉州 & 晚报+100%.md"


@pytest.mark.parametrize("body", [b"", b"\x00\xff", "新闻".encode()], ids=["empty", "binary", "text"])
def test_an_object_comes_back(bucket: Bucket, body: bytes) -> None:
    metadata = {"sha256": "00ff", "source-url": "https://example.org/?a=%E6%96%B0&b=1", "empty": ""}
    bucket.store.put(KEY, body, "text/markdown; charset=utf-8", "public, max-age=60", metadata)
    assert bucket.store.get(KEY) == StoredObject(body, "text/markdown; charset=utf-8", metadata, len(body))
    assert bucket.store.metadata(KEY) == metadata


def test_an_object_without_metadata(bucket: Bucket) -> None:
    bucket.store.put(KEY, b"x", "text/plain")
    assert bucket.store.get(KEY) == StoredObject(b"x", "text/plain", {}, 1)
    assert bucket.store.metadata(KEY) == {}


def test_what_is_not_there_is_none(bucket: Bucket) -> None:
    bucket.store.put(KEY + "x", b"x", "text/plain")
    assert bucket.store.get(KEY) is None
    assert bucket.store.metadata(KEY) is None


def test_a_later_object_replaces_an_earlier_one(bucket: Bucket) -> None:
    bucket.store.put(KEY, b"1", "text/plain", metadata={"a": "1"})
    bucket.store.put(KEY, b"2", "text/html", metadata={"b": "2"})
    assert bucket.store.get(KEY) == StoredObject(b"2", "text/html", {"b": "2"}, 1)
    assert bucket.store.metadata(KEY) == {"b": "2"}


def test_delete(bucket: Bucket) -> None:
    bucket.store.put(KEY, b"1", "text/plain")
    bucket.store.delete(KEY)
    bucket.store.delete(KEY)
    bucket.store.delete("never/there")
    assert bucket.store.get(KEY) is None
    assert bucket.store.metadata(KEY) is None
    bucket.store.put(KEY, b"2", "text/plain")
    assert bucket.store.get(KEY) == StoredObject(b"2", "text/plain", {}, 1)


def test_versions_stay_readable(bucket: Bucket) -> None:
    bucket.store.put(KEY, b"1", "text/plain", metadata={"n": "1"})
    first = bucket.latest_version(KEY)
    bucket.store.put(KEY, b"22", "text/html")
    second = bucket.latest_version(KEY)
    bucket.store.delete(KEY)
    assert bucket.store.get(KEY, first) == StoredObject(b"1", "text/plain", {"n": "1"}, 1)
    assert bucket.store.get(KEY, second) == StoredObject(b"22", "text/html", {}, 2)
    assert bucket.store.get(KEY) is None


def test_a_version_that_marks_a_deletion_is_none(bucket: Bucket) -> None:
    bucket.store.put(KEY, b"1", "text/plain")
    bucket.store.delete(KEY)
    assert bucket.store.get(KEY, bucket.latest_version(KEY)) is None


def test_a_version_of_what_is_not_there_is_none(bucket: Bucket) -> None:
    bucket.store.put(KEY, b"1", "text/plain")
    assert bucket.store.get("never/there", bucket.latest_version(KEY)) is None


@pytest.mark.parametrize(
    ("key", "metadata", "named"),
    [
        (KEY, {"title": "泉州"}, "metadata title is '泉州'"),
        (KEY, {"title": "a\nb"}, "metadata title is"),
        (KEY, {"title": " a"}, "metadata title is ' a'"),
        (KEY, {"Title": "a"}, "metadata name 'Title'"),
        (KEY, {"": "a"}, "metadata name ''"),
        (KEY, {"a": "x" * 1024, "b": "y" * 1023}, "metadata of 2049 bytes, at most 2048"),
        ("", {}, "has 0 bytes"),
        ("新" * 342, {}, "has 1026 bytes"),
    ],
)
def test_what_s3_would_refuse_or_change_is_refused_by_name(
    bucket: Bucket, key: str, metadata: dict[str, str], named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        bucket.store.put(key, b"x", "text/plain", metadata=metadata)
    assert bucket.store.get(KEY) is None


def test_as_much_metadata_as_is_allowed(bucket: Bucket) -> None:
    metadata = {"a": "x" * 1024, "b": "y" * 1022}
    bucket.store.put(KEY, b"x", "text/plain", metadata=metadata)
    assert bucket.store.metadata(KEY) == metadata


def test_keys_are_listed_by_their_beginning_in_the_order_of_their_bytes(bucket: Bucket) -> None:
    for key in ("b", "a/z", "a/é", "a/\U0001f600", "a/\uff01", "a", "aa", "a/gone"):
        bucket.store.put(key, b"x", "text/plain")
    bucket.store.delete("a/gone")
    assert list(bucket.store.list("a/")) == ["a/z", "a/é", "a/\uff01", "a/\U0001f600"]
    assert list(bucket.store.list("nothing/")) == []


def test_more_keys_than_one_answer_holds_are_all_listed(bucket: Bucket) -> None:
    names = [f"many/{n:04d}" for n in range(1_001)]
    for name in names:
        bucket.store.put(name, b"", "text/plain")
    assert list(bucket.store.list("many/")) == names
