"""Article HTML as Markdown that Jekyll, Hugo and Eleventy all read alike, or as HTML inside a Markdown file.

Only what all three parsers know is written: raw HTML is none of it, since Hugo drops it. Text is escaped node by
node (see ``escaping``); no text node spans lines, so what is special at the start of a line is so only at the
start of a node.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from bs4 import BeautifulSoup, NavigableString, PageElement, Tag
from bs4.dammit import EntitySubstitution
from bs4.formatter import HTMLFormatter
from markdownify import MarkdownConverter
from markupsafe import Markup

from .escaping import alt_text, braces_away, markdown_text, post_url
from .inline_marks import LINKED_SCHEMES, simplify_marks


class _InOrder(HTMLFormatter):
    """Writes attributes in the order they came in, not sorted."""

    def attributes(self, tag: Tag) -> Iterable[tuple[str, Any]]:
        return tag.attrs.items()


PLAIN_HTML = _InOrder(
    entity_substitution=EntitySubstitution.substitute_xml,
    void_element_close_prefix="",
    empty_attributes_are_booleans=False,
)
"""How a tree is written: only ``& < >`` and quotes are references, void elements have no slash."""

_UNSAFE_IN_CODE = re.compile(r"\{\{|\}\}|\{%|%\}|<!--")
_UNSAFE_IN_SPAN = re.compile(rf"{_UNSAFE_IN_CODE.pattern}|\||~~|@[\w-]+\.")
"""A bar would end a cell of a table, and Hugo takes what is before an ``@`` into its link, a backtick too."""
_INLINE = frozenset(
    """a abbr b bdi bdo br cite code del dfn em i img ins kbd mark q rp rt ruby s samp small span strong sub sup
    time u var wbr""".split()  # noqa: SIM905 - thirty quotes and commas say less
)
TITLE_LEVEL = 1
"""The article's title is the page's only heading of the first level."""

_HEADING = re.compile(r"^h[1-6]$")
_FENCE = re.compile(r"`+")


def to_markdown(html: str) -> Markup:
    """Return sanitised ``html`` as Markdown without raw HTML; "" where it holds nothing."""
    soup = BeautifulSoup(html, "html.parser")
    lower_headings(soup)
    simplify_marks(soup)
    text: str = _Converter().convert_soup(soup)
    return Markup(text.strip("\n"))  # noqa: S704 - escaped node by node


def to_html_paragraphs(html: str) -> Markup:
    """Return sanitised ``html`` as blocks of HTML, one a line from the second on, as the ``finews`` posts have them.

    Inline content between blocks becomes paragraphs of its own, for what is bare in a Markdown file is Markdown.
    No block holds a line break outside ``pre``: an empty line would end it. Braces are character references.
    """
    soup = BeautifulSoup(html, "html.parser")
    blocks: list[str] = []
    loose: list[str] = []
    for child in [*soup.children, None]:
        if child is None or (isinstance(child, Tag) and child.name not in _INLINE):
            if paragraph := _one_line("".join(loose)).strip():
                blocks.append(f"<p>{paragraph}</p>")
            loose = []
        if isinstance(child, Tag):
            written = child.decode(formatter=PLAIN_HTML)
            (loose if child.name in _INLINE else blocks).append(written if child.find("pre") else _one_line(written))
        elif child is not None and type(child) is NavigableString:
            loose.append(child.output_ready(PLAIN_HTML))
    return braces_away("\n ".join(blocks))


def lower_headings(soup: BeautifulSoup) -> None:
    """Put the highest heading of a text right below the article's title, the others below it, without a gap."""
    headings = soup.find_all(_HEADING)
    ranks = {name: rank for rank, name in enumerate(sorted({heading.name for heading in headings}))}
    last = TITLE_LEVEL
    for heading in headings:
        last = min(TITLE_LEVEL + 1 + ranks[heading.name], last + 1, 6)
        heading.name = f"h{last}"


def _one_line(html: str) -> str:
    return re.sub(r"\s*[\r\n]\s*", " ", html) if "<pre" not in html else html


