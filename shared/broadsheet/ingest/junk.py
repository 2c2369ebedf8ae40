"""What is in a body but not of the article: what cannot be shown, what was hidden, and known additions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import etree

from broadsheet.ingest.fragment import Element, elements, is_element, remove, select, text_of, unwrap
from broadsheet.model.errors import ArticleRejected

_NOT_TEXT = (
    "script", "style", "template", "head", "title", "meta", "link", "base", "input", "select", "textarea", "button",
    "datalist", "output", "progress", "meter", "canvas", "map", "svg", "math", "dialog", "frameset", "frame", "nav",
    "applet", "noembed", "noframes",
)  # fmt: skip
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|$|!)"
    r"|(?:^|;)\s*height\s*:\s*[01](?:px)?\s*;.*overflow\s*:\s*hidden",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST_STYLE = 1_000
_HIDDEN_CLASS = re.compile(r"(?:^|\s)(?:sr-only|visually-?hidden|screen-reader-(?:text|only))(?:\s|$)")
_ADDED_CLASS = re.compile(
    r"(?:^|\s)(?:sharedaddy|sd-sharing\S*|jp-relatedposts|feedflare|addtoany\S*|addthis\S*|social-shar\S*"
    r"|share-(?:bar|buttons?)|adsbygoogle|advertisement"
    r"|ad-(?:container|slot|wrapper)|newsletter-(?:signup|form)|yarpp\S*|related-posts"
    r"|wp-block-social-links|mwf-\S*|EmImageRemark)(?:\s|$)"
)
"""Blocks that plug-ins and portals add to bodies, by their class; ``EmImageRemark`` is a live stock chart."""
_LIVE_CHART = re.compile(r"//webquoteklinepic\.", re.IGNORECASE)
"""Charts that show today's prices, whatever day the story is of."""
_ANNOTATION = re.compile(r"(?:^|\s)(?:keytip|infokey|em_stock_key_common)(?:\s|$)")
_BLOCK_START, _BLOCK_END = "EM_StockImg_Start", "EM_StockImg_End"


def strip_by_rules(root: Element, strip: Sequence[str], strip_id_or_class: Sequence[str]) -> None:
    """Remove what a source's rules name: XPath expressions, and parts of an id or class.

    Raises ArticleRejected where a rule is no XPath.
    """
    for rule in strip:
        try:
            found = select(root, rule)
        except etree.XPathError as fault:
            raise ArticleRejected(f"the rule clean.strip '{rule}' is no XPath ({fault}); mend it") from fault
        for element in found:
            remove(element)
    names = [name for name in strip_id_or_class if name]
    if names:
        for element in elements(root):
            if any(name in (element.get("id") or "") or name in (element.get("class") or "") for name in names):
                remove(element)


def remove_untextual(root: Element) -> None:
    """Remove scripts, styles, form controls, drawings: what is no text and cannot be shown as such."""
    for element in elements(root, *_NOT_TEXT):
        remove(element)


def remove_hidden(root: Element) -> None:
    """Remove elements that readers do not see; a body hidden as a whole (until a script shows it) stays."""
    hidden = [e for e in elements(root) if _is_hidden(e)]
    nested = set(hidden)
    outermost = [e for e in hidden if not any(a in nested for a in e.iterancestors())]
    if sum(len(text_of(e).strip()) for e in outermost) < len(text_of(root).strip()) or not text_of(root).strip():
        for element in outermost:
            remove(element)


def _is_hidden(element: Element) -> bool:
    if element.get("hidden") not in {None, "until-found"} or _HIDDEN_STYLE.search(
        (element.get("style") or "")[:_LONGEST_STYLE]
    ):
        return True
    if element.get("aria-hidden") == "true" and not any(True for _ in element.iter("img", "picture", "figure")):
        return True
    return _HIDDEN_CLASS.search(element.get("class") or "") is not None


def remove_additions(root: Element) -> None:
    """Remove charts, share bars and the like, and unwrap links that annotate words with data pages."""
    _remove_marked_blocks(root)
    for element in elements(root):
        classes = element.get("class") or ""
        if _ADDED_CLASS.search(classes) or (element.tag == "img" and _LIVE_CHART.search(element.get("src") or "")):
            remove(element)
        elif _ANNOTATION.search(classes):
            unwrap(element)
    etree.strip_tags(root, etree.Comment)


def _remove_marked_blocks(root: Element) -> None:
    """Remove what stands between two comments that mark a live chart."""
    starts = [c for c in root.iter(etree.Comment) if c.text and _BLOCK_START in c.text]
    for start in starts:
        between: list[Element] = []
        for sibling in start.itersiblings():
            if not is_element(sibling) and _BLOCK_END in (sibling.text or ""):
                start.tail = None
                for element in between:
                    element.tail = None
                    remove(element)
                break
            between.append(sibling)
