"""The article on a page: which of its blocks are the article, and the body made of them.

A page is parsed once. Candidates for its body are made in the order of trust; the first that stands wins: what a
site's recipe selects, then the blocks that the scorer chooses (:mod:`broadsheet.ingest.block_scorer`). What comes out
is cleaned like any other fragment (:mod:`broadsheet.ingest.clean`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from broadsheet.ingest.block_features import PageFacts
from broadsheet.ingest.block_scorer import score_blocks
from broadsheet.ingest.dates import parse_date
from broadsheet.ingest.encoding import decode
from broadsheet.ingest.evidence import Evidence, decided, seen
from broadsheet.ingest.fragment import Element, elements, parse_document, remove, text_of, to_markup
from broadsheet.ingest.junk import strip_by_rules
from broadsheet.ingest.metadata import Metadata, read_metadata, source_line
from broadsheet.ingest.names import distinct, names_in
from broadsheet.ingest.page_blocks import HEADINGS, Block, Box, PageBlocks, segment
from broadsheet.ingest.page_body import build_body
from broadsheet.ingest.plain_text import comparable
from broadsheet.ingest.recipe import RecipeResult, apply_recipe, drop_json_ld, prepare_text
from broadsheet.ingest.recipe_text import Recipe
from broadsheet.model.article import ParsedArticle, SourceDocument
from broadsheet.model.errors import ArticleRejected

FLOOR = 100
"""Weight of chosen text (a Chinese character counts two) below which a page has no article."""
THRESHOLDS = {2.0: 0.55, 1.0: 0.45, 0.0: 0.45}
"""Probability from which a block belongs to the article, by what the page declares itself to be: the pages of news
sites are full of additions that read like the article, other pages of lists and short lines that are part of it."""
LAST_THRESHOLD = 0.3
"""The same where nothing else is found: an article in doubt, and a low confidence, before none."""
HEADING_THRESHOLD = 0.3
"""The same for a heading between kept text."""
LIST_THRESHOLD = 0.2
"""The same for the lines of a list between kept paragraphs."""
_TWICE = 25
"""Characters from which a text that stands twice is kept once."""
_EDGE_LINE = 120
"""Weight up to which a line at an edge of the chosen text may be no part of it."""
_EDGE_WORD = 20
_SURE_WORD = 0.75
"""A word or two at an edge is kept from this probability on."""
_SENTENCE_ENDS = ".!?。！？…”’』」\"'"
_EDGE = re.compile(
    r"(?:19|20)\d\d\s*[-年/.]\s*\d{1,2}\s*[-月/.]\s*\d{1,2}|^\s*(?:来源|來源|作者|责任编辑|编辑|记者|稿源)\s*[:：]"
    r"|打印|关闭窗口|返回顶部|字号|【大"
)
_AROUND = 6
"""Blocks on both sides that tell which of two copies stands in the article."""
_RECIPE_FLOOR = 0.5
"""Score from which what a recipe selects is taken unseen; below, it found next to nothing (the site was rebuilt?)."""
_NEWS = re.compile(r'"@type"\s*:\s*\[?\s*"(?:\w*NewsArticle|LiveBlogPosting|OpinionNewsArticle)"')
_ARTICLE = re.compile(r'"@type"\s*:\s*\[?\s*"(?:\w*Article|BlogPosting|Report)"')
_LINKED_BODY = re.compile(r'"articleBody"\s*:\s*("(?:[^"\\]|\\.)*+")')


@dataclass(frozen=True, slots=True)
class BlockDecision:
    """What was decided of one block of a page, for people to read."""

    path: str
    """Its element and those around it, the innermost first."""
    text: str
    probability: float
    kept: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible body: who made it, how good it is (0 to 1), and why. ``html`` is unsanitised; "" is no body."""

    method: str
    html: str
    score: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """All candidates of a page, the winner first, and the decisions on its blocks."""

    candidates: tuple[Candidate, ...]
    blocks: tuple[BlockDecision, ...]


