"""Event patterns: EventBridge's language, which Lambda's event filters share.

After the EventBridge User Guide, "Comparison operators", and the Lambda Developer Guide, "Event filtering".
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_ABSENT = object()


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Whether an event (JSON values) matches a pattern: each key of the pattern must match."""
    if not isinstance(event, Mapping):
        return False
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(matches(alternative, event) for alternative in wanted):
                return False
        elif isinstance(wanted, Mapping):
            inner = event.get(key, {})
            candidates = inner if isinstance(inner, list) else [inner]
            if not any(matches(wanted, candidate) for candidate in candidates):
                return False
        elif not _any_rule(wanted, event.get(key, _ABSENT)):
            return False
    return True


def passes(filters: tuple[Mapping[str, Any], ...], event: Mapping[str, Any]) -> bool:
    """Whether an event passes a mapping's filters: any of them, or there are none."""
    return not filters or any(matches(pattern, event) for pattern in filters)


def message_passes(filters: tuple[Mapping[str, Any], ...], record: Mapping[str, Any]) -> bool:
    """The same for a queue's record, whose ``body`` is text, or JSON where the pattern looks into it.

    Body and pattern must agree on which it is, or the message does not pass.
    """
    if not filters:
        return True
    try:
        parsed = json.loads(record["body"])
    except ValueError:
        parsed = None
    for pattern in filters:
        structured = isinstance(pattern.get("body"), Mapping)
        if "body" in pattern and structured != isinstance(parsed, dict | list):
            continue
        if matches(pattern, {**record, "body": parsed} if structured else record):
            return True
    return False


def _any_rule(rules: Any, value: Any) -> bool:
    if not isinstance(rules, list):
        return False
    candidates = value if isinstance(value, list) else [value]
    if value is _ABSENT or not candidates:
        candidates = [_ABSENT]
    return any(_rule(rule, candidate) for rule in rules for candidate in candidates)


def _rule(rule: Any, value: Any) -> bool:
    if not isinstance(rule, Mapping):
        return value is not _ABSENT and _equal(rule, value)
    return all(name in _OPERATORS and _OPERATORS[name](wanted, value) for name, wanted in rule.items())


def _equal(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(value, bool) or wanted is None or value is None:
        return wanted is value
    if isinstance(wanted, int | float) and isinstance(value, int | float):
        return float(wanted) == float(value)
    return type(wanted) is type(value) and bool(wanted == value)


def _exists(wanted: Any, value: Any) -> bool:
    # A key that holds an object or a list is no leaf, and patterns look at leaves only.
    return (value is not _ABSENT and not isinstance(value, Mapping)) is bool(wanted)


def _text(compare: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def operator(wanted: Any, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        if isinstance(wanted, Mapping):
            inner = wanted.get("equals-ignore-case")
            return isinstance(inner, str) and compare(value.casefold(), inner.casefold())
        return isinstance(wanted, str) and compare(value, wanted)

    return operator


def _anything_but(wanted: Any, value: Any) -> bool:
    if value is _ABSENT or isinstance(value, Mapping):
        return False
    if isinstance(wanted, Mapping):
        for name, inner in wanted.items():
            rules = inner if isinstance(inner, list) else [inner]
            if any(_rule({name: rule}, value) for rule in rules):
                return False
        return True
    rules = wanted if isinstance(wanted, list) else [wanted]
    return not any(_equal(rule, value) for rule in rules)


def _numeric(wanted: Any, value: Any) -> bool:
    number = value
    if isinstance(value, str):
        # DynamoDB records carry numbers as text.
        try:
            number = float(value)
        except ValueError:
            return False
    if isinstance(number, bool) or not isinstance(number, int | float) or not isinstance(wanted, list):
        return False
    pairs = zip(wanted[::2], wanted[1::2], strict=False)
    return all(sign in _COMPARISONS and _COMPARISONS[sign](float(number), float(bound)) for sign, bound in pairs)


def _wildcard(wanted: Any, value: Any) -> bool:
    if not isinstance(wanted, str) or not isinstance(value, str):
        return False
    expression = "".join(
        re.escape(part[1]) if part.startswith("\\") else ".*" if part == "*" else re.escape(part)
        for part in re.findall(r"\\[*\\]|.", wanted, re.DOTALL)
    )
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _cidr(wanted: Any, value: Any) -> bool:
    try:
        return ipaddress.ip_address(str(value)) in ipaddress.ip_network(str(wanted), strict=False)
    except ValueError:
        return False


_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "exists": _exists,
    "prefix": _text(lambda value, wanted: value.startswith(wanted)),
    "suffix": _text(lambda value, wanted: value.endswith(wanted)),
    "equals-ignore-case": _text(lambda value, wanted: value.casefold() == wanted.casefold()),
    "anything-but": _anything_but,
    "numeric": _numeric,
    "wildcard": _wildcard,
    "cidr": _cidr,
}
