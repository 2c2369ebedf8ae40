"""The places where a page tells of itself, read once: JSON-LD, meta elements, marked elements, headings, lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from lxml import etree

from broadsheet.ingest.fragment import Element, text_of
from broadsheet.ingest.json_ld import LinkedData, as_list, read_json_ld, text_in
from broadsheet.ingest.page_lines import Line, is_aside, visible_lines
from broadsheet.ingest.plain_text import comparable, one_line
from broadsheet.ingest.urls import web_url

_MICRODATA = etree.XPath("//*[@itemprop]")
_NAMED = etree.XPath("//*[@class or @rel]")
_AROUND = 25
"""Lines before and after the article where its title, date and byline stand."""
_SECOND_LEVEL = frozenset(("co", "com", "org", "net", "gov", "edu", "ac", "or", "ne", "go", "gob", "nom"))
_NAMING_METAS = (
    "og:site_name",
    "application-name",
    "apple-mobile-web-app-title",
    "publisher",
    "dc.publisher",
    "copyright",
)


@dataclass(slots=False)
class PageSources:
    """A page and what it tells, each place read when first asked for. ``timezone`` (IANA) is the source's own."""

    root: Element
    url: str
    timezone: str = "UTC"
    body: Element | None = None
    """The element that holds the article's text, where it is known."""
    _metas: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for meta in self.root.iter("meta"):
            name = meta.get("property") or meta.get("name") or meta.get("itemprop") or meta.get("http-equiv")
            content = meta.get("content")
            if name and content and content.strip():
                self._metas.setdefault(name.strip().lower(), []).append(content[:5_000])

    def meta(self, *names: str) -> str:
        """Return the first content of the first meta element among these (names in lower case), or ""."""
        return next((one_line(self._metas[name][0]) for name in names if name in self._metas), "")

    def contents(self, name: str) -> list[str]:
        """Return the contents of all meta elements of this name (in lower case), in document order."""
        return [one_line(content) for content in self._metas.get(name, ())]

    @cached_property
    def base(self) -> str | None:
        """What relative addresses are relative to; None where the page's own address is no web address."""
        page = self.url if self.url.startswith(("http://", "https://")) else None
        href = next((b.get("href") for b in self.root.iter("base") if b.get("href")), None)
        return (web_url(page, href) if href else None) or page

    @cached_property
    def linked(self) -> LinkedData:
        """The page's JSON-LD."""
        return read_json_ld(self.root, self.url)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines readers see, without menus, side columns and comments."""
        return visible_lines(self.root)

    @cached_property
    def lines_near(self) -> tuple[Line, ...]:
        """The lines of the article and those around it; all lines where the article's element is not known."""
        if self.body is None:
            return self.lines
        inside = set(self.body.iter())
        places = [index for index, line in enumerate(self.lines) if line.element in inside]
        if not places:
            return self.lines
        return self.lines[max(0, places[0] - _AROUND) : places[-1] + _AROUND]

    def is_beside(self, element: Element) -> bool:
        """Return whether ``element`` is of a comment, a side column or another story, not of the article."""
        if self.body is not None and (element is self.body or any(a is self.body for a in element.iterancestors())):
            return False
        return is_aside(element)

    @cached_property
    def microdata(self) -> tuple[Element, ...]:
        """Elements with an ``itemprop``."""
        return _elements(_MICRODATA(self.root))

    @cached_property
    def named(self) -> tuple[Element, ...]:
        """Elements with a class or a ``rel``. They are many: look at them last."""
        return _elements(_NAMED(self.root))

    @cached_property
    def headings(self) -> tuple[str, ...]:
        """The texts of the first headings of the highest level."""
        texts = (one_line(text_of(h)[:1_000]) for h, _ in zip(self.root.iter("h1"), range(12), strict=False))
        return tuple(text for text in texts if text)

    @cached_property
    def site_names(self) -> tuple[str, ...]:
        """What the site may call itself, comparable: its declared names, its publisher's, and parts of its host."""
        names = [value for name in _NAMING_METAS for value in self.contents(name)[:2]]
        for described in (self.linked.article, self.linked.page):
            owner = self.linked.resolve(next(iter(as_list(described.get("publisher"))), None))
            names.append(text_in(owner.get("name")) if isinstance(owner, dict) else text_in(owner))
        for item in self.linked.objects:
            if item.get("@type") == "WebSite":
                names += [text_in(item.get("name")), text_in(item.get("alternateName"))]
        names += self.hosts
        return tuple(dict.fromkeys(c for name in names if (c := comparable(name))))

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """The page's host, its owner's label and its owner's domain."""
        return _host_names(self.url)

    def is_site(self, name: str, *, exactly: bool = False) -> bool:
        """Return whether ``name`` is what the site calls itself, or, unless ``exactly``, a good part of it."""
        said = comparable(name)
        if exactly:
            return said in self.site_names
        return bool(said) and any(
            said == known or _within(said, known) or _within(known, said) for known in self.site_names
        )


def _elements(found: object) -> tuple[Element, ...]:
    return tuple(node for node in found if isinstance(node, Element)) if isinstance(found, list) else ()


def _within(part: str, whole: str) -> bool:
    """A short name inside a long one says little: "Post" is in "Washington Post", but "post" in "Postillon" too."""
    return len(part) >= 4 and (whole.startswith(part) or whole.endswith(part)) and len(part) * 2 >= len(whole)


def _host_names(url: str) -> tuple[str, ...]:
    host = (urlsplit(url).hostname or "").removeprefix("www.") if "://" in url else ""
    parts = host.split(".")
    if len(parts) < 2:
        return ()
    owner = parts[-3] if len(parts) > 2 and parts[-2] in _SECOND_LEVEL else parts[-2]
    return (host, ".".join(parts[parts.index(owner) :]), owner)
