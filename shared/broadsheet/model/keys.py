"""Keys of the one table: which partition and sort key holds what. Nobody else builds a key."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from .identity import InputKey, digest
from .order import format_instant


class Key(NamedTuple):
    """Partition and sort key of one item."""

    pk: str
    sk: str


CURRENT = "CURRENT"
ORIGIN_PREFIX = "ORIGIN#"
ORIGIN_END = "ORIGIN#\uffff"
"""``CURRENT`` to here is an article without its revisions: one query, however many revisions it has."""

SITE = "SITE"
CATALOG = "CATALOG"
DUE = "DUE"
INDEX_SITE = "INDEX#site"
INDEX_GONE = "INDEX#gone"


MEMBER_PREFIX = "MEMBER#"
MEMBER_NAME_LENGTH = 200
"""A longer name stands in its key as a hash: DynamoDB's sort keys end at 1,024 bytes."""


def article(article_id: str) -> str:
    """Partition of an article."""
    return f"ARTICLE#{article_id}"


def current(article_id: str) -> Key:
    """The article as it stands: the choice among its origins, and its recorded decisions."""
    return Key(article(article_id), CURRENT)


def origin(article_id: str, input_key: InputKey) -> Key:
    """What one input says of the article."""
    return Key(article(article_id), ORIGIN_PREFIX + digest(str(input_key)))


def revision(article_id: str, version: str, input_key: InputKey) -> Key:
    """One immutable body."""
    return Key(article(article_id), f"REV#{version}#{digest(str(input_key), 8)}")


def input_state(input_key: InputKey) -> Key:
    """What is known of an input: for an entry its ``STATE``, for an upload the ``MEMBER#name`` of its file."""
    pk = f"INPUT#{digest(input_key.container_text)}"
    if input_key.kind == "entry":
        return Key(pk, "STATE")
    name = input_key.name
    return Key(pk, MEMBER_PREFIX + (name if len(name) <= MEMBER_NAME_LENGTH else digest(name)))


def container(inbox_key: str) -> Key:
    """What is known of an uploaded object as a whole: the names it holds, and since when."""
    return Key(f"INPUT#{digest(f'upload:{inbox_key}')}", "STATE")


def link(claim: str) -> Key:
    """Where a claim leads: the article it belongs to."""
    return Key(f"LINK#{digest(claim)}", "LINK")


def index_category(slug: str) -> str:
    """Partition of a category's index lines."""
    return f"INDEX#category#{slug}"


def index_source(source_id: str) -> str:
    """Partition of a source's index lines."""
    return f"INDEX#source#{source_id}"


def index_line(index: str, instant: datetime, article_id: str) -> Key:
    """One line of an index; lines sort by UTC instant, then by article."""
    return Key(index, f"{format_instant(instant)}#{article_id}")


def rollup(index: str, period: str) -> Key:
    """Count of an index over ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD`` (days in the site's zone)."""
    return Key(f"ROLLUP#{index.removeprefix('INDEX#')}", period)


def rollup_day(index: str, day: date) -> Key:
    """Count of an index over one day in the site's zone."""
    return rollup(index, day.isoformat())


def category(slug: str) -> Key:
    """A category's line in the catalog."""
    return Key(CATALOG, f"CATEGORY#{slug}")


def category_name(normalised: str) -> Key:
    """The recorded decision which slug a display name has."""
    return Key(f"LINK#{digest('category:' + normalised)}", "LINK")


def catalog_source(source_id: str) -> Key:
    """A source's line in the catalog."""
    return Key(CATALOG, f"SOURCE#{source_id}")


def source_config(source_id: str) -> Key:
    """A source's definition."""
    return Key(f"SOURCE#{source_id}", "CONFIG")


def source_state(source_id: str) -> Key:
    """How polling a source stands: validators, last and next poll, failures."""
    return Key(f"SOURCE#{source_id}", "STATE")


def due(instant: datetime, kind: str, ident: str) -> Key:
    """Something to be done at ``instant``."""
    return Key(DUE, f"{format_instant(instant)}#{kind}#{ident}")


def site_item(name: str) -> Key:
    """``SETTINGS``, ``CATEGORIES``, ``TEMPLATE#name`` or ``RECIPE#host``: what else the site is a function of."""
    return Key(SITE, name)


def host(name: str) -> Key:
    """A host's next free slot."""
    return Key(f"HOST#{name}", "HOST")


def rejections(source_id: str) -> str:
    """Partition of what was rejected of a source."""
    return f"REJECT#{source_id}"


def rejection(input_key: InputKey) -> Key:
    """Why an input was rejected."""
    return Key(rejections(input_key.source), digest(str(input_key)))
