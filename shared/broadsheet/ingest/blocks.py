"""The article's structure, rebuilt: whatever nests in whatever, what comes out is blocks of text.

One walk over the tree writes a new one: paragraphs hold words and nothing else, lists hold items, tables hold
cells. Wrappers (``div``, ``center``, ``font``, ``section`` …) vanish; bare text and text laid out with ``<br>``
become paragraphs; inline elements that span blocks are opened again in each; white space at edges goes; nothing
empty is written, because an element is only opened when there is something to put into it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from broadsheet.ingest.fragment import (
    Element,
    elements,
    first_child,
    has_words,
    is_element,
    last_child,
    new,
    remove,
    text_of,
    unwrap,
)
from broadsheet.ingest.plain_text import EDGE_SPACE, trim
from broadsheet.ingest.sanitize import ATTRIBUTES, FOOTNOTE

INLINE = {
    **{name: name for name in (
        "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q",
        "rp", "rt", "ruby", "s", "samp", "small", "strong", "sub", "sup", "time", "u", "var",
    )},
    "strike": "s", "tt": "code", "acronym": "abbr",
}  # fmt: skip
"""Inline elements that mean something, and what they are written as."""
HEADINGS = {"h1": "h2", **{name: name for name in ("h2", "h3", "h4", "h5", "h6")}}
"""The page's only ``h1`` is its title."""
WRAPPERS = frozenset((
    "html", "body", "p", "li", "dd", "dt", "figcaption", "caption", "td", "th", "tr", "tbody", "thead", "tfoot",
    "summary", "option", "div", "section", "article", "main", "header", "footer", "aside", "center", "address",
    "form", "fieldset", "legend", "label", "hgroup", "nav", "dialog", "noscript", "picture", "search",
))  # fmt: skip
"""Blocks that mean nothing once their contents stand in order; parts of lists and tables that stand outside of any."""
LISTS = frozenset({"ul", "ol", "menu", "dir"})
_PHRASING = frozenset({"p", "dt", "figcaption", "caption", "summary", *HEADINGS.values()})
"""Blocks that hold words only."""
_TIGHT = frozenset({"li", "dd", "td", "th"})
"""Blocks in which a single paragraph needs no ``<p>``."""

_BLANKS = re.compile(r"[ \t\n\r\f\v]+")
_INDENT = re.compile(r"[ \t\n\r\f\v]*(?:[\u3000\u2003]|\u00a0{2,})")
"""Text after a line break that begins like this begins a paragraph: the indent of typewritten Chinese."""

MAX_CELL_TEXT = 600
"""A cell with more text than this is a column of a page, not a cell of a table."""

Inline = tuple[str, tuple[tuple[str, str], ...]]


def rebuild(root: Element) -> Element:
    """Return a new ``<div>`` whose children are the blocks of ``root``, in the reader's order. ``root`` is spent."""
    writer = _Writer()
    writer.children(root)
    writer.end_block()
    return writer.root


