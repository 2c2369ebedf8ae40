"""Resolved template values → Python types: CloudFormation lets a number or a boolean be written as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any


def as_int(value: Any) -> int | None:
    """Read a whole number, also from text; ``None`` where there is none."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        return int(str(value).strip())
    except ValueError:
        return None


def as_seconds(value: Any, default: int) -> timedelta:
    """Read whole seconds as a duration."""
    seconds = as_int(value)
    return timedelta(seconds=default if seconds is None else seconds)


def as_bool(value: Any, *, default: bool = False) -> bool:
    """Read a boolean, also from the texts ``true`` and ``false``."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return default


def as_list(value: Any) -> list[Any]:
    """Read a list where CloudFormation also takes a single value; ``None`` is the empty list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Read a mapping; anything else is the empty one."""
    return value if isinstance(value, Mapping) else {}


def as_texts(value: Any) -> tuple[str, ...]:
    """Read a list of texts where a single one may stand for itself."""
    return tuple(as_text(item) for item in as_list(value))


def as_text(value: Any) -> str:
    """Write a scalar as CloudFormation writes it into text: booleans in lower case, mappings as JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)
