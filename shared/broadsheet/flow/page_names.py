"""Names of pages: what the page queue carries, and what tells one writer from another.

A name says all that its writer needs to know to find out the rest. Some name no page of the site but a line of the
table that follows from others, kept by the same one-writer loop.
"""

from __future__ import annotations

from datetime import date

from broadsheet.model.identity import digest
from broadsheet.model.messages import PageMessage

from .ports import Outgoing

HOME = "home"
CATEGORY_LIST = "categories"
STATIC = "static"
ASSETS = "assets"
"""Not a page but the absence of some: stylesheets and icons that no page uses any more."""
SITEMAP = "sitemap"
SOURCES = "sources"

ARTICLE = "article/"
"""And the article's id."""
ALIAS = "alias/"
"""And an address on the site, without its first slash."""
CATEGORY = "category/"
"""A category's head page, feed and lines in the catalog; and its slug."""
DAY = "day/"
"""A day's archive and count; and an index and a day: ``day/site/2026-01-05``, ``day/category/news/2026-01-05``."""
YEAR = "year/"
"""A year's calendar and count; and an index and a year."""
IMAGE = "image/"
"""A mirrored image; and its name."""

LIKENESS = "likeness/"
"""Which other articles tell the same as one; and its id."""

INDEX_PREFIX = "INDEX#"


def of_day(index: str, day: date | str) -> str:
    """Return the name of a day's archive in ``index`` (``INDEX#site``, ``INDEX#category#slug``)."""
    return f"{DAY}{_path(index)}/{day}"


def of_year(index: str, year: int) -> str:
    """Return the name of a year's calendar in ``index``."""
    return f"{YEAR}{_path(index)}/{year:04d}"


def of_alias(address: str) -> str:
    """Return the name of the redirect at ``address``, a path on the site."""
    return ALIAS + address.removeprefix("/")


def index_and_period(name: str) -> tuple[str, str]:
    """Return index and period of a name that :func:`of_day` or :func:`of_year` gave.

    Raises LookupError where it is none.
    """
    _, _, rest = name.partition("/")
    path, _, period = rest.rpartition("/")
    if path != "site" and not (path.startswith("category/") and path.count("/") == 1):
        raise LookupError(f"{name!r} names no archive; write day/site/YYYY-MM-DD or day/category/SLUG/YYYY-MM-DD")
    return INDEX_PREFIX + path.replace("/", "#"), period


def slug_of(index: str) -> str | None:
    """Return the slug of a category's index, None for the site's."""
    return index.removeprefix("INDEX#category#") if index.startswith("INDEX#category#") else None


def _path(index: str) -> str:
    return index.removeprefix(INDEX_PREFIX).replace("#", "/")


def page_message(page: str, occasion: str) -> Outgoing:
    """Return the message that names ``page``; repeats for the same ``occasion`` are forgotten by the queue."""
    return Outgoing(PageMessage(page).dump(), group=_group(page), dedup=digest(f"{page}#{occasion}"))


def _group(page: str) -> str:
    """Return the FIFO group of a page: its name, hashed where SQS would not take it (128 characters, ASCII)."""
    return page if len(page) <= 128 and page.isascii() else digest(page)