@dataclass(slots=True)
class _Writer:
    """Writes blocks. ``inline`` is what is open in the source, ``opened`` what is open in the current block."""

    root: Element = field(default_factory=lambda: new("div"))
    containers: list[Element] = field(default_factory=list)
    block: Element | None = None
    inline: list[Inline] = field(default_factory=list)
    opened: list[tuple[Inline, Element]] = field(default_factory=list)
    breaks: int = 0
    blank: bool = False

    def children(self, element: Element) -> None:
        """Write what ``element`` holds. Recursion costs at most three frames for each level of nesting."""
        if element.text:
            self._text(element.text)
        for child in element:
            if is_element(child):
                name = child.tag
                if name in INLINE:
                    self._inline(child, INLINE[name])
                elif name in {"br", "img", "wbr"}:
                    self._piece(child, name)
                    self.children(child)
                else:
                    self._block(child, name)
            if child.tail:
                self._text(child.tail)

    def _block(self, element: Element, name: str) -> None:
        if self.block is not None and self.block.tag in _PHRASING - {"p"}:
            self._inside_words(element)
        elif name in HEADINGS:
            self._words(element, HEADINGS[name])
        elif name in LISTS:
            self._list(element, "ol" if name == "ol" else "ul")
        elif name == "dl":
            self._definitions(element)
        elif name == "table":
            self._table(element)
        elif name == "pre":
            self._preformatted(element)
        elif name == "figure":
            self._figure(element)
        elif name in {"blockquote", "details"}:
            self._container(element, name)
        elif name == "summary" and self._parent().tag == "details":
            self._words(element, "summary")
        elif name in WRAPPERS:
            self.end_block()
            self.children(element)
            self.end_block()
        else:
            if name == "hr":
                self.end_block()
                self._parent().append(new("hr"))
            self.children(element)

    def _inside_words(self, element: Element) -> None:
        self.blank = True
        self.children(element)
        self.blank = True

    # -- words -------------------------------------------------------------------------------------------------

    def _text(self, text: str) -> None:
        """Write words, with white space folded and indents taken as what they are."""
        if self.breaks == 1 and _INDENT.match(text) and self.block is not None and self.block.tag == "p":
            self.breaks = 2
        words = _BLANKS.sub(" ", text)
        if self.breaks or not self._has_words():
            words = words.lstrip(EDGE_CHARACTERS)
        body = words.strip(" ")
        if body:
            self.blank = self.blank or words[0] == " "
            _append_text(self._target(), body)
            self.blank = words[-1] == " "
        elif words:
            self.blank = True

    def _piece(self, element: Element, name: str) -> None:
        if name == "br":
            self.breaks += 1
            return
        attributes = _kept_attributes(element, name)
        if name == "img":
            attributes = {"alt": "", **attributes}
        if name == "wbr" or attributes.get("src"):
            self._target().append(new(name, **attributes))

    def _has_words(self) -> bool:
        return self.block is not None and (bool(self.block.text) or first_child(self.block) is not None)

    def _target(self) -> Element:
        """Return the element that takes the next words, with pending breaks and blanks written."""
        if self.breaks > 1 and self.block is not None and self.block.tag == "p":
            self.end_block()
        if self.block is None:
            self.block = new("p")
            self._parent().append(self.block)
        target = self._shared(self.block)
        if self._has_words():
            if self.breaks and self.block.tag == "p":
                target.append(new("br"))
            elif self.breaks or self.blank:
                _append_text(target, " ")
        self.breaks, self.blank = 0, False
        for spec in self.inline[len(self.opened) :]:
            child = new(spec[0], **dict(spec[1]))
            target.append(child)
            self.opened.append((spec, child))
            target = child
        return target

    def _shared(self, block: Element) -> Element:
        """Close what the source has closed; return the innermost element that is open in both."""
        keep = 0
        while keep < min(len(self.opened), len(self.inline)) and self.opened[keep][0] == self.inline[keep]:
            keep += 1
        del self.opened[keep:]
        return self.opened[-1][1] if self.opened else block

    def _inline(self, element: Element, name: str) -> None:
        attributes = _kept_attributes(element, name)
        plain_link = name == "a" and "href" not in attributes and "id" not in attributes
        if plain_link or any(name == open_name for open_name, _ in self.inline):
            self.children(element)
            return
        self.inline.append((name, tuple(sorted(attributes.items()))))
        self.children(element)
        self.inline.pop()

    def _words(self, element: Element, name: str) -> None:
        self.end_block()
        self.block = new(name)
        self.opened = []
        self._parent().append(self.block)
        self.children(element)
        self.end_block()

    def end_block(self) -> None:
        """End the current paragraph, heading or caption; an empty one is taken back."""
        block, self.block = self.block, None
        self.breaks, self.blank, self.opened = 0, False, []
        if block is None:
            return
        trim_end(block)
        parent = block.getparent()
        if parent is not None and _is_empty(block):
            parent.remove(block)

    # -- blocks that hold blocks -------------------------------------------------------------------------------

    def _parent(self) -> Element:
        return self.containers[-1] if self.containers else self.root

    def _container(self, element: Element, name: str, *, attributes: dict[str, str] | None = None) -> Element | None:
        """Write ``element``'s blocks into a new container; return it, or None where it came out empty."""
        self.end_block()
        container = new(name, **(attributes or {}))
        self._parent().append(container)
        self.containers.append(container)
        self.children(element)
        self.end_block()
        self.containers.pop()
        return _settled(container)

    def _list(self, element: Element, name: str) -> None:
        self.end_block()
        items = new(name, **_kept_attributes(element, name))
        self._parent().append(items)
        self.containers.append(items)
        _wrap_loose(element, "li", frozenset({"li"}))
        for item in element:
            self._container(item, "li", attributes=_kept_attributes(item, "li"))
        self.containers.pop()
        _settled(items)

    def _definitions(self, element: Element) -> None:
        self.end_block()
        terms = new("dl")
        self._parent().append(terms)
        self.containers.append(terms)
        for group in [e for e in element if e.tag == "div"]:
            group_index = element.index(group)
            element[group_index : group_index + 1] = list(group)
        _wrap_loose(element, "dd", frozenset({"dt", "dd"}))
        for item in element:
            if item.tag == "dt":
                self._words(item, "dt")
            else:
                self._container(item, "dd")
        self.containers.pop()
        _settled(terms)

    def _figure(self, element: Element) -> None:
        self.end_block()
        figure = new("figure")
        self._parent().append(figure)
        self.containers.append(figure)
        captions = elements(element, "figcaption")
        above = bool(captions) and first_child(element) is captions[0]
        for caption in captions:
            remove(caption)
        if not above:
            self.children(element)
        for caption in captions:
            self._words(caption, "figcaption")
        if above:
            self.children(element)
        self.end_block()
        self.containers.pop()
        _settle_figure(figure)

    def _preformatted(self, element: Element) -> None:
        self.end_block()
        for line_end in elements(element, "br"):
            line_end.tail = "\n" + (line_end.tail or "")
        text = text_of(element).replace("\r\n", "\n").strip("\n").rstrip()
        if not text.strip():
            return
        block = new("pre")
        if any(True for _ in element.iter("code")):
            block.append(new("code", text))
        else:
            block.text = text
        self._parent().append(block)

    # -- tables ------------------------------------------------------------------------------------------------

    def _table(self, element: Element) -> None:
        rows = _rows(element)
        if not _is_data(element, rows):
            self.end_block()
            self.children(element)
            self.end_block()
            return
        self.end_block()
        table = new("table")
        self._parent().append(table)
        self.containers.append(table)
        for caption in element.iterchildren("caption"):
            self._words(caption, "caption")
        body: Element | None = None
        for section, row in rows:
            if body is None or body.tag != section:
                body = new(section)
                table.append(body)
            line = new("tr")
            body.append(line)
            self.containers.append(line)
            for cell in row.iterchildren("td", "th"):
                self._cell(cell, line)
            self.containers.pop()
            if all(_is_empty(cell) for cell in line):
                body.remove(line)
        self.containers.pop()
        for section_element in list(table):
            if section_element.tag != "caption" and len(section_element) == 0:
                table.remove(section_element)
        _settled(table)

    def _cell(self, cell: Element, line: Element) -> None:
        """Write a cell, empty or not: the ones after it must stay in their columns."""
        name = str(cell.tag)
        if self._container(cell, name, attributes=_kept_attributes(cell, name)) is None:
            line.append(new(name, **_kept_attributes(cell, name)))


