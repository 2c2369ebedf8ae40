"""Records of the model: what articles, origins, index lines and catalog lines look like as items of the table.

A record holds each field under its own name: text, numbers, booleans, bytes, lists and maps; a datetime is the text of
``order.format_instant``. A field that has its default, which is always an empty one (None, "", (), False, 0), is
left out, so a field can be added to a model type without touching what is stored. A field cannot be renamed
without a rebuild. Attributes that are no field of the type (``ttl``) are ignored when read.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from . import keys
from .article import (
    Alike,
    Article,
    CategoryLine,
    IndexLine,
    Likeness,
    MirroredImage,
    NewestLine,
    Origin,
    PeriodCount,
)
from .identity import InputKey
from .order import format_instant, parse_instant
from .source_state import PartState, SourceState

T = TypeVar("T")

Record = dict[str, Any]


def article_item(article: Article, v: int) -> Record:
    """Return the ``CURRENT`` item of ``article``, at version ``v`` (≥ 1)."""
    return _item(keys.current(article.id), article) | {"v": v}


def article_from(item: Mapping[str, Any]) -> tuple[Article, int]:
    """Return the article and its version; raises ValueError where ``item`` is no article."""
    return _read(Article, item), _version(item)


def origin_item(article_id: str, origin: Origin) -> Record:
    """Return the item of what one input says of the article; raises ValueError where ``origin.input`` is no input."""
    return _item(keys.origin(article_id, InputKey.parse(origin.input)), origin)


def origin_from(item: Mapping[str, Any]) -> Origin:
    """Return the origin; raises ValueError where ``item`` is none."""
    return _read(Origin, item)


def index_item(index: str, line: IndexLine) -> Record:
    """Return the item of ``line`` in the partition ``index`` (``keys.INDEX_SITE``, ``keys.index_category`` …)."""
    return _item(keys.index_line(index, line.instant, line.article_id), line)


def index_from(item: Mapping[str, Any]) -> IndexLine:
    """Return the index line; raises ValueError where ``item`` is none."""
    return _read(IndexLine, item)


def category_item(line: CategoryLine, v: int) -> Record:
    """Return the catalog's item of a category, at version ``v`` (≥ 1)."""
    return _item(keys.category(line.slug), line) | {"v": v}


def category_from(item: Mapping[str, Any]) -> tuple[CategoryLine, int]:
    """Return the category's line and its version; raises ValueError where ``item`` is none."""
    return _read(CategoryLine, item), _version(item)


def newest_item(line: NewestLine) -> Record:
    """Return the item of a category's newest articles; raises ValueError where there are none."""
    if not line.newest:
        raise ValueError(f"category {line.slug!r} has no newest article, so it has no line of them")
    return _item(keys.newest(line.newest[0].instant, line.slug), line)


def newest_from(item: Mapping[str, Any]) -> NewestLine:
    """Return a category's newest articles; raises ValueError where ``item`` is no such line."""
    return _read(NewestLine, item)


def rollup_item(index: str, counted: PeriodCount, v: int) -> Record:
    """Return the item of an index's count over one period, at version ``v`` (≥ 1)."""
    return _item(keys.rollup_line(index, counted.period), counted) | {"v": v}


def rollup_from(item: Mapping[str, Any]) -> tuple[PeriodCount, int]:
    """Return the count and its version; raises ValueError where ``item`` is none."""
    return _read(PeriodCount, item), _version(item)


def image_item(image: MirroredImage, v: int) -> Record:
    """Return the item of a mirrored image, at version ``v`` (≥ 1)."""
    return _item(keys.image(image.url), image) | {"v": v}


def image_from(item: Mapping[str, Any]) -> MirroredImage | None:
    """Return the mirrored image, or None where ``item`` says why it is not; raises ValueError where it is neither."""
    return None if "reason" in item else _read(MirroredImage, item)


def source_state_item(state: SourceState, v: int) -> Record:
    """Return the item of how polling a source stands, at version ``v`` (≥ 1)."""
    return _item(keys.source_state(state.source_id), state) | {"v": v}


def source_state_from(item: Mapping[str, Any] | None, source_id: str) -> tuple[SourceState, int]:
    """Return the state and its version, the empty one and 0 for None; raises ValueError where ``item`` is none."""
    return (SourceState(source_id), 0) if item is None else (_read(SourceState, item), _version(item))


def part_state_item(source_id: str, part: PartState, v: int) -> Record:
    """Return the item of how polling one sitemap of a source's index stands, at version ``v`` (≥ 1)."""
    return _item(keys.part_state(source_id, part.url), part) | {"v": v}


def part_state_from(item: Mapping[str, Any] | None, url: str) -> tuple[PartState, int]:
    """Return the part's state and its version, as :func:`source_state_from`."""
    return (PartState(url), 0) if item is None else (_read(PartState, item), _version(item))


def likeness_item(likeness: Likeness) -> Record:
    """Return the item of what an article is compared by."""
    return _item(keys.bands(likeness.article_id), likeness)


