from __future__ import annotations

import pytest

from broadsheet.ingest.fragment import parse_document
from broadsheet.ingest.page_blocks import PageBlocks, segment
from broadsheet.ingest.page_names import GROUPS, groups_of

SENTENCE = "The council met on Tuesday, and for the first time in years it agreed on something."


def blocks_of(body: str, title: str = "") -> PageBlocks:
    return segment(parse_document(f"<html><body>{body}</body></html>"), title)


def texts_of(body: str, title: str = "") -> list[str]:
    return [block.text for block in blocks_of(body, title).blocks]


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ("<p>One</p><p>Two</p>", ["One", "Two"]),
        ("<div>Bare <b>text</b> and<p>a paragraph</p>then more</div>", ["Bare text and", "a paragraph", "then more"]),
        ("<p>In<i>line</i> elements <a href=x>do</a> not cut.</p>", ["Inline elements do not cut."]),
        ("<a href=x><h3>Card</h3><p>Its text</p></a>", ["Card", "Its text"]),
        ("<table><tr><td>A<td>B</table>", ["A", "B"]),
        ("<p>Seen<script>var x = 'unseen'</script></p><style>p {}</style>", ["Seen"]),
        ("<p>  white \n\t space &nbsp; folded </p>", ["white space folded"]),
        ("<!-- no --><p>Yes<!-- no --> indeed</p>", ["Yes indeed"]),
    ],
)
def test_a_block_is_what_stands_between_two_block_borders(body: str, texts: list[str]) -> None:
    assert texts_of(body) == texts


def test_a_doubled_break_ends_a_paragraph_and_a_single_one_ends_a_long_line_only() -> None:
    assert texts_of("<div>One.<br><br>Two.</div>") == ["One.", "Two."]
    assert texts_of("<div>Roses are red,<br>violets are blue.</div>") == ["Roses are red, violets are blue."]
    assert texts_of(f"<div>{SENTENCE}<br>{SENTENCE}</div>") == [SENTENCE, SENTENCE]


def test_words_are_not_glued_where_a_short_line_ends() -> None:
    assert texts_of("<div>1 Main Street<br>Springfield</div>") == ["1 Main Street Springfield"]


def test_links_and_bold_type_are_measured() -> None:
    (block,) = blocks_of("<p><a href=x>Four</a> and <b>bold</b></p>").blocks
    assert (block.linked, block.links, block.bold, block.weight) == (4, 1, 4, 13)


def test_wide_characters_weigh_two() -> None:
    (block,) = blocks_of("<p>新闻ab</p>").blocks
    assert block.weight == 6


def test_slots_are_exactly_the_strings_of_a_block() -> None:
    for block in blocks_of("<div>one <b>two</b> three<p>four</p>five</div>").blocks:
        strings = [(element.tail if tail else element.text) or "" for element, tail in block.slots]
        assert " ".join("".join(strings).split()) == block.text


def test_boxes_know_the_range_of_their_blocks() -> None:
    page = blocks_of("<div id=a><p>1</p><p>2</p></div><div id=b><p>3</p></div>")
    ranges = {box.element.get("id"): (box.first, box.last) for box in page.boxes if box.tag == "div"}
    assert ranges == {"a": (0, 2), "b": (2, 3)}


def test_hidden_boxes_say_so_with_all_inside() -> None:
    page = blocks_of("<div style='display: none'><p>hidden</p></div><p>shown</p>")
    assert [block.box.hidden for block in page.blocks] == [True, False]


@pytest.mark.parametrize(
    "holder",
    ["<div id=comments>{}</div>", "<ol class=commentlist>{}</ol>", "<section class='article-comments'>{}</section>",
     "<div class=kommentare>{}</div>", "<div id=disqus_thread>{}</div>"],
)  # fmt: skip
def test_comments_of_readers_are_left_out(holder: str) -> None:
    article = "".join(f"<p>{SENTENCE} {number}</p>" for number in range(4))
    assert texts_of(article + holder.format("<p>I do not agree at all with this article.</p>")) == [
        f"{SENTENCE} {number}" for number in range(4)
    ]


def test_a_page_of_comments_alone_is_read_with_them() -> None:
    assert texts_of("<h1>Thread</h1><ol class=commentlist><li>First post</li></ol>") == ["Thread", "First post"]


def test_a_wrapper_named_after_comments_keeps_the_article_in_it() -> None:
    assert texts_of(f"<div class='comments'><h1>Title</h1><p>{SENTENCE * 4}</p></div>")[0] == "Title"


def test_of_several_stories_that_under_the_title_is_read() -> None:
    stories = "".join(f"<article><h1>Story {n}</h1><p>{SENTENCE}</p></article>" for n in (1, 2, 3))
    assert texts_of(stories, "Story 2") == ["Story 2", SENTENCE]
    assert texts_of(stories) == ["Story 1", SENTENCE]


def test_a_teaser_inside_of_the_story_does_not_count_as_another_story() -> None:
    story = f"<article><h1>Story</h1><p>{SENTENCE}</p><article><h1>Teaser</h1></article></article>"
    assert texts_of(story, "Story") == ["Story", SENTENCE, "Teaser"]


@pytest.mark.parametrize(
    ("named", "group"),
    [("article-body", "body"), ("c-related-links", "related"), ("main-nav", "chrome"), ("share-tools", "social"),
     ("newsletter-form", "sell"), ("byline__author", "byline"), ("img-caption", "caption"), ("ad slot", "ad")],
)  # fmt: skip
def test_names_fall_into_groups(named: str, group: str) -> None:
    assert groups_of(named) & GROUPS[group]


def test_a_word_that_merely_contains_ad_is_no_advertisement() -> None:
    assert not groups_of("headline loading") & GROUPS["ad"]
