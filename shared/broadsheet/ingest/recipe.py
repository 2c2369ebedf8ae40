"""What a recipe makes of a page: its text before it is parsed, its facts and body after, and its other pages.

The order is that of Full-Text RSS: replace, parse, read title, author and date, wrap, move and dissolve, strip, take
the body. All expressions on one page share one allowance (:mod:`broadsheet.ingest.xpath_limits`); one that is too
costly is left out and named in the result.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urldefrag

from lxml import etree
from lxml.etree import _ElementUnicodeResult as SmartText

from broadsheet.ingest.fragment import Element, elements, has_words, is_element, new, remove, text_of, unwrap
from broadsheet.ingest.html_limits import MAX_CHARACTERS
from broadsheet.ingest.plain_text import one_line
from broadsheet.ingest.recipe_text import PageLink, Recipe
from broadsheet.ingest.urls import web_url
from broadsheet.ingest.xpath_cost import shape_of
from broadsheet.ingest.xpath_limits import Allowance, Rule, TooCostly
from broadsheet.model.errors import ArticleRejected

MAX_WRAPS = 500
"""Elements that one ``wrap_in`` or ``move_into`` touches."""
_PAGE = frozenset({"html", "head", "body"})
_PRUNED = ("form", "nav", "aside", "footer", "button", "input", "select", "textarea")
_IGNORED = re.compile(r"(?:^|\s)(?:entry-unrelated|instapaper_ignore)(?:\s|$)")
"""Classes by which publishers themselves mark what is not the article (Readability's and Instapaper's guidelines)."""


@dataclass(frozen=True, slots=True)
class RecipeResult:
    """What a recipe found. ``body`` is a ``<div>`` of its own, None where no rule found any text or image."""

    body: Element | None = None
    body_rule: str = ""
    title: str | None = None
    authors: tuple[str, ...] = ()
    date_texts: tuple[str, ...] = ()
    """What the date rules found, the first to be tried first."""
    native_ad: bool = False
    skipped: tuple[str, ...] = ()
    """Rules that were left out on this page, with their reasons."""


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Absolute addresses of the article's other pages, None where there are none."""

    single: str | None = None
    next: str | None = None


def prepare_text(text: str, recipe: Recipe) -> str:
    """Return the page's ``text`` with the recipe's replacements made, one after the other.

    Raises ArticleRejected where one of them would make the page longer than any page may be.
    """
    for sought, replacement in recipe.replacements:
        grown = len(text) + text.count(sought) * (len(replacement) - len(sought))
        if grown > MAX_CHARACTERS:
            raise ArticleRejected(
                f"{recipe.file}: replacing {sought[:40]!r} makes the page {grown:,} characters long; "
                f"the limit is {MAX_CHARACTERS:,}: mend the recipe"
            )
        text = text.replace(sought, replacement)
    return text


def drop_json_ld(root: Element) -> None:
    """Remove the page's JSON-LD (``skip_json_ld``), before its metadata is read."""
    for script in elements(root, "script"):
        if (script.get("type") or "").strip().lower().startswith("application/ld+json"):
            remove(script)


def apply_recipe(root: Element, recipe: Recipe, url: str) -> RecipeResult:
    """Return what ``recipe`` finds on the page under ``root``, and carry out on it what the recipe changes.

    ``url`` is the page's address. What is stripped is gone from the page for whoever reads it next, too.
    """
    page = _Page(root, recipe.file)
    title = next((text for rule in recipe.title for text in page.texts(rule)[:1]), None)
    authors = next((tuple(texts) for rule in recipe.author if (texts := page.texts(rule))), ())
    dates = tuple(text for rule in recipe.date for text in page.texts(rule)[:1])
    native_ad = any(page.holds(rule) for rule in recipe.native_ad_clue)
    lead = page.meta_image(url)
    _change(page, recipe)
    body, body_rule = _body(page, recipe)
    if body is not None:
        _finish(body, recipe, lead)
    return RecipeResult(body, body_rule, title, authors, dates, native_ad, tuple(page.skipped))