def extract_page(
    document: SourceDocument,
    *,
    strip: Sequence[str] = (),
    strip_id_or_class: Sequence[str] = (),
    timezone: str = "UTC",
    recipe: Recipe | None = None,
) -> ParsedArticle:
    """Return the article on a page, its body as an unsanitised fragment.

    ``strip`` (XPath) and ``strip_id_or_class`` are the source's rules, applied first. Dates without a zone are in
    ``timezone`` (IANA). ``recipe`` is the site's; what it finds is trusted before all else. ``confidence`` is the mean
    probability of what was chosen, 1 for what a recipe selects. Raises ArticleRejected where too little text looks
    like an article, where the recipe calls the page an advertisement, or past the bounds of ``html_limits``.
    """
    root, facts = _read(document, timezone, recipe)
    source = source_line(root)
    strip_by_rules(root, strip, strip_id_or_class)
    candidates: list[Candidate] = []
    if recipe is not None:
        told = apply_recipe(root, recipe, document.url)
        facts = _facts_with_recipe(facts, recipe, told, timezone)
        candidates = candidates_from_recipe(recipe, told, document.url)
    if not candidates or candidates[0].score < _RECIPE_FLOOR:
        candidates.append(_choose(root, facts)[0])
    best = winner(candidates)
    if not best.html:
        raise ArticleRejected(f"no article found in {document.url}: {'; '.join(best.reasons)}")
    return _parsed(facts, best.html, source=source, method=best.method, confidence=best.score)


def explain_page(
    document: SourceDocument,
    *,
    strip: Sequence[str] = (),
    strip_id_or_class: Sequence[str] = (),
    timezone: str = "UTC",
    recipe: Recipe | None = None,
) -> Explanation:
    """Return how :func:`extract_page` comes to its choice, and raise what it raises but for "no article found"."""
    root, facts = _read(document, timezone, recipe)
    strip_by_rules(root, strip, strip_id_or_class)
    candidates: list[Candidate] = []
    if recipe is not None:
        told = apply_recipe(root, recipe, document.url)
        facts = _facts_with_recipe(facts, recipe, told, timezone)
        candidates = candidates_from_recipe(recipe, told, document.url)
    candidate, decisions = _choose(root, facts, explained=True)
    candidates.append(candidate)
    best = winner(candidates)
    return Explanation((best, *(c for c in candidates if c is not best)), decisions)


def winner(candidates: Sequence[Candidate]) -> Candidate:
    """Return the candidate whose body is taken: the first with a good score, else the best, in the order of trust."""
    sure = (c for c in candidates if c.html and c.score >= _RECIPE_FLOOR)
    return next(sure, None) or max(candidates, key=lambda c: (bool(c.html), c.score))


def candidates_from_recipe(recipe: Recipe, told: RecipeResult, url: str) -> list[Candidate]:
    """Return what a site's recipe makes the body, as a list of one; an empty list where it does not say.

    Raises ArticleRejected where it calls the page an advertisement, or finds no body and forbids to guess.
    """
    if told.native_ad:
        raise ArticleRejected(
            f"an advertisement by native_ad_clue of {recipe.file}: {url}; take that rule out to have it all the same"
        )
    if told.body is not None:
        weight = len("".join(text_of(told.body).split()))
        score = 1.0 if weight >= FLOOR or any(True for _ in told.body.iter("img")) else _RECIPE_FLOOR / 2
        reasons = (f"{recipe.file}: body: {told.body_rule}", f"{weight} characters", *told.skipped)
        return [Candidate("recipe", to_markup(told.body), score, reasons)]
    reasons = (f"no body rule of {recipe.file} finds text", *told.skipped)
    if recipe.body and not recipe.autodetect_on_failure:
        raise ArticleRejected(f"no article found in {url}: {'; '.join(reasons)}, and it forbids to look elsewhere")
    return [Candidate("recipe", "", 0.0, reasons)] if recipe.body else []


def _facts_with_recipe(facts: Metadata, recipe: Recipe, told: RecipeResult, timezone: str) -> Metadata:
    """Return ``facts`` with what the site's recipe found before what the page tells in other places."""
    dates = (parse_date(text, timezone) for text in told.date_texts)
    published = next((date for date in dates if date is not None), None)
    authors = distinct(name for text in told.authors for name in names_in(text))
    pictured = told.body is not None and any(True for _ in told.body.iter("img"))
    found = {"title": told.title, "authors": ", ".join(authors), "published": published and published.isoformat()}
    reasons = {name: decided((), seen(recipe.file, value)) for name, value in found.items() if value}
    return replace(
        facts,
        title=told.title or facts.title,
        authors=authors or facts.authors,
        published=published or facts.published,
        image=facts.image if pictured or recipe.insert_detected_image is not False else None,
        reasons={**facts.reasons, **{name: (*won, *_lost(facts, name)) for name, won in reasons.items()}},
    )


