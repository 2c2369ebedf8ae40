"""The inbox: what an object brings, what it no longer brings, and what is wrong with it."""

from __future__ import annotations

from itertools import permutations

import pytest

from broadsheet.flow.receive_upload import Upload
from broadsheet.ingest.upload import MAX_UPLOAD_BYTES
from broadsheet.model import keys
from broadsheet.model.messages import UploadMessage
from tests.builders import minutes, upload_input
from tests.flow.pipeline import Pipeline, markdown, zipped

ZIP = "bundles/week.zip"
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{items}</channel></rss>"""
ITEM = "<item><guid>{0}</guid><link>https://feed.example/{0}</link><title>Feed {0}</title><description>Text {0}.</description></item>"


class Crash(BaseException):
    """The function died here."""


def bundle(*names: str) -> bytes:
    return zipped({f"{name}.md": markdown(name.title(), f"Text of {name}.") for name in names})


def feed(*names: str) -> str:
    return FEED.format(items="".join(ITEM.format(name) for name in names))


class TestBundles:
    def test_a_bundle_gains_and_loses_members(self) -> None:
        pipeline = Pipeline()
        pipeline.upload(ZIP, bundle("a", "b"))
        assert pipeline.published() == ["A", "B"]
        pipeline.upload(ZIP, bundle("b", "c"), minutes(1))
        assert pipeline.published() == ["B", "C"]
        assert pipeline.counter.counts["ArticlesUnpublished"] == 1

    def test_deleting_a_bundle_takes_all_back(self) -> None:
        pipeline = Pipeline()
        pipeline.upload(ZIP, bundle("a", "b"))
        pipeline.delete(ZIP, minutes(1))
        assert pipeline.published() == []
        assert pipeline.table.query(keys.INDEX_SITE) == []

    # Invariant 3. Broken once by not taking a name that is new in the newer of two versions for absent in the older.
    @pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
    def test_versions_may_come_in_any_order(self, order: tuple[int, ...]) -> None:
        pipeline = Pipeline()
        events = [pipeline.put(ZIP, bundle(*names), minutes(n)) for n, names in enumerate(["ab", "bc", "cd"])]
        for i in order:
            pipeline.receive(events[i])
            pipeline.ingest()
        assert pipeline.published() == ["C", "D"]

    @pytest.mark.parametrize("order", list(permutations(range(4))), ids=lambda order: "".join(map(str, order)))
    def test_versions_and_deletions_may_come_in_any_order(self, order: tuple[int, ...]) -> None:
        pipeline = Pipeline()
        events = [
            pipeline.put(ZIP, bundle("a", "b")),
            pipeline.put(ZIP, bundle("b", "c"), minutes(1)),
            pipeline.remove(ZIP, minutes(2)),
            pipeline.put(ZIP, bundle("c", "d"), minutes(3)),
        ]
        for i in order:
            pipeline.receive(events[i], events[i])
            pipeline.ingest()
        assert pipeline.published() == ["C", "D"]

    def test_members_may_be_ingested_in_any_order_too(self) -> None:
        pipeline = Pipeline()
        pipeline.receive(pipeline.put(ZIP, bundle("a", "b")))
        old = pipeline.ingests.take()
        pipeline.receive(pipeline.put(ZIP, bundle("b"), minutes(1)))
        new = pipeline.ingests.take()
        pipeline.ingest([*new, *old])
        assert pipeline.published() == ["B"]

    def test_a_member_that_cannot_be_read_is_rejected_by_itself(self) -> None:
        pipeline = Pipeline()
        pipeline.upload(ZIP, zipped({"a.md": markdown("A"), "../evil.md": markdown("Evil"), "b.exe": b"x"}))
        assert pipeline.published() == ["A"]
        assert sorted(pipeline.rejections()) == [f"{ZIP}#../evil.md", f"{ZIP}#b.exe"]

    def test_a_member_that_becomes_unreadable_keeps_what_it_told(self) -> None:
        # It is named still, so it is not taken back: only its newest version cannot be read.
        pipeline = Pipeline()
        pipeline.upload(ZIP, zipped({"a.md": markdown("A")}))
        pipeline.upload(ZIP, zipped({"a.md": "---\ntitle: [\n---\nText"}), minutes(1))
        assert pipeline.published() == ["A"]
        assert list(pipeline.rejections()) == [f"{ZIP}#a.md"]

    def test_a_rejected_member_that_is_left_out_is_no_longer_rejected(self) -> None:
        pipeline = Pipeline()
        pipeline.upload(ZIP, zipped({"a.md": markdown("A"), "b.exe": b"x"}))
        pipeline.upload(ZIP, bundle("a"), minutes(1))
        assert pipeline.rejections() == {}

    def test_what_is_no_zip_file_is_rejected_and_what_it_brought_before_stays(self) -> None:
        pipeline = Pipeline()
        pipeline.upload(ZIP, bundle("a"))
        pipeline.upload(ZIP, b"no zip", minutes(1))
        assert pipeline.published() == ["A"]
        assert "no zip file" in pipeline.rejections()[ZIP]
        pipeline.upload(ZIP, bundle("a", "b"), minutes(2))
        assert pipeline.rejections() == {}


class TestFeeds:
    def test_a_feed_document_brings_its_entries_and_takes_back_those_it_no_longer_lists(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("feeds/a.xml", feed("1", "2"))
        assert pipeline.published() == ["Feed 1", "Feed 2"]
        pipeline.upload("feeds/a.xml", feed("2", "3"), minutes(1))
        assert pipeline.published() == ["Feed 2", "Feed 3"]

    def test_an_entry_without_a_title_is_rejected_by_its_id(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("feeds/a.xml", feed("1").replace("<title>Feed 1</title>", ""))
        assert list(pipeline.rejections()) == ["feeds/a.xml#1"]


class TestArticles:
    def test_a_stale_version_changes_nothing(self) -> None:
        pipeline = Pipeline()
        old, new = (
            pipeline.put("articles/a.md", markdown("Old")),
            pipeline.put("articles/a.md", markdown("New"), minutes(1)),
        )
        pipeline.receive(new)
        pipeline.ingest()
        pipeline.receive(old)
        pipeline.ingest()
        assert pipeline.published() == ["New"]

    def test_each_version_is_read_as_it_was_uploaded(self) -> None:
        pipeline = Pipeline()
        old = pipeline.put("articles/a.md", markdown("Old"))
        pipeline.put("articles/a.md", markdown("New"), minutes(1))
        pipeline.receive(old)
        pipeline.ingest()
        assert pipeline.published() == ["Old"], "the event of the new one is still to come"

    # Invariant 2.4: a late put does not revive what was deleted.
    def test_a_put_that_comes_after_its_deletion_brings_nothing(self) -> None:
        pipeline = Pipeline()
        put, deletion = pipeline.put("articles/a.md", markdown()), pipeline.remove("articles/a.md", minutes(1))
        pipeline.receive(deletion, put, deletion)
        pipeline.ingest()
        assert pipeline.published() == []

    def test_a_version_removed_for_good_before_it_was_read_is_passed_over(self) -> None:
        pipeline = Pipeline()
        pipeline.receive(Upload("articles/a.md", "1", minutes(0), deleted=False, version="v9"))
        assert pipeline.ingests.messages == []
        assert pipeline.rejections() == {}

    def test_the_raw_bytes_are_archived_with_where_they_came_from(self) -> None:
        pipeline = Pipeline()
        pipeline.receive(pipeline.put("articles/新.md", markdown()))
        (sent,) = pipeline.ingests.messages
        stored = pipeline.archive.get(UploadMessage.load(sent.body).body_key)
        assert stored
        assert stored.body.decode() == markdown()
        assert stored.metadata["url"] == "s3://inbox/articles/%E6%96%B0.md"


class TestRejections:
    # The event tells the size, so that an object of 50 MB need not be read to be refused.
    def test_what_is_too_large_is_rejected_unread(self) -> None:
        pipeline = Pipeline()
        event = Upload("articles/a.md", "1", minutes(0), deleted=False, version="v1", size_bytes=MAX_UPLOAD_BYTES + 1)
        pipeline.receive(event)
        assert "split it" in pipeline.rejections()["articles/a.md"]
        assert pipeline.inbox.calls["get"] == 0

    def test_what_became_small_enough_is_no_longer_rejected(self) -> None:
        pipeline = Pipeline()
        pipeline.receive(Upload(ZIP, "0", minutes(0), deleted=False, size_bytes=MAX_UPLOAD_BYTES + 1))
        pipeline.upload(ZIP, bundle("a"), minutes(1))
        assert pipeline.rejections() == {}

    @pytest.mark.parametrize("key", ["notes/a.md", "a.md", "articles/a.exe", "config/unknown.yaml", "articles/.hidden"])
    def test_an_unknown_key_is_rejected_with_what_goes_where(self, key: str) -> None:
        pipeline = Pipeline()
        pipeline.upload(key, "x")
        assert pipeline.rejections()[key].startswith(key)
        assert pipeline.counter.counts["ArticlesRejected"] == 1

    def test_a_folder_marker_is_rejected_too(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("articles/", "")
        assert list(pipeline.rejections()) == ["articles/"]

    # Deleting it, as the reason asks for, once only renewed the rejection.
    @pytest.mark.parametrize("key", ["notes/a.md", "articles/a.exe", "config/unknown.yaml"])
    def test_deleting_what_was_in_the_wrong_place_ends_its_rejection(self, key: str) -> None:
        pipeline = Pipeline()
        pipeline.upload(key, "x")
        pipeline.delete(key, minutes(1))
        assert pipeline.rejections() == {}
        assert pipeline.counter.counts["ArticlesRejected"] == 1

    def test_deleting_a_rejected_file_ends_its_rejection(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("articles/a.md", "---\ntitle: [\n---\nText")
        pipeline.upload("config/site.yaml", "title: [")
        pipeline.delete("articles/a.md", minutes(1))
        pipeline.delete("config/site.yaml", minutes(1))
        assert pipeline.rejections() == {}

    def test_a_rejection_that_comes_after_a_newer_deletion_is_not_recorded(self) -> None:
        pipeline = Pipeline()
        put, deletion = pipeline.put(ZIP, b"no zip"), pipeline.remove(ZIP, minutes(1))
        pipeline.receive(deletion, put)
        assert pipeline.rejections() == {}

    def test_a_rejection_that_comes_after_a_newer_good_version_is_not_recorded(self) -> None:
        pipeline = Pipeline()
        bad, good = pipeline.put(ZIP, b"no zip"), pipeline.put(ZIP, bundle("a"), minutes(1))
        pipeline.receive(good, bad)
        pipeline.ingest()
        assert pipeline.rejections() == {}
        assert pipeline.published() == ["A"]


# Invariant 3: broken once by settling only absences that are new to the container; then "a" stays for ever.
@pytest.mark.parametrize("after", range(10))
def test_wherever_receiving_dies_the_redelivery_ends_the_same(after: int) -> None:
    pipeline = Pipeline()
    pipeline.upload(ZIP, bundle("a", "b"))
    event = pipeline.put(ZIP, bundle("b", "c"), minutes(1))
    left = after

    def die(_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Crash

    pipeline.table.before_write = pipeline.table.after_write = die
    pipeline.archive.before_write = pipeline.ingests.before_send = die
    try:
        pipeline.receive(event)
        died = False
    except Crash:
        died = True
    pipeline.table.before_write = pipeline.table.after_write = None
    pipeline.archive.before_write = pipeline.ingests.before_send = None
    pipeline.receive(event)
    pipeline.ingest()
    assert pipeline.published() == ["B", "C"]
    assert pipeline.rejection(upload_input(ZIP)) is None
    assert died == (after < 9), "before and after each of three writes, before two bodies and one batch of messages"
