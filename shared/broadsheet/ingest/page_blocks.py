"""A page as a list of blocks: the runs of text that a reader sees as one, each with the boxes it stands in.

One walk over the tree. A block is what stands between two borders of block elements; text laid out with ``<br>`` is
cut where a paragraph ends. A block remembers which strings of the tree it is made of, so that what is not kept can be
taken out of the tree and the structure around the rest stays as it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from broadsheet.ingest.fragment import Element, text_of
from broadsheet.ingest.page_names import groups_of

INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "label", "mark", "nobr", "q", "rp", "rt", "ruby", "rb", "s", "samp", "small", "span", "strike", "strong",
    "sub", "sup", "time", "tt", "u", "var", "wbr", "o:p", "st1:place", "g", "blink", "output", "slot",
))  # fmt: skip
"""Elements that run on within a line, unless they hold blocks."""
SKIPPED = frozenset((
    "script", "style", "template", "head", "title", "meta", "link", "base", "input", "select", "textarea", "option",
    "button", "datalist", "progress", "meter", "canvas", "map", "svg", "math", "frameset", "frame", "applet", "noembed",
    "noframes", "param", "source", "track", "col", "colgroup", "area", "object", "video", "audio", "iframe", "embed",
))  # fmt: skip
"""Elements whose text is none a reader reads as part of the page."""
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
PICTURES = frozenset({"img", "amp-img", "picture", "image"})
PLAYERS = frozenset({"iframe", "video", "audio", "embed", "object", "amp-youtube", "amp-iframe"})
_NOSCRIPT_ARTICLE = 500
"""Characters from which a ``noscript`` holds the text itself, not the advice to turn scripts on."""
_LINE_IS_PARAGRAPH = 60
"""Weight of a line from which a single ``<br>`` after it ends a paragraph: verse and addresses have shorter lines."""

WIDE = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
"""A character of a script written without spaces: it weighs what two letters do."""

_COMMENTS = re.compile(
    r"(?:^|[\s_-])(?:comments?|kommentare?|commentaires|comentarios|disqus|respond|replies)(?:[_-]?(?:area|list|section|wrap"
    r"|wrapper|container|holder|box|block|thread|module?|inner|view|content|main|app|embed))?(?:$|[\s_-])"
    r"|comment-?(?:list|links)|comments-?(?:box|area|section|container|wrapper)|kommentarmodul|disqus_thread|fb-comments|pwcomment|jdgm-rev|yotpo|bv-content",
    re.IGNORECASE,
)
"""Names of what holds the comments of readers."""
_LEAST = 200
"""Weight of prose that a page must have outside of comments for these to be left out."""
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


@dataclass(slots=True, eq=False)
class Box:
    """A block element on the way from the page to its blocks, and what the blocks in it add up to."""

    element: Element
    tag: str
    parent: Box | None
    depth: int
    names: int
    """Groups that its own class, id, itemprop and role fall into (bits of ``GROUPS``)."""
    above: int
    """The same of all boxes around it."""
    signature: int
    """Equal for boxes with the same tag, class and parent's tag and class."""
    hidden: bool
    first: int = 0
    """Index of its first block."""
    last: int = 0
    """Index after its last block."""
    weight: int = 0
    linked: int = 0
    prose: int = 0
    """Weight of its blocks that read like sentences."""
    score: float = 0.0


@dataclass(slots=True, eq=False)
class Block:
    """A run of text. ``slots`` are the strings it is made of: an element, and whether its tail is meant."""

    box: Box
    text: str
    weight: int
    """Characters, wide ones counted twice."""
    linked: int
    """Characters inside links."""
    links: int
    bold: int
    """Characters in bold type."""
    inline_names: int
    """Groups that the classes of its inline elements fall into."""
    slots: list[tuple[Element, bool]]
    broken: int
    """Which line of a text laid out by ``<br>`` it is; 0 for a block of its own."""
    pictures: int
    """Pictures on the page before it."""


