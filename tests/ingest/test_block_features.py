from __future__ import annotations

from broadsheet.ingest.block_features import FEATURES, PageFacts, feature_rows
from broadsheet.ingest.fragment import parse_document
from broadsheet.ingest.page_blocks import segment

SENTENCE = "The council met on Tuesday, and for the first time in years it agreed on something."
MENU = "<div class=menu>" + "".join(f"<li><a href=/{n}>Section number {n}</a></li>" for n in range(20)) + "</div>"
PAGE = f"{MENU}<div class=body><h1>Title</h1><p>{SENTENCE}</p><h2>Part</h2><p>{SENTENCE} Again.</p></div>"


def rows(body: str, facts: PageFacts | None = None) -> dict[str, dict[str, float] | None]:
    page = segment(parse_document(f"<html><body>{body}</body></html>"))
    measured = feature_rows(page, facts or PageFacts())
    return {
        block.text: None if row is None else dict(zip(FEATURES, row, strict=True))
        for block, row in zip(page.blocks, measured, strict=True)
    }


def value(body: str, text: str, name: str, facts: PageFacts | None = None) -> float:
    row = rows(body, facts)[text]
    assert row is not None
    return row[name]


def test_names_are_told_apart() -> None:
    assert len(set(FEATURES)) == len(FEATURES)


def test_links_far_from_prose_are_not_measured() -> None:
    measured = rows(PAGE)
    assert measured["Section number 0"] is None
    assert measured["Section number 19"] is not None
    assert measured["Title"] is not None


def test_a_block_by_itself() -> None:
    assert value(PAGE, SENTENCE, "ends") == 1.0
    assert value(PAGE, SENTENCE, "tag_p") == 1.0
    assert value(PAGE, "Part", "heading") == 2.0
    assert value(PAGE, "Section number 19", "link_density") == 1.0
    assert value("<p>新闻</p>", "新闻", "wide") == 1.0


def test_what_its_boxes_are_called() -> None:
    assert value(PAGE, SENTENCE, "near_good") == 1.0
    assert value(PAGE, "Section number 19", "near_chrome") == 1.0


def test_neighbours_and_places() -> None:
    assert value(PAGE, "Part", "before1_ends") == 1.0
    assert value(PAGE, SENTENCE, "after1_heading") == 1.0
    assert value(PAGE, "Title", "before1_density") == 1.0
    assert value(PAGE, SENTENCE, "since_title") == 1.0
    assert value(PAGE, SENTENCE, "in_run") == 1.0
    assert value(PAGE, "Section number 19", "in_run") == 0.0


def test_the_container_with_the_prose_is_the_best() -> None:
    assert value(PAGE, SENTENCE, "in_best") == 1.0
    assert value(PAGE, "Section number 19", "in_best") == 0.0


def test_what_the_page_says_of_its_article() -> None:
    facts = PageFacts(title="Title", description=SENTENCE, linked_body=SENTENCE, declared=2.0)
    assert value(PAGE, "Title", "title_overlap", facts) == 1.0
    assert value(PAGE, SENTENCE, "in_description", facts) == 1.0
    assert value(PAGE, SENTENCE, "in_linked_body", facts) == 1.0
    assert value(PAGE, SENTENCE, "in_linked_body") == -1.0
    assert value(PAGE, SENTENCE, "declared", facts) == 2.0


def test_repeats_are_counted() -> None:
    assert value(f"<p>{SENTENCE}</p><p>Else.</p><p>{SENTENCE}</p>", SENTENCE, "repeats") == 2.0
