"""What is said twice at the top of a body: the title as its first line, the digest before the text."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import islice

from broadsheet.ingest.fragment import Element, first_child, remove, text_of
from broadsheet.ingest.plain_text import comparable

_SIGNED = re.compile(r"[（(][^（）()]{2,20}[）)]\s*$")
"""A digest often ends with the medium's name in brackets, where the text does not."""
_HEADLINE = re.compile(r"\s*【([^】]{4,120})】\s*")
_SENTENCE = re.compile(r"[。！？!?]|\.\s")
_LONGEST_DIGEST = 2_000
_LOOK_AT = 12
"""Blocks in which the sentences of a digest are looked for."""
_SHORTEST_DIGEST = 20
"""Characters that two beginnings must share before one is taken for the digest of the other."""


def drop_repeats(root: Element, title: str) -> None:
    """Remove from rebuilt blocks: leading lines that are the title, ``【title】``, a digest that the text repeats.

    Never the last thing there is: a body that only repeats the title stays.
    """
    first = first_child(root)
    while first is not None and first.getnext() is not None and (_is_title(first, title) or _is_digest(first)):
        remove(first)
        first = first_child(root)
    _cut_headline(root, title)


def _is_title(block: Element, title: str) -> bool:
    if block.tag == "hr":
        return True
    if block.tag not in {"p", "h2", "h3", "h4"} or any(True for _ in block.iter("img")):
        return False
    text = comparable(text_of(block)[: 2 * len(title) + 100])
    return bool(text) and text == comparable(title)


def _is_digest(first: Element) -> bool:
    """Return whether the first block only says what the text then says.

    A paragraph: what the next one begins with. A quotation or heading: sentences of the first few blocks.
    """
    if first.tag not in {"p", "blockquote", "h2", "h3"} or any(True for _ in first.iter("img", "a")):
        return False
    text = text_of(first)
    if len(text) > _LONGEST_DIGEST:
        return False
    digest = _SIGNED.sub("", text)
    if len(comparable(digest)) < _SHORTEST_DIGEST:
        return False
    if first.tag == "p":
        return _begins_with(first.getnext(), comparable(digest))
    rest = "".join(comparable(text_of(block)) for block in islice(first.itersiblings(), _LOOK_AT))[:20_000]
    return all(comparable(sentence) in rest for sentence in _SENTENCE.split(digest))


def _begins_with(block: Element | None, digest: str) -> bool:
    return block is not None and block.tag == "p" and comparable(text_of(block)).startswith(digest)


def _cut_headline(root: Element, title: str) -> None:
    """Cut ``【headline】`` off the first words, where it is the title, word for word or nearly."""
    first = first_child(root)
    while first is not None and first.tag == "p" and first.text:
        found = _HEADLINE.match(first.text)
        rest = first.text[found.end() :] if found else ""
        if found is None or not (rest or first_child(first) is not None) or not is_alike(found[1], title):
            return
        first.text = rest


def is_alike(one: str, other: str) -> bool:
    """Return whether two headlines are one, but for a word."""
    first, second = comparable(one)[:300], comparable(other)[:300]
    return bool(first) and (first == second or SequenceMatcher(None, first, second, autojunk=False).ratio() >= 0.75)