@dataclass(slots=True, eq=False)
class Picture:
    """A picture or a player: where it stands between the blocks, and in which box."""

    element: Element
    box: Box
    before: int
    """Index of the block that follows it."""


@dataclass(slots=True)
class PageBlocks:
    """The blocks of a page in document order, with its boxes and pictures."""

    blocks: list[Block] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)


def weight_of(text: str) -> int:
    """Return the length of ``text`` in characters, those of scripts without spaces counted twice."""
    return len(text) if text.isascii() else len(text) + len(WIDE.findall(text))


def segment(root: Element, title: str = "") -> PageBlocks:
    """Return the blocks of a page or fragment without its menus and readers' comments; the tree is only read.

    Of several stories on one page, only that under ``title`` is read, the first where none is.

    A page that is made of comments, such as a thread of a forum, is read with them and all else.
    """
    body = root if root.tag != "html" else next(root.iterchildren("body", "frameset"), root)
    others = _other_stories(body, title)
    page = _walk(body, others, without_chrome=True)
    if sum(block.weight for block in page.blocks if block.weight >= _LINE_IS_PARAGRAPH) < _LEAST:
        page = _walk(body, others, without_chrome=False)
    return page


def _walk(body: Element, left_out: frozenset[Element], *, without_chrome: bool) -> PageBlocks:
    walk = _Walk(left_out, without_chrome)
    box = walk.open(body, None)
    walk.children(body, box)
    walk.end_block(box)
    walk.close(box)
    return walk.page


def _other_stories(body: Element, title: str) -> frozenset[Element]:
    """Return the ``article`` elements that have a headline of their own, but for the page's own story."""
    stories: dict[Element, str] = {}
    for headline in body.iter("h1"):
        story = next((a for a in headline.iterancestors("article")), None)
        if story is not None and story not in stories:
            stories[story] = "".join(text_of(headline).split()).casefold()
    outer = [story for story in stories if not any(a in stories for a in story.iterancestors("article"))]
    if len(outer) < 2:
        return frozenset()
    wanted = "".join(title.split()).casefold()
    named = (s for s in outer if wanted and stories[s] and (stories[s] in wanted or wanted in stories[s]))
    own = next(named, outer[0])
    return frozenset(story for story in outer if story is not own)


def _is_chrome(element: Element, tag: str, box: Box) -> bool:
    """Return whether an element is by its own word a menu or an edge of the page, not of the article."""
    if tag in {"nav", "dialog", "footer"}:
        return next(element.iter("h1"), None) is None
    if tag in {"aside", "header"}:
        outer: Box | None = box
        while outer is not None:
            if outer.tag in {"article", "main"}:
                return tag == "aside" and _is_mostly_links(element)
            outer = outer.parent
        return next(element.iter("h1", "h2", "article", "main"), None) is None
    return False


def _is_mostly_links(element: Element) -> bool:
    linked = sum(len(text_of(link).strip()) for link in element.iter("a"))
    return 2 * linked > len(text_of(element).strip())


def _holds_comments(element: Element) -> bool:
    """Return whether an element calls itself the readers' comments, and does not hold the article all the same."""
    for name in ("id", "class"):
        value = element.get(name)
        if value and _COMMENTS.search(value):
            return not any(
                inner.tag != "article" or "comment" not in f"{inner.get('id')} {inner.get('class')}".lower()
                for inner in element.iter("h1", "article", "main")
            )
    return False


