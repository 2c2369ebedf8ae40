from __future__ import annotations

import base64
from types import MappingProxyType
from typing import Any

import pytest

from broadsheet.aws.attributes import decode_image, decode_item, encode_item
from broadsheet.model.keys import Key


def test_what_is_sent() -> None:
    plain = {"s": "x", "n": -7, "b": b"\x00", "yes": True, "l": ["x", [1]], "m": {"k": None, "j": {}}, "none": None}
    wire = {
        "s": {"S": "x"},
        "n": {"N": "-7"},
        "b": {"B": b"\x00"},
        "yes": {"BOOL": True},
        "l": {"L": [{"S": "x"}, {"L": [{"N": "1"}]}]},
        "m": {"M": {"j": {"M": {}}}},
    }
    assert encode_item(plain) == wire
    assert decode_item(wire) == {"s": "x", "n": -7, "b": b"\x00", "yes": True, "l": ["x", [1]], "m": {"j": {}}}


def test_relatives_of_plain_types_are_sent_as_these() -> None:
    assert encode_item({"key": Key("p", "s"), "map": MappingProxyType({"a": 1})}) == {
        "key": {"L": [{"S": "p"}, {"S": "s"}]},
        "map": {"M": {"a": {"N": "1"}}},
    }


@pytest.mark.parametrize("value", [1.0, {"x"}, [None]], ids=str)
def test_what_cannot_be_sent_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be stored"):
        encode_item({"x": value})


def test_a_stream_event_carries_binary_values_as_base64() -> None:
    text = base64.b64encode(b"\x00\xff").decode()
    image = {"b": {"B": text}, "l": {"L": [{"B": text}, {"S": text}]}, "m": {"M": {"b": {"B": text}, "n": {"N": "7"}}}}
    assert decode_image(image) == {"b": b"\x00\xff", "l": [b"\x00\xff", text], "m": {"b": b"\x00\xff", "n": 7}}
