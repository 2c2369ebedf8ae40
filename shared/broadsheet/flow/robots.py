"""What robots.txt files say, kept in the table so that functions share it: one request a day for each origin."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from datetime import datetime

from ada_url import URL

from broadsheet.ingest.robots_rules import RobotsRecord, robots_origin
from broadsheet.model import keys
from broadsheet.model.keys import Key
from broadsheet.model.order import format_instant, parse_instant

from .ports import Item, Table

LARGEST_BYTES = 300_000
"""Of a text as it is stored: an item ends at 400 KB. Half a megabyte of rules packs to a tenth of it."""

_PORTS = {"http": 80, "https": 443}


class Robots:
    """The records of the origins that one invocation asks for; each is read once."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._known: dict[Key, RobotsRecord | None] = {}

    def record(self, url: str, at: datetime) -> RobotsRecord | None:
        """Return the record that speaks of the http(s) address ``url``, None where it must be asked for at ``at``."""
        key = _key(url)
        if key not in self._known:
            item = self._table.get(key)
            self._known[key] = _record_from(item) if item else None
        record = self._known[key]
        return record if record and at < record.fresh_until else None

    def know(self, items: dict[Key, Item], urls: Iterable[str]) -> None:
        """Take the records of ``urls`` from ``items``, which were read by ``robots_keys``."""
        for key in robots_keys(urls):
            self._known[key] = _record_from(items[key]) if key in items else None

    def keep(self, url: str, record: RobotsRecord) -> None:
        """Store the ``record`` of the origin of ``url``."""
        key = _key(url)
        self._known[key] = record
        packed = gzip.compress(record.text.encode(), mtime=0)
        self._table.put(
            {
                "pk": key.pk,
                "sk": key.sk,
                "outcome": record.outcome,
                "at": format_instant(record.fetched_at),
                # What does not pack to a tenth of its size is no list of rules.
                "text": packed if len(packed) <= LARGEST_BYTES else gzip.compress(b"", mtime=0),
                "detail": record.detail,
                "ttl": int(record.fresh_until.timestamp()),
            }
        )


def robots_keys(urls: Iterable[str]) -> set[Key]:
    """Return the keys of the records that speak of those of ``urls`` that are http(s) addresses."""
    return {_key(url) for url in urls if robots_origin(url)}


def _key(url: str) -> Key:
    parsed = URL(url)
    scheme = parsed.protocol.rstrip(":")
    return keys.robots(parsed.hostname, scheme, int(parsed.port or _PORTS[scheme]))


def _record_from(item: Item) -> RobotsRecord:
    text = gzip.decompress(item["text"]).decode()
    return RobotsRecord(item["outcome"], parse_instant(item["at"]), text, item["detail"])
