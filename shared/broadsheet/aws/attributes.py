"""Plain values to DynamoDB's own JSON and back: the hot path, so written out instead of using boto3's serializer.

A plain item holds str, int, bool, bytes, list and dict. None in an item or a dict is dropped; in a list it would
shift its neighbours and is refused, as are floats and sets. Reading gives str, int, bool, bytes, list and dict.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Wire = dict[str, Any]
"""An attribute (``{"S": "text"}``) or, by name, the attributes of an item."""


def encode_item(item: Mapping[str, Any]) -> Wire:
    """Return the attributes of a plain item; raises TypeError for a value that cannot be stored, by its type."""
    return {name: encode(value) for name, value in item.items() if value is not None}


def decode_item(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain item; raises ValueError for a set, or a number that is no integer: we write neither."""
    return {name: decode(attribute) for name, attribute in attributes.items()}


def decode_image(image: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain item of an image in a stream event, where binary values are base64 text; raises ValueError."""
    return {name: _decode_image_value(attribute) for name, attribute in image.items()}


def encode(value: Any) -> Wire:
    """Return one value as an attribute; raises TypeError for a value that cannot be stored."""
    kind = type(value)
    if kind is str:
        return {"S": value}
    if kind is bool:
        return {"BOOL": value}
    if kind is int:
        return {"N": str(value)}
    if kind is list or kind is tuple:
        return {"L": [encode(element) for element in value]}
    if kind is dict:
        return {"M": {name: encode(element) for name, element in value.items() if element is not None}}
    if kind is bytes:
        return {"B": value}
    return _encode_relative(value)


def _encode_relative(value: Any) -> Wire:
    """What is one of the plain types by inheritance (a StrEnum, a named tuple, any Mapping), or a whole Decimal."""
    if isinstance(value, str):
        return {"S": str(value)}
    if isinstance(value, int):
        return {"N": str(int(value))}
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return {"N": str(int(value))}
    if isinstance(value, list | tuple):
        return encode(list(value))
    if isinstance(value, Mapping):
        return encode(dict(value))
    raise TypeError(f"{type(value).__name__} {value!s:.80} cannot be stored; use text, int, bytes, list or dict")


def decode(attribute: Wire) -> Any:
    """Return the value of one attribute; raises ValueError as :func:`decode_item` does."""
    ((kind, content),) = attribute.items()
    if kind in ("S", "BOOL", "B"):
        return content
    if kind == "N":
        return _integer(content)
    if kind == "L":
        return [decode(element) for element in content]
    if kind == "M":
        return {name: decode(element) for name, element in content.items()}
    if kind == "NULL":
        return None
    raise ValueError(f"attribute of type {kind} ({content!r:.80}) was not written by Broadsheet; remove it")


def _integer(content: str) -> int:
    try:
        return int(content)
    except ValueError:
        number = Decimal(content)
        if number != number.to_integral_value():
            raise ValueError(f"number {content} is no integer and was not written by Broadsheet; remove it") from None
        return int(number)


def _decode_image_value(attribute: Wire) -> Any:
    ((kind, content),) = attribute.items()
    if kind == "B":
        return base64.b64decode(content)
    if kind == "L":
        return [_decode_image_value(element) for element in content]
    if kind == "M":
        return {name: _decode_image_value(element) for name, element in content.items()}
    return decode(attribute)
