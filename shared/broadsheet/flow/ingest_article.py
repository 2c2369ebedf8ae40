"""Ingest one article: get its text, archive what was got, clean it, and settle what it tells.

Also settles what fell due: a held upload is released, an article past its retention goes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from broadsheet.ingest.clean import clean
from broadsheet.ingest.decide import Absent, Content, Decision, Outcome, Released, Told
from broadsheet.ingest.entry_article import body_address, clean_entry, parse_entry
from broadsheet.ingest.upload import parse_upload
from broadsheet.ingest.urls import canonical_url, host_of, story_addresses
from broadsheet.model import keys
from broadsheet.model.article import CleanArticle, Entry, SourceDocument
from broadsheet.model.errors import ArticleRejected, BroadsheetError
from broadsheet.model.identity import UPLOAD_SOURCE, InputKey, claim_of_id, claim_of_url
from broadsheet.model.inputs import state_from
from broadsheet.model.messages import (
    ENTRY_CONTENT_TYPE,
    DueMessage,
    EntryMessage,
    ImageMessage,
    IngestMessage,
    UploadMessage,
    entry_from_plain,
)
from broadsheet.model.order import order_of_instant
from broadsheet.model.site import Site
from broadsheet.model.source import Source
from broadsheet.model.web import FetchFailed
from broadsheet.publish.permalink import addresses_of

from .categories import Categories
from .entry_body import body_visit, json_text, no_address
from .mirror_images import mirror_image
from .pages import Pages, fetch_pages, next_page, raw_key
from .ports import Counter, Fetcher, Item, ObjectStore, Queue, Table
from .provenance import provenance
from .recipes import Recipes
from .rejections import Rejection, record_rejection, rejection_from
from .retries import another_try, still_waiting, to_next_slot
from .settle import Store, read_article, settle
from .site_settings import read_settings
from .slots import SlotNeeded, pause_asked
from .source_state import effective_source, forget_validators, recheck_listing
from .visits import Visit, Visits

FAULTS_OF_A_MESSAGE = (AttributeError, BroadsheetError, LookupError, TypeError, ValueError)
"""What a message is refused with whose entry, source or address is nonsense."""

COUNTED = {
    Outcome.STORED: "ArticlesStored",
    Outcome.UPDATED: "ArticlesUpdated",
    Outcome.UNCHANGED: "ArticlesUnchanged",
    Outcome.UNPUBLISHED: "ArticlesUnpublished",
}


@dataclass(frozen=True, slots=True)
class IngestPorts:
    """What ingesting needs from outside."""

    table: Table
    archive: ObjectStore
    ingests: Queue
    fetcher: Fetcher
    counter: Counter

    @property
    def store(self) -> Store:
        """Where articles are."""
        return Store(self.table, self.archive)


class ArticleIngester:
    """Ingests messages of one invocation: the site's settings are read once, when it is made."""

    def __init__(self, ports: IngestPorts) -> None:
        self._ports = ports
        self._site: Site = read_settings(ports.table)
        self._addresses = addresses_of(self._site)
        self._categories = Categories(ports.table, self._site)
        self._recipes = Recipes(ports.table)
        self._visits = Visits(ports.table, ports.fetcher)
        self._sources: dict[str, Source | None] = {}

    def prefetch(self, messages: Iterable[IngestMessage]) -> None:
        """Ask, side by side, for what those of ``messages`` need whose slots have come.

        To be called before they are ingested, one after the other. A message that is at fault is left for its own turn,
        where it fails by itself.
        """
        entries = [message for message in messages if isinstance(message, EntryMessage)]
        due = [entry for entry in entries if entry.slot and entry.entry and not still_waiting(entry)]
        if len(due) < 2:
            return
        configs = {message.source: keys.source_config(message.source) for message in due}
        items = self._ports.table.batch_get(configs.values())
        visits: list[Visit] = []
        for message in due:
            with suppress(*FAULTS_OF_A_MESSAGE):
                source = self._source(message.source, items.get(configs[message.source]))
                if source and (visit := self._visit_of(message, source)):
                    visits.append(visit)
        self._visits.prepare(visits)

    def ingest(self, message: IngestMessage) -> None:
        """Ingest ``message``.

        What will not get better by itself is recorded as rejected; what may is tried a few times and recorded
        then. What is raised is a fault of ours.
        """
        match message:
            case EntryMessage():
                self._entry(message)
            case UploadMessage():
                self._upload(message)
            case DueMessage():
                self._due(message)
            case ImageMessage():
                mirror_image(message, self._site, self._ports, self._visits)

    def _entry(self, message: EntryMessage) -> None:
        ports = self._ports
        if waiting := still_waiting(message):
            ports.ingests.send([waiting])
            return
        input_key = InputKey("entry", message.source, message.entry_id)
        config, rejected = keys.source_config(message.source), keys.rejection(input_key)
        items = ports.table.batch_get([rejected] if message.source in self._sources else [config, rejected])
        source = self._source(message.source, items.get(config))
        if source is None:
            return
        entry = self._entry_of(message)
        try:
            told = self._told_by_entry(message, entry, source, input_key)
            if told is None:
                return
            decision = settle(told, ports.store, self._addresses)
        except SlotNeeded as needed:
            ports.ingests.send([to_next_slot(message, needed.host, ports.table)])
            return
        except FetchFailed as failure:
            address = message.next_page or body_address(source, entry) or source.url
            self._fetch_failed(failure, message, input_key, address)
            return
        except ArticleRejected as rejection:
            self._reject(input_key, rejection.reason, order_of_instant(message.observed_at), message)
            return
        recheck_listing(message, ports.table)
        self._done(decision, input_key, told.order, items.get(rejected))

    def _source(self, name: str, config: Item | None) -> Source | None:
        """Return the source as it was when it was first asked for; ``config`` is its item, read if that is now."""
        if name not in self._sources:
            effective = effective_source(config)
            self._sources[name] = effective[0] if effective else None
        return self._sources[name]

    def _entry_of(self, message: EntryMessage) -> Entry:
        if message.entry_key is None:
            return entry_from_plain(message.entry)
        stored = self._ports.archive.get(message.entry_key)
        if stored is None:
            raise LookupError(f"archive object {message.entry_key} of entry {message.entry_id!r} is gone")
        return entry_from_plain(json.loads(stored.body)["entry"])

    def _told_by_entry(self, message: EntryMessage, entry: Entry, source: Source, input_key: InputKey) -> Told | None:
        """Return what the entry tells, or None where another message goes on to fetch the rest of it."""
        body_html, pages = None, Pages()
        if source.body.origin != "entry":
            address = body_address(source, entry)
            if address is None:
                raise no_address(source, entry)
            if source.body.origin == "page":
                pages = self._pages(message, entry, source, address)
                if pages.onward is not None:
                    self._send_onward(pages.onward)
                    return None
            else:
                body_html = json_text(
                    self._fetch_body(message, source, body_visit(message, source, address, address, {})), source
                )
        page = pages.documents[0] if pages.documents else None
        parsed = parse_entry(entry, source, body_html, page, pages.documents[1:], pages.recipe)
        article = clean_entry(parsed, entry, source, message.observed_at)
        content = Content(article, self._categories.slugs(article.categories), source.priority, source.retention)
        claims = _claims(entry, source, article, page)
        order = order_of_instant(message.observed_at)
        return Told(input_key, order, message.observed_at, claims, content, message.fingerprint)

    def _visit_of(self, message: EntryMessage, source: Source) -> Visit | None:
        """Return the visit that ingesting ``message`` will make, None where it makes none."""
        entry = self._entry_of(message)
        address = body_address(source, entry)
        if address is None or source.body.origin != "page":
            return body_visit(message, source, address, address, {}) if address else None
        page = next_page(message, entry, address, self._recipes)
        return body_visit(message, source, address, *page) if page else None

    def _pages(self, message: EntryMessage, entry: Entry, source: Source, address: str) -> Pages:
        def fetch(url: str, headers: Mapping[str, str]) -> SourceDocument:
            return self._fetch_body(message, source, body_visit(message, source, address, url, headers))

        return fetch_pages(message, entry, address, recipes=self._recipes, archive=self._ports.archive, fetch=fetch)

    def _send_onward(self, message: EntryMessage) -> None:
        """Send ``message``, whose ``next_page`` is to be fetched, to that page's slot."""
        onward = to_next_slot(replace(message, tries=0), host_of(message.next_page or ""), self._ports.table)
        self._ports.ingests.send([onward])

    def _fetch_body(self, message: EntryMessage, source: Source, visit: Visit) -> SourceDocument:
        """Fetch, and archive the raw bytes with where they came from. Raises FetchFailed, and SlotNeeded."""
        response, at = self._visits.fetch(visit), message.observed_at
        self._ports.archive.put(
            raw_key(source.id, response.body),
            response.body,
            response.content_type or "application/octet-stream",
            metadata=provenance(response.url, at),
        )
        return SourceDocument(response.body, response.url, response.content_type, at, response.headers)

    def _upload(self, message: UploadMessage) -> None:
        ports = self._ports
        input_key = InputKey("upload", message.key, message.name)
        rejected = ports.table.get(keys.rejection(input_key))
        stored = ports.archive.get(message.body_key)
        if stored is None:
            raise LookupError(f"archive object {message.body_key} of {input_key.shown} is gone")
        document = SourceDocument(
            stored.body, f"s3://inbox/{message.key}", message.content_type or stored.content_type, message.observed_at
        )
        try:
            article, claims = self._uploaded(message, document)
            content = Content(article, self._categories.slugs(article.categories))
            told = Told(input_key, message.order, message.observed_at, claims, content)
            decision = settle(told, ports.store, self._addresses)
        except ArticleRejected as rejection:
            self._reject(input_key, rejection.reason, message.order, message)
            return
        self._done(decision, input_key, told.order, rejected)

    def _uploaded(self, message: UploadMessage, document: SourceDocument) -> tuple[CleanArticle, frozenset[str]]:
        """Return the uploaded article and its claims. Raises ArticleRejected."""
        if message.content_type == ENTRY_CONTENT_TYPE:
            entry = entry_from_plain(json.loads(document.body))
            source = Source(UPLOAD_SOURCE, "feed", document.url, timezone=self._site.timezone)
            parsed, stem, source_name = parse_entry(entry, source, None, None), entry.id, entry.source_name
            page = entry.url
        else:
            name = message.entry_name or message.key
            parsed = parse_upload(name, document, timezone=self._site.timezone)
            stem, source_name = name.rsplit("/", 1)[-1].rsplit(".", 1)[0], None
            page = parsed.canonical_url
        article = clean(
            parsed,
            fallback_slug=stem,
            observed_at=message.observed_at,
            upload=True,
            language=self._site.language,
            source_name=source_name,
            source_url=page,
        )
        url = canonical_url(page) if page else None
        return article, frozenset({claim_of_url(url)} if url else ())

    def _due(self, message: DueMessage) -> None:
        input_key = InputKey.parse(message.input)
        state, _ = state_from(self._ports.table.get(keys.input_state(input_key)), input_key)
        article = read_article(state.article, self._ports.table) if state.article else None
        origin = article.origins.get(message.input) if article else None
        if origin is None:
            return
        if message.kind == "release":
            self._count(settle(Released(input_key, message.at), self._ports.store, self._addresses))
        elif origin.expires_at == message.at:
            # What came after its time, which only a text without a date can, goes as what came before it.
            order = max([order_of_instant(message.at), *(v.key.partition("~")[0] for v in state.versions[:1])])
            self._count(settle(Absent(input_key, order), self._ports.store, self._addresses))

    def _done(self, decision: Decision, input_key: InputKey, order: str, rejected: Item | None) -> None:
        if rejected is not None and rejection_from(rejected).order <= order:
            self._ports.table.delete(keys.rejection(input_key))
        self._count(decision)

    def _count(self, decision: Decision) -> None:
        self._ports.counter.add(COUNTED[decision.outcome])

    def _fetch_failed(self, failure: FetchFailed, message: EntryMessage, input_key: InputKey, address: str) -> None:
        """Try again later where that may help, each time after twice as long; in the end record a rejection."""
        ports = self._ports
        asked = pause_asked(failure, message.waited_until or message.observed_at)
        again = another_try(message, host_of(address), ports.table, asked) if failure.transient else None
        if again:
            ports.ingests.send([again])
            return
        tried = f" (tried {message.tries + 1} times)" if failure.transient else ""
        self._reject(
            input_key,
            f"{failure.reason}{tried}",
            order_of_instant(message.observed_at),
            message,
            retry_at=message.observed_at if failure.transient else None,
            status=failure.status,
        )
        if failure.transient:
            # The next poll must list the entry again even where the listing did not change.
            forget_validators(message.source, ports.table)

    def _reject(
        self,
        input_key: InputKey,
        reason: str,
        order: str,
        message: EntryMessage | UploadMessage,
        retry_at: datetime | None = None,
        status: int | None = None,
    ) -> None:
        table = self._ports.table
        state, _ = state_from(table.get(keys.input_state(input_key)), input_key)
        newest = state.versions[0].key if state.versions else ""
        if max(newest, state.absent) > order:
            # A newer version is stored already, or the input is gone: what was wrong with this one concerns nobody.
            return
        fingerprint = message.fingerprint if isinstance(message, EntryMessage) else ""
        rejection = Rejection(
            input_key, reason, order, message.observed_at, fingerprint=fingerprint, retry_at=retry_at, status=status
        )
        if record_rejection(rejection, table):
            self._ports.counter.add("ArticlesRejected")


def _claims(entry: Entry, source: Source, article: CleanArticle, page: SourceDocument | None) -> frozenset[str]:
    """Return what makes the entry one story with others, by the source's ``identity``."""
    identity = source.identity
    if identity.by == "field":
        if not entry.identifier:
            raise ArticleRejected(
                f"{entry.id}: field {identity.field!r}, which identity names, is empty; "
                f"name a field that every entry of {source.id} has"
            )
        return frozenset({claim_of_id(identity.namespace or source.id, entry.identifier)})
    if identity.by == "id":
        return frozenset({claim_of_id(identity.namespace or source.id, entry.id)})
    return frozenset(map(claim_of_url, story_addresses(entry.url, article.canonical_url, page.url if page else None)))
