"""Read what the site is a function of besides the articles: read per invocation, never cached across them."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo

from broadsheet.ingest.configuration import build_site, read_categories, read_site
from broadsheet.model import keys
from broadsheet.model.site import Site

from .ports import Table

SETTINGS = "SETTINGS"
CATEGORIES = "CATEGORIES"
TEMPLATE_PREFIX = "TEMPLATE#"
PROGRESS = "REBUILD"
"""How far the newest rebuild is: told to the operator, and no setting."""
RECIPE_PREFIX = "RECIPE#"
AFTER_RECIPES = "RECIPE$"
"""The first sort key that no recipe can have: ``$`` comes after ``#``."""


def read_settings(table: Table) -> Site:
    """Return the site as the table has it; defaults where nothing was uploaded.

    What lies in the table was validated when it was uploaded, so an error here is a fault.
    """
    # Not the recipes, which may be thousands and concern ingesting only: see flow/recipes.py.
    items = [*table.query(keys.SITE, last=RECIPE_PREFIX), *table.query(keys.SITE, first=AFTER_RECIPES)]
    texts = {item["sk"]: str(item["text"]) for item in items if "text" in item}
    templates = {
        name.removeprefix(TEMPLATE_PREFIX): text for name, text in texts.items() if name.startswith(TEMPLATE_PREFIX)
    }
    return _built(texts.get(SETTINGS), texts.get(CATEGORIES), tuple(sorted(templates.items())))


def read_zone(table: Table) -> ZoneInfo:
    """Return the zone that days are days in, as the table has it."""
    item = table.get(keys.site_item(SETTINGS))
    return _built(str(item["text"]) if item and "text" in item else None, None, ()).zone


@lru_cache(maxsize=8)
def _built(settings: str | None, categories: str | None, templates: tuple[tuple[str, str], ...]) -> Site:
    """Parsing is a pure function of the texts; reading them is done anew each time."""
    return build_site(
        read_site(settings.encode(), "site.yaml") if settings is not None else {},
        read_categories(categories.encode(), "categories.yaml") if categories is not None else (),
        dict(templates),
    )
