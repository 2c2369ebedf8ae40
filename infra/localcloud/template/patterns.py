"""Filter and event patterns: what in them can match nothing, or means something else than it looks.

Rules from the Lambda guide, "Control which events Lambda sends to your function", and the EventBridge guide,
"Comparison operators for use in event patterns".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

QUEUE_KEYS = frozenset(
    {
        "messageId",
        "receiptHandle",
        "body",
        "attributes",
        "messageAttributes",
        "md5OfBody",
        "md5OfMessageAttributes",
        "eventSource",
        "eventSourceARN",
        "awsRegion",
    }
)
STREAM_KEYS = frozenset(
    {
        "eventID",
        "eventName",
        "eventVersion",
        "eventSource",
        "awsRegion",
        "dynamodb",
        "eventSourceARN",
        "userIdentity",
    }
)
EVENT_KEYS = frozenset(
    {"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail", "replay-name"}
)
_IMAGES = {
    "NewImage": ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"),
    "OldImage": ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"),
}
_DYNAMODB_KEYS = frozenset(
    {"ApproximateCreationDateTime", "Keys", "NewImage", "OldImage", "SequenceNumber", "SizeBytes", "StreamViewType"}
)
_ATTRIBUTE_TYPES = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"})
_LAMBDA_OPERATORS = frozenset({"prefix", "suffix", "anything-but", "numeric", "exists", "equals-ignore-case"})
_EVENT_OPERATORS = _LAMBDA_OPERATORS | {"wildcard", "cidr"}
_OR = "$or"


def faults_in_queue_filter(pattern: Mapping[str, Any]) -> Iterator[str]:
    """Say what is wrong with a filter on an SQS event source."""
    yield from _unknown_keys(pattern, QUEUE_KEYS, "an SQS record")
    yield from _faults(pattern, _LAMBDA_OPERATORS, "")


def faults_in_stream_filter(pattern: Mapping[str, Any], view: str | None) -> Iterator[str]:
    """Say what is wrong with a filter on a table's stream; ``view`` is the stream's view type."""
    yield from _unknown_keys(pattern, STREAM_KEYS, "a DynamoDB stream record")
    yield from _faults(pattern, _LAMBDA_OPERATORS, "")
    for branch in _branches(pattern):
        names = branch.get("eventName")
        for name in names if isinstance(names, list) else []:
            if isinstance(name, str) and name not in ("INSERT", "MODIFY", "REMOVE"):
                yield f"eventName {name!r} never occurs (INSERT, MODIFY, REMOVE do)"
        change = branch.get("dynamodb")
        if isinstance(change, Mapping):
            yield from _faults_in_change(change, view)


def faults_in_event_pattern(pattern: Mapping[str, Any]) -> Iterator[str]:
    """Say what is wrong with the pattern of an EventBridge rule."""
    yield from _unknown_keys(pattern, EVENT_KEYS, "an event")
    yield from _faults(pattern, _EVENT_OPERATORS, "")


def _faults_in_change(change: Mapping[str, Any], view: str | None) -> Iterator[str]:
    yield from _unknown_keys(change, _DYNAMODB_KEYS, "the dynamodb part of a record")
    for image, views in _IMAGES.items():
        if image in change and view is not None and view not in views:
            yield f"dynamodb.{image} is never there: the stream's view type is {view}"
    for image in ("Keys", "NewImage", "OldImage"):
        attributes = change.get(image)
        for name, typed in attributes.items() if isinstance(attributes, Mapping) else ():
            path = f"dynamodb.{image}.{name}"
            if isinstance(typed, list):
                if not all(isinstance(rule, Mapping) and "exists" in rule for rule in typed):
                    yield f"{path} needs its type between name and rule, as in {{{name!r}: {{'S': [...]}}}}"
            elif isinstance(typed, Mapping) and name != _OR:
                yield from _faults_in_typed(path, typed)


def _faults_in_typed(path: str, typed: Mapping[str, Any]) -> Iterator[str]:
    for kind, rules in typed.items():
        if kind not in _ATTRIBUTE_TYPES:
            yield f"{path}.{kind} is no attribute type (S, N, B, …)"
        elif kind == "N" and isinstance(rules, list):
            if any(isinstance(rule, Mapping) and "numeric" in rule for rule in rules):
                yield f"{path}.N holds text in a stream record, so `numeric` matches nothing"
            elif any(isinstance(rule, int | float) for rule in rules):
                yield f"{path}.N holds text in a stream record: write the number in quotes"


def _unknown_keys(pattern: Mapping[str, Any], known: frozenset[str], what: str) -> Iterator[str]:
    for branch in _branches(pattern):
        for key in branch:
            if key not in known and key != _OR:
                yield f"{what} has no {key!r}, so the pattern matches nothing"


def _branches(pattern: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield pattern
    alternatives = pattern.get(_OR)
    for alternative in alternatives if isinstance(alternatives, list) else []:
        if isinstance(alternative, Mapping):
            yield from _branches(alternative)


def _faults(pattern: Mapping[str, Any], operators: frozenset[str], path: str) -> Iterator[str]:
    for key, rule in pattern.items():
        here = f"{path}{key}"
        if key == _OR:
            if not isinstance(rule, list) or len(rule) < 2:
                yield f"{here} needs a list of two or more alternatives"
                continue
            for alternative in rule:
                if isinstance(alternative, Mapping):
                    yield from _faults(alternative, operators, path)
        elif isinstance(rule, Mapping):
            if not rule:
                yield f"{here} is empty"
            yield from _faults(rule, operators, f"{here}.")
        elif not isinstance(rule, list):
            yield f"{here} must be a list, as in [{rule!r}]"
        elif not rule:
            yield f"{here} is an empty list, which matches nothing"
        else:
            yield from _faults_in_rules(here, rule, operators)


def _faults_in_rules(path: str, rules: list[Any], operators: frozenset[str]) -> Iterator[str]:
    for rule in rules:
        if isinstance(rule, list):
            yield f"{path} holds a list within its list"
        if not isinstance(rule, Mapping):
            continue
        for operator in rule:
            if operator not in operators:
                yield f"{path} has the operator {operator!r}, which is not known ({', '.join(sorted(operators))})"
        numeric = rule.get("numeric")
        if "numeric" in rule and (not isinstance(numeric, list) or len(numeric) not in (2, 4)):
            yield f"{path}: `numeric` is a list such as ['>', 0, '<=', 5]"
        if "exists" in rule and not isinstance(rule["exists"], bool):
            yield f"{path}: `exists` is true or false"
