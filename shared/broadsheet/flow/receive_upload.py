"""Receive what was put into the inbox, changed or deleted there: one object may bring many articles.

An object is a container of members (:mod:`broadsheet.model.container`): a bundle's files, a feed's entries, or the one
article that it is. Its members are ingested one by one, from the queue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from broadsheet.ingest.bundle import members as bundle_members
from broadsheet.ingest.decide import Absent, Outcome
from broadsheet.ingest.listing import read_listing
from broadsheet.ingest.upload import MAX_UPLOAD_BYTES, Place, classify
from broadsheet.model import keys
from broadsheet.model.article import SourceDocument
from broadsheet.model.container import container_from, container_item
from broadsheet.model.errors import ArticleRejected, Conflict
from broadsheet.model.identity import UPLOAD_SOURCE, InputKey, digest_bytes
from broadsheet.model.messages import ENTRY_CONTENT_TYPE, UploadMessage, dump, entry_to_plain
from broadsheet.model.order import order_of_sequencer
from broadsheet.model.source import Source
from broadsheet.publish.permalink import addresses_of

from .configure import configure
from .ingest_article import COUNTED
from .ports import Counter, ObjectStore, Outgoing, Queue, StoredObject, Table
from .provenance import provenance
from .rejections import Rejection, clear_rejection, record_rejection
from .settle import Store, settle
from .site_settings import read_settings

ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Upload:
    """One S3 event: ``key`` unquoted, ``sequencer`` and ``version`` as S3 sends them, ``at`` its event time."""

    key: str
    sequencer: str
    at: datetime
    deleted: bool
    version: str | None = None
    size_bytes: int = 0

    @property
    def order(self) -> str:
        """The order key among the events of this object."""
        return order_of_sequencer(self.sequencer)


@dataclass(frozen=True, slots=True)
class UploadPorts:
    """What receiving needs from outside."""

    table: Table
    inbox: ObjectStore
    archive: ObjectStore
    ingests: Queue
    counter: Counter


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    body: bytes
    content_type: str
    file_name: str | None


def receive_upload(upload: Upload, ports: UploadPorts) -> None:
    """Take in one inbox event. What is wrong with the object is recorded as a rejection; raises for our own faults."""
    whole = InputKey("upload", upload.key, "")
    try:
        kind = _place(upload)
        if upload.deleted:
            if kind == "config":
                configure(upload.key, None, upload.order, upload.at, ports.table)
            else:
                _take(upload, (), (), ports)
            clear_rejection(whole, upload.order, ports.table)
            return
        if upload.size_bytes > MAX_UPLOAD_BYTES:
            raise ArticleRejected(
                f"{upload.key}: {upload.size_bytes:,} bytes, more than the {MAX_UPLOAD_BYTES:,} an upload may have; "
                "split it"
            )
        stored = ports.inbox.get(upload.key, upload.version)
        if stored is None:
            # That version was removed for good before it was read; the removal brings an event of its own.
            return
        if kind == "config":
            configure(upload.key, stored.body, upload.order, upload.at, ports.table)
            clear_rejection(whole, upload.order, ports.table)
            return
        members, rejected = _members(kind, upload, stored)
    except ArticleRejected as rejection:
        _reject(whole, rejection.reason, upload, ports)
        return
    for name, reason in rejected:
        _reject(InputKey("upload", upload.key, name), reason, upload, ports)
    _take(upload, members, [name for name, _ in rejected], ports)
    if kind != "article":
        clear_rejection(whole, upload.order, ports.table)


def _place(upload: Upload) -> Place:
    try:
        return classify(upload.key)
    except ArticleRejected:
        if upload.deleted:
            # It brought nothing but its rejection, which goes with it.
            return "article"
        raise


def _reject(input_key: InputKey, reason: str, upload: Upload, ports: UploadPorts) -> None:
    known, _ = container_from(ports.table.get(keys.container(upload.key)))
    if known.order > upload.order:
        # A newer version came first, or the object is gone: what was wrong with this one concerns nobody.
        return
    if record_rejection(Rejection(input_key, reason, upload.order, upload.at), ports.table):
        ports.counter.add("ArticlesRejected")


def _members(kind: str, upload: Upload, stored: StoredObject) -> tuple[Sequence[_Member], Sequence[tuple[str, str]]]:
    """Return the object's members, and (name, reason) of those it names but that cannot be read."""
    if kind == "bundle":
        bundle = bundle_members(stored.body, upload.key)
        read = [_Member(m.name, m.body, "", f"articles/{m.name}") for m in bundle.members]
        return read, bundle.rejected
    if kind == "feed":
        # No file defines this source, so its entries' own categories are all there is.
        source = Source(UPLOAD_SOURCE, "feed", f"s3://inbox/{upload.key}", category_field="categories")
        document = SourceDocument(stored.body, source.url, stored.content_type, upload.at)
        listing = read_listing(source, document, upload.at)
        entries = [
            _Member(entry.id, dump(entry_to_plain(entry)).encode(), ENTRY_CONTENT_TYPE, None)
            for entry in listing.entries
        ]
        return entries, listing.skipped
    return [_Member("", stored.body, stored.content_type, None)], ()


def _take(upload: Upload, members: Sequence[_Member], named: Sequence[str], ports: UploadPorts) -> None:
    """Make the object hold exactly ``members`` (and ``named``, which cannot be read) as of ``upload``."""
    names = sorted({*(member.name for member in members), *named})
    absent = _note_names(upload, names, ports.table)
    store = Store(ports.table, ports.archive)
    if absent:
        addresses = addresses_of(read_settings(ports.table))
        for name, order in sorted(absent.items()):
            gone = InputKey("upload", upload.key, name)
            decision = settle(Absent(gone, order), store, addresses)
            clear_rejection(gone, order, ports.table)
            if decision.outcome is not Outcome.UNCHANGED:
                ports.counter.add(COUNTED[decision.outcome])
    messages = []
    for member in members:
        body_key = f"raw/upload/{digest_bytes(member.body)}"
        ports.archive.put(
            body_key,
            member.body,
            member.content_type or "application/octet-stream",
            metadata=provenance(f"s3://inbox/{quote(upload.key)}", upload.at),
        )
        messages.append(
            Outgoing(
                UploadMessage(
                    upload.key,
                    member.name,
                    upload.order,
                    upload.at,
                    body_key,
                    content_type=member.content_type,
                    entry_name=member.file_name,
                ).dump()
            )
        )
    ports.ingests.send(messages)


def _note_names(upload: Upload, names: Sequence[str], table: Table) -> Mapping[str, str]:
    """Record that the object holds ``names`` as of ``upload``; return members that were absent, and at which order.

    An event that teaches nothing was delivered before, and may have died before its absences were settled: then all
    that are known are returned again.
    """
    key = keys.container(upload.key)
    for _ in range(ATTEMPTS):
        known, v = container_from(table.get(key))
        now = known.holding(upload.order, names)
        if now == known:
            return known.absent
        try:
            table.put(container_item(key, now, v + 1), v)
        except Conflict:
            continue
        return {name: order for name, order in now.absent.items() if known.absent.get(name) != order}
    raise Conflict(f"{upload.key}: others kept writing what it holds; back to the queue")
