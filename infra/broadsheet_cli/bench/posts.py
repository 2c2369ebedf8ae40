"""The seeded articles as portable posts: what a static site generator would be given, the very same texts."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from broadsheet.flow.ports import Item
from broadsheet.model.article import Body
from broadsheet.model.errors import BroadsheetError
from broadsheet.model.site import Site
from broadsheet.publish.posts import post_page

from .seeding import seed


def write_posts(count: int, site: Site, folder: Path) -> list[str]:
    """Write the posts of ``count`` seeded articles into a new ``folder``, and return the slugs of their categories."""
    folder.mkdir(parents=True)
    slugs: set[str] = set()
    for seeded in seed(count, site, _forget):
        article = seeded.article
        if article.address is None or article.chosen is None:
            raise BroadsheetError(f"seeded article {article.id} is not published; look at bench/seeding.py")
        page = post_page(site, Body(article, seeded.html, (seeded.category,)), article.address, article.chosen)
        (folder / PurePosixPath(page.key).name).write_bytes(page.body)
        slugs.add(seeded.category.slug)
    return sorted(slugs)


def _forget(item: Item) -> None:
    """Posts are made from the articles; their lines are not wanted."""
