"""Which blocks of a training page are the article, and how much each answer weighs."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from broadsheet.ingest.page_blocks import Block, Box
from training.pages import TrainingPage

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_NGRAM = 4
_ENOUGH = 0.6
"""Share of a block's 4-grams in the gold from which it is the article."""
_SUMMARY_WEIGHT = 0.3
"""Corpora disagree whether a standfirst belongs to the body."""
_LIST_WEIGHT = 0.2
_SHORTEST_PART = 12
"""Characters from which a block inside a wanted segment is told by it."""


@dataclass(frozen=True, slots=True)
class Label:
    """Whether a block is the article, and how sure and important that is; weight 0 where nobody knows."""

    wanted: bool
    weight: float


UNKNOWN = Label(wanted=False, weight=0.0)


def tokens(text: str) -> list[str]:
    """Return words; of scripts without spaces, characters."""
    return _TOKEN.findall(text)


def label(page: TrainingPage, blocks: Sequence[Block]) -> list[Label]:
    """Return the label of each block."""
    return _by_text(page, blocks) if page.paragraphs else _by_segments(page, blocks)


def _shingles(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + _NGRAM]) for i in range(len(words) - _NGRAM + 1)]


def _by_text(page: TrainingPage, blocks: Sequence[Block]) -> list[Label]:
    gold = {gram for text in ("\n".join(page.paragraphs), *page.paragraphs) for gram in _shingles(tokens(text))}
    summary = {gram for text in page.summary for gram in _shingles(tokens(text))} - gold
    lines = {" ".join(tokens(text)) for text in page.paragraphs}
    in_lines = "\n".join(f" {line} " for line in lines)
    size = sum(len(tokens(text)) for text in page.paragraphs)
    labels = []
    for block in blocks:
        words = tokens(block.text)
        weight = _importance(len(words), size)
        if len(words) < _NGRAM:
            line = " ".join(words)
            if line in lines:
                labels.append(Label(wanted=True, weight=weight))
            else:
                labels.append(Label(wanted=False, weight=weight * (0.2 if f" {line} " in in_lines else 1.0)))
            continue
        grams = _shingles(words)
        share = sum(gram in gold for gram in grams) / len(grams)
        told = sum(gram in summary for gram in grams) / len(grams)
        if share < _ENOUGH and told >= _ENOUGH:
            labels.append(Label(wanted=True, weight=weight * _SUMMARY_WEIGHT))
        else:
            doubt = 0.3 if 0.3 < share < 0.8 else 1.0
            labels.append(Label(wanted=share >= _ENOUGH, weight=weight * doubt))
    return _without_copies(blocks, _lenient_with_lists(blocks, labels))


def _lenient_with_lists(blocks: Sequence[Block], labels: list[Label]) -> list[Label]:
    """Make little of lists and tables inside an article that its gold lacks: golds often leave them out."""
    wanted = [index for index, found in enumerate(labels) if found.wanted]
    if not wanted:
        return labels
    lenient = list(labels)
    for index in range(wanted[0], wanted[-1]):
        block = blocks[index]
        if not labels[index].wanted and block.linked * 2 < len(block.text) and _is_listed(block):
            lenient[index] = Label(wanted=False, weight=labels[index].weight * _LIST_WEIGHT)
    return lenient


def _is_listed(block: Block) -> bool:
    box: Box | None = block.box
    for _ in range(3):
        if box is None:
            return False
        if box.tag in {"li", "td", "th", "dd", "dt"}:
            return True
        box = box.parent
    return False


def _importance(words: int, size: int) -> float:
    return min(100.0, 100.0 * (min(words, 150) + 3) / (size + 60)) + 0.3


def _without_copies(blocks: Sequence[Block], labels: list[Label]) -> list[Label]:
    """Of a text that stands twice, make the copy in the midst of the article the wanted one; the others unknown."""
    places: dict[str, list[int]] = defaultdict(list)
    for index, block in enumerate(blocks):
        if labels[index].wanted:
            places[" ".join(block.text.split())].append(index)
    mass = [float(found.wanted) * block.weight for found, block in zip(labels, blocks, strict=True)]
    settled = list(labels)
    for copies in places.values():
        if len(copies) > 1:
            around = [sum(mass[max(0, i - 8) : i + 9]) for i in copies]
            best = copies[max(range(len(copies)), key=lambda k: (around[k], -k))]
            for index in copies:
                if index != best:
                    settled[index] = UNKNOWN
    return settled


def _flat(text: str) -> str:
    return " ".join(text.split())


def _by_segments(page: TrainingPage, blocks: Sequence[Block]) -> list[Label]:
    wanted = [_flat(text) for text in page.wanted]
    unwanted = [_flat(text) for text in (*page.unwanted, *page.comments)]
    texts = Counter(_flat(block.text) for block in blocks)
    labels = []
    for block in blocks:
        text = _flat(block.text)
        yes = any(s in text or (len(text) >= _SHORTEST_PART and text in s) for s in wanted)
        no = any(s in text or (len(text) >= _SHORTEST_PART and text in s) for s in unwanted)
        if yes == no:
            labels.append(UNKNOWN)
        else:
            labels.append(Label(wanted=yes, weight=(5.0 if yes else 4.0) / texts[text]))
    return labels
