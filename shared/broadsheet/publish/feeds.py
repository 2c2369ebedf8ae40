"""The feeds of the site, and the archive of each that reaches back to its first day (RFC 5005).

A feed to subscribe to holds the newest entries with their texts. Where it is full it leads to the archive of the day
of its last entry, and that day's to the day before: a reader that follows the links misses nothing, and finds some
entries twice, under the same ids. Archives hold summaries. The same entries give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from broadsheet.model.article import CategoryLine, FeedEntry, IndexLine
from broadsheet.model.page import CACHE_ARTICLE, CACHE_SHORT, Page, PageKey
from broadsheet.model.site import Site

from .addresses import (
    ATOM,
    HOME,
    JSON_FEED,
    RSS,
    category_address,
    category_feed_address,
    day_address,
    day_feed_address,
    site_day_feed_address,
)
from .feed_document import Feed
from .feed_json import json_feed_page
from .feed_xml import atom_page, rss_page
from .permalink import site_key


def category_feed(site: Site, category: CategoryLine, entries: Sequence[FeedEntry]) -> Page:
    """Return a category's Atom feed; of ``entries``, newest first, the first ``head_size`` count."""
    head = entries[: site.head_size]
    feed = Feed(
        title=_title(site, category),
        address=category_feed_address(category.slug),
        home=category_address(category.slug),
        entries=head,
        names={category.slug: category.name},
        older=_archive(site, head, lambda day: day_feed_address(category.slug, day)),
    )
    return atom_page(site, feed)


def site_feeds(site: Site, names: Mapping[str, str], entries: Sequence[FeedEntry]) -> list[Page]:
    """Return the site's Atom, RSS and JSON feeds; of ``entries``, newest first, the first ``head_size`` count.

    ``names`` are the display names of categories by slug.
    """
    head = entries[: site.head_size]

    def at(address: str) -> Feed:
        older = _archive(site, head, site_day_feed_address)
        return Feed(site.title, address, HOME, head, names, older=older)

    return [atom_page(site, at(ATOM)), rss_page(site, at(RSS)), json_feed_page(site, at(JSON_FEED))]


def category_day_feed(
    site: Site,
    category: CategoryLine,
    day: date,
    lines: Sequence[IndexLine],
    older: date | None,
    newer: date | None,
) -> Page | None:
    """Return the archive feed of a category's day; the rest as for the day's pages, ``lines`` oldest first.

    The newest day has one only when the feed people subscribe to may no longer hold all of it: until then an archive
    would be written anew with each article, and say nothing more.
    """
    if not _is_archived(site, lines, newer):
        return None
    feed = Feed(
        title=_title(site, category),
        address=day_feed_address(category.slug, day),
        home=day_address(category.slug, day),
        entries=_summaries(lines),
        names={category.slug: category.name},
        current=category_feed_address(category.slug),
        older=day_feed_address(category.slug, older) if older else None,
    )
    return atom_page(site, feed, cache_control=_cache_control(newer))


def site_day_feed(
    site: Site, day: date, lines: Sequence[IndexLine], older: date | None, newer: date | None
) -> Page | None:
    """Return the archive feed of the site's day, ``lines`` oldest first; None as :func:`category_day_feed` does.

    Categories are named by their slugs alone: their names are lines of the table, each of which costs to be read.
    """
    if not _is_archived(site, lines, newer):
        return None
    feed = Feed(
        title=site.title,
        address=site_day_feed_address(day),
        home=HOME,
        entries=_summaries(lines),
        names={},
        current=ATOM,
        older=site_day_feed_address(older) if older else None,
    )
    return atom_page(site, feed, cache_control=_cache_control(newer))


def site_day_feed_key(day: date) -> PageKey:
    """Return where the archive feed of the site's day lives."""
    return PageKey(site_key(site_day_feed_address(day)))


def _title(site: Site, category: CategoryLine) -> str:
    return f"{category.name} · {site.title}"


def _archive(site: Site, head: Sequence[FeedEntry], address: Callable[[date], str]) -> str | None:
    if not head or len(head) < site.head_size:
        return None
    return address(head[-1].line.instant.astimezone(site.zone).date())


def _summaries(lines: Sequence[IndexLine]) -> tuple[FeedEntry, ...]:
    return tuple(FeedEntry(line) for line in reversed(lines))


def _is_archived(site: Site, lines: Sequence[IndexLine], newer: date | None) -> bool:
    """Whether a day has an archive: a full feed leads to the day of its last line, so that must have one."""
    return newer is not None or len(lines) >= site.head_size


def _cache_control(newer: date | None) -> str:
    # The day that runs is looked at anew more often than one that is over.
    return CACHE_ARTICLE if newer else CACHE_SHORT
