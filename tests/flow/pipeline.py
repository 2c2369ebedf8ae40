"""The whole flow over fakes: each function's core, its queues between them, and whoever delivers the messages.

Time is what the messages carry. Delays are not waited for: a message knows by itself how far it was delayed.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from datetime import datetime, timedelta

from broadsheet.flow.bodies import Bodies
from broadsheet.flow.dispatch_due import DuePorts, dispatch_due
from broadsheet.flow.ingest_article import ArticleIngester, IngestPorts
from broadsheet.flow.mark_pages import Change, MarkPorts, mark_pages
from broadsheet.flow.poll_source import PollPorts, SourcePoller
from broadsheet.flow.ports import Outgoing
from broadsheet.flow.rebuild_site import RebuildPorts, rebuild_site
from broadsheet.flow.receive_upload import Upload, UploadPorts, receive_upload
from broadsheet.flow.regenerate_page import PagePorts, PageRegenerator
from broadsheet.flow.rejections import Rejection, rejection_from
from broadsheet.flow.settle import Store
from broadsheet.model import keys
from broadsheet.model.article import Article
from broadsheet.model.identity import InputKey
from broadsheet.model.messages import PageMessage, PollMessage, RebuildMessage, load_ingest, loadable
from broadsheet.model.records import article_from
from tests.builders import NOON
from tests.fakes.counter import FakeCounter
from tests.fakes.fetcher import FakeFetcher
from tests.fakes.objects import FakeObjects
from tests.fakes.queues import FakeQueue
from tests.fakes.table import FakeTable

BUCKET_SECONDS = 15


class Pipeline:
    """All parts, wired. ``sequence`` counts inbox events, as S3's sequencer does."""

    def __init__(self) -> None:
        self.table, self.counter, self.fetcher = FakeTable(), FakeCounter(), FakeFetcher()
        self.inbox, self.archive, self.site = FakeObjects(), FakeObjects(), FakeObjects()
        self.polls, self.ingests, self.rebuilds = FakeQueue(), FakeQueue(), FakeQueue()
        self.pages = FakeQueue(fifo=True)
        self.sequence = 0
        self.committed = NOON

    @property
    def store(self) -> Store:
        return Store(self.table, self.archive)

    @property
    def upload_ports(self) -> UploadPorts:
        return UploadPorts(self.table, self.inbox, self.archive, self.ingests, self.counter)

    @property
    def poll_ports(self) -> PollPorts:
        return PollPorts(self.table, self.archive, self.polls, self.ingests, self.fetcher, self.counter)

    @property
    def page_ports(self) -> PagePorts:
        return PagePorts(self.table, self.site, self.archive, self.counter, Bodies(self.store))

    @property
    def mark_ports(self) -> MarkPorts:
        return MarkPorts(self.table, self.pages, self.rebuilds, self.ingests, BUCKET_SECONDS)

    @property
    def rebuild_ports(self) -> RebuildPorts:
        return RebuildPorts(self.table, self.pages, self.rebuilds)

    # What happens in the world.

    def put(self, key: str, body: bytes | str, at: datetime = NOON) -> Upload:
        """Put an object into the inbox and return S3's event of it, not yet received."""
        content = body.encode() if isinstance(body, str) else body
        self.inbox.put(key, content, "application/octet-stream")
        self.sequence += 1
        version = self.inbox.latest_version(key)
        return Upload(key, f"{self.sequence:X}", at, deleted=False, version=version, size_bytes=len(content))

    def remove(self, key: str, at: datetime = NOON) -> Upload:
        """Delete an object from the inbox and return S3's event of it, not yet received."""
        self.inbox.delete(key)
        self.sequence += 1
        return Upload(key, f"{self.sequence:X}", at, deleted=True, version=self.inbox.latest_version(key))

    # What the functions do.

    def receive(self, *uploads: Upload) -> None:
        for upload in uploads:
            receive_upload(upload, self.upload_ports)

    def poll(self, source: str = "wire", at: datetime = NOON) -> None:
        """Poll ``source`` for the schedule's time ``at`` as if dispatched, waiting for its slot as long as that takes."""
        for line in self.table.query(keys.DUE):
            if line.get("source") == source:
                self.table.delete(keys.Key(line["pk"], line["sk"]))
        self.look(PollMessage(source, at))
        while waiting := self.polls.take():
            self.look(*(PollMessage.load(message.body) for message in waiting))

    def look(self, *messages: PollMessage) -> None:
        """Poll for ``messages`` as one invocation does; what they send is left on its queue."""
        poller = SourcePoller(self.poll_ports)
        poller.prefetch(messages)
        for message in messages:
            poller.poll(message)

    def ingester(self) -> ArticleIngester:
        return ArticleIngester(IngestPorts(self.table, self.archive, self.ingests, self.fetcher, self.counter))

    def ingest(self, messages: Iterable[Outgoing] | None = None) -> None:
        """Ingest ``messages``, else all that wait and all that these send."""
        if messages is not None:
            self._ingest_each(messages)
            return
        while waiting := self.ingests.take():
            self._ingest_each(waiting)

    def _ingest_each(self, messages: Iterable[Outgoing]) -> None:
        batch, ingester = list(messages), self.ingester()
        ingester.prefetch(loadable(load_ingest, (message.body for message in batch)))
        for message in batch:
            ingester.ingest(load_ingest(message.body))

    def dispatch(self, now: datetime) -> int:
        return dispatch_due(now, DuePorts(self.table, self.polls, self.ingests, self.pages))

    def mark(self) -> None:
        """Turn what the stream holds into page names; each record was committed a second after the one before."""
        changes = []
        for record in self.table.records:
            self.committed += timedelta(seconds=1)
            changes.append(Change(record.old, record.new, self.committed))
        self.table.records.clear()
        mark_pages(changes, self.mark_ports)

    def regenerate(self, *names: str) -> None:
        """Regenerate the pages of those names, else all that wait: two buckets later, as the queue delays them."""
        waiting = names or [PageMessage.load(message.body).page for message in self.pages.take()]
        self.committed += timedelta(seconds=2 * BUCKET_SECONDS)
        regenerator = PageRegenerator(self.page_ports)
        for name in waiting:
            regenerator.regenerate(name)

    def rebuild(self) -> None:
        """Work off what waits on the rebuild queue."""
        while waiting := self.rebuilds.take():
            for message in waiting:
                rebuild_site(RebuildMessage.load(message.body), self.rebuild_ports)

    def drain(self) -> None:
        """Deliver everything until all queues and the stream are quiet."""
        while self.ingests.messages or self.table.records or self.pages.messages or self.rebuilds.messages:
            self.ingest()
            self.mark()
            self.rebuild()
            self.regenerate()

    def upload(self, key: str, body: bytes | str, at: datetime = NOON) -> None:
        """Put an object and do all that this brings, but for its pages."""
        self.receive(self.put(key, body, at))
        self.ingest()

    def delete(self, key: str, at: datetime = NOON) -> None:
        self.receive(self.remove(key, at))
        self.ingest()

    # What came of it.

    def articles(self) -> list[Article]:
        """Return all articles that were not merged away, oldest first."""
        items = [item for key, item in self.table.dump().items() if key.sk == keys.CURRENT]
        found = [article for article, _ in map(article_from, items) if article.merged_into is None]
        return sorted(found, key=lambda article: (article.created_at, article.id))

    def published(self) -> list[str]:
        """Return the titles of the published articles, sorted."""
        return sorted(article.chosen.title for article in self.articles() if article.published and article.chosen)

    def rejection(self, input_key: InputKey) -> Rejection | None:
        item = self.table.get(keys.rejection(input_key))
        return rejection_from(item) if item else None

    def rejections(self) -> dict[str, str]:
        """Return the reasons of all that is rejected, by what an operator calls it."""
        items = [item for key, item in self.table.dump().items() if key.pk.startswith("REJECT#")]
        return {item["shown"]: item["reason"] for item in items}

    def bodies(self) -> dict[str, bytes]:
        """Return all that is published: the site, and the posts in the archive."""
        posts = {key: body for key, body in self.archive.bodies().items() if key.startswith("posts/")}
        return self.site.bodies() | posts


def markdown(title: str = "A title", text: str = "Some text.", **fields: str) -> str:
    """A Markdown upload with front matter."""
    lines = [f"{name}: {value}" for name, value in {"title": title, **fields}.items()]
    return "\n".join(["---", *lines, "---", text, ""])


def zipped(members: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()
