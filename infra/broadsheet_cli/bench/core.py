"""The pure core alone: what it takes to turn one body, or one page, into a clean article."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from lxml import html as lxml_html

from broadsheet.ingest.clean import clean
from broadsheet.ingest.entry_article import parse_entry
from broadsheet.model.article import Entry, SourceDocument
from broadsheet.model.source import Source

from .newsroom import NOW, Story, page, story

ARTICLES = 200
ROUNDS = 3
SOURCE = Source("bench", "feed", "https://wire.example/feed.xml", timezone="UTC")


@dataclass(frozen=True, slots=True)
class CoreTime:
    """Milliseconds of CPU per article, and what only parsing the same bytes with lxml takes."""

    name: str
    ms: float
    parsing_ms: float
    kilobytes: float
    """Of markup per article."""


def measure_core() -> tuple[CoreTime, ...]:
    """Measure cleaning a listing's body, and finding and cleaning the article of a page."""
    stories = [story(number) for number in range(ARTICLES)]
    pages = {shown.number: page(shown) for shown in stories}
    bodies = {shown.number: shown.body.encode() for shown in stories}
    return (
        _measured("clean a body", stories, bodies, lambda shown: _ingest(shown, None)),
        _measured("extract and clean a page", stories, pages, lambda shown: _ingest(shown, pages[shown.number])),
    )


def _ingest(shown: Story, page_bytes: bytes | None) -> None:
    url = f"https://wire.example/story/{shown.number}"
    body = None if page_bytes else shown.body
    entry = Entry(shown.id, shown.title, url, published=shown.published, content_html=body)
    document = SourceDocument(page_bytes, url, "text/html; charset=utf-8", NOW) if page_bytes else None
    parsed = parse_entry(entry, SOURCE, None, document)
    clean(parsed, fallback_slug=shown.id, observed_at=NOW, upload=False)


def _measured(name: str, stories: list[Story], markup: dict[int, bytes], ingest: Callable[[Story], object]) -> CoreTime:
    return CoreTime(
        name=name,
        ms=min(_ms(stories, ingest) for _ in range(ROUNDS)),
        parsing_ms=min(_ms(stories, lambda s: lxml_html.document_fromstring(markup[s.number])) for _ in range(ROUNDS)),
        kilobytes=sum(map(len, markup.values())) / len(markup) / 1024,
    )


def _ms(stories: list[Story], work: Callable[[Story], object]) -> float:
    begun = time.process_time()
    for shown in stories:
        work(shown)
    return (time.process_time() - begun) * 1000 / len(stories)
