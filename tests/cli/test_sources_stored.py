"""``broadsheet sources list``, ``pause``, ``resume`` and ``poll``: what is stored of sources, and how they are polled."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from broadsheet.model.errors import ConfigurationError
from broadsheet.model.messages import PollMessage
from broadsheet_cli.sources_poll import QUEUE, poll_queue
from broadsheet_cli.sources_text import as_text, span
from broadsheet_cli.stored import open_stored
from broadsheet_cli.stored_options import Where
from localcloud.cloud import LocalCloud
from tests.e2e.loopback import Answer, serving
from tests.e2e.runs import files, run

from .newsdesk import STACK, deployed, stored
from .sources_desk import LATER, SourcesDesk, make_desk, sources

NOW = datetime.fromisoformat(LATER)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SourcesDesk]:
    with serving({}) as web:
        yield make_desk(tmp_path_factory.mktemp("desk"), web)


def listed(state: Path, *words: object) -> dict[str, dict[str, Any]]:
    told = sources("list", "--state", state, "--json", *words)
    assert told.status == 0, told
    return {one["id"]: one for one in json.loads(told.out)}


def minute_of(one: dict[str, Any]) -> str:
    """When a source was polled last. A run fires its schedules when the configuration is in force, seconds later."""
    return str(one["last_poll"])[: len("2026-01-05T08:30")]


# List


def test_the_list_tells_of_each_source_how_polling_goes(desk: SourcesDesk) -> None:
    told = sources("list", "--state", desk.state)
    assert told.status == 0, told
    broken, reason, quiet, paused, wire = told.out.splitlines()
    assert broken.startswith("broken  feed  polled 2026-01-05 08:30, next ")
    assert "nothing new so far" in broken
    assert reason.startswith(f"  failed once: http://{desk.web.host}/broken.xml answered 404")
    assert quiet.startswith("quiet  feed  never polled, nothing new so far")
    assert paused == "  paused in sources/quiet.yaml"
    assert re.match(r"wire  feed  polled 2026-01-05 08:30, next 2026-01-05 \d\d:\d\d \(\d+", wire)
    assert wire.endswith(f"last new 2026-01-05 08:30, priority 50  Coast Wire  http://{desk.web.host}/wire.xml")
    assert told.err.splitlines()[-1] == "3 sources: 1 failing, 0 silent, 1 paused"


def test_the_list_as_json(desk: SourcesDesk) -> None:
    found = listed(desk.state)
    wire, broken, quiet = found["wire"], found["broken"], found["quiet"]
    polled, due = (datetime.fromisoformat(wire[name]) for name in ("last_poll", "next_poll"))
    assert wire["last_poll"] == wire["last_new"]
    assert minute_of(wire) == "2026-01-05T08:30"
    assert wire["interval_seconds"] == (due - polled).total_seconds() > 0
    assert (wire["kind"], wire["priority"], wire["paused"], wire["failures"]) == ("feed", 50, False, 0)
    assert wire["url"] == wire["address"] == f"http://{desk.web.host}/wire.xml"
    assert (broken["failures"], broken["last_new"]) == (1, None)
    assert "answered 404" in broken["error"]
    assert (quiet["paused"], quiet["paused_by"], quiet["file"]) == (True, "definition", "sources/quiet.yaml")


def test_on_a_terminal_the_list_is_a_table(desk: SourcesDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    told = sources("list", "--state", desk.state)
    assert told.status == 0, told
    shown = re.sub(r"\x1b\[[0-9;]*m", "", told.out)
    assert re.search(r"source +polled +next +every +last new +title, address, remarks", shown)
    assert re.search(r"wire +2026-01-05 +2026-01-05 +\d+m.* 2026-01-05 +Coast Wire", shown)
    assert re.search(r"quiet +- +paused +- +-", shown)
    assert "failed once: " in shown


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0s"), (59, "59s"), (900, "15m"), (5400, "1h 30m"), (86400 + 60, "1d"), (90_000, "1d 1h"), (-1, "0s")],
)
def test_a_length_of_time_is_told_by_its_two_largest_units(seconds: int, told: str) -> None:
    assert span(timedelta(seconds=seconds)) == told


def test_what_others_wrote_cannot_steer_a_terminal() -> None:
    assert as_text("Coast\x1b[2J \u202eWire\n港口") == "Coast[2J Wire港口"


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (("--failing",), ["broken"]),
        (("--paused",), ["quiet"]),
        (("--failing", "--paused"), ["broken", "quiet"]),
        (("--silent",), []),
    ],
)
def test_the_list_of_those_that_need_a_look(desk: SourcesDesk, words: tuple[str, ...], ids: list[str]) -> None:
    assert list(listed(desk.state, *words)) == ids


def test_a_source_that_moved_is_listed_with_where_it_is_polled_and_why(desk: SourcesDesk, tmp_path: Path) -> None:
    state, host = desk.copy(tmp_path / "state"), desk.web.host
    desk.feed("/new.xml", "Coast Wire", "The coast road is closed.")
    desk.web.routes["/wire.xml"] = Answer(b"", "text/plain", 301, {"Location": "/new.xml"})
    try:
        for hour in (12, 13, 14):
            now = f"2026-01-05T{hour}:00:00+08:00"
            sources("poll", "wire", "--state", state, "--now", now, "--allow-host", host)
    finally:
        desk.feed("/wire.xml", "Coast Wire", "The coast road is closed.")
    assert listed(state)["wire"]["address"] == f"http://{host}/new.xml"
    told = sources("list", "--state", state).out
    assert f"polled at http://{host}/new.xml, not at http://{host}/wire.xml as its definition says" in told
    assert "2026-01-05 14:00: moved from" in told


# Pause and resume


def test_a_paused_source_is_not_polled_by_runs_until_it_is_resumed(desk: SourcesDesk, tmp_path: Path) -> None:
    state, host = desk.copy(tmp_path / "state"), desk.web.host
    told = sources("pause", "wire", "--reason", " repeats  itself ", "--state", state, "--now", LATER)
    assert told.status == 0, told
    assert "wire is paused: repeats itself; what it has brought stays" in told.out
    assert f"to undo this: broadsheet sources resume wire --state {state}" in told.out
    found = listed(state, "--paused")["wire"]
    assert (found["paused_by"], found["paused_because"], found["next_poll"]) == ("operator", "repeats itself", None)
    run(desk.config, now="2026-01-06T08:30:00+08:00", state=state, hosts=(host,))
    assert minute_of(listed(state)["wire"]) == "2026-01-05T08:30"
    told = sources("resume", "wire", "--state", state, "--now", "2026-01-06T09:00:00+08:00")
    assert told.status == 0, told
    assert "wire is resumed; it was paused by the operator: repeats itself" in told.out
    run(desk.config, now="2026-01-06T09:30:00+08:00", state=state, hosts=(host,))
    assert minute_of(listed(state)["wire"]) == "2026-01-06T09:30"


def test_pausing_and_resuming_twice_changes_nothing_and_says_so(desk: SourcesDesk, tmp_path: Path) -> None:
    state = desk.copy(tmp_path / "state")
    assert "wire is not paused, next poll" in sources("resume", "wire", "--state", state, "--now", LATER).out
    sources("pause", "wire", "--state", state, "--now", LATER)
    before = files(state)
    told = sources("pause", "wire", "--state", state, "--now", LATER)
    assert told.status == 0, told
    assert "wire was paused by the operator: no reason given, and still is; nothing was changed" in told.out
    assert files(state) == before


def test_what_cannot_be_done_to_one_is_done_to_none(desk: SourcesDesk) -> None:
    before = files(desk.state)
    told = sources("resume", "wire", "quiet", "--state", desk.state)
    assert told.status == 2
    assert "sources/quiet.yaml: source quiet is paused there; take `paused: true` out of the file" in told.err
    told = sources("pause", "wire", "nobody", "--state", desk.state)
    assert (told.status, told.out) == (2, "")
    assert "no source nobody is defined" in told.err
    assert files(desk.state) == before


def test_a_source_that_said_it_is_gone_is_resumed(desk: SourcesDesk, tmp_path: Path) -> None:
    state, host = desk.copy(tmp_path / "state"), desk.web.host
    desk.web.routes["/wire.xml"] = Answer(b"", "text/plain", 410)
    try:
        told = sources("poll", "wire", "--state", state, "--now", LATER, "--allow-host", host)
    finally:
        desk.feed("/wire.xml", "Coast Wire", "The coast road is closed.")
    assert "wire  not polled any more: " in told.out
    assert listed(state, "--paused")["wire"]["paused_by"] == "gone"
    told = sources("resume", "wire", "--state", state, "--now", LATER)
    assert "wire is resumed; it was not polled any more: " in told.out
    told = sources("poll", "wire", "--state", state, "--now", "2026-01-05T13:00:00+08:00", "--allow-host", host)
    assert (told.status, listed(state)["wire"]["failures"]) == (0, 0), told


def test_an_interrupted_command_leaves_the_state_as_it_was(
    desk: SourcesDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = desk.copy(tmp_path / "state")
    before = files(state)

    def interrupt(self: LocalCloud) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalCloud, "drain", interrupt)
    for words in (("pause", "wire"), ("poll", "wire")):
        told = sources(*words, "--state", state, "--now", LATER)
        assert (told.status, files(state) == before) == (130, True), words
        assert "nothing was changed; run it again" in told.err


# Poll


def test_a_poll_of_a_state_ends_when_what_came_is_published(desk: SourcesDesk, tmp_path: Path) -> None:
    state, out, host = desk.copy(tmp_path / "state"), tmp_path / "out", desk.web.host
    desk.feed("/wire.xml", "Coast Wire", "The coast road is open again.", entry="open")
    told = sources("poll", "wire", "--state", state, "--out", out, "--now", LATER, "--allow-host", host)
    assert told.status == 0, told
    assert re.search(r"^wire  listed something new; next poll 2026-01-05 \d\d:\d\d$", told.out, re.MULTILINE)
    assert "articles: 1 stored" in told.out
    assert "polling 1 source: 1 IngestArticle" in told.err
    assert any("open again" in post.read_text(encoding="utf-8") for post in (out / "posts").glob("*.md"))
    again = sources("poll", "wire", "--state", state, "--now", "2026-01-05T13:00:00+08:00", "--allow-host", host)
    assert again.out.splitlines() == ["1 source listed nothing new", "articles: none new or changed"]


def test_all_that_are_not_paused_are_polled(desk: SourcesDesk, tmp_path: Path) -> None:
    state, host = desk.copy(tmp_path / "state"), desk.web.host
    told = sources("poll", "--all", "--state", state, "--now", LATER, "--allow-host", host)
    assert told.status == 0, told
    assert re.search(r"^broken  failed 2 times: .* answered 404", told.out, re.MULTILINE)
    assert "1 source left out, paused or polled already: quiet" in told.out
    polled = {name: one["last_poll"] for name, one in listed(state).items()}
    assert polled == {"broken": "2026-01-05T12:00:00+08:00", "quiet": None, "wire": "2026-01-05T12:00:00+08:00"}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("quiet",), "source quiet is paused in sources/quiet.yaml; `broadsheet sources resume` it first"),
        (("nobody",), "no source nobody is defined"),
        ((), "give ids of sources, or --all"),
        (("wire", "--all"), "give ids of sources, or --all"),
    ],
)
def test_what_cannot_be_polled_is_refused(desk: SourcesDesk, words: tuple[str, ...], reason: str) -> None:
    before = files(desk.state)
    told = sources("poll", *words, "--state", desk.state)
    assert (told.status, told.out) == (2, "")
    assert reason in told.err
    assert files(desk.state) == before


def test_an_empty_folder_is_no_state(tmp_path: Path) -> None:
    told = sources("poll", "wire", "--state", tmp_path)
    assert told.status == 2
    assert "nothing is stored there" in told.err


# A deployed stack


def test_a_stack_is_asked_by_its_poll_queue(desk: SourcesDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    items = stored(desk.state)
    with deployed(items, monkeypatch), open_stored(Where(NOW, stack=STACK)) as opened:
        with pytest.raises(ConfigurationError, match="has no output PollQueueUrl; deploy it again"):
            poll_queue(opened)
        url = boto3.client("sqs").create_queue(QueueName="PollQueue")["QueueUrl"]
        polls = poll_queue(replace(opened, outputs={**opened.outputs, QUEUE: url}))
        monkeypatch.setattr("broadsheet_cli.sources_poll.poll_queue", lambda _: polls)
        told = sources("poll", "--all", "--stack", STACK, "--now", LATER)
        assert told.status == 0, told
        early = sources("poll", "wire", "--stack", STACK, "--now", "2026-01-05T08:00:00+08:00")
        assert (early.status, early.out) == (2, "")
        assert "was polled 2026-01-05 08:30, not before --now; give a later --now" in early.err
        assert f"2 sources asked to be polled; broadsheet sources list --stack {STACK} tells how it went" in told.out
        got = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    messages = [PollMessage.load(message["Body"]) for message in got]
    assert sorted(messages, key=lambda m: m.source) == [PollMessage("broken", NOW), PollMessage("wire", NOW)]


def test_pausing_a_stacks_source_writes_its_table(desk: SourcesDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(stored(desk.state), monkeypatch):
        assert sources("pause", "wire", "--stack", STACK, "--now", LATER).status == 0
        found = json.loads(sources("list", "--stack", STACK, "--paused", "--json").out)
        assert [one["id"] for one in found] == ["quiet", "wire"]
        told = sources("resume", "wire", "--stack", STACK, "--now", LATER)
        assert "it is polled within a minute" in told.out
