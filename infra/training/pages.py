"""The training pages: which there are, whose they are, what is known of their articles."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

_BLOCK_EDGE = re.compile(
    r"</?(?:p|div|h[1-6]|li|ul|ol|table|tr|td|th|blockquote|pre|br|hr|figure|figcaption|section|article|dt|dd|dl)\b[^>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(?:!--.*?--|script\b.*?</script|style\b.*?</style|[^>]*)>", re.DOTALL | re.IGNORECASE)
_OWN_ADDRESS = re.compile(rb"""(?:og:url|canonical)["'][^>]*?(?:content|href)=["']https?://([^/"']+)""")
_COMMON_LABELS = frozenset(
    {"co", "com", "org", "net", "gov", "edu", "ac", "gob", "go", "ne", "or", "blog", "blogspot", "wordpress"}
)


@dataclass(frozen=True, slots=True)
class TrainingPage:
    """A page with its gold: the whole text (``paragraphs``, ``summary``), or samples of what is in it and not."""

    corpus: str
    name: str
    group: str
    """The publisher: pages of one are never both trained on and judged."""
    body: bytes
    url: str
    paragraphs: tuple[str, ...] = ()
    summary: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()


def load_pages(corpora: Path) -> list[TrainingPage]:
    """Return the pages of all corpora under ``corpora`` that are there, in a fixed order."""
    pages: list[TrainingPage] = []
    for name, load in (
        ("news-pages", _gold_pages),
        ("chinese-pages", _gold_pages),
        ("segment-pages", _segment_pages),
        ("readability-pages", _readability_pages),
    ):
        if (corpora / name).is_dir():
            pages.extend(load(corpora / name))
    return pages


def _gold_pages(folder: Path) -> Iterator[TrainingPage]:
    for path in sorted((folder / "gold").glob("*.json")):
        gold = json.loads(path.read_text("utf-8"))
        url = gold.get("url") or ""
        body = gzip.decompress((folder / "pages" / f"{path.stem}.html.gz").read_bytes())
        yield TrainingPage(
            folder.name,
            path.stem,
            publisher(url) or path.stem,
            body,
            url,
            paragraphs=tuple(p["text"] for p in gold["paragraphs"] if not p.get("summary")),
            summary=tuple(p["text"] for p in gold["paragraphs"] if p.get("summary")),
        )


def _segment_pages(folder: Path) -> Iterator[TrainingPage]:
    for entry in json.loads((folder / "segments.json").read_text("utf-8")):
        body = gzip.decompress((folder / "pages" / entry["file"]).read_bytes())
        yield TrainingPage(
            folder.name,
            entry["file"].removesuffix(".html.gz"),
            publisher(entry["url"]) or entry["file"],
            body,
            entry["url"],
            wanted=tuple(entry["with"]),
            unwanted=tuple(entry["without"]),
            comments=tuple(entry.get("comments", ())),
        )


def _readability_pages(folder: Path) -> Iterator[TrainingPage]:
    for path in sorted(folder.glob("*/expected.html")):
        body = (path.parent / "source.html").read_bytes()
        found = _OWN_ADDRESS.search(body)
        group = publisher(f"https://{found[1].decode('ascii', 'replace')}/") if found else ""
        expected = _BLOCK_EDGE.sub("\n", path.read_text("utf-8"))
        lines = (" ".join(line.split()) for line in unescape(_TAG.sub("", expected)).split("\n"))
        yield TrainingPage(
            folder.name,
            path.parent.name,
            group or path.parent.name.rstrip("-0123456789"),
            body,
            "",
            paragraphs=tuple(line for line in lines if line),
        )


def publisher(url: str) -> str:
    """Return what of a host's name tells its owner: ``bbc`` of ``www.bbc.co.uk``; "" where there is none."""
    url = re.sub(r"^https?://web\.archive\.org/web/\d+\w*/", "", url)
    labels = (urlsplit(url).hostname or "").split(".")[:-1]
    while len(labels) > 1 and labels[-1] in _COMMON_LABELS:
        labels.pop()
    return labels[-1] if labels else ""
