from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from lxml import etree

from broadsheet.model.article import CategoryLine, IndexLine, PeriodCount
from broadsheet.model.page import Page, PageKey
from broadsheet.model.site import SITEMAP_SIZE
from broadsheet.publish import html, sitemap
from tests.publish import golden
from tests.publish.newsroom import ENGLISH, MORNING, body, line_of

DAY = date(2026, 1, 5)
MAX_ADDRESSES, MAX_BYTES = 50_000, 50 * 1024 * 1024
"""https://www.sitemaps.org/protocol.html"""


def lines(count: int) -> list[IndexLine]:
    line = line_of(body(ENGLISH))
    return [replace(line, address=f"/harbour/2026/01/05/{n}/") for n in range(count)]


def told(page: Page) -> list[tuple[str, str | None]]:
    """What a sitemap or index lists: address and time."""
    spaces = {"s": sitemap.NAMESPACE}
    root = etree.fromstring(page.body)
    return [
        (str(child.findtext("s:loc", namespaces=spaces)), child.findtext("s:lastmod", namespaces=spaces))
        for child in root
    ]


def test_day_lists_its_articles_with_the_time_of_their_last_change() -> None:
    first, second = lines(2)
    corrected = replace(second, updated=MORNING + timedelta(hours=1))
    (page,) = sitemap.day_sitemaps(ENGLISH, DAY, [first, corrected])
    assert page.key == "sitemap/2026-01-05.xml"
    assert page.content_type == "application/xml; charset=utf-8"
    assert told(page) == [
        ("https://gazette.example/harbour/2026/01/05/0/", "2026-01-05T08:30:00Z"),
        ("https://gazette.example/harbour/2026/01/05/1/", "2026-01-05T09:30:00Z"),
    ]
    golden.check("sitemap-day.xml", page.body)


def test_busy_day_has_parts_within_the_protocols_bounds() -> None:
    pages = sitemap.day_sitemaps(ENGLISH, DAY, lines(2 * SITEMAP_SIZE + 1))
    assert [page.key for page in pages] == [
        "sitemap/2026-01-05.xml",
        "sitemap/2026-01-05-2.xml",
        "sitemap/2026-01-05-3.xml",
    ]
    assert [len(told(page)) for page in pages] == [SITEMAP_SIZE, SITEMAP_SIZE, 1]
    assert SITEMAP_SIZE <= MAX_ADDRESSES
    assert max(len(page.body) for page in pages) < MAX_BYTES
    assert [PageKey(page.key) for page in pages] == [sitemap.day_sitemap_key(DAY, part) for part in (1, 2, 3)]


def test_longest_addresses_fit_too() -> None:
    longest = [replace(line, address="/" + "x" * 2000 + line.address) for line in lines(3)]
    (page,) = sitemap.day_sitemaps(ENGLISH, DAY, longest)
    assert len(page.body) / 3 * SITEMAP_SIZE < MAX_BYTES


def test_day_without_articles_has_none() -> None:
    assert sitemap.day_sitemaps(ENGLISH, DAY, []) == []


@pytest.mark.parametrize(
    ("count", "parts"), [(0, 0), (1, 1), (SITEMAP_SIZE, 1), (SITEMAP_SIZE + 1, 2), (3 * SITEMAP_SIZE, 3)]
)
def test_index_names_the_parts_that_a_day_has(count: int, parts: int) -> None:
    page = sitemap.sitemap_index(ENGLISH, [PeriodCount("2026-01-05", count)])
    named = [address.removeprefix("https://gazette.example/") for address, _ in told(page)]
    written = [page.key for page in sitemap.day_sitemaps(ENGLISH, DAY, lines(1) * count)]
    assert named == ["sitemap/sections.xml", *written]
    assert len(written) == parts


def test_index_changes_only_where_a_part_comes_or_goes() -> None:
    few = [PeriodCount("2026-01-05", 1), PeriodCount("2026-01-04", 7)]
    more = [PeriodCount("2026-01-04", 8), PeriodCount("2026-01-05", SITEMAP_SIZE)]
    assert sitemap.sitemap_index(ENGLISH, few) == sitemap.sitemap_index(ENGLISH, more)
    golden.check("sitemap.xml", sitemap.sitemap_index(ENGLISH, few).body)


def test_sections_are_home_list_and_categories_with_articles() -> None:
    listed = [CategoryLine("b-side", "B", 2), CategoryLine("atlas", "A", 1), CategoryLine("void", "V")]
    page = html.categories_pages(ENGLISH, listed)[1]
    assert page.key == "sitemap/sections.xml"
    assert told(page) == [
        ("https://gazette.example/", None),
        ("https://gazette.example/category/", None),
        ("https://gazette.example/category/atlas/", None),
        ("https://gazette.example/category/b-side/", None),
    ]


def test_addresses_are_escaped_and_stand_below_the_sites_own() -> None:
    site = replace(ENGLISH, url="https://gazette.example/a&b")
    (page,) = sitemap.day_sitemaps(site, DAY, lines(1))
    assert b"https://gazette.example/a&amp;b/harbour/" in page.body
    assert told(page)[0][0] == "https://gazette.example/a&b/harbour/2026/01/05/0/"
