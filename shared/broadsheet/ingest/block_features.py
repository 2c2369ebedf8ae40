"""What is known of a block, as numbers: itself, the boxes around it, its neighbours, the page.

The features carry over between languages and sites: shapes and proportions, punctuation, what names of classes say in
general. No site is named here. A change of order or meaning needs a newly trained model.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from broadsheet.ingest.block_words import SUBJECTS, speaks_of
from broadsheet.ingest.page_blocks import Block, Box, PageBlocks
from broadsheet.ingest.page_names import GROUPS

Row = list[float]

_STOPS = re.compile(r"[.!?。！？…।։؟။]")
_COMMAS = re.compile(r"[,，、;；،]")
_DIGITS = re.compile(r"\d")
_MARKS = re.compile(r"[|›»•·/>:：→▶©®]")
_UPPER = re.compile(r"[A-ZÄÖÜÀ-Þ]")
_QUOTES = re.compile('["“”„«»‘’「」『』]')
_ENDS = ".!?。！？…।։؟။"
_CLOSERS = "\"'”’»)]）」』›“"
_DATE = re.compile(r"(?:19|20)\d\d\s*[-./年]|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\b\d{1,2}:\d{2}\b|(?:19|20)\d\d\b")
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_TAGS = ("p", "li", "td", "div", "figcaption")
_AROUND = ("article", "main", "aside", "header", "footer", "form", "table", "ul", "blockquote", "figure", "section")
_NAMED = ("body", "good", "chrome", "byline", "facts", "caption", "summary", "box", "title")
_BAD = sum(GROUPS[name] for name in ("comment", "related", "social", "ad", "sell"))
"""Groups of names that bode ill, counted together."""
_PROSE_WEIGHT = 60
"""Weight from which a block with a sentence's end in it counts as prose."""
_REACH = 3
_NOWHERE = 1_000_000
_MENU_LINKED = 0.8
_MENU_DISTANCE = 8
_LOSS = 60
"""Weight of prose that a block without any costs a run, at most, beside its links."""

OWN = (
    "weight", "link_density", "links", "bold_density", "stops", "commas", "digits", "marks", "upper", "quotes", "ends",
    "starts_upper", "starts_mark", "wide", "word_length", "has_date", "title_overlap",
    "in_description", "in_linked_body", "repeats", "heading", "lines_in_box", "share_of_box", "pictures_before",
    "hidden", "depth", *(f"says_{name}" for name in SUBJECTS), *(f"tag_{tag}" for tag in _TAGS),
)  # fmt: skip
NAMED = (
    *(f"{place}_{name}" for place in ("own", "near", "above") for name in (*_NAMED, "bad", "hidden")),
    *(f"in_{tag}" for tag in _AROUND),
)  # fmt: skip
AROUND = (
    "parent_weight", "parent_density", "parent_blocks", "parent_prose", "holder_weight", "holder_density",
    "holder_blocks", "holder_prose", "outer_density", "outer_prose", "same_count", "same_weight", "same_density",
    "same_prose", "same_in_best", "same_in_dense", "same_in_run", "in_run", "to_run", "run_share", "in_best",
    "from_best", "best_to_block", "place_in_best", "best_share", "in_dense", "from_dense", "place_in_dense",
    "dense_share", "best_is_dense", "place", "text_before", "after_title", "since_title", "to_title", "from_title",
    "prose_before", "prose_after", "to_prose_before", "to_prose_after", "window5", "window5_density", "window15",
    "window15_density", "page_weight", "page_prose", "page_blocks", "page_density", "declared",
)  # fmt: skip
_FIRST_BESIDE = ("weight", "density", "distance", "same_kind", "ends", "heading", "same_box")
_FURTHER_BESIDE = _FIRST_BESIDE[:4]
BESIDE = tuple(
    f"{side}{step}_{what}"
    for side in ("before", "after")
    for step in range(1, _REACH + 1)
    for what in (_FIRST_BESIDE if step == 1 else _FURTHER_BESIDE)
)
_NAMED_BITS = tuple(GROUPS[name] for name in _NAMED)
_OWN_BAD = len(OWN) + len(_NAMED)
FEATURES: tuple[str, ...] = (*OWN, *NAMED, *AROUND, *BESIDE)
"""Names of the columns, in the order of a row."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What the page says of its article outside of the text; "" where it does not."""

    title: str = ""
    description: str = ""
    linked_body: str = ""
    """``articleBody`` of JSON-LD."""
    declared: float = 0.0
    """2 for a page that declares itself a news article, 1 for any other article."""


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def _length(value: float) -> float:
    return log(1.0 + value)


