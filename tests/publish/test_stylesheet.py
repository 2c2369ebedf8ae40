from __future__ import annotations

import re
from itertools import product

import pytest

from broadsheet.publish import html
from broadsheet.publish.article_body import fitted
from broadsheet.publish.strings import strings_for
from broadsheet.publish.templates_env import built_in
from tests.publish.newsroom import ENGLISH

MAX_BYTES = 12_000
MIN_CONTRAST = 4.5
"""WCAG 2.2, success criterion 1.4.3."""
(SHEET,) = [page.body.decode() for page in html.static_pages(ENGLISH) if page.key.endswith(".css")]
ON = ("paper", "wash")
WRITTEN_IN = ("ink", "soft", "accent")


def schemes() -> dict[str, dict[str, str]]:
    """The colours of each scheme by name, in the order they stand in the sheet."""
    blocks = [
        re.findall(r"--(\w+): (#[0-9a-f]+);", block) for block in re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)
    ]
    return dict(zip(("light", "dark", "print"), map(dict, blocks), strict=True))


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    digits = colour.removeprefix("#")
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_it_is_small() -> None:
    assert len(SHEET.encode()) <= MAX_BYTES


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
@pytest.mark.parametrize(("written", "on"), list(product(WRITTEN_IN, ON)))
def test_text_stands_out_in_each_scheme(scheme: str, written: str, on: str) -> None:
    colours = schemes()[scheme]
    assert contrast(colours[written], colours[on]) >= MIN_CONTRAST


def test_contrast_is_measured_right() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.005)


def test_every_colour_comes_from_a_scheme() -> None:
    rules = re.sub(r":root \{.*?\}", "", SHEET, flags=re.DOTALL)
    assert not re.findall(r"#[0-9a-f]{3,8}\b(?=[;, )])|rgb|hsl", rules)


def test_it_asks_nobody_for_anything() -> None:
    assert not re.search(r"url\(|@import|@font-face", SHEET)


def test_each_language_gets_fonts_of_its_own_also_within_another() -> None:
    # Custom properties are inherited: an English text within a Chinese page must be given its own again.
    own, chinese = (re.search(rf"^{start} \{{(.*)\}}$", SHEET, re.MULTILINE) for start in (r"\[lang\]", r":lang\(zh\)"))
    assert own
    assert chinese
    assert own.start() < chinese.start(), "of two rules as specific, the later one wins"
    assert set(re.findall(r"--\w+(?=:)", own[1])) == set(re.findall(r"--\w+(?=:)", chinese[1]))


def test_every_class_in_it_is_used() -> None:
    # The class of a table's frame is given by code.
    pages = "".join(text for name, text in built_in().items() if name.endswith(".html.j2")) + fitted(
        "<table>", strings_for("en")
    )
    classes = set(re.findall(r"\.([a-z][a-z-]+)(?=[\s,.:{)>+~])", re.sub(r"\{[^}]*\}", "{}", SHEET)))
    assert classes
    assert {name for name in classes if not re.search(rf"\b{name}\b", pages)} == set()
