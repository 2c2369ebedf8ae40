"""Listings that go on elsewhere: older pages read once, and the sitemaps of an index polled with it."""

from __future__ import annotations

import json
from datetime import timedelta

from broadsheet.flow.source_state import read_state
from broadsheet.model import keys
from broadsheet.model.messages import EntryMessage, PollMessage
from broadsheet.model.web import FetchFailed
from tests.builders import NOON, WEB, minutes
from tests.fakes.fetcher import Answer, answering
from tests.flow.feeds import LIST, item, newsroom
from tests.flow.pipeline import Pipeline

INDEX = f"{WEB}/sitemap.xml"


def page(number: int, *names: str, last: bool = False) -> Answer:
    url = LIST if number == 1 else f"{LIST}?page={number}"
    content = {"items": [item(name) for name in names], "next": None if last else f"{LIST}?page={number + 1}"}
    return answering(url, json.dumps(content), "application/json", etag=f"{number} {names}")


def paged(backfill: int, pages: int = 5) -> Pipeline:
    pipeline = newsroom(f"next: next\nbackfill: {backfill}")
    for number in range(1, pages + 1):
        url = LIST if number == 1 else f"{LIST}?page={number}"
        pipeline.fetcher.answers[url] = page(number, f"{number}a", f"{number}b", last=number == pages)
    return pipeline


def asked(pipeline: Pipeline) -> list[str]:
    return [request.url.removeprefix(WEB) for request in pipeline.fetcher.requests]


def ingested(pipeline: Pipeline) -> list[str]:
    names = [EntryMessage.load(message.body).entry_id for message in pipeline.ingests.messages]
    pipeline.ingest()
    return names


class TestOlderPages:
    def test_as_many_are_read_as_the_source_asks_for_each_in_a_slot_of_its_host(self) -> None:
        pipeline = paged(2)
        pipeline.look(PollMessage("wire", NOON))
        delays = []
        while waiting := pipeline.polls.take():
            delays += [message.delay_seconds for message in waiting]
            pipeline.look(*(PollMessage.load(message.body) for message in waiting))
        assert asked(pipeline) == ["/list.json", "/list.json?page=2", "/list.json?page=3"]
        assert delays == [1, 1]
        assert ingested(pipeline) == ["1a", "1b", "2a", "2b", "3a", "3b"]

    def test_they_are_read_once(self) -> None:
        pipeline = paged(2)
        pipeline.poll()
        pipeline.ingest()
        pipeline.fetcher.answers[LIST] = page(1, "new", "1a")
        pipeline.poll(at=minutes(30))
        assert asked(pipeline)[3:] == ["/list.json"]
        assert ingested(pipeline) == ["new"]

    def test_a_source_that_asks_for_none_stays_with_its_listing(self) -> None:
        pipeline = paged(0)
        pipeline.poll()
        assert asked(pipeline) == ["/list.json"]

    def test_the_last_page_is_the_end(self) -> None:
        pipeline = paged(100, pages=3)
        pipeline.poll()
        assert len(asked(pipeline)) == 3

    # Broken once by taking all entries: a page that came twice then told old text of what the listing had corrected.
    def test_an_older_page_brings_what_is_not_known_and_touches_nothing_else(self) -> None:
        pipeline = paged(1)
        pipeline.fetcher.answers[f"{LIST}?page=2"] = page(2, "1a", "2a")
        pipeline.poll()
        pipeline.ingest()
        changed = json.dumps({"items": [item("1a", "Older text."), item("2c")]})
        pipeline.fetcher.answers[f"{LIST}?page=2"] = answering(f"{LIST}?page=2", changed, "application/json")
        pipeline.look(PollMessage("wire", NOON, slot=NOON, page=f"{LIST}?page=2", number=1))
        assert ingested(pipeline) == ["2c"]

    def test_a_page_that_fails_is_tried_again_and_told_in_the_end(self) -> None:
        pipeline = paged(3)
        pipeline.fetcher.answers[f"{LIST}?page=3"] = FetchFailed("timed out", transient=True)
        pipeline.poll()
        assert asked(pipeline).count("/list.json?page=3") == 4
        assert pipeline.rejections() == {f"{LIST}?page=3": "sources/wire.yaml: timed out"}
        assert ingested(pipeline) == ["1a", "1b", "2a", "2b"]
        assert read_state("wire", pipeline.table)[0].failures == 0, "the source itself is well"

    def test_an_entry_of_an_older_page_that_comes_late_does_not_have_the_listing_read_again(self) -> None:
        pipeline = paged(1)
        pipeline.poll()
        older = pipeline.ingests.take()
        pipeline.poll(at=minutes(30))
        etag = read_state("wire", pipeline.table)[0].etag
        assert etag
        pipeline.ingest(older)
        assert read_state("wire", pipeline.table)[0].etag == etag


