"""Feedparser's strict and loose parsers, with what we read otherwise, and without its guesses about bytes.

``feedparser.parse`` opens what happens to be a file's name, guesses encodings by rules of its own, and reads feeds of
any length. Its parsers are used here directly; the evaluation of feeds holds them to feedparser's own tests.
"""

from __future__ import annotations

import io
import re
import sys
import xml.sax
import xml.sax.handler
import xml.sax.xmlreader
from dataclasses import dataclass
from typing import Any

from feedparser.api import PREFERRED_XML_PARSERS, LooseFeedParser, StrictFeedParser
from feedparser.mixin import _FeedParserMixin

from .html_limits import MAX_ATTRIBUTES
from .listing_item import MAX_ITEMS

MAX_ILL_FORMED_BYTES = 2 * 1024 * 1024
"""What the loose parser is given at most; it needs up to 5 s per MB of ``<a <a <a``."""
MAX_RESOLVED = 4_000_000
"""Characters of a feed in which relative addresses are made absolute; a large feed has one million.

At worst, a million of ``<a <a <a`` take 1.4 s. In what comes after them, an address is relative to its entry's page."""
MAX_TAGS = 200
"""Of an entry; each is compared with all others."""
MAX_AUTHOR = 1_000
"""Characters in which an author's address is looked for, by an expression that is quadratic in them."""
MAX_ENTITY = 20
"""Characters that an entity of the document's own may stand for; feeds declare letters, and each use repeats them."""
_QUOTED = r"\"[^\"]*+\"|'[^']*+'"
_ASIDE = r"<\?(?>.*?(?:\?>|\Z))|<!--(?>.*?(?:-->|\Z))"
"""A processing instruction or a comment; one without an end goes on to the document's, so that none is read twice."""
_COMMENT = re.compile(r"<!--(?>.*?(?:-->|\Z))", re.DOTALL)
_HEAD = re.compile(
    rf"(?:\s++|{_ASIDE}"
    rf"|<!DOCTYPE(?:[^\[>\"']|{_QUOTED})*+(?:\[(?:{_ASIDE}|{_QUOTED}|[^\]\"'])*+\]\s*+)?>)*+",
    re.DOTALL | re.IGNORECASE,
)
"""What stands before a document's first element (XML 1.0, 2.8)."""
_ENTITY = re.compile(r"""<!ENTITY\s+(\w+)\s+(["'])(&#\w+;|[^&%<"']*)\2\s*>""")
"""The declaration of an entity that holds no other and comes from nowhere else."""


class IllFormedFeed(ValueError):
    """A feed is ill-formed, and too large to be read all the same."""


class _Enough(Exception):
    """There are more entries than are read."""


class _OurReading(_FeedParserMixin):  # type: ignore[misc]  # feedparser has no types
    """What differs from feedparser, for both of its parsers."""

    can_be_relative_uri = _FeedParserMixin.can_be_relative_uri - {"id"}
    """An id is compared character by character (RFC 4287, 4.2.6.1), and outlives the feed's move to another address."""
    resolve_relative_uris = True
    sanitize_html = False
    _characters = 0
    """Of the texts so far."""

    def _start_item(self, attrs: Any) -> None:
        if len(self.entries) >= MAX_ITEMS:
            raise _Enough
        super()._start_item(attrs)

    _start_entry = _start_item

    def _add_tag(self, term: Any, scheme: Any, label: Any) -> None:
        if len(self._get_context().get("tags", ())) < MAX_TAGS:
            super()._add_tag(term, scheme, label)

    def _sync_author_detail(self, key: str = "author") -> None:
        context = self._get_context()
        if key in context:
            context[key] = context[key][:MAX_AUTHOR]
        super()._sync_author_detail(key)

    def pop(self, element: str, strip_whitespace: int = 1) -> Any:
        if self.elementstack and self.elementstack[-1][0] == element:
            self._characters += sum(len(piece) for piece in self.elementstack[-1][2])
            self.resolve_relative_uris = self._characters <= MAX_RESOLVED
        return super().pop(element, strip_whitespace)

    # Feedparser takes the second description of an entry for its content. These two are none, only better than nothing.
    def _start_media_description(self, attrs: Any) -> None:
        self.push_content("media_description", attrs, "text/plain", 1)

    def _end_media_description(self) -> None:
        self.pop_content("media_description")

    def _start_itunes_summary(self, attrs: Any) -> None:
        self.push_content("itunes_summary", attrs, "text/plain", 1)

    def _end_itunes_summary(self) -> None:
        self.pop_content("itunes_summary")


