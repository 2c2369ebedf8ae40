"""Settle an event: read what it meets, decide, write it in one transaction, and again where another was faster.

Everything in an article's partition is guarded by the ``v`` of its ``CURRENT`` item; an input's state has its
own. So a transaction that commits is one that decided on what was still true.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from broadsheet.ingest.decide import AddressOf, Curated, Decision, Event, Snapshot, Stored, Told, decide
from broadsheet.model import keys
from broadsheet.model.article import Article
from broadsheet.model.choice import aliases_of, index_lines
from broadsheet.model.errors import ArticleRejected, Conflict
from broadsheet.model.identity import InputKey, digest_bytes
from broadsheet.model.inputs import state_from, state_item
from broadsheet.model.keys import Key
from broadsheet.model.records import (
    alias_item,
    article_from,
    article_item,
    index_item,
    origin_from,
    origin_item,
    owner_item,
)

from .ports import TRANSACTION_LIMIT, Delete, Item, ObjectStore, Put, Table, Write

ATTEMPTS = 12
"""A transaction that lost this often in a row goes back to its queue."""
BODY_IN_TABLE_BYTES = 300_000
"""A larger compressed body lies in the archive; DynamoDB's items end at 400 KB."""


@dataclass(frozen=True, slots=True)
class Store:
    """Where articles are: the table, and the archive for large bodies."""

    table: Table
    archive: ObjectStore


def settle(event: Event, store: Store, address_of: AddressOf) -> Decision:
    """Write what ``event`` changes and return the decision.

    Raises ArticleRejected for an edit of an article that does not exist, and Conflict where other writers won
    ``ATTEMPTS`` times in a row.
    """
    for _ in range(ATTEMPTS):
        snapshot, versions = _read(event, store.table)
        decision = decide(event, snapshot, address_of)
        if not decision.changed:
            return decision
        if decision.revision and isinstance(event, Told):
            _put_body(decision.revision, event.content.clean.html, event, store)
        try:
            store.table.transact(_writes(snapshot, decision, versions))
        except Conflict:
            continue
        return decision
    raise Conflict(f"{_subject(event)}: {ATTEMPTS} transactions in a row met another writer; back to the queue")


def _subject(event: Event) -> str:
    return event.article_id if isinstance(event, Curated) else str(event.input)


def _read(event: Event, table: Table) -> tuple[Snapshot, dict[str, int]]:
    """Return the snapshot for ``event``, and the item versions of the links that are to be rewritten."""
    state_key = None if isinstance(event, Curated) else keys.input_state(event.input)
    claims = sorted(event.claims) if isinstance(event, Told) else []
    items = table.batch_get([*([state_key] if state_key else []), *(keys.link(claim) for claim in claims)])
    state, state_v, named = None, 0, set[str]()
    if not isinstance(event, Curated) and state_key:
        known, state_v = state_from(items.get(state_key), event.input)
        state = known if state_v else None
        if known.article:
            named.add(known.article)
    links, link_versions = {}, {}
    for claim in claims:
        item = items.get(keys.link(claim))
        link_versions[claim] = int(item["v"]) if item else 0
        if item:
            links[claim] = item["article"]
            named.add(item["article"])
    edits = event.content.clean.edits if isinstance(event, Told) else None
    if edits:
        named.add(edits)
    if isinstance(event, Curated):
        named.add(event.article_id)
    articles: dict[str, Stored] = {}
    for article_id in sorted(named):
        stored = read_article(article_id, table)
        if stored is None:
            if article_id == edits:
                raise ArticleRejected(
                    f"front matter id {edits!r} names no article; take the id of an article that is stored, "
                    "or leave it out"
                )
            raise ArticleRejected(f"article {article_id!r} does not exist; take the id of one that is stored")
        articles[stored.article.id] = stored
    return Snapshot(state, state_v, links, articles), link_versions


def read_article(article_id: str, table: Table) -> Stored | None:
    """Return the article of that id with its origins, merges followed; None where there is none."""
    seen: set[str] = set()
    while article_id not in seen:
        seen.add(article_id)
        items = table.query(keys.article(article_id), first=keys.CURRENT, last=keys.ORIGIN_END)
        if not items or items[0]["sk"] != keys.CURRENT:
            return None
        article, v = article_from(items[0])
        if article.merged_into is None:
            origins = [origin_from(item) for item in items[1:]]
            return Stored(article, v, {origin.input: origin for origin in origins})
        article_id = article.merged_into
    raise Conflict(f"article {article_id!r} was merged into itself")