def find_pages(root: Element, recipe: Recipe, url: str, *, in_feed: bool = False) -> PageLinks:
    """Return where ``recipe`` says the article's other pages are, seen from the page at ``url``.

    ``in_feed`` takes ``root`` for the entry's text in its feed, where only ``single_page_link_in_feed`` is asked. The
    next page must be on the same host; no link leads to the page itself.
    """
    page = _Page(root, recipe.file)
    base = next((href for e in root.iter("base") if (href := e.get("href"))), None)
    base = web_url(url, base) or url if base else url
    if in_feed:
        return PageLinks(single=_linked(page, recipe.single_page_link_in_feed, base, url))
    single = _linked(page, recipe.single_page_link, base, url)
    following = _linked(page, recipe.next_page_link, base, url)
    return PageLinks(single, following if following and _site_of(following) == _site_of(url) else None)


class _Page:
    """A page with its allowance; what is refused is noted."""

    def __init__(self, root: Element, file: str) -> None:
        self.root = root
        self.skipped: list[str] = []
        self._file = file
        self._allowance = Allowance(shape_of(root))

    def run(self, rule: Rule) -> object:
        """Return what ``rule`` gives: a list of elements and smart strings, or a str, float or bool."""
        try:
            return self._allowance.run(rule, self.root)
        except (TooCostly, etree.XPathEvalError) as fault:
            self.skipped.append(f"{self._file}: {rule.text[:80]!r} {fault}")
            return []

    def nodes(self, rule: Rule) -> list[Element]:
        """Return the elements that ``rule`` selects, but never the page as a whole."""
        found = self.run(rule)
        nodes = found if isinstance(found, list) else []
        return [n for n in nodes if isinstance(n, Element) and is_element(n) and n.tag not in _PAGE]

    def holds(self, rule: Rule) -> bool:
        """Return whether ``rule`` finds anything: a node, a text that is not empty, a number but 0, true."""
        return bool(self.run(rule))

    def texts(self, rule: Rule) -> list[str]:
        """Return the texts that ``rule`` finds, each on one line, the empty ones left out; of ``time`` its datetime."""
        found = self.run(rule)
        values: list[str] = []
        for node in found if isinstance(found, list) else [found]:
            if isinstance(node, str):
                values.append(node)
            elif isinstance(node, Element) and is_element(node):
                stamp = node.get("datetime") if node.tag == "time" else None
                values.append(stamp or text_of(node) or node.get("content") or "")
        return [text for value in values if (text := one_line(value))]

    def meta_image(self, url: str) -> str | None:
        """Return the address of the picture that the page names for previews, or None."""
        for meta in self.root.iter("meta"):
            if (meta.get("property") or meta.get("name") or "").lower() in {"og:image", "twitter:image"}:
                return web_url(url, meta.get("content") or "")
        return None


# -- changing the page -----------------------------------------------------------------------------------------


def _change(page: _Page, recipe: Recipe) -> None:
    for attribute in recipe.src_lazy_load_attr:
        for image in page.root.iter("img"):
            if value := image.get(attribute):
                image.set("src", value)
    for tag, rule in recipe.wrap_in:
        _wrap(page.run(rule), tag)
    for where, what in recipe.move_into:
        _move(page, where, what, recipe)
    for rule in recipe.dissolve:
        for element in page.nodes(rule):
            unwrap(element)
    for rule in recipe.strip:
        _strip(page.run(rule))
    _strip_named(page.root, recipe.strip_id_or_class)
    for image in elements(page.root, "img"):
        source = image.get("src") or image.get("data-src") or ""
        if any(part in source for part in recipe.strip_image_src):
            remove(image)


def _wrap(found: object, tag: str) -> None:
    for node in (found if isinstance(found, list) else [])[:MAX_WRAPS]:
        if isinstance(node, Element) and is_element(node) and node.tag not in _PAGE:
            parent = node.getparent()
            if parent is not None:
                wrapper = new(tag)
                wrapper.tail, node.tail = node.tail, None
                parent.replace(node, wrapper)
                wrapper.append(node)
        elif isinstance(node, SmartText) and node.strip():
            _wrap_text(node, tag)


def _wrap_text(text: SmartText, tag: str) -> None:
    holder = text.getparent()
    if holder is None or text.is_attribute:
        return
    wrapper = new(tag, str(text))
    if text.is_text:
        holder.text = None
        holder.insert(0, wrapper)
    elif (parent := holder.getparent()) is not None:
        holder.tail = None
        parent.insert(parent.index(holder) + 1, wrapper)