class _Strict(_OurReading, StrictFeedParser):  # type: ignore[misc]
    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: N802 - the name is SAX's
        if len(attrs) > MAX_ATTRIBUTES:
            raise ValueError(f"an element has {len(attrs):,} attributes, more than {MAX_ATTRIBUTES}")
        super().startElementNS(name, qname, attrs)


class _Loose(_OurReading, LooseFeedParser):  # type: ignore[misc]
    def handle_charref(self, ref: str) -> None:
        """Leave out what stands for no character, such as ``&#xD800;``, instead of failing on it."""
        number = int(ref[1:], 16) if ref[:1] in {"x", "X"} else int(ref)
        if number <= sys.maxunicode and not 0xD800 <= number <= 0xDFFF:
            super().handle_charref(ref)


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What feedparser makes of a feed: dictionaries whose keys its documentation tells."""

    feed: Any
    entries: list[Any]
    version: str
    """``rss20``, ``atom10`` and the like; "" where the document is of no format it knows."""
    fault: str = ""
    """Why it is ill-formed; "" where it is not."""
    cut: bool = False
    """Whether there are more entries than :data:`MAX_ITEMS`."""


def parse_feed(text: str, url: str, language: str | None) -> ParsedFeed:
    """Return what ``text``, a feed read from ``url``, tells; what is ill-formed is read as far as it goes.

    ``language`` is what the answer's header says. HTML in it is not sanitised, but its relative addresses are absolute.
    Raises IllFormedFeed past 2 MB of that, ValueError for long entities and thousands of attributes, and what
    feedparser's loose parser trips over in broken markup: ValueError, LookupError, TypeError, AttributeError,
    AssertionError, RecursionError.
    """
    head, root = _split(text)
    entities = {name: value for name, _, value in _ENTITY.findall(head)}
    for name, value in entities.items():
        if len(value) > MAX_ENTITY:
            raise ValueError(f"the entity '{name[:40]}' stands for {len(value):,} characters, more than {MAX_ENTITY}")
    declared = "".join(f'<!ENTITY {name} "{value}">' for name, value in entities.items())
    doctype = f"<!DOCTYPE feed [{declared}]>" if declared else ""
    # The lines that faults name are those of the document.
    body = ("\n" * head.count("\n") + doctype + root).encode("utf-8", "replace")
    strict = _Strict(url, language, "utf-8")
    fault, cut = "", False
    try:
        _run_strictly(strict, body)
    except _Enough:
        cut = True
    except xml.sax.SAXException as error:
        fault = str(strict.exc or error) or type(error).__name__
    parser = strict
    if fault and len(body) > MAX_ILL_FORMED_BYTES:
        raise IllFormedFeed(f"ill-formed XML of {len(body):,} bytes, more than {MAX_ILL_FORMED_BYTES:,}: {fault}")
    if fault:
        parser = _Loose(url, language, "utf-8", entities)
        try:
            parser.feed(body.decode("utf-8", "replace"))
        except _Enough:
            cut = True
    return ParsedFeed(parser.feeddata, parser.entries, parser.version, fault, cut)


def _split(text: str) -> tuple[str, str]:
    """Return what stands before a document's first element, without comments, and the document from there on."""
    found = _HEAD.match(text)
    end = found.end() if found else 0
    if text[end : end + 9].upper() == "<!DOCTYPE":
        raise ValueError("its DOCTYPE has no end")
    head = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text[:end])
    return head, text[end:]


def _run_strictly(parser: Any, body: bytes) -> None:
    # Of entities, the document declares only those of letters; and none from outside is fetched.
    reader = xml.sax.make_parser(PREFERRED_XML_PARSERS)  # noqa: S317
    reader.setFeature(xml.sax.handler.feature_namespaces, True)
    reader.setFeature(xml.sax.handler.feature_external_ges, False)
    reader.setContentHandler(parser)
    reader.setErrorHandler(parser)
    source = xml.sax.xmlreader.InputSource()
    source.setByteStream(io.BytesIO(body))
    reader.parse(source)