@dataclass(slots=True)
class _Walk:
    left_out: frozenset[Element]
    without_chrome: bool
    page: PageBlocks = field(default_factory=PageBlocks)
    parts: list[str] = field(default_factory=list)
    slots: list[tuple[Element, bool]] = field(default_factory=list)
    linked: int = 0
    links: int = 0
    bold: int = 0
    inline_names: int = 0
    line: int = 0
    breaks: int = 0
    line_weight: int = 0
    in_link: int = 0
    in_bold: int = 0

    def open(self, element: Element, parent: Box | None) -> Box:
        tag = str(element.tag)
        named = " ".join(
            value for name in ("class", "id", "itemprop", "role") if (value := element.get(name)) is not None
        )
        own = groups_of(named) if named else 0
        hidden = (
            (parent is not None and parent.hidden)
            or element.get("hidden") is not None
            or element.get("aria-hidden") == "true"
            or _HIDDEN_STYLE.search(element.get("style") or "") is not None
        )
        key = hash((tag, element.get("class"), parent.tag if parent else "", parent.signature if parent else 0))
        if parent is None:
            box = Box(element, tag, None, 0, own, 0, hash(tag), hidden)
        else:
            if parent.depth > 1:
                holder = parent.element
                key = hash((tag, element.get("class"), parent.tag, holder.get("class")))
            box = Box(element, tag, parent, parent.depth + 1, own, parent.above | parent.names, key, hidden)
        box.first = len(self.page.blocks)
        self.page.boxes.append(box)
        return box

    def close(self, box: Box) -> None:
        box.last = len(self.page.blocks)

    def children(self, element: Element, box: Box) -> None:
        text = element.text
        if text:
            self.add(text, element, tail=False)
        for child in element:
            tag = child.tag
            if isinstance(tag, str):
                self.child(child, tag, box)
            if tail := child.tail:
                self.add(tail, child, tail=True)

    def child(self, child: Element, tag: str, box: Box) -> None:
        if tag in INLINE:
            if tag == "a":
                self.in_link += 1
                self.links += 1
                self.children(child, box)
                self.in_link -= 1
            elif tag in {"b", "strong"}:
                self.in_bold += 1
                self.children(child, box)
                self.in_bold -= 1
            else:
                if tag == "span" and (named := child.get("class")):
                    self.inline_names |= groups_of(named)
                self.children(child, box)
        elif tag == "br":
            self.end_line(box)
            self.children(child, box)
        elif tag in PICTURES or tag in PLAYERS:
            self.page.pictures.append(Picture(child, box, len(self.page.blocks)))
        elif tag in SKIPPED or (tag == "noscript" and len(text_of(child).strip()) < _NOSCRIPT_ARTICLE):
            pass
        else:
            self.end_block(box)
            if child in self.left_out or (
                self.without_chrome and (_holds_comments(child) or _is_chrome(child, tag, box))
            ):
                return
            inner = self.open(child, box)
            self.children(child, inner)
            self.end_block(inner)
            self.close(inner)

    def add(self, text: str, element: Element, *, tail: bool) -> None:
        self.parts.append(text)
        self.slots.append((element, tail))
        if self.in_link or self.in_bold:
            length = len(text.strip())
            if self.in_link:
                self.linked += length
            if self.in_bold:
                self.bold += length
        if self.breaks or self.line_weight < _LINE_IS_PARAGRAPH:
            stripped = text.strip()
            if stripped:
                self.breaks = 0
                self.line_weight += len(stripped) if stripped.isascii() else weight_of(stripped)

    def end_line(self, box: Box) -> None:
        """Take a line's end for a paragraph's, where it is doubled or the line is long; count it in either case."""
        if not self.line_weight:
            return
        self.breaks += 1
        if self.breaks > 1 or self.line_weight >= _LINE_IS_PARAGRAPH:
            self.finish(box)
            self.line += 1
        else:
            self.parts.append("\n")

    def end_block(self, box: Box) -> None:
        self.finish(box)
        self.line = 0

    def finish(self, box: Box) -> None:
        if self.parts:
            text = " ".join("".join(self.parts).split())
            if text:
                self.page.blocks.append(
                    Block(
                        box, text, weight_of(text), self.linked, self.links, self.bold, self.inline_names, self.slots,
                        self.line, len(self.page.pictures),
                    )
                )  # fmt: skip
            self.parts, self.slots = [], []
        self.linked = self.links = self.bold = self.inline_names = self.breaks = self.line_weight = 0
