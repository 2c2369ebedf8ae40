"""A small site complete with its archives: seven articles in two categories, with all that pages may show of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

from broadsheet.model.article import Body, CategoryLine, FeedEntry, IndexLine, NewestLine, PeriodCount, Report
from broadsheet.model.page import Page
from broadsheet.model.site import Site
from broadsheet.publish import archive, feeds, html, sitemap
from tests.publish.newsroom import HARBOUR, MORNING, QUANZHOU, body, line_of, origin

TEXT = "<h1>Why</h1><p>Because.</p>"


@dataclass(frozen=True)
class Newsroom:
    """A site's articles, and what follows from them. Lines are newest first."""

    site: Site
    bodies: list[Body]
    lines: list[IndexLine]
    categories: list[CategoryLine]

    def lines_of(self, slug: str) -> list[IndexLine]:
        return [line for line in self.lines if slug in line.categories]

    def newest(self) -> list[NewestLine]:
        return [NewestLine(line.slug, line.name, tuple(self.lines_of(line.slug)[:5])) for line in self.categories]

    def names(self) -> dict[str, str]:
        return {line.slug: line.name for line in self.categories}


def newsroom(site: Site) -> Newsroom:
    """The articles, an hour and a half apart, the first of them corrected and reported by others too."""
    bodies = []
    for number in range(7):
        category = (HARBOUR, QUANZHOU)[number % 2]
        chinese = category is QUANZHOU
        when = MORNING - timedelta(hours=1.5 * number)
        chosen = origin(
            title="泉州港开通直航新航线" if chinese else f"Ferry returns, part {number}",
            published=when,
            first_seen=when,
            content_since=when + timedelta(hours=2 if number == 0 else 0),
            slug=f"story-{number}",
            language="zh-CN" if chinese else "en",
            source_name="泉州晚报" if chinese else "Coast Wire",
            description="" if number == 3 else "新航线每周三班。" if chinese else "The quay is full.",
            canonical_url=f"https://wire.example/{number}",
            image="https://wire.example/boat.jpg" if number == 0 else None,
        )
        also = (("The Islander", "https://islander.example/f"), ("Port Authority", None)) if number == 0 else ()
        bodies.append(body(site, chosen, TEXT, (category,), also=also))
    bodies[0] = replace(bodies[0], reports=tuple(map(report_of, bodies[1:3])))
    lines = [line_of(published) for published in bodies]
    categories = [
        replace(category, count=sum(category.slug in line.categories for line in lines))
        for category in (HARBOUR, QUANZHOU)
    ]
    return Newsroom(site, bodies, lines, categories)


def report_of(published: Body) -> Report:
    """What another article shows of a published one that tells the same."""
    line = line_of(published)
    return Report(line.article_id, line.instant, line.title, line.address, line.source_name, line.language)


def days_of(site: Site, lines: Sequence[IndexLine]) -> dict[date, list[IndexLine]]:
    """Lines, given newest first, by day of the site's zone; days and lines oldest first."""
    days = groupby(reversed(lines), key=lambda line: line.instant.astimezone(site.zone).date())
    return {day: list(group) for day, group in days}


def all_pages(site: Site) -> Iterator[Page]:
    """Every page of the site in its bucket, and every post."""
    room = newsroom(site)
    for published in room.bodies:
        yield from html.article_pages(site, published)
    for category in room.categories:
        yield from category_pages(room, category)
    entries = [FeedEntry(line, TEXT) for line in room.lines]
    yield html.home_page(site, room.lines, room.newest())
    yield from feeds.site_feeds(site, room.names(), entries)
    yield from html.categories_pages(site, room.categories)
    yield from html.static_pages(site)
    days = days_of(site, room.lines)
    for day, lines in days.items():
        yield from sitemap.day_sitemaps(site, day, lines)
        feed = feeds.site_day_feed(site, day, lines, *_around(list(days), day))
        if feed:
            yield feed
    yield sitemap.sitemap_index(site, _counts(days))
    yield html.gone_page(site, "/harbour/2026/01/01/gone-abcdef/")
    yield html.redirect_page(site, "/old/", room.lines[0].address)


def category_pages(room: Newsroom, category: CategoryLine) -> Iterator[Page]:
    """A category's head, feed, days and years."""
    site, lines = room.site, room.lines_of(category.slug)
    days = days_of(site, lines)
    years = sorted({day.year for day in days})
    yield html.category_head(site, category, lines, years)
    yield feeds.category_feed(site, category, [FeedEntry(line, TEXT) for line in lines])
    for day, of_day in days.items():
        yield from archive.day_pages(site, category, day, of_day, *_around(list(days), day))
    for year in years:
        yield archive.year_page(site, category, year, [day for day in days if day.year == year], years)


def html_pages(site: Site) -> dict[str, Page]:
    """The HTML pages by key."""
    return {page.key: page for page in all_pages(site) if page.key.endswith(".html")}


def _counts(days: dict[date, list[IndexLine]]) -> list[PeriodCount]:
    return [PeriodCount(day.isoformat(), len(lines)) for day, lines in days.items()]


def _around(days: list[date], day: date) -> tuple[date | None, date | None]:
    at = days.index(day)
    return (days[at - 1] if at else None), (days[at + 1] if at + 1 < len(days) else None)
