"""What a generator shows, set against the article as it is stored: text, links, images, and no markup besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from urllib.parse import unquote

from bs4 import BeautifulSoup, Comment, Declaration, Doctype, NavigableString, Tag

from broadsheet.ingest.plain_text import comparable
from broadsheet.publish.markdown import lower_headings
from broadsheet.publish.posts import MAX_TAG_BYTES

from .generators import Shown
from .hostile import Hostile

_INLINE = (
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "img", "ins", "kbd", "mark", "ruby", "rp", "rt", "s",
    "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr",
)  # fmt: skip
_AROUND = dict.fromkeys(_INLINE, ("", "")) | {"q": ("“", "”")}
"""What stands around an element's text, where it is not a blank."""
_UNREAD = (Comment, Declaration, Doctype)
_NO_MARK = frozenset({"p", "div", "span", "article", "table", "tbody", "thead", "tr", "th", "td", "br", "wbr"})
"""Elements that a generator may write where there are none: they mean nothing by themselves."""
_SAME = {"b": "strong", "dt": "strong", "i": "em", "s": "del", "kbd": "code", "samp": "code", "cite": "em"}
_ATTRIBUTES = frozenset({"href", "src", "alt", "id", "class", "style", "tabindex", "start", "data-lang", "title"})
_CLASSES = ("highlight", "highlighter-rouge", "chroma", "language-")


def told_by(article: Hostile) -> dict[str, object]:
    """Return what a portable post tells of ``article``, as its generator has it in JSON."""
    chosen, stored = article.chosen, article.stored
    return {
        "title": chosen.title,
        "categories": [line.slug for line in stored.categories],
        "tags": tags_of(article),
        "description": chosen.description,
        "author": ", ".join(chosen.authors),
        "lang": chosen.language,
        "source_name": chosen.source_name,
        "address": stored.article.address,
    }


def tags_of(article: Hostile) -> list[str]:
    """Return the tags that posts carry."""
    return [tag for tag in article.chosen.tags if len(tag.encode()) <= MAX_TAG_BYTES]


def differences(
    article: Hostile, shown: Shown | None, told: Mapping[str, object], ending: str, *, markdown: bool = True
) -> Iterator[str]:
    """Yield what is not shown as it is stored.

    ``told`` are the fields to compare, ``ending`` is what a post says after its article's text. Where the post is not
    ``markdown`` the text stands in it as HTML, and its markup is its own.
    """
    if shown is None:
        yield "no page at its address"
        return
    for name, value in told.items():
        if (shown.told.get(name) or None) != (value or None):
            yield f"{name}: {shown.told.get(name)!r} instead of {value!r}"
    if abs(shown.date - article.chosen.instant) >= timedelta(seconds=1):
        yield f"date: {shown.date} instead of {article.chosen.instant}"
    stored, seen = (BeautifulSoup(html, "html.parser") for html in (article.stored.html, shown.html))
    if markdown:
        lower_headings(stored)
        yield from _markup(stored, seen)
    wanted, found = joined(plain_text(stored), ending), plain_text(seen)
    if wanted != found:
        pairs = enumerate(zip(wanted, found, strict=False))
        at = next((n for n, (a, b) in pairs if a != b), min(len(wanted), len(found)))
        yield f"text: …{found[max(0, at - 40) : at + 60]!r} instead of …{wanted[max(0, at - 40) : at + 60]!r}"


def joined(*texts: str) -> str:
    """Return ``texts`` as one, white space as one blank."""
    return " ".join(" ".join(texts).split())


def plain_text(tree: Tag) -> str:
    """Return what a reader sees of ``tree``: blocks apart from each other, white space as one blank."""
    return " ".join("".join(_pieces(tree)).split())


def _pieces(tree: Tag) -> Iterator[str]:
    for node in tree.children:
        if isinstance(node, Tag):
            before, after = _AROUND.get(node.name, (" ", " "))
            yield before
            yield from _pieces(node)
            yield after
        elif isinstance(node, NavigableString) and not isinstance(node, _UNREAD):
            yield str(node)


def _markup(stored: Tag, seen: Tag) -> Iterator[str]:
    allowed = Counter(_SAME.get(tag.name, tag.name) for tag in stored.find_all(True))
    allowed["a"] += 1  # to the source
    for code in seen.select("pre > code"):
        code.unwrap()
    used = Counter(_SAME.get(tag.name, tag.name) for tag in seen.find_all(True) if not _is_bare_address(tag))
    for name in used:
        if name not in _NO_MARK and used[name] > allowed[name]:
            yield f"<{name}> {used[name]} times instead of {allowed[name]}"
    for tag in seen.find_all(True):
        for name, value in tag.attrs.items():
            if name not in _ATTRIBUTES:
                yield f"<{tag.name} {name}={value!r}>"
            elif name == "class" and not all(str(item).startswith(_CLASSES) for item in value):
                yield f"<{tag.name} class={value!r}>"
    images = [(_address(tag["src"]), comparable(tag.get("alt", ""))) for tag in stored.find_all("img")]
    shown_images = [(_address(tag["src"]), comparable(tag.get("alt", ""))) for tag in seen.find_all("img")]
    if images != shown_images:
        yield f"images: {shown_images} instead of {images}"
    links = [
        _address(tag["href"])
        for tag in stored.find_all("a")
        if tag.get("href") and (tag.get_text(strip=True) or tag.img)
    ]
    shown_links = [_address(tag["href"]) for tag in seen.find_all("a") if not _is_bare_address(tag)]
    no_code = not stored.select("pre a, code a, samp a, kbd a")  # Markdown has no links in code
    if no_code and links != shown_links[:-1]:
        yield f"links: {shown_links} instead of {links}"


def _address(url: object) -> str:
    """``url`` with nothing percent-encoded: encoding more or less of it leads to the same place."""
    return unquote(str(url)).removesuffix("/")


def _is_bare_address(tag: Tag) -> bool:
    """Whether a link is one that Hugo makes of an address in the text."""
    if tag.name != "a":
        return False
    text, href = tag.get_text(), str(tag.get("href"))
    return _address(href) in {scheme + _address(text) for scheme in ("", "http://", "mailto:")}
