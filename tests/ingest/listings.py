"""Builders for tests of listings: a source from the lines of its file, and a look at a document."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from broadsheet.ingest.configuration import read_source
from broadsheet.ingest.listing import read_listing
from broadsheet.model.article import Listing, SourceDocument
from broadsheet.model.source import Source

FIXTURES = Path(__file__).parent / "fixtures"
CORPORA = Path(__file__).parents[2].parent / "shared" / "corpora"
NOW = datetime(2022, 6, 1, 12, 0, tzinfo=UTC)
URL = "https://news.example.org/list"


def a_source(lines: str) -> Source:
    """Return the source of ``sources/acme.yaml`` with these lines."""
    return read_source(f"id: acme\nurl: {URL}\n{lines}".encode(), "sources/acme.yaml")


def look(source: Source | str, body: bytes | str, content_type: str = "", url: str = URL) -> Listing:
    """Return what one look at the source gives when its address answers with ``body``."""
    source = a_source(source) if isinstance(source, str) else source
    raw = body.encode() if isinstance(body, str) else body
    return read_listing(source, SourceDocument(raw, url, content_type, NOW), NOW)
