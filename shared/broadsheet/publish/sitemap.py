"""Sitemaps (https://www.sitemaps.org/protocol.html): an index, a child for each day, one for the site's sections.

The index tells no times, so that it changes only where a day or a part of one comes or goes. A child is well below
the protocol's 50,000 addresses and 50 MB: 10,000 addresses of 2,048 characters, which is as long as one may be,
are 21 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from lxml import etree

from broadsheet.model.article import CategoryLine, IndexLine, PeriodCount
from broadsheet.model.page import CACHE_ARTICLE, Page, PageKey
from broadsheet.model.site import SITEMAP_SIZE, Site

from .addresses import CATEGORIES, HOME, SECTIONS_SITEMAP, SITEMAP, category_address, day_sitemap_address
from .permalink import site_key

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def day_sitemaps(site: Site, day: date, lines: Sequence[IndexLine]) -> list[Page]:
    """Return a day's sitemaps: its articles as they come, in parts of ``SITEMAP_SIZE``; none for a day without any."""
    parts = [lines[start : start + SITEMAP_SIZE] for start in range(0, len(lines), SITEMAP_SIZE)]
    return [
        _page(day_sitemap_address(day, number), "urlset", "url", [_address(site, line) for line in part])
        for number, part in enumerate(parts, 1)
    ]


def day_sitemap_key(day: date, part: int) -> PageKey:
    """Return where a part, counted from 1, of a day's sitemap lives."""
    return PageKey(site_key(day_sitemap_address(day, part)))


def sections_sitemap(site: Site, categories: Sequence[CategoryLine]) -> Page:
    """Return the sitemap of the home page, the list of categories, and each category that has articles."""
    slugs = sorted(category.slug for category in categories if category.count)
    listed = [HOME, CATEGORIES, *map(category_address, slugs)]
    return _page(SECTIONS_SITEMAP, "urlset", "url", [(site.url + address, None) for address in listed])


def sitemap_index(site: Site, days: Sequence[PeriodCount]) -> Page:
    """Return the index of all sitemaps; ``days`` are the site's counts by day (periods ``YYYY-MM-DD``)."""
    children = [SECTIONS_SITEMAP]
    for counted in sorted(days, key=lambda counted: counted.period):
        parts = -(-counted.count // SITEMAP_SIZE)
        children += [day_sitemap_address(date.fromisoformat(counted.period), part) for part in range(1, parts + 1)]
    return _page(SITEMAP, "sitemapindex", "sitemap", [(site.url + address, None) for address in children])


def _address(site: Site, line: IndexLine) -> tuple[str, datetime]:
    return site.url + line.address, line.updated or line.instant


def _page(address: str, root: str, child: str, listed: Sequence[tuple[str, datetime | None]]) -> Page:
    tree = etree.Element(f"{{{NAMESPACE}}}{root}", nsmap={None: NAMESPACE})  # type: ignore[dict-item]  # the default
    for url, modified in listed:
        element = etree.SubElement(tree, f"{{{NAMESPACE}}}{child}")
        etree.SubElement(element, f"{{{NAMESPACE}}}loc").text = url
        if modified:
            told = modified.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            etree.SubElement(element, f"{{{NAMESPACE}}}lastmod").text = told
    etree.indent(tree, space="")
    written: bytes = etree.tostring(tree, encoding="utf-8", xml_declaration=True)
    return Page(site_key(address), written + b"\n", "application/xml; charset=utf-8", CACHE_ARTICLE)