class _Converter(MarkdownConverter):  # its stub leaves out most of it
    def __init__(self) -> None:
        super().__init__(heading_style="atx", bullets="*", wrap=True, wrap_width=None, strip_pre="strip_one")

        self._before = " "

    def process_text(self, el: NavigableString, parent_tags: set[str] | None = None) -> str:
        self._before = _neighbour(el, forward=False)
        return str(super().process_text(el, parent_tags))  # type: ignore[misc]

    def escape(self, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - the package's signature
        return str(markdown_text(text, self._before)) if text else ""

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        href = str(el.get("href") or "")
        label = text.strip()
        if not label or not href.lower().startswith(LINKED_SCHEMES) or "_noformat" in parent_tags:
            return text
        before, after = _margins(text)
        return f"{before}[{label}]({post_url(href)}){after}"

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        src = str(el.get("src") or "")
        alt = alt_text(str(el.get("alt") or "").strip())
        return f"![{alt}]({post_url(src)})" if src.lower().startswith(LINKED_SCHEMES) else str(alt)

    def convert_strong(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return _emphasised("**", el, text, parent_tags)

    def convert_em(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return _emphasised("*", el, text, parent_tags)

    def convert_del(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return _emphasised("~~", el, text, parent_tags)

    def convert_code(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        if "pre" in parent_tags or not text.strip():
            return text
        if _UNSAFE_IN_SPAN.search(text) or ("]" in text and "a" in parent_tags):
            return str(markdown_text(text))
        before, after = _margins(text)
        ticks = "`" * (1 + max((len(run) for run in _FENCE.findall(text)), default=0))
        pad = " " if "`" in text else ""
        return f"{before}{ticks}{pad}{text.strip()}{pad}{ticks}{after}"

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        code = text.replace("\r\n", "\n").strip("\n")
        if not code.strip():
            return ""
        if _UNSAFE_IN_CODE.search(code) or "_inline" in parent_tags:
            return "\n\n" + _code_as_text(code) + "\n\n"
        fence = "`" * max(3, 1 + max((len(run) for run in _FENCE.findall(code)), default=0))
        return f"\n\n{fence}\n{code}\n{fence}\n\n"

    def convert_q(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        return f"“{text}”"

    def convert_video(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        source = el if el.get("src") else el.find("source", src=True)
        src = str(source.get("src")) if isinstance(source, Tag) else ""
        label = text.strip() or markdown_text(src)
        return f"[{label}]({post_url(src)})" if src.lower().startswith(LINKED_SCHEMES) else text

    convert_audio = convert_video

    def convert_dt(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return _emphasised("**", el, text, parent_tags).join(("\n\n", "\n\n"))

    def convert_dd(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        return f"\n\n{text.strip()}\n\n"

    def convert_hr(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        return "\n\n* * *\n\n"


def _code_as_text(code: str) -> str:
    """Code that no fence can hold, for a generator runs what stands in it: as text, indented by hard spaces."""
    lines = []
    for line in code.split("\n"):
        bare = line.lstrip(" \t")
        indent = "&#160;" * len(line[: len(line) - len(bare)].expandtabs(4))
        lines.append(indent + str(markdown_text(bare)) if bare else "&#160;")
    return "  \n".join(lines)


def _margins(text: str) -> tuple[str, str]:
    return (" " if text[:1].isspace() else "", " " if text[-1:].isspace() else "")


def _emphasised(mark: str, el: Tag, text: str, parent_tags: set[str]) -> str:
    """Return ``text`` between marks that all parsers take for marks, or bare where there are none such.

    A mark opens or closes only where CommonMark's flanking rules let it: in Chinese a mark between punctuation
    and a letter does neither, so punctuation at the ends goes outside of the marks.
    """
    bare = text.strip()
    if "_noformat" in parent_tags or not bare or "\n" in bare or any(m in bare[:1] + bare[-1:] for m in "*~"):
        return text
    before, after = _margins(text)
    if not before and _is_letter(_neighbour(el, forward=False)):
        while bare and not _is_letter(bare[0]) and bare[0] not in "\\`&![<":
            before, bare = before + bare[0], bare[1:]
        if not bare or not _is_letter(bare[0]):
            return text
    if not after and _is_letter(_neighbour(el, forward=True)):
        while bare and not _is_letter(bare[-1]) and bare[-1] not in "`;)]>" and bare[-2:-1] != "\\":
            bare, after = bare[:-1], bare[-1] + after
        if not bare or not _is_letter(bare[-1]):
            return text
    return f"{before}{mark}{bare}{mark}{after}"


def _neighbour(el: PageElement, *, forward: bool) -> str:
    """Return the character of text next to ``el`` within its block, or a space where the block ends."""
    node: PageElement | None = el
    while node is not None:
        sibling: Any = node.next_sibling if forward else node.previous_sibling
        while sibling is not None:
            text = str(sibling) if type(sibling) is NavigableString else sibling.get_text()
            if isinstance(sibling, Tag) and sibling.name not in _INLINE:
                return " "
            if isinstance(sibling, Tag) and sibling.name in {"br", "img"}:
                return " "
            if text:
                return text[0] if forward else text[-1]
            sibling = sibling.next_sibling if forward else sibling.previous_sibling
        node = node.parent
        if isinstance(node, Tag) and node.name not in _INLINE:
            return " "
    return " "


def _is_letter(character: str) -> bool:
    return not character.isspace() and not _is_punctuation(character)


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"