def likeness_from(item: Mapping[str, Any]) -> Likeness:
    """Return what an article is compared by; raises ValueError where ``item`` does not tell."""
    return _read(Likeness, item)


def band_items(likeness: Likeness) -> dict[keys.Key, Record]:
    """Return the lines by which others find the article, by key."""
    report = likeness.report
    found = [keys.band_line(name, report.instant, report.article_id) for name in likeness.bands]
    return {key: {"pk": key.pk, "sk": key.sk, "article": report.article_id, "source": likeness.source} for key in found}


def alike_item(alike: Alike) -> Record:
    """Return the item of the articles that tell the same as one."""
    return _item(keys.alike(alike.article_id), alike)


def alike_from(item: Mapping[str, Any]) -> Alike:
    """Return the articles that tell the same as one; raises ValueError where ``item`` does not tell."""
    return _read(Alike, item)


def owner_item(address: str, article_id: str) -> Record:
    """Return the item that tells whose own address ``address`` is."""
    key = keys.address_owner(address)
    return {"pk": key.pk, "sk": key.sk, "address": address, "article": article_id}


def alias_item(address: str, article_id: str) -> Record:
    """Return the item of an article's wish to be reached at ``address``."""
    key = keys.alias_line(address, article_id)
    return {"pk": key.pk, "sk": key.sk, "address": address, "article": article_id}


def _item(key: keys.Key, value: Any) -> Record:
    return {"pk": key.pk, "sk": key.sk, **_pack(value)}


def _read(kind: type[T], item: Mapping[str, Any]) -> T:
    try:
        value: T = _unpack(kind, item)
    except (KeyError, TypeError, ValueError) as problem:
        raise ValueError(f"{_named(item)} is no {kind.__name__}: {problem!r}; rebuild it from its origins") from problem
    return value


def _version(item: Mapping[str, Any]) -> int:
    v = item.get("v")
    if not isinstance(v, int):
        raise ValueError(f"{_named(item)} has no version: v is {v!r}; rebuild it from its origins")  # noqa: TRY004
    return v


def _named(item: Mapping[str, Any]) -> str:
    return f"item {item.get('pk')}/{item.get('sk')}"


class _Codec(NamedTuple):
    """How a value of one type is stored, and read."""

    dump: Callable[[Any], Any]
    load: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a model type: its name, its codec, and the default that is left out."""

    name: str
    codec: _Codec
    default: object


def _pack(value: Any) -> Record:
    record = {}
    for field in _fields_of(value.__class__):
        content = getattr(value, field.name)
        if content != field.default:
            record[field.name] = field.codec.dump(content)
    return record


def _unpack(kind: Any, record: Mapping[str, Any]) -> Any:
    content = {}
    for field in _fields_of(kind):
        if field.name in record:
            content[field.name] = field.codec.load(record[field.name])
        elif field.default is MISSING:
            raise KeyError(field.name)
    return kind(**content)


@cache
def _fields_of(kind: type[Any]) -> tuple[_Field, ...]:
    hints = get_type_hints(kind)
    plan = []
    for field in fields(kind):
        if field.default is not MISSING and field.default:
            raise TypeError(f"{kind.__name__}.{field.name} has a default that is not empty: it could not be left out")
        plan.append(_Field(field.name, _codec_of(hints[field.name]), field.default))
    return tuple(plan)


_AS_IS = _Codec(lambda value: value, lambda value: value)


def _codec_of(hint: Any) -> _Codec:
    if hint in (str, int, bool, bytes):
        return _AS_IS
    if hint is datetime:
        return _Codec(format_instant, parse_instant)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _Codec(str, hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return _Codec(_pack, partial(_unpack, hint))
    parts = get_args(hint)
    if get_origin(hint) in (types.UnionType, Union) and len(parts) == 2 and types.NoneType in parts:
        return _codec_of(next(part for part in parts if part is not types.NoneType))
    if get_origin(hint) is tuple and parts[1:] == (...,):
        return _codec_of_sequence(_codec_of(parts[0]))
    if get_origin(hint) is tuple:
        return _codec_of_row(tuple(_codec_of(part) for part in parts))
    raise TypeError(f"no codec for {hint}: give records.py one")


def _codec_of_sequence(element: _Codec) -> _Codec:
    if element is _AS_IS:
        return _Codec(list, tuple)
    return _Codec(
        lambda values: [element.dump(value) for value in values],
        lambda stored: tuple(element.load(value) for value in stored),
    )


def _codec_of_row(columns: tuple[_Codec, ...]) -> _Codec:
    """A tuple of fixed length, of which only the end may be None: it is cut off, since None is not stored."""

    def dump(row: tuple[Any, ...]) -> list[Any]:
        return [codec.dump(value) for codec, value in zip(columns, row, strict=True) if value is not None]

    def load(stored: list[Any]) -> tuple[Any, ...]:
        known = [codec.load(value) for codec, value in zip(columns, stored, strict=False)]
        return (*known, *[None] * (len(columns) - len(known)))

    return _Codec(dump, load)