def _move(page: _Page, where: Rule | None, what: Rule, recipe: Recipe) -> None:
    targets = page.nodes(where) if where is not None else [e for rule in recipe.body for e in page.nodes(rule)[:1]]
    if not targets:
        return
    target = targets[0]
    for element in page.nodes(what)[:MAX_WRAPS]:
        if element is not target and element not in target.iterancestors():
            remove(element)
            element.tail = None
            target.append(element)


def _strip(found: object) -> None:
    for node in found if isinstance(found, list) else []:
        if isinstance(node, Element):
            if node.tag not in _PAGE:
                remove(node)
        elif isinstance(node, SmartText):
            holder = node.getparent()
            if holder is None:
                continue
            if node.attrname and node.attrname in holder.attrib:
                del holder.attrib[node.attrname]
            elif node.is_text:
                holder.text = None
            elif node.is_tail:
                holder.tail = None


def _strip_named(root: Element, names: tuple[str, ...]) -> None:
    for element in elements(root):
        if element.tag in _PAGE:
            continue
        classes, identity = element.get("class") or "", element.get("id") or ""
        if not classes and not identity:
            continue
        if _IGNORED.search(classes) or any(name in classes or name in identity for name in names):
            remove(element)


# -- the body --------------------------------------------------------------------------------------------------


def _body(page: _Page, recipe: Recipe) -> tuple[Element | None, str]:
    """Return a copy of what the first body rule that finds text or an image selects, and that rule."""
    for rule in recipe.body:
        found = page.run(rule)
        body = new("div")
        if isinstance(found, list):
            _gather(found, body)
        elif isinstance(found, str):
            _add_text(body, found)
        if has_words(body) or any(True for _ in body.iter("img")):
            return body, rule.text
    return None, ""


def _gather(found: Iterable[object], body: Element) -> None:
    """Append what was found to ``body`` in document order, but nothing that stands inside something else of it."""
    taken: set[Element] = set()
    for node in found:
        if isinstance(node, Element) and is_element(node):
            if taken.isdisjoint(node.iterancestors()):
                taken.add(node)
                twin = copy.deepcopy(node)
                twin.tail = None
                if twin.tag in _PAGE:
                    twin.tag = "div"
                body.append(twin)
        elif isinstance(node, SmartText):
            holder = node.getparent()
            if holder is None or (holder not in taken and taken.isdisjoint(holder.iterancestors())):
                _add_text(body, str(node))


def _add_text(body: Element, text: str) -> None:
    for line in text.splitlines():
        if plain := one_line(line):
            body.append(new("p", plain))


def _finish(body: Element, recipe: Recipe, lead: str | None) -> None:
    if recipe.prune:
        _prune(body)
    if recipe.strip_after:
        after = _Page(body, recipe.file)
        for rule in recipe.strip_after:
            _strip(after.run(rule))
    if recipe.insert_detected_image and lead and not any(True for _ in body.iter("img")):
        body.insert(0, new("img", src=lead))


def _prune(body: Element) -> None:
    """Remove what is seldom text within a body: forms, menus, asides, lists of links."""
    for element in elements(body, *_PRUNED):
        remove(element)
    for element in elements(body, "ul", "ol"):
        links = [text_of(link).strip() for link in element.iter("a")]
        linked, everything = sum(map(len, links)), len(text_of(element).strip())
        if len(links) > 2 and linked > 0.85 * everything:
            remove(element)


# -- other pages -----------------------------------------------------------------------------------------------


def _linked(page: _Page, links: tuple[PageLink, ...], base: str, url: str) -> str | None:
    here = urldefrag(url).url
    for link in links:
        if link.condition is not None and not page.holds(link.condition):
            continue
        for address in _addresses(page.run(link.rule)):
            absolute = web_url(base, address)
            if absolute and urldefrag(absolute).url != here:
                return urldefrag(absolute).url
    return None


def _addresses(found: object) -> Iterable[str]:
    for node in found if isinstance(found, list) else [found]:
        if isinstance(node, str):
            yield node.strip()
        elif isinstance(node, Element) and is_element(node):
            yield (node.get("href") or node.get("src") or node.get("content") or "").strip()


def _site_of(url: str) -> str:
    host = url.split("/", 3)[2].lower() if url.count("/") >= 2 else ""
    return host.removeprefix("www.").removeprefix("m.")
