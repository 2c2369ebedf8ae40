"""Keys of the one table: which partition and sort key holds what. Nobody else builds a key."""

from __future__ import annotations

from datetime import datetime
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
NEWEST = "NEWEST"
OWNER = "OWNER"
IMAGES = "IMAGES"
"""All mirrored images, by name."""
IMAGE = "IMAGE"
"""Sort key of what is known of an image; beside it stands who shows it."""
ALIKE = "ALIKE"
BANDS = "BANDS"
"""Both sort before ``CURRENT``: one query reads the three, and an article with its origins is read without them."""
SHOWN_BY = "ARTICLE#"
SHOWN_BY_END = "ARTICLE#\uffff"


PART_PREFIX = "PART#"
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


def rollup(index: str) -> str:
    """Partition of the counts of ``index`` over years, months and days of the site's zone."""
    return f"ROLLUP#{index.removeprefix('INDEX#')}"


def rollup_line(index: str, period: str) -> Key:
    """Count of an index over ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; each length sorts by itself."""
    return Key(rollup(index), rollup_prefix(len(period)) + period)


def rollup_prefix(length: int) -> str:
    """What the sort keys of the counts over years (4), months (7) or days (10 characters) begin with."""
    return {4: "YEAR#", 7: "MONTH#", 10: "DAY#"}[length]


def newest(instant: datetime, slug: str) -> Key:
    """A category's newest articles, among all categories in the order of their newest."""
    return Key(NEWEST, f"{format_instant(instant)}#{slug}")


def address_owner(address: str) -> Key:
    """Whose own address ``address`` is: recorded with the address, and for ever."""
    return Key(alias(address), OWNER)


def alias(address: str) -> str:
    """Partition of an address: the article whose own it is, or those that want to be reached there besides."""
    return f"ALIAS#{digest(address)}"


def alias_line(address: str, article_id: str) -> Key:
    """One article's wish to be reached at ``address``."""
    return Key(alias(address), f"ARTICLE#{article_id}")


def image(url: str) -> Key:
    """What is known of the image at ``url``: mirrored under which name, or refused for which reason."""
    return Key(f"IMAGE#{digest(url)}", IMAGE)


def image_shown(url: str, article_id: str) -> Key:
    """That an article on the site shows the image at ``url``."""
    return Key(image(url).pk, SHOWN_BY + article_id)


def images_shown(article_id: str) -> Key:
    """The addresses of the images that an article on the site shows."""
    return Key(article(article_id), "SHOWN")


def image_line(name: str, url: str) -> Key:
    """That the image at ``url`` is mirrored under ``name``, as others with the same bytes may be."""
    return Key(IMAGES, f"{name}#{digest(url)}")


def bands(article_id: str) -> Key:
    """What an article on the site is found by and compared with, where others tell the same."""
    return Key(article(article_id), BANDS)


def alike(article_id: str) -> Key:
    """The articles of others that tell the same as one on the site."""
    return Key(article(article_id), ALIKE)


def band(name: str) -> str:
    """Partition of a band: the articles whose texts have it."""
    return f"BAND#{name}"


def band_line(name: str, instant: datetime, article_id: str) -> Key:
    """That an article's text has the band of that name; lines sort by UTC instant, then by article."""
    return index_line(band(name), instant, article_id)


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


def part_state(source_id: str, url: str) -> Key:
    """How polling one sitemap of a source's index stands."""
    return Key(f"SOURCE#{source_id}", PART_PREFIX + digest(url))


def due(instant: datetime, kind: str, ident: str) -> Key:
    """Something to be done at ``instant``."""
    return Key(DUE, f"{format_instant(instant)}#{kind}#{ident}")


def site_item(name: str) -> Key:
    """``SETTINGS``, ``CATEGORIES``, ``TEMPLATE#name`` or ``RECIPE#host``: what else the site is a function of."""
    return Key(SITE, name)


def host(name: str) -> Key:
    """A host's next free slot, how far apart they are, and until when the host is left alone."""
    return Key(f"HOST#{name}", "HOST")


def robots(name: str, scheme: str, port: int) -> Key:
    """The robots.txt of one of a host's origins: ``https``, 443."""
    return Key(host(name).pk, f"ROBOTS#{scheme}:{port}")


def rejections(source_id: str) -> str:
    """Partition of what was rejected of a source."""
    return f"REJECT#{source_id}"


def rejection(input_key: InputKey) -> Key:
    """Why an input was rejected."""
    return Key(rejections(input_key.source), digest(str(input_key)))