def sitemap_index(*names: str) -> Answer:
    listed = "".join(
        f"<sitemap><loc>{WEB}/{name}</loc><lastmod>{date}</lastmod></sitemap>" for name, date in dated(names)
    )
    return answering(
        INDEX,
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</sitemapindex>',
        "text/xml",
        etag="-".join(names),
    )


def dated(names: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(name, f"2026-01-{30 - position:02}") for position, name in enumerate(names)]


def sitemap(name: str, *entries: str) -> Answer:
    url = f"{WEB}/{name}"
    listed = "".join(
        f"<url><loc>{WEB}/{entry}</loc><news:news><news:title>Title {entry}</news:title>"
        f"<news:publication_date>2026-01-04T12:00:00Z</news:publication_date></news:news></url>"
        for entry in entries
    )
    namespaces = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return answering(url, f"<urlset {namespaces}>{listed}</urlset>", "text/xml", etag=" ".join(entries))


class TestSitemapIndexes:
    def newsroom(self, backfill: int = 0) -> Pipeline:
        pipeline = Pipeline()
        pipeline.upload(
            "config/sources/wire.yaml", f"{{id: wire, kind: sitemap, url: '{INDEX}', backfill: {backfill}}}"
        )
        names = ("a.xml", "b.xml", "c.xml", "d.xml", "e.xml")
        pipeline.fetcher.answers = {f"{WEB}/{name}": sitemap(name, f"{name[0]}1") for name in names}
        pipeline.fetcher.answers[INDEX] = sitemap_index(*names)
        return pipeline

    def test_its_newest_sitemaps_are_polled_with_it_each_time(self) -> None:
        pipeline = self.newsroom()
        pipeline.poll()
        assert asked(pipeline) == ["/sitemap.xml", "/a.xml", "/b.xml", "/c.xml"]
        pipeline.ingest()
        pipeline.fetcher.answers[f"{WEB}/b.xml"] = sitemap("b.xml", "b2", "b1")
        pipeline.poll(at=minutes(60))
        assert asked(pipeline)[4:] == ["/sitemap.xml", "/a.xml", "/b.xml", "/c.xml"], "the index itself did not change"
        assert [request.etag for request in pipeline.fetcher.requests[4:]] == [
            "a.xml-b.xml-c.xml-d.xml-e.xml",
            "a1",
            "b1",
            "c1",
        ]
        assert [name.removeprefix(WEB) for name in ingested(pipeline)] == ["/b2"]

    def test_what_they_bring_is_what_the_source_learns_its_rhythm_from(self) -> None:
        pipeline = self.newsroom()
        pipeline.poll()
        state = read_state("wire", pipeline.table)[0]
        assert state.last_new == NOON
        assert state.rhythm

    def test_the_next_ones_are_read_once_where_the_source_asks_for_it(self) -> None:
        pipeline = self.newsroom(backfill=1)
        pipeline.poll()
        assert asked(pipeline) == ["/sitemap.xml", "/a.xml", "/b.xml", "/c.xml", "/d.xml"]
        pipeline.poll(at=minutes(60))
        assert asked(pipeline)[5:] == ["/sitemap.xml", "/a.xml", "/b.xml", "/c.xml"]

    def test_an_ingest_that_fails_has_its_sitemap_read_again(self) -> None:
        pipeline = self.newsroom()
        pipeline.upload(
            "config/sources/wire.yaml", f"{{id: wire, kind: sitemap, url: '{INDEX}', body: {{from: page}}}}", minutes(1)
        )
        pipeline.poll(at=minutes(2))
        pipeline.fetcher.answers[f"{WEB}/a1"] = FetchFailed("timed out", transient=True)
        pipeline.ingest()
        known = pipeline.table.get(keys.part_state("wire", f"{WEB}/a.xml"))
        assert known
        assert "etag" not in known
        sentences = (f"Sentence {n} of this article says what happened in town, and to whom it did." for n in range(9))
        page_of = f"<html><body><article><h1>Title a1</h1><p>{'</p><p>'.join(sentences)}</p></article></body></html>"
        pipeline.fetcher.answers[f"{WEB}/a1"] = answering(f"{WEB}/a1", page_of)
        pipeline.poll(at=minutes(2) + timedelta(hours=2))
        pipeline.ingest()
        assert "Title a1" in pipeline.published()

    def test_a_message_that_is_not_later_than_the_last_poll_of_its_sitemap_is_dropped(self) -> None:
        pipeline = self.newsroom()
        pipeline.poll()
        before = len(pipeline.fetcher.requests)
        pipeline.look(PollMessage("wire", NOON, page=f"{WEB}/a.xml", part=True))
        assert len(pipeline.fetcher.requests) == before
