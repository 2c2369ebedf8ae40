"""What every page of the site shares: the frame around it, its assets, times in the site's zone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any

from broadsheet.model.article import IndexLine
from broadsheet.model.identity import digest
from broadsheet.model.page import CACHE_ASSET, CACHE_SHORT, Page
from broadsheet.model.site import Site

from . import addresses
from .escaping import web_url
from .excerpt import clipped
from .permalink import site_key
from .strings import direction, strings_for
from .templates_env import ICON, STYLESHEET, render, source_of

HTML = "text/html; charset=utf-8"


def html_page(
    site: Site,
    template: str,
    address: str,
    values: dict[str, Any],
    *,
    cache_control: str = CACHE_SHORT,
    status: int = 200,
) -> Page:
    """Return the page that ``template`` gives at ``address``; ``values`` are what it shows besides the frame.

    Raises ConfigurationError where a template of the site's own does not work.
    """
    folder = addresses.folder_of(site)

    def href(path: str) -> str:
        return folder + path if path.startswith("/") else path

    shared = {
        "site": site,
        "t": strings_for(site.language),
        "address": address,
        "direction_of": direction,
        "site_direction": direction(site.language),
        "noindex": False,
        "feed": None,
        "style": href(_asset_address(site, STYLESHEET)),
        "icon": href(_asset_address(site, ICON)),
        "href": href,
        "category_href": lambda slug: href(addresses.category_address(slug)),
        "day_href": lambda slug, instant: href(addresses.day_address(slug, local(site, instant).date())),
        "picture": lambda url: href(url) if url and addresses.is_path(url) else web_url(url),
        "local": lambda instant: local(site, instant),
        "clipped": clipped,
    }
    text = render(site, template, {**shared, **values})
    return Page(site_key(address), text.encode(), HTML, cache_control, status=status)


def asset_page(site: Site, name: str, content_type: str) -> Page:
    """Return a stylesheet or icon; its address holds the hash of its bytes, so that it may be cached for ever."""
    body = (source_of(site, name) or "").encode()
    return Page(site_key(_asset_address(site, name)), body, content_type, CACHE_ASSET)


def local(site: Site, instant: datetime) -> datetime:
    """Return ``instant`` in the site's zone, to the second."""
    return instant.astimezone(site.zone).replace(microsecond=0)


def by_day(site: Site, lines: Iterable[IndexLine]) -> list[tuple[datetime, list[IndexLine]]]:
    """Return sorted ``lines`` day by day, each day with the local time of its first line."""
    days = groupby(lines, key=lambda line: local(site, line.instant).date())
    return [(local(site, group[0].instant), group) for group in (list(lines) for _, lines in days)]


def _asset_address(site: Site, name: str) -> str:
    stem, _, ending = name.rpartition(".")
    return f"/assets/{stem}-{digest(source_of(site, name) or '', 8)}.{ending}"
