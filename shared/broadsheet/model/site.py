"""The site's settings: what pages are a function of besides the articles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

SITEMAP_SIZE = 10_000
"""Addresses in one file of a day's sitemap; the protocol allows 50,000 (sitemaps.org)."""


@dataclass(frozen=True, slots=True)
class CategorySetting:
    """A line of ``categories.yaml``."""

    name: str
    slug: str | None = None
    aliases: tuple[str, ...] = ()
    order: int | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """``site.yaml``, ``categories.yaml``, templates: validated, with defaults.

    ``url`` has no trailing slash. ``permalink`` knows ``:category :year :month :day :slug``.
    """

    title: str = "Broadsheet"
    url: str = "http://localhost:8000"
    language: str = "en"
    timezone: str = "UTC"
    description: str = ""
    permalink: str = "/:category/:year/:month/:day/:slug/"
    post_template: str = "portable"
    """Name of a post template: ``portable``, ``finews`` or one uploaded under ``templates/posts/``."""
    post_footer: str = ""
    default_category: str = "News"
    head_size: int = 30
    """Articles on a category's head page, and in a feed."""
    home_size: int = 30
    """Newest articles on the home page."""
    home_categories: int = 12
    home_category_size: int = 5
    day_size: int = 100
    """Articles on one page of a day's archive; a busier day has several."""
    feed_content: str = "full"
    """``full`` or ``summary``: what the feeds carry of each article."""
    publish_sources: bool = True
    """Whether ``/opml.xml`` lists the sources."""
    noindex: bool = True
    mirror_images: bool = False
    """Whether the images of articles are kept in the archive, and shown from the site."""
    image_max_bytes: int = 5_000_000
    """A larger image is left where it is."""
    categories: tuple[CategorySetting, ...] = ()
    templates: Mapping[str, str] = field(default_factory=dict)
    """Uploaded Jinja templates by name, ``article.html.j2`` or ``posts/mine.md.j2``."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone that days of addresses and archives are days in."""
        return ZoneInfo(self.timezone)
