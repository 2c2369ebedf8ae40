"""From the blocks that were chosen to the body: their elements in place, with pictures, without the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from broadsheet.ingest.fragment import Element, elements, is_element, remove, text_of
from broadsheet.ingest.media import shows_image
from broadsheet.ingest.page_blocks import HEADINGS, INLINE, PLAYERS, Block, Box, PageBlocks, Picture
from broadsheet.ingest.page_names import GROUPS

_LONGEST_CAPTION = 600
"""Weight up to which the text beside a picture is its caption."""
_SHOWS = re.compile(
    r"youtu|vimeo|dailymotion|twitter|//x\.com|instagram|facebook\.com/(?:plugins|watch)|tiktok|soundcloud|spotify|bilibili"
    r"|datawrapper|infogram|flourish|/maps|openstreetmap|podcast|embed|player|video",
    re.IGNORECASE,
)
"""Addresses of frames that show something a reader may want; all others are advertisements until proven otherwise."""
_UNSHOWN = ("style", "hidden", "aria-hidden")
_HINTS = re.compile(r"(?:^|\s)(?:sr-only|visually-?hidden|screen-reader-(?:text|only))(?=\s|$)")
_LONGEST_HINT = 200
"""Characters up to which what is there for screen readers is a hint, and not the text."""
_STRUCTURE = frozenset({"hr", "br", "wbr", "col", "colgroup"})


def build_body(page: PageBlocks, kept: Sequence[bool]) -> Element | None:
    """Return the smallest element that holds all kept blocks, freed of everything else; None where none is kept.

    The tree that ``page`` was read from is changed. Pictures stay where they stand among kept blocks, with their
    captions, which need not be kept themselves; headings stay where text follows.
    """
    chosen = without_idle_headings(page.blocks, kept)
    if not any(chosen):
        return None
    counts = _counts(chosen)
    top = _holder(page, chosen)
    wanted: set[Element] = set()
    for picture in page.pictures:
        _keep_picture(page, picture, top, chosen, counts, wanted)
    for block, keep in zip(page.blocks, chosen, strict=True):
        for element, is_tail in block.slots:
            if keep:
                wanted.add(parent if is_tail and (parent := element.getparent()) is not None else element)
            elif is_tail:
                element.tail = None
            else:
                element.text = None
    _prune(top.element, _with_ancestors(wanted))
    return top.element


def without_idle_headings(blocks: Sequence[Block], kept: Sequence[bool]) -> list[bool]:
    """Return ``kept`` without headings that no kept text follows before the next heading of their level or above."""
    chosen = list(kept)
    under: int | None = None
    for index in range(len(blocks) - 1, -1, -1):
        if not chosen[index]:
            continue
        tag = blocks[index].box.tag
        if tag not in HEADINGS:
            under = 9
        elif under is None or int(tag[1]) >= under:
            chosen[index] = False
        else:
            under = int(tag[1])
    return chosen


def _counts(chosen: Sequence[bool]) -> list[int]:
    counts = [0]
    for keep in chosen:
        counts.append(counts[-1] + keep)
    return counts


def _holder(page: PageBlocks, chosen: Sequence[bool]) -> Box:
    first = chosen.index(True)
    last = len(chosen) - 1 - chosen[::-1].index(True)
    box = page.blocks[first].box
    while box.parent is not None and not box.first <= last < box.last:
        box = box.parent
    # A lone paragraph or item is taken with what it stands in.
    while box.parent is not None and box.tag in {"p", "li", "td", "tr", "tbody", "dd", "dt", *HEADINGS}:
        box = box.parent
    return box


def _keep_picture(
    page: PageBlocks, picture: Picture, top: Box, chosen: list[bool], counts: list[int], wanted: set[Element]
) -> None:
    """Keep a picture that stands between kept text, and what is written under it."""
    if not _is_inside(picture.box, top) or not _shows(picture.element):
        return
    figure = _figure(picture.box, top)
    box = figure or picture.box
    while box is not top and box.first == box.last and box.parent is not None:
        box = box.parent
    if figure is None and box is not top and counts[box.last] == counts[box.first]:
        return
    if figure is not None and counts[figure.last] == counts[figure.first]:
        around = figure.parent or top
        while (
            around is not top and around.parent is not None and around.last - around.first == figure.last - figure.first
        ):
            around = around.parent
        if counts[around.last] == counts[around.first]:
            return
        _keep_caption(page, figure, chosen)
    wanted.add(picture.element)


def _keep_caption(page: PageBlocks, figure: Box, chosen: list[bool]) -> None:
    figure.element.tag = "figure"
    captions = [
        index
        for index in range(figure.first, figure.last)
        if page.blocks[index].linked * 2 <= len(page.blocks[index].text)
        and page.blocks[index].box.tag not in {"button", "li"}
    ]
    for index in captions:
        box = page.blocks[index].box
        chosen[index] = True
        if box is not figure and not any(ancestor.tag == "figcaption" for ancestor in _up(box, figure)):
            box.element.tag = "figcaption"
        elif box is figure:
            _name_caption(page.blocks[index], figure.element)


def _name_caption(block: Block, figure: Element) -> None:
    """Make the inline element that holds a caption what it is."""
    element, is_tail = block.slots[0]
    for outer in (element, *element.iterancestors()):
        if outer.getparent() is figure:
            if not is_tail and outer.tag in INLINE:
                outer.tag = "figcaption"
            return


def _up(box: Box, top: Box) -> list[Box]:
    chain = []
    outer: Box | None = box
    while outer is not None and outer is not top:
        chain.append(outer)
        outer = outer.parent
    return chain


def _figure(box: Box, top: Box) -> Box | None:
    """Return the box that is a picture with its caption: a ``figure``, or one that calls itself so and is short."""
    for outer in _up(box, top):
        if outer.weight > _LONGEST_CAPTION:
            return None
        if outer.tag == "figure" or (outer.names & GROUPS["caption"] and 0 < outer.last - outer.first <= 3):
            return outer
    return None


def _is_inside(box: Box, top: Box) -> bool:
    outer: Box | None = box
    while outer is not None:
        if outer is top:
            return True
        outer = outer.parent
    return False


def _shows(element: Element) -> bool:
    if element.tag not in PLAYERS:
        following = element.getnext()
        return shows_image(element) or (
            following is not None and following.tag == "noscript" and any(map(shows_image, following.iter("img")))
        )
    if element.tag in {"video", "audio", "amp-youtube"}:
        return True
    return _SHOWS.search(element.get("src") or element.get("data-src") or element.get("data") or "") is not None


def _with_ancestors(wanted: set[Element]) -> set[Element]:
    found = set(wanted)
    for element in wanted:
        for ancestor in element.iterancestors():
            if ancestor in found and ancestor not in wanted:
                break
            found.add(ancestor)
    return found


def _prune(top: Element, wanted: set[Element]) -> None:
    """Take out of ``top`` what is neither wanted nor holds anything that is, and show what was hidden around it."""
    for element in elements(top):
        if element in wanted:
            _show(element)
        elif element.tag not in _STRUCTURE and not _is_part_of(element, wanted):
            remove(element)
    _show(top)
    for node in list(top.iter()):
        if not is_element(node) and not (node.text or "").strip().startswith("EM_"):
            remove(node)


def _is_part_of(element: Element, wanted: set[Element]) -> bool:
    """Return whether an element is part of a picture or player, or a cell that keeps others in their columns."""
    if element.tag in {"td", "th"}:
        for inner in list(element):
            remove(inner)
        return any(sibling in wanted for sibling in element.itersiblings())
    if element.tag == "noscript":
        previous = element.getprevious()
        return previous is not None and previous in wanted and next(element.iter("img"), None) is not None
    # Parsers of HTML 4 take ``source`` for an element that can hold the ``img`` after it.
    return any(outer in wanted and outer.tag in {"picture", *PLAYERS} for outer in islice(element.iterancestors(), 4))


def _show(element: Element) -> None:
    for name in _UNSHOWN:
        if name in element.attrib:
            del element.attrib[name]
    named = element.get("class")
    if named and _HINTS.search(named) and len(text_of(element)) > _LONGEST_HINT:
        element.set("class", _HINTS.sub("", named))
