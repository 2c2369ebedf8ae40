"""Find the recipe of a page's site in the table: by name, so that thousands of recipes cost one read."""

from __future__ import annotations

from broadsheet.ingest.recipe_text import GLOBAL, Recipe, recipe_for, recipe_names
from broadsheet.model import keys

from .poll_source import host_of
from .ports import Table
from .site_settings import RECIPE_PREFIX


class Recipes:
    """The recipes as they are now, for one invocation; each host's is read once."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._known: dict[str, Recipe | None] = {}

    def of(self, url: str) -> Recipe | None:
        """Return the recipe for the host of ``url``, or None."""
        host = host_of(url)
        if host not in self._known:
            names = {keys.site_item(RECIPE_PREFIX + name): name for name in (*recipe_names(host), GLOBAL)}
            items = self._table.batch_get(names)
            texts = {names[key]: str(item["text"]) for key, item in items.items() if "text" in item}
            self._known[host] = recipe_for(host, texts)
        return self._known[host]
