from __future__ import annotations

import pytest

from broadsheet.ingest.fragment import parse_document
from broadsheet.ingest.page_blocks import segment
from training.labels import label
from training.pages import TrainingPage, publisher

FIRST = "The council met on Tuesday and agreed on something at last."
SECOND = "Nobody in the hall had expected it, least of all the mayor."


def labels(body: str, **known: tuple[str, ...]) -> dict[str, tuple[bool, bool]]:
    """Return for each text whether it is wanted, and whether that is known."""
    blocks = segment(parse_document(f"<html><body>{body}</body></html>")).blocks
    found = label(TrainingPage("news-pages", "x", "x", b"", "", **known), blocks)
    return {block.text: (answer.wanted, answer.weight > 0) for block, answer in zip(blocks, found, strict=True)}


def test_blocks_are_wanted_that_are_in_the_gold() -> None:
    found = labels(
        f"<p>{FIRST}</p><p>Read our other stories about it, too.</p><p>{SECOND}</p>", paragraphs=(FIRST, SECOND)
    )
    assert [wanted for wanted, _ in found.values()] == [True, False, True]
    assert all(known for _, known in found.values())


def test_a_short_block_is_wanted_only_as_a_paragraph_of_its_own() -> None:
    found = labels("<h2>The council</h2><h2>Nobody</h2>", paragraphs=("The council", FIRST, SECOND))
    assert [wanted for wanted, _ in found.values()] == [True, False]


def test_samples_tell_of_the_blocks_they_are_in_and_of_no_others() -> None:
    found = labels(
        f"<p>{FIRST}</p><p>{SECOND}</p><p>Sign up for more of this.</p>",
        wanted=("agreed on something",),
        unwanted=("Sign up",),
    )
    assert list(found.values()) == [(True, True), (False, False), (False, True)]


def test_of_two_copies_only_one_is_taught() -> None:
    blocks = segment(
        parse_document(f"<html><body><p>{FIRST}</p><p>{SECOND}</p><div>{FIRST}</div></body></html>")
    ).blocks
    found = label(TrainingPage("news-pages", "x", "x", b"", "", paragraphs=(FIRST, SECOND)), blocks)
    assert sorted(answer.weight > 0 for answer in found) == [False, True, True]


@pytest.mark.parametrize(
    ("url", "owner"),
    [
        ("https://www.bbc.co.uk/news/1", "bbc"),
        ("https://edition.example.com/", "example"),
        ("https://web.archive.org/web/20200101000000/http://www.example.org/a", "example"),
        ("https://ines.blogspot.com/2020/", "ines"),
        ("", ""),
    ],
)
def test_pages_of_one_owner_share_a_group(url: str, owner: str) -> None:
    assert publisher(url) == owner
