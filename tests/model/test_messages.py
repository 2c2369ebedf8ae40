from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.model.article import Entry
from broadsheet.model.messages import (
    DueMessage,
    EntryMessage,
    ImageMessage,
    PageMessage,
    PollMessage,
    RebuildMessage,
    UploadMessage,
    entry_from_plain,
    entry_to_plain,
    load_ingest,
)
from tests.builders import NOON, entry

texts = st.text(max_size=12)
zones = st.sampled_from([UTC, timezone(timedelta(hours=8))])
instants = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=zones)  # noqa: DTZ001 - given zones here
names = st.lists(texts, max_size=3).map(tuple)
entries = st.builds(
    Entry,
    id=texts.filter(bool),
    title=texts,
    url=st.none() | texts.filter(bool),
    published=st.none() | instants,
    updated=st.none() | instants,
    summary_html=texts,
    content_html=st.none() | texts.filter(bool),
    authors=names,
    categories=names,
    tags=names,
    language=st.none() | texts.filter(bool),
    image=st.none() | texts.filter(bool),
    source_name=st.none() | texts.filter(bool),
    identifier=st.none() | texts.filter(bool),
    fields=st.dictionaries(texts, texts, max_size=3),
)
maybe_instants = st.none() | instants
messages: st.SearchStrategy[Any] = st.one_of(
    st.builds(PollMessage, texts, instants, maybe_instants, maybe_instants),
    st.builds(
        EntryMessage, texts, instants, texts, texts, entries.map(entry_to_plain), st.none(), maybe_instants,
        maybe_instants, st.integers(0, 3),
    ),
    st.builds(UploadMessage, texts, texts, texts, instants, texts, texts, st.none() | texts.filter(bool)),
    st.builds(DueMessage, texts, instants, st.sampled_from(["release", "expire"])),
    st.builds(ImageMessage, texts, instants, maybe_instants, maybe_instants, st.integers(0, 3)),
    st.builds(PageMessage, texts),
    st.builds(RebuildMessage, instants, st.sampled_from(["fixed", "articles"]), texts),
    st.builds(RebuildMessage, instants, image=texts, occasion=texts),
)  # fmt: skip


# An upload's own article has the member name "": a message without it could not be read, and no upload was ingested.
@given(messages)
def test_a_message_comes_back(message: Any) -> None:
    assert type(message).load(message.dump()) == message


@given(entries)
def test_an_entry_comes_back(told: Entry) -> None:
    plain = entry_to_plain(told)
    assert entry_from_plain(json.loads(json.dumps(plain))) == told


@pytest.mark.parametrize(
    "message",
    [
        EntryMessage("wire", NOON, "f", "1", entry=entry_to_plain(entry())),
        EntryMessage("wire", NOON, "f", "1", entry_key="entries/x.json"),
        UploadMessage("articles/a.md", "", "1", NOON, "raw/upload/x"),
        DueMessage("upload:articles/a.md", NOON, "release"),
        DueMessage("entry:wire#1", NOON, "expire"),
    ],
    ids=["entry", "pointer", "upload", "release", "expire"],
)
def test_the_ingest_queue_tells_its_messages_apart(message: Any) -> None:
    assert load_ingest(message.dump()) == message


@pytest.mark.parametrize("text", ["{}", '{"kind": "mail"}'])
def test_an_unknown_kind_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="no message of kind"):
        load_ingest(text)


def test_an_unknown_field_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="PageMessage has no field 'pages'"):
        PageMessage.load('{"pages": "home"}')


def test_times_travel_as_utc_text_and_what_is_empty_does_not_travel() -> None:
    beijing = timezone(timedelta(hours=8))
    message = PollMessage("wire", datetime(2026, 1, 5, 20, 0, tzinfo=beijing))
    assert message.dump() == '{"source":"wire","observed_at":"2026-01-05T12:00:00.000000Z"}'


def test_what_does_not_travel_is_refused() -> None:
    with pytest.raises(TypeError, match="does not travel"):
        EntryMessage("wire", NOON, "f", "1", entry={"body": b"x"}).dump()