class _Page:
    """The page as a whole: its boxes summed up and its best containers found."""

    def __init__(self, page: PageBlocks) -> None:
        self.blocks = page.blocks
        self.prose = [is_prose(block) for block in page.blocks]
        self.last_prose, self.next_prose = self._nearest_prose()
        self.weight = self.linked = self.prose_weight = 0
        self.by_signature: dict[int, list[int]] = {}
        for index, block in enumerate(page.blocks):
            box: Box | None = block.box
            prose = block.weight if self.prose[index] else 0
            self.weight += block.weight
            self.linked += block.linked
            self.prose_weight += prose
            sums = self.by_signature.setdefault(block.box.signature, [0, 0, 0, 0, 0, 0, 0])
            sums[0] += 1
            sums[1] += block.weight
            sums[2] += block.linked
            sums[3] += prose
            share = 1.0
            value = 1.0 + min(block.weight / 100, 5.0) + len(_COMMAS.findall(block.text)) if prose else 0.0
            step = 0
            while box is not None:
                box.weight += block.weight
                box.linked += block.linked
                box.prose += prose
                if value and step < 4:
                    box.score += value * share
                    share *= 0.6
                step += 1
                box = box.parent
        self.best = max(page.boxes, key=_readability, default=None)
        self.dense = max(page.boxes, key=_density, default=None)
        self.run = self._longest_run()
        for index, block in enumerate(page.blocks):
            if self.prose[index]:
                sums = self.by_signature[block.box.signature]
                for place, (first, last) in enumerate((_span(self.best), _span(self.dense), self.run), 4):
                    if first <= index < last:
                        sums[place] += block.weight

    def is_menu(self, index: int) -> bool:
        """Return whether a block is little but links, and far from any prose."""
        block = self.blocks[index]
        return (
            block.linked >= _MENU_LINKED * len(block.text)
            and index - self.last_prose[index] > _MENU_DISTANCE
            and self.next_prose[index] - index > _MENU_DISTANCE
        )

    def _nearest_prose(self) -> tuple[list[int], list[int]]:
        """Return for each block where the last prose before it and the next after it is, far outside for none."""
        count = len(self.blocks)
        last, following = [_NOWHERE] * count, [_NOWHERE] * count
        seen = -_NOWHERE
        for index in range(count):
            last[index] = seen
            if self.prose[index]:
                seen = index
        seen = _NOWHERE
        for index in range(count - 1, -1, -1):
            following[index] = seen
            if self.prose[index]:
                seen = index
        return last, following

    def _longest_run(self) -> tuple[int, int]:
        """Return where the run of blocks begins and ends that has most prose and least else, whatever holds it."""
        best = gain = 0
        run = (0, 0)
        start = 0
        for index, block in enumerate(self.blocks):
            gain += block.weight if self.prose[index] else -min(_LOSS, block.weight + _LOSS // 4) - block.linked
            if gain <= 0:
                gain, start = 0, index + 1
            elif gain > best:
                best, run = gain, (start, index + 1)
        return run


def _span(box: Box | None) -> tuple[int, int]:
    return (box.first, box.last) if box is not None else (0, 0)


def is_prose(block: Block) -> bool:
    """Return whether a block reads like sentences rather than like labels or links."""
    return block.weight >= _PROSE_WEIGHT and block.linked * 2 < block.weight and _STOPS.search(block.text) is not None


def _readability(box: Box) -> float:
    score = box.score
    if box.names & GROUPS["body"]:
        score *= 1.25
    if box.names & (GROUPS["comment"] | GROUPS["related"]):
        score *= 0.7
    return score * (1 - min(1.0, box.linked / (box.weight or 1)))


def _density(box: Box) -> float:
    """Return how much prose a box holds, less what is none: the whole page loses to the element around the article."""
    return box.prose - 1.0 * (box.weight - box.prose) - 2.0 * box.linked


def feature_rows(page: PageBlocks, facts: PageFacts) -> list[Row | None]:
    """Return a row of ``FEATURES`` for each block of ``page``, None for those that are plainly no article.

    These are the links far from any prose, half of a usual page. The sums of its boxes are filled in on the way.
    """
    whole = _Page(page)
    rows: list[Row | None] = [None] * len(page.blocks)
    looked_at = [index for index in range(len(rows)) if not whole.is_menu(index)]
    own = _own_rows(page, facts, looked_at)
    around = _around_rows(whole, facts, looked_at)
    beside = _beside_rows(page, looked_at)
    named: dict[int, Row] = {}
    for index, first, second, third in zip(looked_at, own, around, beside, strict=True):
        block = page.blocks[index]
        key = id(block.box)
        if key not in named:
            named[key] = _named_row(block.box)
        row = first + named[key] + second + third
        if block.inline_names:
            row[_OWN_BAD] += float((block.inline_names & _BAD).bit_count())
        rows[index] = row
    return rows


def _own_rows(page: PageBlocks, facts: PageFacts, looked_at: Sequence[int]) -> list[Row]:
    plains = [_plain(block.text) for block in page.blocks]
    counts = Counter(plains)
    title_words = set(facts.title.casefold().split()) or set(facts.title)
    description = _plain(facts.description)
    linked = _plain(facts.linked_body)
    rows = []
    for index in looked_at:
        block, plain = page.blocks[index], plains[index]
        text, weight, box = block.text, block.weight, block.box
        length = len(text)
        words = text.split(" ")
        last = text.rstrip(_CLOSERS)[-1:] or text[-1]
        first = text[0]
        overlap = 0.0
        if title_words and length < 400:
            spoken = set(text.casefold().split())
            overlap = len(spoken & title_words) / len(title_words | spoken)
        tag = box.tag
        rows.append(
            [
                _length(weight),
                block.linked / length,
                float(block.links),
                block.bold / length,
                len(_STOPS.findall(text)) * 100 / (weight + 20),
                len(_COMMAS.findall(text)) * 100 / (weight + 20),
                len(_DIGITS.findall(text)) / length,
                len(_MARKS.findall(text)) * 10 / (length + 10),
                len(_UPPER.findall(text)) / length,
                min(4.0, len(_QUOTES.findall(text))),
                float(last in _ENDS),
                1.0 if first.isupper() else 0.5 if first.islower() else 0.0,
                float(not first.isalnum()),
                (weight - length) / length,
                length / len(words),
                float(_DATE.search(text) is not None),
                overlap,
                float(len(plain) > 30 and plain[:60] in description),
                -1.0 if not linked else float(plain[:80] in linked) if len(plain) > 20 else 0.5,
                float(counts[plain]),
                float(_HEADINGS.get(tag, 0)),
                float(box.last - box.first),
                weight / (box.weight or 1),
                float(block.pictures),
                float(box.hidden),
                float(box.depth),
                *speaks_of(text),
                *(float(tag == name) for name in _TAGS),
            ]
        )
    return rows


def _named_row(box: Box) -> Row:
    near = box.parent.names if box.parent else 0
    tags: set[str] = set()
    outer: Box | None = box
    while outer is not None:
        tags.add(outer.tag)
        outer = outer.parent
    return [*_named(box.names), *_named(near), *_named(box.above), *(float(tag in tags) for tag in _AROUND)]


def _named(names: int) -> Row:
    return [
        *(float(names & bit > 0) for bit in _NAMED_BITS),
        float((names & _BAD).bit_count()),
        float(names & GROUPS["hidden"] > 0),
    ]


def _steps(box: Box, target: Box) -> tuple[bool, int, int]:
    """Return whether ``box`` is inside ``target``, and the steps up from each to the box that holds both."""
    chain: dict[int, int] = {}
    outer: Box | None = target
    while outer is not None:
        chain[id(outer)] = len(chain)
        outer = outer.parent
    up = 0
    outer = box
    while outer is not None and id(outer) not in chain:
        up += 1
        outer = outer.parent
    down = chain[id(outer)] if outer is not None else 0
    return down == 0, up, down


def _to_target(box: Box, target: Box | None, cache: dict[int, tuple[bool, int, int]]) -> tuple[bool, int, int]:
    if target is None:
        return False, 0, 0
    found = cache.get(id(box))
    if found is None:
        found = cache[id(box)] = _steps(box, target)
    return found


def _around_rows(whole: _Page, facts: PageFacts, looked_at: Sequence[int]) -> list[Row]:
    blocks = whole.blocks
    count = len(blocks)
    weights = [0]
    links = [0]
    prose = [0]
    title = _plain(facts.title)
    title_at = -1
    for index, block in enumerate(blocks):
        weights.append(weights[-1] + block.weight)
        links.append(links[-1] + block.linked)
        prose.append(prose[-1] + (block.weight if whole.prose[index] else 0))
        if title_at < 0 and (block.box.tag == "h1" or (title and len(title) > 8 and _plain(block.text) == title)):
            title_at = index
    title_box = blocks[title_at].box if title_at >= 0 else None
    to_title: dict[int, tuple[bool, int, int]] = {}
    last_prose, next_prose = whole.last_prose, whole.next_prose
    total, all_prose = whole.weight or 1, whole.prose_weight or 1
    best, dense = whole.best, whole.dense
    to_best: dict[int, tuple[bool, int, int]] = {}
    to_dense: dict[int, tuple[bool, int, int]] = {}
    best_is_dense = float(best is dense)
    begin, end = whole.run
    rows = []
    for index in looked_at:
        box = blocks[index].box
        parent = box.parent or box
        holder = parent.parent or parent
        outer = holder.parent or holder
        same = whole.by_signature[box.signature]
        inside, up, down = _to_target(box, best, to_best)
        in_dense, dense_up, dense_down = _to_target(box, dense, to_dense)
        low5, high5 = max(0, index - 5), min(count, index + 6)
        low15, high15 = max(0, index - 15), min(count, index + 16)
        near, wide = weights[high5] - weights[low5], weights[high15] - weights[low15]
        rows.append(
            [
                _length(box.weight),
                box.linked / (box.weight or 1),
                _length(box.last - box.first),
                box.prose / (box.weight or 1),
                _length(parent.weight),
                parent.linked / (parent.weight or 1),
                _length(parent.last - parent.first),
                parent.prose / (parent.weight or 1),
                holder.linked / (holder.weight or 1),
                holder.prose / (holder.weight or 1) if outer is holder else outer.prose / (outer.weight or 1),
                _length(same[0]),
                _length(same[1] / same[0]),
                same[2] / (same[1] or 1),
                same[3] / (same[1] or 1),
                same[4] / (same[3] or 1),
                same[5] / (same[3] or 1),
                same[6] / (same[3] or 1),
                float(begin <= index < end),
                float(max(-30, index - begin) if index < begin else min(30, index - end + 1) if index >= end else 0),
                (prose[end] - prose[begin]) / all_prose,
                float(inside),
                float(up),
                float(down),
                (index - best.first) / (best.last - best.first or 1)
                if inside and best
                else -1.0
                if best and index < best.first
                else 2.0,
                best.prose / all_prose if best else 0.0,
                float(in_dense),
                float(dense_up + dense_down),
                (index - dense.first) / (dense.last - dense.first or 1)
                if in_dense and dense
                else -1.0
                if dense and index < dense.first
                else 2.0,
                dense.prose / all_prose if dense else 0.0,
                best_is_dense,
                index / count,
                weights[index] / total,
                float(title_at >= 0 and index > title_at),
                float(max(-40, min(40, index - title_at))) if title_at >= 0 else -50.0,
                float(_to_target(box, title_box, to_title)[1]),
                float(_to_target(box, title_box, to_title)[2]),
                prose[index] / all_prose,
                (prose[-1] - prose[index + 1]) / all_prose,
                float(min(30, index - last_prose[index])) if last_prose[index] >= 0 else 40.0,
                float(min(30, next_prose[index] - index)) if next_prose[index] < count else 40.0,
                (prose[high5] - prose[low5]) / (near or 1),
                (links[high5] - links[low5]) / (near or 1),
                (prose[high15] - prose[low15]) / (wide or 1),
                (links[high15] - links[low15]) / (wide or 1),
                _length(total),
                prose[-1] / total,
                _length(count),
                links[-1] / total,
                facts.declared,
            ]
        )
    return rows


_NOTHING: Row = [-1.0, -1.0, 20.0, 0.0, 0.0, 0.0, 0.0]


def _beside_rows(page: PageBlocks, looked_at: Sequence[int]) -> list[Row]:
    blocks = page.blocks
    shapes = [(_length(block.weight), block.linked / len(block.text)) for block in blocks]
    rows = []
    for index in looked_at:
        block = blocks[index]
        row: Row = []
        for side in (-1, 1):
            for step in range(1, _REACH + 1):
                other = index + side * step
                if not 0 <= other < len(blocks):
                    row += _NOTHING if step == 1 else _NOTHING[: len(_FURTHER_BESIDE)]
                    continue
                box = blocks[other].box
                row += shapes[other]
                row.append(_distance(block.box, box))
                row.append(float(block.box.signature == box.signature))
                if step == 1:
                    row.append(float((blocks[other].text.rstrip(_CLOSERS)[-1:] or " ") in _ENDS))
                    row.append(float(box.tag in _HEADINGS))
                    row.append(float(box is block.box))
        rows.append(row)
    return rows


def _distance(one: Box, other: Box) -> float:
    """Return the steps from one box to the other, up and down again, at most 20."""
    first: Box | None = one
    second: Box | None = other
    steps = 0
    while first is not second and first is not None and second is not None and steps < 20:
        if first.depth >= second.depth:
            first = first.parent
        else:
            second = second.parent
        steps += 1
    return float(steps)
