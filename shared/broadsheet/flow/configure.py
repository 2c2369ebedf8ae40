"""Take in a file under ``config/``: validated whole, stored by order, in force by itself.

Each file is a register: its newest version in S3's order counts, a deletion included. Where several files define one
source, each definition is kept, and the first file by name is in force; so files may come and go in any order.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from broadsheet.ingest.configuration import read_categories, read_site, read_source
from broadsheet.ingest.opml import parse_opml
from broadsheet.ingest.recipe_text import read_recipe
from broadsheet.ingest.slugs import normalise_category
from broadsheet.model import keys
from broadsheet.model.container import container_from, container_item
from broadsheet.model.errors import ArticleRejected, ConfigurationError, Conflict
from broadsheet.model.order import format_instant
from broadsheet.model.records import category_from, source_state_from
from broadsheet.model.site import CategorySetting
from broadsheet.model.source import Source
from broadsheet.model.source_state import SourceState
from broadsheet.publish.templates_env import check_template

from .ports import Delete, Put, Table, Write
from .site_settings import CATEGORIES, RECIPE_PREFIX, SETTINGS, TEMPLATE_PREFIX
from .source_state import effective_source, state_writes, without_validators

PREFIX = "config/"
ATTEMPTS = 8


def configure(key: str, body: bytes | None, order: str, at: datetime, table: Table) -> None:
    """Put the file at inbox ``key`` in force, or out of it where ``body`` is None (deleted).

    Raises ArticleRejected with what is wrong and how to mend it: then what was in force stays.
    """
    file = key.removeprefix(PREFIX)
    try:
        if file.startswith("sources/"):
            _sources(file, body, order, at, table)
        else:
            _register(_site_item(file), file, body, order, at, table)
    except ConfigurationError as error:
        raise ArticleRejected(str(error)) from error


def check_file(file: str, body: bytes) -> None:
    """Refuse a configuration file that is wrong by itself, whatever is stored.

    ``file`` is its path in the configuration folder. Raises ConfigurationError: file, field, reason, remedy.
    """
    match PurePosixPath(file).parts:
        case ("site.yaml",):
            read_site(body, file)
        case ("categories.yaml",):
            read_categories(body, file)
        case ("sources", _):
            _, problems = _read_sources(file, body)
            if problems:
                raise ConfigurationError("; ".join(problems))
        case ("templates", *_):
            check_template(file.removeprefix("templates/"), _text(body, file))
        case ("recipes", _):
            read_recipe(_text(body, file), file)
        case _:
            _site_item(file)


def _site_item(file: str) -> str:
    """Return the name of the ``SITE`` item that keeps a file; raises ConfigurationError for one of another place."""
    match PurePosixPath(file).parts:
        case ("site.yaml",):
            return SETTINGS
        case ("categories.yaml",):
            return CATEGORIES
        case ("templates", _, *_):
            return TEMPLATE_PREFIX + file.removeprefix("templates/")
        case ("recipes", name) if name.endswith(".txt"):
            return RECIPE_PREFIX + name.removesuffix(".txt")
        case _:
            raise ConfigurationError(
                f"config/{file}: not a place for configuration; use config/site.yaml, config/categories.yaml, "
                "config/sources/*.yaml or *.opml, config/recipes/*.txt, config/templates/*"
            )


def _read_sources(file: str, body: bytes) -> tuple[tuple[Source, ...], list[str]]:
    """Return the sources a file defines, and what is wrong with those of its outlines that are none."""
    if file.endswith(".opml"):
        reading = parse_opml(body, file)
        return reading.sources, [f"{file}: {where}: {reason}" for where, reason in reading.problems]
    if file.endswith((".yaml", ".yml")):
        return (read_source(body, file),), []
    raise ConfigurationError(f"config/{file}: no kind of source file; write .yaml for one source, .opml for many")


def _register(name: str, file: str, body: bytes | None, order: str, at: datetime, table: Table) -> None:
    """Write a file as it is into ``SITE``, where it is newer than what lies there."""
    key = keys.site_item(name)
    for _ in range(ATTEMPTS):
        stored = table.get(key)
        if stored is not None and str(stored["order"]) >= order:
            return
        if body is not None:
            check_file(file, body)
            if name == CATEGORIES:
                _check_categories(body, file, table)
        v = int(stored["v"]) if stored else 0
        item: dict[str, Any] = {"pk": key.pk, "sk": key.sk, "v": v + 1, "order": order, "file": file}
        item["at"] = format_instant(at)
        if body is not None:
            item["text"] = _text(body, file)
        try:
            table.put(item, v)
        except Conflict:
            continue
        return
    raise Conflict(f"{file}: others kept writing it; back to the queue")


def _text(body: bytes, file: str) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{file}: is not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8"
        ) from error


def _check_categories(body: bytes, file: str, table: Table) -> None:
    """Refuse a slug that contradicts a stored one: a category's slug is a decision that never changes."""
    settings = read_categories(body, file)
    spelled = {normalise_category(name): setting for setting in settings for name in (setting.name, *setting.aliases)}
    links = table.batch_get(keys.category_name(spelling) for spelling in spelled)
    for spelling, setting in spelled.items():
        link = links.get(keys.category_name(spelling))
        if link and setting.slug and link["slug"] != setting.slug:
            raise ConfigurationError(
                f"{file}: category {setting.name!r} asks for slug {setting.slug!r}, but it is stored as "
                f"{link['slug']!r}; addresses do not change, so write the stored slug"
            )
    _check_taken(settings, file, table)


