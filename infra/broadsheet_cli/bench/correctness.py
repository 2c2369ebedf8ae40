"""What was stored of a made-up page against what is right: speed without a result is nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .news_pages import NewsPage, path_of


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """What an ingester stored of a page. ``published`` is ``YYYY-MM-DD HH:MM…`` in UTC, None where it found no date."""

    title: str
    text: str
    published: str | None


@dataclass(frozen=True, slots=True)
class Correctness:
    """Of how many pages each was stored as it should be."""

    pages: int
    stored: int
    titles: int
    texts: int
    """Every wanted sentence is there."""
    clean: int
    """Nothing unwanted is there."""
    right: int
    """Title, text and clean, all three."""
    dates: int
    """To the minute."""


def judge(pages: Sequence[NewsPage], stored: Mapping[str, StoredArticle], host: str) -> Correctness:
    """Hold what was stored, by address, against ``pages`` of ``host`` (HOST:PORT)."""
    pairs = [(page, stored.get(f"http://{host}{path_of(page.number)}")) for page in pages]
    judged = [(*_verdict(page, found), _same_minute(page, found)) for page, found in pairs if found]
    titles, texts, clean, dates = zip(*judged, strict=True) if judged else ((), (), (), ())
    return Correctness(
        pages=len(pages),
        stored=len(judged),
        titles=sum(titles),
        texts=sum(texts),
        clean=sum(clean),
        right=sum(map(all, zip(titles, texts, clean, strict=True))),
        dates=sum(dates),
    )


def _verdict(page: NewsPage, found: StoredArticle) -> tuple[bool, bool, bool]:
    text = " ".join(found.text.split())
    return (
        " ".join(found.title.split()) == page.title,
        all(sentence in text for sentence in page.wanted),
        not any(mark in text for mark in page.unwanted),
    )


def _same_minute(page: NewsPage, found: StoredArticle) -> bool:
    return (found.published or "")[:16] == f"{page.published:%Y-%m-%d %H:%M}"
