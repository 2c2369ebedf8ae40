"""moto's items as DynamoDB streams and snapshots show them: plain JSON values."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

Image = dict[str, dict[str, Any]]
"""An item in DynamoDB's JSON (``{"pk": {"S": "a"}}``), binary values as base64 text."""


def image(item: Any) -> Image:
    """An item of moto's in DynamoDB's JSON; sets are sorted, so that equal items have equal images."""
    return {name: _value(value) for name, value in item.attrs.items()}


def key_of(item_image: Image, key_names: tuple[str, ...]) -> Image:
    """The key attributes of an image."""
    return {name: item_image[name] for name in key_names}


def size_bytes(item_image: Mapping[str, Mapping[str, Any]]) -> int:
    """The size of an item as DynamoDB counts it (Developer Guide, "DynamoDB item sizes and formats")."""
    return sum(len(name.encode()) + value_size(value) for name, value in item_image.items())


def value_size(value: Mapping[str, Any]) -> int:
    """The size of one attribute value, binary values as bytes or base64 text."""
    kind, content = next(iter(value.items()))
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_size(content)
        case "B":
            return _binary_size(content)
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return sum(len(text.encode()) for text in content)
        case "NS":
            return sum(_number_size(text) for text in content)
        case "BS":
            return sum(_binary_size(data) for data in content)
        case "L":
            return 3 + sum(1 + value_size(inner) for inner in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + value_size(inner) for name, inner in content.items())
        case _:
            raise ValueError(f"DynamoDB has no attribute type {kind!r}")


def _number_size(text: str) -> int:
    digits = text.lstrip("-").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


def _binary_size(data: str | bytes) -> int:
    return len(data) if isinstance(data, bytes | bytearray) else len(data) * 3 // 4


def _value(value: Any) -> dict[str, Any]:
    kind, content = value.type, value.value
    if kind == "M":
        return {"M": {name: _value(inner) for name, inner in content.items()}}
    if kind == "L":
        return {"L": [_value(inner) for inner in content]}
    if kind == "B":
        return {"B": _text(content)}
    if kind == "BS":
        return {"BS": sorted(_text(inner) for inner in content)}
    if kind in ("SS", "NS"):
        return {kind: sorted(content)}
    return {kind: content}


def _text(data: str | bytes) -> str:
    return data if isinstance(data, str) else base64.b64encode(data).decode()
