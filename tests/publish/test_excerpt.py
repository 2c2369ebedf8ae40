from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.publish.excerpt import ELLIPSIS, clipped


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("", 10, ""),
        ("short", 10, "short"),
        ("just right", 10, "just right"),
        ("The night boat sails again", 18, "The night boat…"),
        ("The night, boat sails again", 11, "The night…"),
        ("Donaudampfschifffahrt", 10, "Donaudamp…"),
        ("a Donaudampfschifffahrt", 10, "a Donauda…"),
        ("央行开展逆回购", 14, "央行开展逆回购"),
        ("央行开展逆回购", 11, "央行开展逆…"),
        ("央行，开展逆回购", 7, "央行…"),
        ("央行 A 股开展逆回购", 12, "央行 A 股开…"),
    ],
)
def test_text_ends_between_words_within_its_width(text: str, width: int, shown: str) -> None:
    assert clipped(text, width) == shown


@given(st.text(), st.integers(2, 60))
def test_it_is_a_beginning_and_no_longer_than_asked(text: str, width: int) -> None:
    shown = clipped(text, width)
    if shown != text:
        assert shown.endswith(ELLIPSIS)
        assert text.startswith(shown.removesuffix(ELLIPSIS))
        assert len(shown) <= width
