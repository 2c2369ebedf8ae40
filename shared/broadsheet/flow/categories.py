"""Which slug a category has: a decision recorded once, never changed, whatever comes later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from broadsheet.ingest.slugs import category_slug_or_hash, normalise_category
from broadsheet.model import keys
from broadsheet.model.article import MAX_CATEGORIES, CategoryLine
from broadsheet.model.errors import Conflict
from broadsheet.model.identity import digest
from broadsheet.model.keys import Key
from broadsheet.model.records import category_from, category_item
from broadsheet.model.site import CategorySetting, Site

from .ports import Item, Put, Table

COLLISIONS = 5
"""Slugs tried for one name: the plain one, then ones that end in a part of the name's hash."""


class Categories:
    """Resolves display names to slugs. Decisions are immutable, so those once read are kept."""

    def __init__(self, table: Table, site: Site) -> None:
        self._table = table
        self._known: dict[str, str] = {}
        self._settings: dict[str, CategorySetting] = {}
        for setting in site.categories:
            for name in (setting.name, *setting.aliases):
                self._settings[normalise_category(name)] = setting
        self._default = site.default_category

    def slugs(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the slugs of ``names`` in order, without repeats, deciding those not seen before.

        No names at all mean the site's default category. Raises Conflict where other writers kept winning.
        """
        wanted = [name for name in names if normalise_category(name)][:MAX_CATEGORIES] or [self._default]
        return tuple(dict.fromkeys(self._slug(name) for name in wanted))

    def _slug(self, name: str) -> str:
        normalised = normalise_category(name)
        if normalised not in self._known:
            for _ in range(COLLISIONS):
                try:
                    self._known[normalised] = self._decide(name, normalised)
                    break
                except Conflict:
                    continue
            else:
                raise Conflict(f"category {name!r}: others kept deciding on its slug; back to the queue")
        return self._known[normalised]

    def _decide(self, name: str, normalised: str) -> str:
        setting = self._settings.get(normalised)
        shown = setting.name if setting else name
        main = normalise_category(shown)
        link, by_slug, main_link = keys.category_name(normalised), keys.category(normalised), keys.category_name(main)
        items = self._table.batch_get([link, main_link, by_slug])
        if link in items:
            return self._named(str(items[link]["slug"]), shown)
        if main_link in items:
            slug = str(items[main_link]["slug"])
            self._table.put(_link_item(normalised, slug), 0)
            return slug
        if by_slug in items:
            return normalised
        slug = (setting.slug if setting else None) or category_slug_or_hash(shown)
        return self._claim(slug, shown, {main, normalised})

    def _claim(self, slug: str, name: str, spellings: set[str]) -> str:
        tried = slug
        for attempt in range(COLLISIONS):
            stored = self._table.get(keys.category(tried))
            links = [Put(_link_item(spelling, tried), 0) for spelling in sorted(spellings)]
            if stored is None:
                line = CategoryLine(tried, name)
                self._table.transact([Put(category_item(line, 1), 0), *links])
                return tried
            line, v = category_from(stored)
            if line.name == line.slug or normalise_category(line.name) in spellings:
                # Until now only its slug was known; the first real name is its name from here on.
                self._table.transact([Put(category_item(replace(line, name=name), v + 1), v), *links])
                return tried
            tried = f"{slug}-{digest(name, 4 + attempt)}"
        raise Conflict(f"category {name!r}: every slug tried belongs to another category")

    def _named(self, slug: str, name: str) -> str:
        """Give a category that is shown by its slug its real name, and return the slug."""
        key: Key = keys.category(slug)
        if normalise_category(name) == slug:
            return slug
        stored = self._table.get(key)
        if stored is not None:
            line, v = category_from(stored)
            if line.name == line.slug and line.name != name:
                self._table.put(category_item(replace(line, name=name), v + 1), v)
        return slug


def _link_item(normalised: str, slug: str) -> Item:
    key = keys.category_name(normalised)
    return {"pk": key.pk, "sk": key.sk, "category": normalised, "slug": slug, "v": 1}
