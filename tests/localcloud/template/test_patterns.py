from collections.abc import Mapping
from typing import Any

import pytest

from localcloud.template.patterns import (
    faults_in_event_pattern,
    faults_in_queue_filter,
    faults_in_stream_filter,
)


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"body": {"kind": ["a", "b"]}},
        {"body": ["plain text"]},
        {"body": {"n": [{"numeric": [">", 0, "<=", 5]}], "m": [{"anything-but": ["x"]}], "e": [{"exists": False}]}},
        {"body": {"$or": [{"a": [1]}, {"b": [None]}]}},
        {"messageAttributes": {"kind": {"stringValue": [{"prefix": "x"}]}}},
    ],
)
def test_good_queue_filters(pattern: Mapping[str, Any]) -> None:
    assert list(faults_in_queue_filter(pattern)) == []


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ({"Body": {"kind": ["a"]}}, "no 'Body'"),
        ({"kind": ["a"]}, "no 'kind'"),
        ({"body": {"kind": "a"}}, "body.kind must be a list"),
        ({"body": {"kind": []}}, "body.kind is an empty list"),
        ({"body": {"kind": {}}}, "body.kind is empty"),
        ({"body": {"kind": [{"starts": "a"}]}}, "operator 'starts'"),
        ({"body": {"kind": [{"wildcard": "a*"}]}}, "operator 'wildcard'"),
        ({"body": {"kind": [{"numeric": [">"]}]}}, "`numeric` is a list"),
        ({"body": {"kind": [{"exists": "yes"}]}}, "`exists` is true or false"),
        ({"body": {"kind": [["a"]]}}, "a list within its list"),
        ({"body": {"$or": [{"a": [1]}]}}, "two or more alternatives"),
        ({"body": {"$or": [{"a": 1}, {"b": [1]}]}}, "body.a must be a list"),
    ],
)
def test_bad_queue_filters(pattern: Mapping[str, Any], fault: str) -> None:
    assert fault in "\n".join(faults_in_queue_filter(pattern))


@pytest.mark.parametrize(
    ("pattern", "view", "fault"),
    [
        ({"eventName": ["INSERTED"]}, "NEW_IMAGE", "'INSERTED' never occurs"),
        ({"NewImage": {"pk": {"S": ["a"]}}}, "NEW_IMAGE", "no 'NewImage'"),
        ({"dynamodb": {"OldImage": {"pk": {"S": ["a"]}}}}, "NEW_IMAGE", "view type is NEW_IMAGE"),
        ({"dynamodb": {"NewImage": {"pk": {"S": ["a"]}}}}, "KEYS_ONLY", "view type is KEYS_ONLY"),
        ({"dynamodb": {"Keys": {"pk": ["a"]}}}, "NEW_IMAGE", "needs its type"),
        ({"dynamodb": {"Keys": {"pk": {"T": ["a"]}}}}, "NEW_IMAGE", "no attribute type"),
        ({"dynamodb": {"NewImage": {"n": {"N": [5]}}}}, "NEW_IMAGE", "in quotes"),
        ({"dynamodb": {"NewImage": {"n": {"N": [{"numeric": [">", 1]}]}}}}, "NEW_IMAGE", "matches nothing"),
        ({"dynamodb": {"Image": {"pk": {"S": ["a"]}}}}, "NEW_IMAGE", "no 'Image'"),
        ({"$or": [{"eventName": ["X"]}, {"eventName": ["INSERT"]}]}, "NEW_IMAGE", "'X' never occurs"),
    ],
)
def test_bad_stream_filters(pattern: Mapping[str, Any], view: str, fault: str) -> None:
    assert fault in "\n".join(faults_in_stream_filter(pattern, view))


@pytest.mark.parametrize(
    "pattern",
    [
        {"eventName": ["INSERT", "REMOVE"]},
        {"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "A#"}]}}, "NewImage": {"ttl": [{"exists": True}]}}},
        {"dynamodb": {"NewImage": {"n": {"N": ["5"]}}}},
        {"userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]}},
    ],
)
def test_good_stream_filters(pattern: Mapping[str, Any]) -> None:
    assert list(faults_in_stream_filter(pattern, "NEW_AND_OLD_IMAGES")) == []


def test_event_patterns() -> None:
    good = {"source": ["aws.s3"], "detail": {"object": {"key": [{"wildcard": "in/*.jpg"}]}}}
    assert list(faults_in_event_pattern(good)) == []
    assert "no 'detailType'" in "\n".join(faults_in_event_pattern({"detailType": ["x"]}))
    assert "source must be a list" in "\n".join(faults_in_event_pattern({"source": "aws.s3"}))
