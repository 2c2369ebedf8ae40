"""The pages of one article as one: in order, and what every page repeats only once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from broadsheet.ingest.fragment import Element, elements, parse_fragment, remove, text_of, to_markup
from broadsheet.ingest.media import resolve_images, resolve_links
from broadsheet.ingest.plain_text import comparable
from broadsheet.model.article import ParsedArticle

MAX_CHARACTERS = 2_000_000
"""HTML of all pages together; what comes after is left out. A book of 300 pages has about 700,000."""
_REPEATED = 20
"""Letters from which a paragraph that stood on an earlier page is a repetition, and no answer like "Yes."."""
_BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "figcaption", "td", "dd", "pre", "div")


def join_pages(pages: Sequence[ParsedArticle]) -> ParsedArticle:
    """Return the first of ``pages`` with the text of the others after its own.

    Paragraphs and pictures that an earlier page has are left out; addresses are made absolute, each by its own page.
    The confidence is the lowest of all.
    """
    first = pages[0]
    if len(pages) == 1:
        return first
    tree = parse_fragment(first.html)
    texts, images = _texts(tree), _images(tree, first)
    parts, length = [first.html], len(first.html)
    for page in pages[1:]:
        tree = parse_fragment(page.html)
        shown = _images(tree, page)
        resolve_links(tree, page.base_url)
        added = _texts(tree)
        _drop_repeats(tree, texts, images)
        part = to_markup(tree)
        length += len(part)
        if length > MAX_CHARACTERS:
            break
        parts.append(part)
        texts |= added
        images |= shown
    return replace(first, html="\n".join(parts), confidence=min(page.confidence for page in pages))


def _texts(tree: Element) -> set[str]:
    texts = (comparable(text_of(block)) for block in elements(tree, *_BLOCKS))
    return {text for text in texts if len(text) >= _REPEATED}


def _images(tree: Element, page: ParsedArticle) -> set[str]:
    resolve_images(tree, page.base_url)
    return {source for image in tree.iter("img") if (source := image.get("src"))}


def _drop_repeats(tree: Element, texts: set[str], images: set[str]) -> None:
    for block in elements(tree, *_BLOCKS):
        if comparable(text_of(block)) in texts:
            remove(block)
    for image in elements(tree, "img"):
        if image.get("src") in images:
            remove(image)