def _lost(facts: Metadata, name: str) -> tuple[Evidence, ...]:
    return tuple(replace(evidence, won=False) for evidence in facts.reasons.get(name, ()))


def whole_page(document: SourceDocument, *, timezone: str = "UTC") -> ParsedArticle:
    """Return all of a page's body as the article: for a page that is known to hold nothing else."""
    root, facts = _read(document, timezone)
    source = source_line(root)
    for element in elements(root, "header", "footer", "nav", "aside"):
        remove(element)
    body = to_markup(next(root.iter("body"), root))
    return _parsed(facts, body, source=source, method="whole page", confidence=0.5)


def _read(document: SourceDocument, timezone: str, recipe: Recipe | None = None) -> tuple[Element, Metadata]:
    text = decode(document.body, document.content_type, kind="html").text
    root = parse_document(prepare_text(text, recipe) if recipe is not None else text)
    if recipe is not None and recipe.skip_json_ld:
        drop_json_ld(root)
    return root, read_metadata(root, document.url, timezone)


def _parsed(facts: Metadata, body: str, *, source: str | None, method: str, confidence: float) -> ParsedArticle:
    return ParsedArticle(
        title=facts.title,
        html=body,
        published=facts.published,
        modified=facts.modified,
        authors=facts.authors,
        language=facts.language,
        description=facts.description,
        image=facts.image,
        canonical_url=facts.canonical_url,
        source_name=source or facts.site_name,
        categories=(facts.section,) if facts.section else (),
        tags=facts.tags,
        base_url=facts.base_url,
        method=method,
        confidence=round(confidence, 3),
    )


# -- the blocks ------------------------------------------------------------------------------------------------


def page_facts(root: Element, facts: Metadata) -> PageFacts:
    """Return what the scorer knows of a page beside its text."""
    linked = [script.text or "" for script in root.iter("script") if "ld+json" in (script.get("type") or "")]
    return PageFacts(facts.title, facts.description or "", _linked_body(linked), _declared(root, linked))


def _linked_body(linked: Sequence[str]) -> str:
    """Return ``articleBody`` of the page's JSON-LD, "" where there is none."""
    for text in linked:
        if found := _LINKED_BODY.search(text):
            try:
                return str(json.loads(found[1], strict=False))
            except ValueError:  # cut or wrongly escaped: it would only have been a hint
                return ""
    return ""


def _declared(root: Element, linked: Sequence[str]) -> float:
    """Return 2 for a page that declares itself a news article, 1 for any other article, else 0."""
    if any(_NEWS.search(text) for text in linked):
        return 2.0
    types = (meta.get("content") for meta in root.iter("meta") if meta.get("property") == "og:type")
    return float("article" in types or any(_ARTICLE.search(text) for text in linked))


def _choose(root: Element, facts: Metadata, *, explained: bool = False) -> tuple[Candidate, tuple[BlockDecision, ...]]:
    page = segment(root, facts.title)
    known = page_facts(root, facts)
    probabilities = score_blocks(page, known)
    kept, weight = _weighed(page, choose_blocks(page, probabilities, THRESHOLDS[known.declared], facts.title))
    if weight < FLOOR:
        kept, weight = _weighed(page, choose_blocks(page, probabilities, LAST_THRESHOLD, facts.title))
    decisions = _decisions(page, probabilities, kept) if explained else ()
    if weight < FLOOR:
        most = max(probabilities, default=0.0)
        reason = f"{weight} characters of {FLOOR} look like one (at most {most:.2f} sure); is it made by script?"
        return Candidate("blocks", "", 0.0, (reason,)), decisions
    sure = sum(b.weight * p for b, p, keep in zip(page.blocks, probabilities, kept, strict=True) if keep) / weight
    body = build_body(page, kept)
    reasons = (f"{sum(kept)} of {len(kept)} blocks, {weight} characters, mean probability {sure:.2f}",)
    return Candidate("blocks", to_markup(body) if body is not None else "", sure, reasons), decisions


def _weighed(page: PageBlocks, kept: list[bool]) -> tuple[list[bool], int]:
    return kept, sum(block.weight for block, keep in zip(page.blocks, kept, strict=True) if keep)


def _decisions(page: PageBlocks, probabilities: Sequence[float], kept: Sequence[bool]) -> tuple[BlockDecision, ...]:
    return tuple(
        BlockDecision(_path(page, index), block.text, round(probability, 3), keep)
        for index, (block, probability, keep) in enumerate(zip(page.blocks, probabilities, kept, strict=True))
    )


