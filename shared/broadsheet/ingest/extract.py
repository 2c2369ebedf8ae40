"""The article on a page: find the element that holds the text, leave the rest.

In the manner of Readability: paragraphs lend their weight to what holds them, links take it away, names of classes
tip the balance. What comes out is cleaned like any other fragment (:mod:`broadsheet.ingest.clean`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from broadsheet.ingest.encoding import decode
from broadsheet.ingest.fragment import Element, elements, new, parse_document, remove, text_of, to_markup
from broadsheet.ingest.junk import remove_hidden, strip_by_rules
from broadsheet.ingest.metadata import Metadata, read_metadata, source_line
from broadsheet.model.article import ParsedArticle, SourceDocument
from broadsheet.model.errors import ArticleRejected

FLOOR = 150
"""Weight of text (a Chinese character counts two) below which a page has no article: menus and teasers have less."""
_SHORTEST = 30
"""Weight of text from which a block counts as prose."""
_SIBLING_SHARE = 0.2
"""Share of the best score from which a neighbour of the best container belongs to it (Readability's constant)."""

_NEVER_TEXT = ("script", "style", "template", "svg", "button", "input", "select", "textarea")
_NEVER = re.compile(
    r"(?:^|[\s_-])(?:comments?|disqus|footer|sidebar|side-?bar|menu|nav(?:igation|bar)?|breadcrumbs?|related"
    r"|recommend(?:ed|ation)?s?|share|sharing|social|newsletter|subscribe|promo(?:tion)?|sponsor(?:ed)?|advert(?:isement|orial)?|ads?|banner|cookie|consent"
    r"|popup|modal|paywall|teasers?|more-?(?:news|stories|on)|most-?read|trending|tag-?list|author-?bio|bio-?box|pagination|pager"
    r"|copyright|masthead|skip-?link|outbrain|taboola|read-?more|see-?also|hot-?news|toolbar)(?:$|[\s_-])",
    re.IGNORECASE,
)
_MAYBE = re.compile(r"article|body|content|main|entry|story|post|text", re.IGNORECASE)
_GOOD = re.compile(r"article|body|content|entry|hentry|main|page|post|text|blog|story|正文", re.IGNORECASE)
_BAD = re.compile(
    r"comment|foot|meta|outbrain|promo|related|scroll|share|sidebar|sponsor|tags|widget|caption|byline|list",
    re.IGNORECASE,
)
_BY_TAG = {"article": 30.0, "main": 10.0, "div": 5.0, "section": 3.0, "body": -10.0, "form": -3.0}
_CONTAINERS = frozenset(
    {"div", "article", "section", "main", "td", "body", "center", "form", "font", "blockquote", "span"}
)
_PROSE = ("p", "pre", "blockquote", "div", "td", "section", "article", "span", "font", "center", "li")
_BLOCK_CHILDREN = frozenset((
    "p", "div", "table", "ul", "ol", "dl", "blockquote", "section", "article", "h1", "h2", "h3", "h4", "h5",
    "h6", "pre", "form", "figure", "center", "tr", "td", "tbody", "main",
))  # fmt: skip
_WIDE = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_COMMAS = re.compile("[,，、。；：;]")


def extract_page(
    document: SourceDocument,
    *,
    strip: Sequence[str] = (),
    strip_id_or_class: Sequence[str] = (),
    timezone: str = "UTC",
) -> ParsedArticle:
    """Return the article on a page, its body as an unsanitised fragment.

    ``strip`` (XPath) and ``strip_id_or_class`` are the source's rules, applied first. Dates without a zone are in
    ``timezone`` (IANA). ``confidence`` tells how much of the page's prose the chosen element holds. Raises
    ArticleRejected where no element holds enough prose, or the page is past the bounds of ``html_limits``.
    """
    root, facts = _read(document, timezone)
    source = source_line(root)
    strip_by_rules(root, strip, strip_id_or_class)
    _prune(root)
    best = _best(root)
    if best is None:
        raise ArticleRejected(f"no article found in {document.url}: it holds no run of text; is it made by script?")
    body, weight = _with_siblings(best)
    if weight < FLOOR:
        raise ArticleRejected(f"no article found in {document.url}: the longest run of text is too short to be one")
    everything = _weight_of(text_of(root)) or 1
    return _parsed(facts, body, source=source, method="scored", confidence=min(1.0, weight / everything))


def whole_page(document: SourceDocument, *, timezone: str = "UTC") -> ParsedArticle:
    """Return all of a page's body as the article: for a page that is known to hold nothing else."""
    root, facts = _read(document, timezone)
    source = source_line(root)
    for element in elements(root, "header", "footer", "nav", "aside"):
        remove(element)
    return _parsed(facts, next(root.iter("body"), root), source=source, method="whole page", confidence=0.5)


def _read(document: SourceDocument, timezone: str) -> tuple[Element, Metadata]:
    text = decode(document.body, document.content_type, kind="html").text
    root = parse_document(text)
    return root, read_metadata(root, document.url, timezone)


def _parsed(facts: Metadata, body: Element, *, source: str | None, method: str, confidence: float) -> ParsedArticle:
    return ParsedArticle(
        title=facts.title,
        html=to_markup(body),
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


# -- pruning ---------------------------------------------------------------------------------------------------


def _prune(root: Element) -> None:
    """Remove what is never the article: scripts, menus, what names itself an aside or a comment."""
    etree.strip_elements(root, *_NEVER_TEXT, with_tail=False)
    remove_hidden(root)
    for element in elements(root, "nav", "footer", "aside", "dialog"):
        remove(element)
    for element in elements(root):
        if element.tag in {"body", "html", "article", "main", "head"}:
            continue
        named = f"{element.get('class') or ''} {element.get('id') or ''}"
        if len(named) > 1 and _NEVER.search(named) and not _holds_article(element, named):
            remove(element)


def _holds_article(element: Element, named: str) -> bool:
    """Return whether a badly named element holds the article all the same."""
    if any(True for _ in element.iter("article")) or any(True for _ in element.iter("h1")):
        return True
    return bool(_MAYBE.search(named)) and sum(1 for _ in element.iter("p")) >= 5


# -- scoring ---------------------------------------------------------------------------------------------------


def _weight_of(text: str) -> int:
    words = " ".join(text.split())
    return len(words) + len(_WIDE.findall(words))


@dataclass(slots=True)
class _Candidate:
    element: Element
    score: float


def _best(root: Element) -> Element | None:
    scores: dict[Element, float] = {}
    for block in elements(root, *_PROSE):
        weight = _prose_weight(block)
        if weight < _SHORTEST:
            continue
        value = 1.0 + len(_COMMAS.findall(text_of(block))) + min(weight / 100, 5.0)
        share = 1.0
        holder = block.getparent() if block.tag in {"p", "pre", "li"} or block.tag not in _CONTAINERS else block
        while holder is not None and share >= 0.1:
            if holder.tag in _CONTAINERS:
                scores[holder] = scores.get(holder, _initial(holder)) + value * share
                share *= 0.5
            holder = holder.getparent()
    ranked = [_Candidate(e, score * (1 - _link_density(e))) for e, score in scores.items()]
    best = max(ranked, key=lambda c: c.score, default=None)
    return best.element if best and best.score > 0 else None


def _prose_weight(block: Element) -> int:
    """Return the weight of a block's own words: those in it but not in blocks inside it."""
    if block.tag in {"p", "pre", "blockquote"}:
        return _weight_of(text_of(block))
    own = [block.text or ""]
    for child in block:
        if child.tag not in _BLOCK_CHILDREN and child.tag not in {"a", "br", "span", "font"}:
            own.append(text_of(child) if isinstance(child.tag, str) else "")
        own.append(child.tail or "")
    return _weight_of("".join(own))


def _initial(element: Element) -> float:
    named = f"{element.get('class') or ''} {element.get('id') or ''}"
    score = _BY_TAG.get(str(element.tag), 0.0)
    if element.get("itemprop") == "articleBody":
        score += 50.0
    return score + (25.0 if _GOOD.search(named) else 0.0) - (25.0 if _BAD.search(named) else 0.0)


def _link_density(element: Element) -> float:
    linked = sum(len(text_of(link).strip()) for link in element.iter("a"))
    return min(1.0, linked / max(1, len(text_of(element).strip())))


def _with_siblings(best: Element) -> tuple[Element, int]:
    """Return a ``<div>`` of the best container and those neighbours that go on with its text, and its weight."""
    parent = best.getparent()
    body = new("div")
    if parent is None or best.tag in {"article", "main", "body", "td"} or best.get("itemprop") == "articleBody":
        body.append(best)
        return body, _weight_of(text_of(body))
    for sibling in list(parent):
        if sibling is best or _belongs(sibling, best):
            sibling.tail = None
            body.append(sibling)
    return body, _weight_of(text_of(body))


def _belongs(sibling: Element, best: Element) -> bool:
    if sibling.tag in {"p", "blockquote"}:
        weight = _weight_of(text_of(sibling))
        return weight >= 80 and _link_density(sibling) < 0.25
    if sibling.tag == best.tag and sibling.get("class") and sibling.get("class") == best.get("class"):
        paragraphs = [p for p in sibling.iter("p") if _weight_of(text_of(p)) >= 80]
        return bool(paragraphs) and _link_density(sibling) < _SIBLING_SHARE
    return False
