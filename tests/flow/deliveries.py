"""Deliver messages one at a time, let functions die anywhere, and deliver again what they died of."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta

from broadsheet.flow.categories import Categories
from broadsheet.flow.mark_pages import Change, mark_pages
from broadsheet.flow.ports import Outgoing
from broadsheet.flow.rebuild_site import rebuild_site
from broadsheet.flow.regenerate_page import PageRegenerator, PageUnsettled
from broadsheet.model import keys
from broadsheet.model.messages import PageMessage, PollMessage, RebuildMessage, load_ingest
from broadsheet.model.site import Site
from tests.flow.histories import Crash, Happening, System
from tests.flow.pipeline import BUCKET_SECONDS, Pipeline

NEVER = 10**9


class Deliveries:
    """A pipeline whose functions die before or after their ``left``-th write from now, each once.

    What dies leaves its message where it was. A message on the page queue is delivered two buckets after it was sent.
    """

    def __init__(self, pipeline: Pipeline | None = None) -> None:
        self.pipeline = pipeline or Pipeline()
        self.left = NEVER
        self.crashes = 0
        self._stream: list[Change] = []
        for part in (self.pipeline.table, self.pipeline.site, self.pipeline.archive):
            part.before_write = self._write
        for queue in (self.pipeline.polls, self.pipeline.ingests, self.pipeline.pages, self.pipeline.rebuilds):
            queue.before_send = self._write
        self.pipeline.table.after_write = self._write

    def _write(self, _: object) -> None:
        self.left -= 1
        if self.left < 0:
            self.left = NEVER
            self.crashes += 1
            raise Crash

    def until_it_lives(self, act: Callable[[], object]) -> None:
        """Deliver something that comes again until its function has come to its end."""
        while True:
            try:
                act()
            except Crash:
                continue
            return

    def step(self, rng: random.Random | None = None) -> bool:
        """Deliver one thing that waits, and return whether there was any."""
        self._read_stream()
        pipeline = self.pipeline
        waiting: list[Callable[[], None]] = []
        if pipeline.polls.messages:
            waiting.append(self._poll)
        if pipeline.ingests.messages:
            waiting.append(self._ingest)
        if self._stream:
            waiting.append(self._mark)
        if pipeline.rebuilds.messages:
            waiting.append(self._rebuild)
        if pipeline.pages.messages:
            waiting.append(self._regenerate)
        if not waiting:
            return False
        deliver = rng.choice(waiting) if rng else waiting[0]
        with suppress(Crash, PageUnsettled):
            deliver()
        return True

    def drain(self) -> None:
        while self.step():
            pass

    def _poll(self) -> None:
        queue = self.pipeline.polls.messages
        message = queue[0]
        self.pipeline.look(PollMessage.load(message.body))
        queue.remove(message)

    def _ingest(self) -> None:
        queue = self.pipeline.ingests.messages
        message = queue[0]
        self.pipeline.ingester().ingest(load_ingest(message.body))
        queue.remove(message)

    def _read_stream(self) -> None:
        for record in self.pipeline.table.records:
            self.pipeline.committed += timedelta(seconds=1)
            self._stream.append(Change(record.old, record.new, self.pipeline.committed))
        self.pipeline.table.records.clear()

    def _mark(self) -> None:
        batch = self._stream[:10]
        mark_pages(batch, self.pipeline.mark_ports)
        del self._stream[: len(batch)]

    def _rebuild(self) -> None:
        queue = self.pipeline.rebuilds.messages
        message = queue[0]
        rebuild_site(RebuildMessage.load(message.body), self.pipeline.rebuild_ports)
        queue.remove(message)

    def _regenerate(self) -> None:
        queue = self.pipeline.pages.messages
        message = queue[0]
        self.pipeline.committed += timedelta(seconds=2 * BUCKET_SECONDS)
        PageRegenerator(self.pipeline.page_ports).regenerate(PageMessage.load(message.body).page)
        queue.remove(message)


def deliver_history(history: Iterable[Happening], rng: random.Random) -> Pipeline:
    """Let a history happen in a random order, with repeats and crashes, its pages following whenever they do."""
    deliveries = Deliveries()
    pipeline = deliveries.pipeline
    Categories(pipeline.table, Site()).slugs(("news", "sport"))
    system = System(pipeline.table, pipeline.archive, {})
    pool = [happening for happening in history for _ in range(rng.choice([1, 1, 2]))]
    early: list[Happening] = []
    while pool:
        if rng.random() < 0.1:
            deliveries.left = rng.randint(0, 8)
        if rng.random() < 0.6:
            deliveries.step(rng)
            continue
        happening = pool.pop(rng.randrange(len(pool)))
        try:
            sent = system.deliver(happening)
        except Crash:
            pool.append(happening)
            continue
        if sent == [happening]:
            # A command for what is not there yet waits until something else has happened.
            early.append(happening)
            continue
        pool += early + sent
        early = []
    deliveries.left = NEVER
    deliveries.drain()
    return pipeline


DERIVED = {"count", "newest_at"}


def rebuilt(pipeline: Pipeline) -> dict[str, bytes]:
    """Return what is published after a rebuild into empty buckets of the same table without what follows from the rest.

    What does are the counts of days and years, those of the catalog, the categories' newest articles, and which articles
    tell the same. Bodies that lie in the archive stay there.
    """
    fresh = Pipeline()
    for item in pipeline.table.dump().values():
        if str(item["pk"]).startswith(("ROLLUP#", "BAND#")) or item["pk"] == keys.NEWEST:
            continue
        if str(item["pk"]).startswith("ARTICLE#") and item["sk"] in (keys.ALIKE, keys.BANDS):
            continue
        fresh.table.put({name: value for name, value in item.items() if name not in DERIVED})
    fresh.table.records.clear()
    for key, body in pipeline.archive.bodies().items():
        if not key.startswith("posts/"):
            fresh.archive.put(key, body, "application/octet-stream")
    fresh.rebuilds.send([Outgoing(RebuildMessage(pipeline.committed).dump())])
    fresh.drain()
    return fresh.bodies()
