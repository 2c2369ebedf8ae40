"""A site of any size, written straight into the table: the very lines that the flow would have left there.

The lines of an article are those that settling its entry writes, into a table that holds nothing yet; the lines that
follow from them (counts, the catalog, the newest of each category) are counted here. A test holds a small seeded site
against the same articles come through the flow.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.dynamo_type import Item as MotoItem

from broadsheet.aws.attributes import encode_item
from broadsheet.flow.also_reported import likeness_by
from broadsheet.flow.categories import Categories
from broadsheet.flow.days import day_of
from broadsheet.flow.page_names import slug_of
from broadsheet.flow.ports import Item, Put, Write
from broadsheet.flow.settle import Store, settle
from broadsheet.flow.writers.category import front_size
from broadsheet.ingest.clean import finish
from broadsheet.ingest.decide import Content, Told
from broadsheet.ingest.entry_article import clean_entry, parse_entry
from broadsheet.ingest.near_duplicates import signature_of
from broadsheet.ingest.slugs import title_slug
from broadsheet.ingest.urls import canonical_url
from broadsheet.model.article import Article, CategoryLine, CleanArticle, Entry, IndexLine, NewestLine, PeriodCount
from broadsheet.model.choice import index_lines
from broadsheet.model.identity import InputKey, claim_of_url, digest
from broadsheet.model.keys import INDEX_SITE, Key
from broadsheet.model.order import order_of_instant
from broadsheet.model.records import band_items, category_item, likeness_item, newest_item, rollup_item
from broadsheet.model.site import Site
from broadsheet.model.source import Source
from broadsheet.publish.permalink import addresses_of

from .newsroom import CHINESE_CATEGORIES, ENGLISH_CATEGORIES, story

CATEGORIES = 200
CERTAIN = range(50, 100)
"""Articles that go to one category each, the largest first, so that those categories are there at every size."""
PER_DAY = 100
TEXTS = 48
"""Different texts; articles that share one differ in title, category, date and address."""
SEEDED_UNTIL = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
"""The newest article is of this instant."""
SEEN_AFTER = timedelta(minutes=1)

WIRE = Source("wire", "feed", "https://wire.example/feed.xml", timezone="UTC")
WIRE_FILE = "id: wire\nkind: feed\nurl: https://wire.example/feed.xml\ntimezone: UTC\npaused: true\n"
"""The source that seeded articles came from, as its file: paused, for nothing answers there."""

_NO_ARCHIVE: Any = None
"""Only a text of 300 KB would go there."""
_WEIGHTS = tuple(accumulate(1 / rank for rank in range(1, CATEGORIES + 1)))


@dataclass(frozen=True, slots=True)
class Seeded:
    """One article as the flow would have stored it. ``html`` is its text, ``category`` its only one."""

    article: Article
    html: str
    category: CategoryLine


def category_of(rank: int) -> str:
    """Return the display name of the category of that rank, 0 being the largest; every other one is Chinese."""
    if rank % 2:
        return f"{CHINESE_CATEGORIES[rank % 10]}{rank}"
    return f"{ENGLISH_CATEGORIES[rank % 10]} {rank}"


def rank_of(number: int) -> int:
    """Return the rank of an article's category: sizes fall as 1/rank, as they do in real archives."""
    if number in CERTAIN:
        return number - CERTAIN.start
    return random.Random(number).choices(range(CATEGORIES), cum_weights=_WEIGHTS)[0]  # noqa: S311 - no secret


def entry_of(number: int) -> Entry:
    """Return the article of that number as its source lists it; 0 is the newest."""
    shown = story(number % TEXTS)
    return Entry(
        id=f"seed-{number:06d}",
        title=f"{shown.title}, {number}",
        url=f"https://wire.example/{number}",
        published=SEEDED_UNTIL - number * timedelta(days=1) / PER_DAY,
        content_html=shown.body,
        categories=(category_of(rank_of(number)),),
        language=shown.language,
    )


def seen_at(entry: Entry) -> datetime:
    """Return when a seeded entry was polled."""
    return (entry.published or SEEDED_UNTIL) + SEEN_AFTER