def _writes(snapshot: Snapshot, decision: Decision, link_versions: Mapping[str, int]) -> list[Write]:
    writes: list[Write] = []
    if decision.state and decision.state != snapshot.state:
        writes.append(Put(state_item(decision.state, snapshot.state_v + 1), snapshot.state_v))
    for article_id, new in decision.articles.items():
        old = snapshot.articles.get(article_id)
        if old and old.article == new.article and dict(old.origins) == dict(new.origins):
            continue
        v = old.v if old else 0
        writes.append(Put(article_item(new.article, v + 1), v))
        writes += _origin_writes(article_id, old, new)
        writes += _index_writes(old.article if old else None, new.article)
        writes += _address_writes(old.article if old else None, new.article)
    room = TRANSACTION_LIMIT - len(writes)
    for claim in sorted(decision.links, key=lambda claim: claim not in link_versions)[:room]:
        # The event's own claims come first, each guarded by the version it was read at. Those of a merged article
        # are guarded by its CURRENT; one past the limit still leads to the winner, through the redirect.
        expect = link_versions.get(claim)
        writes.append(Put(link_item(claim, decision.links[claim], (expect or 0) + 1), expect))
    return writes


def link_item(claim: str, article_id: str, v: int) -> Item:
    """Return the item that leads from ``claim`` to its article."""
    key = keys.link(claim)
    return {"pk": key.pk, "sk": key.sk, "claim": claim, "article": article_id, "v": v}


def _origin_writes(article_id: str, old: Stored | None, new: Stored) -> list[Write]:
    before = old.origins if old else {}
    writes: list[Write] = []
    for name, origin in new.origins.items():
        if before.get(name) == origin:
            continue
        writes.append(Put(origin_item(article_id, origin)))
        known = before.get(name)
        for kind, instant in (("release", origin.release_at), ("expire", origin.expires_at)):
            if instant and instant != (known and getattr(known, f"{kind}_at", None)):
                writes.append(Put(due_item(kind, name, instant)))
    gone = (name for name in before if name not in new.origins)
    return writes + [Delete(keys.origin(article_id, InputKey.parse(name))) for name in gone]


def due_item(kind: str, input_text: str, instant: datetime) -> Item:
    """Return the item that makes ``dispatch_due`` release or expire an input at ``instant``."""
    key = keys.due(instant, kind, digest_bytes(input_text.encode(), 16))
    return {"pk": key.pk, "sk": key.sk, "kind": kind, "input": input_text}


def _index_writes(old: Article | None, new: Article) -> list[Write]:
    before = index_lines(old) if old else {}
    after = index_lines(new)
    writes: list[Write] = [Put(index_item(*after[key])) for key in after if before.get(key) != after[key]]
    writes += [Delete(key) for key in before if key not in after]
    return writes


def _address_writes(old: Article | None, new: Article) -> list[Write]:
    """Return what records whose address is whose, and who wants to be reached at which."""
    before, after = set(aliases_of(old)) if old else set(), set(aliases_of(new))
    writes: list[Write] = [Put(alias_item(address, new.id)) for address in sorted(after - before)]
    writes += [Delete(keys.alias_line(address, new.id)) for address in sorted(before - after)]
    if new.address and not (old and old.address):
        writes.append(Put(owner_item(new.address, new.id)))
    return writes


def _put_body(key: Key, html: str, event: Told, store: Store) -> None:
    """Write the immutable body before the transaction that refers to it; writing it twice writes the same."""
    packed = gzip.compress(html.encode(), mtime=0)
    item: dict[str, Any] = {"pk": key.pk, "sk": key.sk, "title": event.content.clean.title, "input": str(event.input)}
    if len(packed) > BODY_IN_TABLE_BYTES:
        name = f"bodies/{digest_bytes(packed)}.html.gz"
        store.archive.put(name, packed, "application/gzip")
        item["body_key"] = name
    else:
        item["body"] = packed
    store.table.put(item)


def read_body(key: Key, store: Store) -> str:
    """Return the HTML of the revision at ``key``; raises LookupError as :func:`unpacked` does."""
    return unpacked(key, store.table.get(key), store)


def unpacked(key: Key, item: Item | None, store: Store) -> str:
    """Return the HTML of the revision at ``key``, given its item.

    Raises LookupError where it is not stored: a fault, since a body is written before what refers to it.
    """
    if item is None:
        raise LookupError(f"revision {key.pk} {key.sk} is referred to but not stored")
    packed = item.get("body")
    if packed is None:
        stored = store.archive.get(item["body_key"])
        if stored is None:
            raise LookupError(f"archive object {item['body_key']} of revision {key.sk} is gone")
        packed = stored.body
    return gzip.decompress(packed).decode()
