"""Addresses of the site's own pages: categories, their archives, feeds, sitemaps. Those of articles are recorded."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

from broadsheet.model.site import Site

from .escaping import web_url

HOME = "/"
CATEGORIES = "/category/"
FEED = "atom.xml"
ATOM, RSS, JSON_FEED = "/atom.xml", "/rss.xml", "/feed.json"
OPML = "/opml.xml"
SITEMAP = "/sitemap.xml"
SECTIONS_SITEMAP = "/sitemap/sections.xml"


def category_address(slug: str) -> str:
    """Return the address of a category's head page."""
    return f"{CATEGORIES}{slug}/"


def category_feed_address(slug: str) -> str:
    """Return the address of a category's Atom feed."""
    return category_address(slug) + FEED


def year_address(slug: str, year: int) -> str:
    """Return the address of the calendar of a category's year."""
    return f"{category_address(slug)}{year:04d}/"


def day_address(slug: str, day: date) -> str:
    """Return the address of a category's archive of a day, a day in the site's zone."""
    return f"{category_address(slug)}{day.isoformat().replace('-', '/')}/"


def day_part_address(slug: str, day: date, part: int) -> str:
    """Return the address of a part of a day's archive; the first is the day's own address."""
    return day_address(slug, day) + (f"{part}/" if part > 1 else "")


def day_feed_address(slug: str, day: date) -> str:
    """Return the address of the archive feed (RFC 5005) of a category's day."""
    return day_address(slug, day) + FEED


def site_day_feed_address(day: date) -> str:
    """Return the address of the archive feed (RFC 5005) of the whole site's day."""
    return f"/atom/{day.isoformat()}.xml"


def day_sitemap_address(day: date, part: int) -> str:
    """Return the address of a part, counted from 1, of the sitemap of a day."""
    return f"/sitemap/{day.isoformat()}{f'-{part}' if part > 1 else ''}.xml"


def folder_of(site: Site) -> str:
    """Return the path that all addresses begin with where the site does not stand at its host's root, else ""."""
    return urlsplit(site.url).path.rstrip("/")


def is_path(address: str) -> bool:
    """Whether ``address`` is a path on the site, as that of a mirrored image is."""
    return address.startswith("/") and not address.startswith("//")


def absolute(site: Site, address: str | None) -> str | None:
    """Return a web address, or a path on the site as one; None for what is neither, in whatever scheme."""
    return site.url + address if address and is_path(address) else web_url(address)