def _check_taken(settings: tuple[CategorySetting, ...], file: str, table: Table) -> None:
    lines = table.batch_get(keys.category(setting.slug) for setting in settings if setting.slug)
    for setting in settings:
        item = lines.get(keys.category(setting.slug)) if setting.slug else None
        if item is None:
            continue
        line, _ = category_from(item)
        names = {normalise_category(name) for name in (setting.name, *setting.aliases)}
        if line.name != line.slug and normalise_category(line.name) not in names:
            raise ConfigurationError(
                f"{file}: slug {setting.slug!r} of category {setting.name!r} is stored as category {line.name!r}; "
                "choose another slug, or make that name an alias"
            )


def _sources(file: str, body: bytes | None, order: str, at: datetime, table: Table) -> None:
    """Put the sources a file defines in force, and those it defined before out of it."""
    key = keys.container(PREFIX + file)
    if container_from(table.get(key))[0].order > order:
        return
    sources, problems = _read_sources(file, body) if body is not None else ((), [])
    definitions = {source.id: json.dumps(source.raw, ensure_ascii=False) for source in sources}
    for _ in range(ATTEMPTS):
        known, v = container_from(table.get(key))
        now = known.holding(order, definitions)
        if now == known:
            break
        try:
            table.put(container_item(key, now, v + 1), v)
        except Conflict:
            continue
        break
    else:
        raise Conflict(f"{file}: others kept writing it; back to the queue")
    for source_id, absent_at in now.absent.items():
        _define(source_id, file, None, absent_at, at, table)
    for source_id, text in definitions.items():
        in_force = _define(source_id, file, text, order, at, table)
        if in_force not in (file, None):
            problems.append(
                f"{file}: id {source_id!r} is defined by {in_force} too, which is in force; remove one of the two"
            )
    if problems:
        # What is usable is in force by now; what is not must not go unsaid.
        raise ConfigurationError("; ".join(problems))


def _define(source_id: str, file: str, text: str | None, order: str, at: datetime, table: Table) -> str | None:
    """Record what ``file`` says of a source, and return the file whose definition is in force.

    A source that is new or has changed is due at once, and forgets its validators, in the same transaction.
    """
    key = keys.source_config(source_id)
    for _ in range(ATTEMPTS):
        items = table.batch_get([key, keys.source_state(source_id)])
        stored = items.get(key)
        v = int(stored["v"]) if stored else 0
        files: dict[str, Mapping[str, str]] = dict(stored["files"]) if stored else {}
        before = effective_source(stored)
        if file in files and files[file]["order"] >= order:
            return before[1] if before else None
        files[file] = {"order": order, "text": text} if text else {"order": order}
        item = {"pk": key.pk, "sk": key.sk, "v": v + 1, "files": files}
        after = effective_source(item)
        writes: list[Write] = [Put(item, v)]
        if after != before:
            state, state_v = source_state_from(items.get(keys.source_state(source_id)), source_id)
            fresh = _redefined(state, before and before[0], after and after[0], at)
            writes += [*state_writes(state, state_v, fresh), _catalog_write(source_id, after[0] if after else None)]
        try:
            table.transact(writes)
        except Conflict:
            continue
        return after[1] if after else None
    raise Conflict(f"{file}: others kept writing source {source_id!r}; back to the queue")


def _redefined(state: SourceState, before: Source | None, after: Source | None, at: datetime) -> SourceState:
    """Return the state of a source whose definition changed: due at once, and to be read as a whole.

    What was found out of an address is forgotten with the address. A pause of the operator's stays.
    """
    fresh = without_validators(state)
    if before is None or after is None or before.url != after.url:
        fresh = replace(fresh, address=None, moved_to=None, moved_seen=0, parts=(), ttl_seconds=0)
        fresh = replace(fresh, gone=None, failing_since=None)
    asleep = after is None or after.paused or fresh.asleep
    return replace(fresh, next_poll=None if asleep else at)


def _catalog_write(source_id: str, source: Source | None) -> Write:
    key = keys.catalog_source(source_id)
    if source is None:
        return Delete(key)
    line = {"title": source.title or source_id, "url": source.url, "kind": source.kind}
    return Put({"pk": key.pk, "sk": key.sk, **line})