def seed(count: int, site: Site, put: Callable[[Item], None]) -> Iterator[Seeded]:
    """Hand every line of ``count`` articles to ``put``, and yield the articles, oldest first.

    The lines that follow from all of them come after the last one: go through to the end.
    """
    fresh = _Fresh(put)
    store, addresses, categories = Store(fresh, _NO_ARCHIVE), addresses_of(site), Categories(fresh, site)
    sums = _Sums(site)
    for number in reversed(range(count)):
        entry = entry_of(number)
        clean = _cleaned(entry, number % TEXTS)
        slugs = categories.slugs(clean.categories)
        input_key = InputKey("entry", WIRE.id, entry.id)
        claims = frozenset({claim_of_url(clean.canonical_url or "")})
        at = seen_at(entry)
        told = Told(input_key, order_of_instant(at), at, claims, Content(clean, slugs), fingerprint=entry.id)
        decision = settle(told, store, addresses)
        article = decision.articles[decision.article_id or ""].article
        sums.add(article)
        sums.names[slugs[0]] = clean.categories[0]
        if likeness := likeness_by(article, _signature(number % TEXTS)):
            for line in (*band_items(likeness).values(), likeness_item(likeness)):
                put(line)
        yield Seeded(article, clean.html, CategoryLine(slugs[0], clean.categories[0]))
    for item in sums.items():
        put(item)


def filling(moto_table: Any) -> Callable[[Item], None]:
    """Return what puts an item into a table of moto's past everything that watches it: no stream tells of it."""

    def put(item: Item) -> None:
        wire = encode_item(item)
        stored = MotoItem(DynamoType(wire["pk"]), DynamoType(wire["sk"]), wire)
        moto_table.items[stored.hash_key][stored.range_key] = stored

    return put


def _cleaned(entry: Entry, text: int) -> CleanArticle:
    """Return the entry cleaned. Its text was cleaned before, with the first article that has it."""
    url = entry.url or ""
    return finish(
        replace(
            _cleaned_text(text),
            title=entry.title,
            slug=title_slug(entry.title, entry.id),
            published=entry.published,
            categories=entry.categories,
            canonical_url=canonical_url(url),
            source_url=url,
        )
    )


@cache
def _cleaned_text(text: int) -> CleanArticle:
    entry = entry_of(text)
    return clean_entry(parse_entry(entry, WIRE, None, None), entry, WIRE, seen_at(entry))


@cache
def _signature(text: int) -> bytes:
    return signature_of(_cleaned_text(text).html)


class _Sums:
    """What follows from the index lines of all articles: counts by period, and each category's newest."""

    def __init__(self, site: Site) -> None:
        self.names: dict[str, str] = {}
        self._site = site
        self._days: Counter[tuple[str, str]] = Counter()
        self._lines: dict[str, list[IndexLine]] = defaultdict(list)

    def add(self, article: Article) -> None:
        """Count an article in."""
        for index, line in index_lines(article).values():
            slug = slug_of(index)
            if index == INDEX_SITE or slug:
                self._days[index, day_of(line.instant, self._site.zone).isoformat()] += 1
            if slug:
                self._lines[slug].append(line)

    def items(self) -> Iterator[Item]:
        """Yield the lines."""
        years: Counter[tuple[str, str]] = Counter()
        for (index, day), count in self._days.items():
            yield rollup_item(index, PeriodCount(day, count), 1)
            if slug_of(index):
                years[index, day[:4]] += count
        for (index, year), count in years.items():
            yield rollup_item(index, PeriodCount(year, count), 1)
        for slug, lines in self._lines.items():
            lines.sort(key=lambda line: (line.instant, line.article_id), reverse=True)
            head = digest(repr(tuple(lines[: front_size(self._site)])))
            yield newest_item(NewestLine(slug, self.names[slug], tuple(lines[: self._site.home_category_size]), head))
            yield category_item(CategoryLine(slug, self.names[slug], len(lines), lines[0].instant), 1)


class _Fresh:
    """A table that holds nothing of what is asked for, since all that is seeded is new, and hands on what is put."""

    def __init__(self, put: Callable[[Item], None]) -> None:
        self._put = put

    def get(self, key: Key) -> Item | None:  # noqa: ARG002 - the port's signature
        return None

    def batch_get(self, keys: Iterable[Key]) -> dict[Key, Item]:  # noqa: ARG002
        return {}

    def query(self, pk: str, **bounds: Any) -> list[Item]:  # noqa: ARG002
        return []

    def put(self, item: Item, expect: int | None = None) -> None:  # noqa: ARG002
        self._put(item)

    def delete(self, key: Key, expect: int | None = None) -> None:
        raise NotImplementedError(f"seeding deletes nothing, and here {key}; seed into an empty table")

    def transact(self, writes: Sequence[Write]) -> None:
        for write in writes:
            if not isinstance(write, Put):
                raise NotImplementedError(f"seeding only puts, and here is {write}; seed into an empty table")
            self._put(write.item)