def choose_blocks(
    page: PageBlocks, probabilities: Sequence[float], threshold: float = 0.5, title: str = ""
) -> list[bool]:
    """Return which blocks are the article; of a text that stands twice only the copy in the midst of it.

    Those count whose probability is ``threshold`` or more. ``title`` is the page's, which is no part of its body.
    """
    kept = [probability >= threshold for probability in probabilities]
    _keep_headings(page, probabilities, kept)
    _keep_lists(page, probabilities, kept)
    _trim_edges(page, probabilities, kept, comparable(title))
    first_at: dict[str, int] = {}
    for index, block in enumerate(page.blocks):
        if not kept[index] or len(block.text) < _TWICE:
            continue
        other = first_at.setdefault(block.text, index)
        if other != index:
            if _company(probabilities, index) > _company(probabilities, other) + 0.5:
                kept[other] = False
                first_at[block.text] = index
            else:
                kept[index] = False
    return kept


def _trim_edges(page: PageBlocks, probabilities: Sequence[float], kept: list[bool], title: str) -> None:
    """Drop lines at both ends that are the title, links, dates or tools: the scorer wavers on very small pages."""
    for indexes in (range(len(kept)), range(len(kept) - 1, -1, -1)):
        for index in indexes:
            if kept[index]:
                doubtful = page.blocks[index].weight <= _EDGE_WORD and probabilities[index] < _SURE_WORD
                if not doubtful and not _is_edge_line(page.blocks[index], title):
                    break
                kept[index] = False


def _is_edge_line(block: Block, title: str) -> bool:
    if title and len(block.text) <= 2 * len(title) + 20 and comparable(block.text) == title:
        return True
    if block.weight > _EDGE_LINE or block.box.tag in HEADINGS or block.text[-1] in _SENTENCE_ENDS:
        return False
    return block.linked >= 0.7 * len(comparable(block.text)) or _EDGE.search(block.text) is not None


def _keep_headings(page: PageBlocks, probabilities: Sequence[float], kept: list[bool]) -> None:
    """Keep the heading of kept text, where text is kept before it too: alone, it looks like that of a teaser."""
    for index in range(1, len(kept) - 1):
        block = page.blocks[index]
        if (
            not kept[index]
            and block.box.tag in HEADINGS
            and probabilities[index] >= HEADING_THRESHOLD
            and block.linked * 2 < len(block.text)
            and kept[index + 1]
            and any(kept[max(0, index - 3) : index])
        ):
            holder = block.box.parent
            box: Box | None = page.blocks[index + 1].box
            while box is not None and box is not holder:
                box = box.parent
            kept[index] = box is not None


def _keep_lists(page: PageBlocks, probabilities: Sequence[float], kept: list[bool]) -> None:
    """Keep a list of text that stands between kept paragraphs beside it: its lines are short, and look like links'."""
    index = 1
    while index < len(kept) - 1:
        box = _list_around(page.blocks[index].box)
        if box is None or box.first != index:
            index += 1
            continue
        items = range(box.first, box.last)
        index = max(box.last, index + 1)
        if any(kept[i] for i in items) or box.last >= len(kept):
            continue
        before, after = page.blocks[box.first - 1], page.blocks[box.last]
        beside = before.box.parent is box.parent and after.box.parent is box.parent
        linked = sum(page.blocks[i].linked for i in items) * 2 >= sum(len(page.blocks[i].text) for i in items)
        if beside and kept[box.first - 1] and kept[box.last] and not linked:
            for i in items:
                kept[i] = probabilities[i] >= LIST_THRESHOLD


def _list_around(box: Box | None) -> Box | None:
    while box is not None and box.tag not in {"ul", "ol"}:
        box = box.parent
    return box


def _company(probabilities: Sequence[float], index: int) -> float:
    return sum(probabilities[max(0, index - _AROUND) : index + _AROUND + 1])


def _path(page: PageBlocks, index: int) -> str:
    names: list[str] = []
    box = page.blocks[index].box
    while box.parent is not None and len(names) < 4:
        marks = [f"#{box.element.get('id')}"] if box.element.get("id") else []
        marks += [f".{name}" for name in (box.element.get("class") or "").split()[:2]]
        names.append(box.tag + "".join(marks))
        box = box.parent
    return " < ".join(names)