EDGE_CHARACTERS = "".join(chr(code) for code in range(0x3001) if re.match(f"[{EDGE_SPACE}]", chr(code)))
"""``EDGE_SPACE`` as the characters themselves, for ``strip``."""


def _append_text(element: Element, text: str) -> None:
    last = last_child(element)
    if last is not None:
        last.tail = (last.tail or "") + text
    else:
        element.text = (element.text or "") + text


def _kept_attributes(element: Element, name: str) -> dict[str, str]:
    allowed = ATTRIBUTES.get(name, set()) | ({"lang", "dir"} if name in {"bdo", "bdi", "q", "cite"} else set())
    kept = {key: value for key in sorted(allowed) if (value := element.get(key)) is not None and value.strip()}
    if "id" in kept and not FOOTNOTE.fullmatch(kept["id"]):
        del kept["id"]
    return kept


def _is_empty(element: Element) -> bool:
    return not has_words(element) and not any(True for _ in element.iter("img", "hr"))


def trim_end(block: Element) -> None:
    """Take white space and line breaks off the end of a block, and the inline elements that are empty without."""
    last = last_child(block)
    while last is not None and not trim(last.tail or ""):
        last.tail = None
        if last.tag != "img":
            trim_end(last)
        if last.tag not in {"br", "wbr"} and not _is_empty(last):
            return
        block.remove(last)
        last = last_child(block)
    if last is not None:
        last.tail = (last.tail or "").rstrip(EDGE_CHARACTERS)
    elif block.text:
        block.text = block.text.rstrip(EDGE_CHARACTERS)


