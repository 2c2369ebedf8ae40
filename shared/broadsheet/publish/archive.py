"""A category's past: a page for each day, in parts where it was a busy one, and a calendar for each year.

Addresses are dates in the site's zone, so an article that comes late touches its own day and the count of its year.
"""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Collection, Sequence
from datetime import date

from broadsheet.model.article import CategoryLine, IndexLine
from broadsheet.model.page import CACHE_ARTICLE, CACHE_SHORT, Page, PageKey
from broadsheet.model.site import Site

from .addresses import (
    category_feed_address,
    day_address,
    day_feed_address,
    day_part_address,
    year_address,
)
from .feeds import category_day_feed
from .frame import html_page
from .permalink import site_key

__all__ = [
    "day_address",
    "day_page_keys",
    "day_pages",
    "day_part_key",
    "year_address",
    "year_page",
    "year_page_key",
]

_WEEKS = Calendar(firstweekday=0)
"""Weeks begin on Monday (ISO 8601)."""


def day_pages(
    site: Site,
    category: CategoryLine,
    day: date,
    lines: Sequence[IndexLine],
    older: date | None,
    newer: date | None,
) -> list[Page]:
    """Return the pages of a category's day and its archive feed; none for a day without articles.

    ``lines`` are all of the day, oldest first, and stay in that order in parts of ``day_size``: another article of
    a day that is still running touches the last part alone. ``older`` and ``newer`` are the nearest days with
    articles. A page tells of the part after it but not of how many there are, for the same reason.
    """
    if not lines:
        return []
    size = max(site.day_size, 1)
    parts = [lines[start : start + size] for start in range(0, len(lines), size)]
    # The day that runs is looked at anew more often than one that is over.
    cache_control = CACHE_ARTICLE if newer else CACHE_SHORT
    pages = []
    for number, part in enumerate(parts, 1):
        values = {
            "category": category,
            "day": day,
            "part": number,
            "lines": part,
            "previous_part": day_part_address(category.slug, day, number - 1) if number > 1 else None,
            "next_part": day_part_address(category.slug, day, number + 1) if number < len(parts) else None,
            "older": (older, day_address(category.slug, older)) if older else None,
            "newer": (newer, day_address(category.slug, newer)) if newer else None,
            "year": year_address(category.slug, day.year),
            "feed": (category.name, category_feed_address(category.slug)),
        }
        address = day_part_address(category.slug, day, number)
        pages.append(html_page(site, "day.html.j2", address, values, cache_control=cache_control))
    feed = category_day_feed(site, category, day, lines, older, newer)
    return [*pages, feed] if feed else pages


def day_part_key(slug: str, day: date, part: int) -> PageKey:
    """Return where a part of a day's archive lives; part 1 is the day's own page."""
    return PageKey(site_key(day_part_address(slug, day, part)))


def day_page_keys(slug: str, day: date) -> list[PageKey]:
    """Return where the first part of a day's archive and its feed live."""
    return [day_part_key(slug, day, 1), PageKey(site_key(day_feed_address(slug, day)))]


def year_page(site: Site, category: CategoryLine, year: int, days: Collection[date], years: Sequence[int]) -> Page:
    """Return the calendar of a category's year: each day with articles leads to its archive.

    ``days`` are those of the year that have articles, ``years`` all that have any. How many they have is not told, so
    that the page stays as it is while a day gets more.
    """
    values = {
        "category": category,
        "year": year,
        "months": [_month(year, month, frozenset(days)) for month in range(1, 13)],
        "years": [(other, year_address(category.slug, other)) for other in sorted(set(years), reverse=True)],
        "feed": (category.name, category_feed_address(category.slug)),
    }
    return html_page(site, "year.html.j2", year_address(category.slug, year), values)


def year_page_key(slug: str, year: int) -> PageKey:
    """Return where the calendar of a category's year lives."""
    return PageKey(site_key(year_address(slug, year)))


def _month(year: int, month: int, days: frozenset[date]) -> tuple[date, list[list[tuple[date, bool] | None]]]:
    """The month's first day and its weeks: each day with whether it has articles, None where no day of it is."""
    weeks = [
        [(day := date(year, month, number), day in days) if number else None for number in week]
        for week in _WEEKS.monthdayscalendar(year, month)
    ]
    return date(year, month, 1), weeks
