"""The sites that are opened: the demo's, and the one of the origin's payloads.

To each are added three pages that its input does not lead to: an article with everything in it, a redirect, and the
page of an article that was taken down.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from rich.console import Console

from broadsheet.ingest.configuration import build_site, read_categories, read_site
from broadsheet.model.article import CategoryLine
from broadsheet.model.site import Site
from broadsheet.publish.html import article_pages, gone_page, redirect_page
from broadsheet_cli import demo
from tests.e2e.loopback import serving
from tests.e2e.origin import configuration
from tests.e2e.runs import run
from tests.e2e.test_origin import routes
from toolchain.site_folder import examples, pages

from .rich import rich_article

KINDS = ("home", "categories", "category", "year", "day", "article", "rich", "missing", "redirect", "gone")
"""Kinds of pages of which each site has one or more."""
_DAY = re.compile(r"/category/([a-z0-9-]+)/(\d{4}/\d\d/\d\d)/")
REDIRECT, GONE = "/old/2020/moved.html", "/old/2020/taken-down/"


@dataclass(frozen=True)
class Published:
    """A site in a folder."""

    folder: Path
    site: Site
    examples: dict[str, str]
    """The address of one page of each kind; the article that was added is ``rich``."""

    @cached_property
    def pages(self) -> dict[str, str]:
        """The HTML of each page by its address."""
        return pages(self.folder)


def publish_demo(out: Path) -> Published:
    """Run the demo into ``out``."""
    demo.run_demo(out, Console(quiet=True))
    return _with_more_pages(out / "site", demo.MATERIAL / "config")


def publish_origin(folder: Path) -> Published:
    """Run the origin's job, on payloads that must be there, into ``folder``."""
    with serving(routes()) as origin:
        config = configuration(folder / "config", origin.host)
        run(config, folder / "out", hosts=(origin.host,))
    return _with_more_pages(folder / "out" / "site", config)


def _with_more_pages(folder: Path, config: Path) -> Published:
    categories = read_categories((config / "categories.yaml").read_bytes(), "categories.yaml")
    site = build_site(read_site((config / "site.yaml").read_bytes(), "site.yaml"), categories, {})
    # On a day of a category that has articles, for the page links to both.
    slug, day = next(filter(None, map(_DAY.fullmatch, pages(folder)))).groups()
    name = next((category.name for category in categories if category.slug == slug), slug)
    noon = datetime.strptime(f"{day} 12", "%Y/%m/%d %H").replace(tzinfo=site.zone)
    rich = rich_article(site, CategoryLine(slug, name), noon)
    assert rich.article.address
    shown = examples(folder) | {"rich": rich.article.address, "redirect": REDIRECT, "gone": GONE}
    added = [
        *article_pages(site, rich),
        redirect_page(site, REDIRECT, rich.article.address),
        gone_page(site, GONE),
    ]
    for page in added:
        if page.bucket == "site":
            file = folder / page.key
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(page.body)
    return Published(folder, site, shown)
