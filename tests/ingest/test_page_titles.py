"""The title, without the site's name and with its own spelling."""

from __future__ import annotations

import pytest

from broadsheet.ingest.fragment import parse_document
from broadsheet.ingest.metadata import read_metadata

URL = "https://www.harbourpost.example/story"
SITE = "<meta property=og:site_name content='Harbour Post'>"


def title(html: str, url: str = URL) -> str:
    return read_metadata(parse_document(html), url).title


def og(text: str) -> str:
    return f'<meta property="og:title" content="{text}">'


def headline(text: str) -> str:
    return f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "{text}"}}</script>'


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (f"{SITE}{og('Ferry stays | Harbour Post')}", "Ferry stays"),
        (f"{SITE}<title>Ferry stays - Ports - Harbour Post</title><h1>Ferry stays</h1>", "Ferry stays"),
        (f"{SITE}<title>Harbour Post: Ferry stays</title>", "Ferry stays"),
        ("<title>Ferry stays | harbourpost.example</title>", "Ferry stays"),
        ("<title>Ferry stays – HarbourPost</title>", "Ferry stays"),
        ("<title>Ferry stays | Port Ellery Gazette</title><h1>Ferry stays</h1>", "Ferry stays"),
        (f"{og('Ferry stays | Harbour Post | 12.07.2026')}{SITE}", "Ferry stays"),
        ("<title>Dash - stays</title>", "Dash - stays"),
        ("<title>Ferry: stays</title>", "Ferry: stays"),
        (f"{SITE}<title>Harbour Post</title>", "Harbour Post"),
        ("<title>港口扩建工程开工_海湾新闻_海湾网</title>", "港口扩建工程开工"),
        ("<title>港口扩建工程开工-海湾新闻网</title>", "港口扩建工程开工"),
        ("<title>港口扩建工程开工 - 某论坛</title><p><b>港口扩建工程开工</b></p>", "港口扩建工程开工"),
        ("<title>A &amp;amp; B</title>", "A & B"),
    ],
)
def test_the_sites_name_goes(html: str, expected: str) -> None:
    assert title(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        # What two places say wins, og:title before the headline.
        (og("Shared") + headline("Said") + "<h1>Shared</h1>", "Shared"),
        (og("Shared") + headline("Said") + "<h1>Said</h1>", "Said"),
        (og("Shared") + headline("Shared") + "<h1>Printed</h1>", "Shared"),
        (og("Shared") + headline("Said") + "<h1>Printed</h1>", "Shared"),
        # A title without its kicker.
        (og("Ferry stays") + headline("Ports: Ferry stays") + "<h1>Ports: Ferry stays</h1>", "Ferry stays"),
        # A kicker that is part of the title stays.
        (og("Ports: Ferry stays") + "<h1>Ferry stays</h1>", "Ports: Ferry stays"),
        (headline("Said") + "<h1>Printed</h1><title>T</title>", "Said"),
        ("<h1>Log in</h1><h1>Ferry stays</h1><title>Ferry stays | X</title>", "Ferry stays"),
        ("<h1>Harbour Post</h1><title>Ferry stays</title>", "Ferry stays"),
        ("<h1>Ferry stays</h1>", "Ferry stays"),
        ("<svg><title>Icon</title></svg><h1>Ferry stays</h1>", "Ferry stays"),
        ("<p>none</p>", ""),
    ],
)
def test_places_in_their_order_of_trust(html: str, expected: str) -> None:
    assert title(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (og("'Ferry' stays") + "<h1>‘Ferry’ stays</h1>", "‘Ferry’ stays"),
        (og("Ferry stays - here") + "<h1>Ferry stays – here</h1>", "Ferry stays – here"),
        (og("Ferry stays") + "<h1>FERRY STAYS</h1>", "Ferry stays"),
        (og("Ports / Ferry stays") + "<h1><span>Ports</span><span>Ferry stays</span></h1>", "Ports / Ferry stays"),
        (og("«Ferry» stays «so»"), "«Ferry» stays «so»"),
    ],
)
def test_the_headings_own_typography(html: str, expected: str) -> None:
    assert title(html) == expected


def test_a_title_of_separators_takes_no_time() -> None:
    assert title(og(": - | " * 2_000)) == ""
    assert title(og("a:" * 2_000)).startswith("a:a:")


def test_the_reasons() -> None:
    reasons = read_metadata(parse_document(og("Shared") + headline("Said") + "<h1>Shared</h1>"), URL).reasons["title"]
    assert [(item.source, item.value, item.won) for item in reasons] == [
        ("og:title", "Shared", True),
        ("JSON-LD headline", "Said", False),
        ("h1", "Shared", False),
    ]