def _settled(container: Element) -> Element | None:
    """Return ``container`` with a lone paragraph unwrapped; an empty one is taken out, and None returned."""
    parent = container.getparent()
    if _is_empty(container) or (container.tag in LISTS | {"dl", "table"} and len(container) == 0):
        if parent is not None:
            parent.remove(container)
        return None
    paragraphs = [child for child in container if child.tag == "p"]
    others = [child for child in container if child.tag != "p"]
    if (
        container.tag in _TIGHT
        and len(paragraphs) == 1
        and container[0] is paragraphs[0]
        and all(child.tag in LISTS for child in others)
    ):
        first = paragraphs[0]
        container.text = first.text
        first.tail = None
        container[0:1] = list(first)
    return container


def _settle_figure(figure: Element) -> None:
    """Keep a figure that shows something; of any other keep the blocks."""
    parent = figure.getparent()
    if parent is None:
        return
    if _is_empty(figure):
        parent.remove(figure)
        return
    shown = any(True for _ in figure.iter("img", "table", "pre", "blockquote"))
    index = parent.index(figure)
    for child in list(figure):
        if child.tag == "p" and not has_words(child):
            unwrap(child)
        elif not shown and child.tag == "figcaption":
            child.tag = "p"
    if not shown:
        parent[index : index + 1] = list(figure)


def _wrap_loose(element: Element, name: str, allowed: frozenset[str]) -> None:
    """Put what stands in a list outside of its items into items of its own; a nested list joins the one before."""
    loose: Element | None = None
    text, element.text = element.text, None
    if text and text.strip():
        loose = new(name, text)
        element.insert(0, loose)
    for child in list(element):
        if child is loose:
            continue
        tail, child.tail = child.tail, None
        if is_element(child) and child.tag in allowed:
            loose = None
        elif is_element(child):
            previous = child.getprevious()
            if loose is None and child.tag in LISTS and previous is not None:
                loose = previous
            if loose is None:
                loose = new(name)
                child.addprevious(loose)
            loose.append(child)
        if tail and tail.strip():
            if loose is None:
                loose = new(name)
                child.addnext(loose)
            _append_text(loose, tail)
        if not is_element(child):
            element.remove(child)


def _rows(table: Element) -> list[tuple[str, Element]]:
    rows: list[tuple[str, Element]] = []
    for child in table.iterchildren("tr", "thead", "tbody", "tfoot"):
        if child.tag == "tr":
            rows.append(("tbody", child))
        else:
            rows.extend((str(child.tag), row) for row in child.iterchildren("tr"))
    return rows


def _is_data(table: Element, rows: list[tuple[str, Element]]) -> bool:
    """Return whether a table holds data: at least two rows and columns of short cells, no table inside."""
    if table.get("role") in {"presentation", "none"} or any(True for _ in table.iterdescendants("table")):
        return False
    cells = [list(row.iterchildren("td", "th")) for _, row in rows]
    if len(cells) < 2 or max((len(line) for line in cells), default=0) < 2:
        return False
    return all(len(text_of(cell)) <= MAX_CELL_TEXT for line in cells for cell in line)
