"""What must hold of the whole, whatever happened and in whatever order: invariants 1, 3, 5 and 7 of the design."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from broadsheet.flow import mark_pages, page_names
from broadsheet.flow.curate import unpublish
from broadsheet.flow.ports import Outgoing
from broadsheet.flow.receive_upload import Upload
from broadsheet.ingest.upload import MAX_UPLOAD_BYTES
from broadsheet.model import keys
from broadsheet.model.inputs import state_from
from broadsheet.model.messages import PollMessage
from broadsheet.publish import html
from tests.builders import entry_input, minutes
from tests.flow.deliveries import NEVER, Deliveries, deliver_history, rebuilt
from tests.flow.feeds import LIST, item, listing, newsroom, source_file
from tests.flow.histories import histories
from tests.flow.pipeline import Pipeline, markdown, zipped

HISTORIES = 150
URL = "https://x.example/"


def first_stale_site(seeds: range) -> int | None:
    """Return the first history after which the site is not what a rebuild from the table makes."""
    for seed in seeds:
        pipeline = deliver_history(histories(random.Random(seed)), random.Random(seed + 1))
        # Pages that depend on the settings alone are written by a rebuild, which a fresh site gets with its settings.
        pipeline.regenerate("static", "home", "categories", "sitemap", "sources")
        if pipeline.bodies() != rebuilt(pipeline):
            return seed
    return None


class TestTheSiteIsAFunctionOfTheTable:
    def test_after_any_history_a_rebuild_makes_the_same_bytes(self) -> None:
        assert first_stale_site(range(HISTORIES)) is None

    def naming(self, patch: pytest.MonkeyPatch, wanted: Callable[[str, mark_pages.Change], bool]) -> None:
        real = mark_pages.Marker.touched
        patch.setattr(
            mark_pages.Marker, "touched", lambda self, change: {n for n in real(self, change) if wanted(n, change)}
        )

    def without_absorbed(self, patch: pytest.MonkeyPatch) -> None:
        self.naming(patch, _own)

    def without_categories(self, patch: pytest.MonkeyPatch) -> None:
        self.naming(patch, lambda name, _: not name.startswith("category/"))

    def without_days(self, patch: pytest.MonkeyPatch) -> None:
        self.naming(patch, lambda name, _: not name.startswith("day/"))

    def without_days_beside(self, patch: pytest.MonkeyPatch) -> None:
        self.naming(patch, lambda name, change: not (name.startswith("day/") and change.pk.startswith("ROLLUP")))

    def without_years(self, patch: pytest.MonkeyPatch) -> None:
        self.naming(patch, lambda name, _: not name.startswith("year/"))

    def with_one_bucket_for_ever(self, patch: pytest.MonkeyPatch) -> None:
        real = page_names.page_message
        patch.setattr(page_names, "page_message", lambda page, occasion: real(page, "once"))

    def without_deleting(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(html, "article_page_keys", lambda site, article: [])

    @pytest.mark.parametrize(
        "leave_out",
        [
            "without_absorbed",
            "without_categories",
            "without_days",
            "without_days_beside",
            "without_years",
            "with_one_bucket_for_ever",
            "without_deleting",
        ],
    )
    def test_each_rule_is_needed(self, monkeypatch: pytest.MonkeyPatch, leave_out: str) -> None:
        getattr(self, leave_out)(monkeypatch)
        assert first_stale_site(range(2 * HISTORIES)) is not None


def _own(name: str, change: mark_pages.Change) -> bool:
    item = change.new or change.old or {}
    return not name.startswith("article/") or str(item.get("pk")) == f"ARTICLE#{name.removeprefix('article/')}"


class Story:
    """A short history with everything in it: uploads, a bundle, polls, an edit, a merge, a takedown, a deletion.

    Its events are fixed before the first is delivered, so that a redelivery is the same event.
    """

    def __init__(self) -> None:
        self.pipeline = Pipeline()
        pipeline = self.pipeline
        self.configuration = pipeline.put("config/sources/wire.yaml", source_file())
        a = pipeline.put("articles/a.md", markdown("A", canonical_url=f"{URL}a"), minutes(1))
        b = pipeline.put("articles/b.md", markdown("B", canonical_url=f"{URL}b"), minutes(2))
        merge = pipeline.put("articles/b.md", markdown("B", "New.", canonical_url=f"{URL}a"), minutes(3))
        z = pipeline.put("bundles/z.zip", zipped({"m.md": markdown("M"), "n.md": markdown("N")}), minutes(4))
        less = pipeline.put("bundles/z.zip", zipped({"n.md": markdown("N", "Other.")}), minutes(5))
        gone = pipeline.remove("articles/a.md", minutes(6))
        pipeline.fetcher.answers[LIST] = listing(item("1"), item("2", title=""), etag="v1")
        self.steps: list[Callable[[], Any]] = [
            lambda: pipeline.receive(self.configuration),
            lambda: pipeline.receive(a, b),
            lambda: pipeline.polls.send([Outgoing(PollMessage("wire", minutes(7)).dump())]),
            lambda: pipeline.receive(merge),
            lambda: pipeline.receive(z),
            lambda: pipeline.receive(less, gone),
            self.take_down,
        ]

    def take_down(self) -> None:
        n = next(a for a in self.pipeline.articles() if a.chosen and a.chosen.title == "N")
        unpublish(n.id, "wrong", minutes(9), self.pipeline.store, lambda *_: "/")

    def tell(self, dying_at: int) -> tuple[dict[str, bytes], dict[Any, Any], int]:
        """Deliver all, dying once; return what is published, what is stored, and how often a function died."""
        deliveries = Deliveries(self.pipeline)
        deliveries.left = dying_at
        for step in self.steps:
            deliveries.until_it_lives(step)
            deliveries.drain()
        stored = {
            key: {name: value for name, value in item.items() if name not in {"v", "ttl"}}
            for key, item in self.pipeline.table.dump().items()
            # A slot that a dead function took stays taken: politeness, not content.
            if not key.pk.startswith("HOST#")
        }
        return self.pipeline.bodies(), stored, deliveries.crashes


# Invariants 3 and 5. Broken once by settling only new absences in `_take`, once by noting a poll before it enqueues.
@pytest.mark.parametrize("at", range(4))
def test_wherever_a_function_dies_the_site_and_the_table_end_the_same(at: int) -> None:
    bodies, stored, _ = Story().tell(NEVER)
    assert len([key for key in bodies if key.startswith("posts/")]) == 2
    while True:
        result = Story().tell(at)
        assert result[:2] == (bodies, stored), f"dying at write {at}"
        if not result[2]:
            break
        at += 4  # the other parameters try those in between
    assert at > 100, "the story has more writes than that: has it been cut short?"


# Invariant 7: nothing vanishes.
def test_every_input_is_stored_unchanged_or_rejected_with_a_reason() -> None:
    pipeline = newsroom()
    bad = {
        "articles/untitled.json": '{"html": "<p>x</p>"}',
        "articles/broken.json": "{",
        "articles/broken.md": "---\ntitle: [\n---\nx",
        "articles/aliases.md": "---\na: &a [x]\nb: [*a, *a]\ntitle: T\n---\nx",
        "articles/empty.html": "",
        "articles/deep.html": "<div>" * 30_000 + "x",
        "articles/what.exe": "MZ",
        "elsewhere/a.md": markdown(),
        "bundles/no.zip": "no zip",
        "feeds/no.xml": "no feed",
        "config/what.yaml": "x: 1",
        "config/sources/bad.yaml": "kind: feed",
    }
    good = {"articles/a.md": markdown("A"), "articles/b.html": "<h1>B</h1><p>Text.</p>"}
    for key, body in (bad | good).items():
        pipeline.upload(key, body)
    pipeline.receive(_oversized())
    pipeline.upload(
        "bundles/z.zip", zipped({"a.md": markdown("In a zip"), "../b.md": markdown(), "c.md": "---\n[\n---"})
    )
    pipeline.fetcher.answers[LIST] = listing(item("1"), item("2", title=""), item("3", text=""))
    pipeline.poll()
    pipeline.ingest()
    rejected = {*bad, "articles/large.md", "bundles/z.zip#../b.md", "bundles/z.zip#c.md", "2", "3"}
    assert set(pipeline.rejections()) == rejected
    assert all(len(reason) > len(name) > 0 for name, reason in pipeline.rejections().items())
    assert pipeline.published() == ["A", "B", "In a zip", "Title 1"]
    counts = pipeline.counter.counts
    assert counts["ArticlesStored"] == 4
    assert counts["ArticlesRejected"] == len(rejected)
    # And again, all of it: nothing more is stored, and nothing else rejected.
    pipeline.poll(at=minutes(1))
    for key, body in (bad | good).items():
        pipeline.upload(key, body, minutes(2))
    assert pipeline.published() == ["A", "B", "In a zip", "Title 1"]
    assert set(pipeline.rejections()) == rejected
    assert counts["ArticlesStored"] == 4
    assert counts["ArticlesUpdated"] == 0


def _oversized() -> Upload:
    return Upload("articles/large.md", "FFFF", minutes(0), deleted=False, size_bytes=MAX_UPLOAD_BYTES + 1)


# Invariant 6, of the mark that an input was seen: it is part of the transaction that stores its effect.
def test_nothing_is_marked_as_seen_before_its_effect_is_stored() -> None:
    pipeline = newsroom()
    pipeline.fetcher.answers[LIST] = listing(item("1"))
    pipeline.poll()
    seen: list[bool] = []

    def look(writes: Any) -> None:
        written = {write.key for write in writes}
        seen.extend(keys.CURRENT in {k.sk for k in written} for key in written if key.pk.startswith("INPUT#"))

    pipeline.table.after_write = look
    pipeline.ingest()
    assert seen == [True]
    state, _ = state_from(pipeline.table.get(keys.input_state(entry_input("1"))), entry_input("1"))
    assert state.article == pipeline.articles()[0].id
