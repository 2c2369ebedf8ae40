"""Which blocks are the article, given how likely each is."""

from __future__ import annotations

import pytest

from broadsheet.ingest.extract import choose_blocks
from broadsheet.ingest.fragment import parse_document
from broadsheet.ingest.page_blocks import segment

SENTENCE = "The council met on Tuesday, and for the first time in years it agreed on something, number {}."
BEFORE, AFTER = (f"<p>{SENTENCE.format(n)}</p>" for n in (1, 2))
LIST = "<ul><li>One more ferry a day.</li><li>Three buoys, painted orange.</li></ul>"


@pytest.mark.parametrize(
    ("body", "in_list", "kept"),
    [
        (f"<div>{BEFORE}{LIST}{AFTER}</div>", 0.3, True),
        (f"<div>{BEFORE}{LIST}{AFTER}</div>", 0.1, False),
        (f"<div>{BEFORE}<ol><li>One</li><li>Two</li></ol>{AFTER}</div>", 0.3, True),
        (f"<div>{BEFORE}<div>{LIST}</div>{AFTER}</div>", 0.3, False),
        (f"<div>{LIST}{BEFORE}{AFTER}</div>", 0.3, False),
        (f"<div>{BEFORE}{AFTER}{LIST}</div>", 0.3, False),
        (
            f"<div>{BEFORE}<ul><li><a href=a>One more</a></li><li><a href=b>Two more</a></li></ul>{AFTER}</div>",
            0.3,
            False,
        ),
    ],
    ids=["between paragraphs", "hardly likely", "numbered", "in a box of its own", "before", "after", "links"],
)
def test_a_list_between_kept_paragraphs_is_kept_with_them(body: str, in_list: float, kept: bool) -> None:
    page = segment(parse_document(f"<html><body>{body}</body></html>"))
    likely = [0.9 if block.box.tag == "p" else in_list for block in page.blocks]
    chosen = choose_blocks(page, likely, 0.45)
    assert [keep for block, keep in zip(page.blocks, chosen, strict=True) if block.box.tag == "p"] == [True, True]
    assert [keep for block, keep in zip(page.blocks, chosen, strict=True) if block.box.tag == "li"] == [kept, kept]
