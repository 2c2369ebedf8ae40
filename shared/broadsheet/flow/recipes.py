"""Find the recipe of a page's site in the table: by name, so that thousands of recipes cost one read."""

from __future__ import annotations

from urllib.parse import urlsplit

from broadsheet.ingest.recipe_text import GLOBAL, Recipe, recipe_for, recipe_names
from broadsheet.model import keys
from broadsheet.model.identity import digest

from .ports import Table
from .site_settings import RECIPE_PREFIX


class Recipes:
    """The recipes as they are now, for one invocation; each host's is read once."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._texts: dict[str, dict[str, str]] = {}

    def of(self, url: str) -> Recipe | None:
        """Return the recipe for the host of ``url``, or None."""
        host = _host(url)
        return recipe_for(host, self._read(host))

    def version(self, url: str) -> str:
        """Return what tells one state of the recipe for the host of ``url`` from another; "" where there is none."""
        texts = self._read(_host(url))
        return digest("\0".join(f"{name}\0{text}" for name, text in sorted(texts.items())), 12) if texts else ""

    def _read(self, host: str) -> dict[str, str]:
        """Return the texts of the files that are meant for ``host``, by name: its nearest, and the global one."""
        if host not in self._texts:
            names = {keys.site_item(RECIPE_PREFIX + name): name for name in (*recipe_names(host), GLOBAL)}
            items = self._table.batch_get(names)
            self._texts[host] = {names[key]: str(item["text"]) for key, item in items.items() if "text" in item}
        return self._texts[host]


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()
