"""``broadsheet site``: how a site stands, and making all of it again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from broadsheet.model import keys
from broadsheet.model.messages import RebuildMessage
from broadsheet.model.order import format_instant
from broadsheet_cli import site_rebuild
from broadsheet_cli.stored import Opened, open_stored
from broadsheet_cli.stored_options import Where
from localcloud.cloud import LocalCloud
from tests.e2e.loopback import serving
from tests.e2e.runs import files

from . import newsdesk
from .newsdesk import LATER, STACK, Newsdesk, broadsheet, deployed

NOW = datetime.fromisoformat(LATER)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsdesk]:
    with serving({}) as web:
        yield newsdesk.make_newsdesk(tmp_path_factory.mktemp("desk"), web)


# Status


def test_status_tells_articles_sources_rebuild_and_queues(desk: Newsdesk) -> None:
    told = broadsheet("site", "status", "--state", desk.state)
    assert told.status == 0, told
    lines = told.out.splitlines()
    assert lines[0] == "Harbour Post  https://post.example"
    assert lines[1] == "articles: 3 published, 1 gone, 1 merged"
    assert "  harbour  2  Harbour" in lines
    assert any(re.match(r"  wire  feed  polled 2026-01-06 \d\d:\d\d, next 2026-01-06", line) for line in lines), lines
    assert any(re.match(r"rebuild: of 2026-01-05 \d\d:\d\d, all \d+ pages named", line) for line in lines), lines
    assert "queue page: 0 waiting, 0 delayed, 0 in flight" in lines


def test_status_as_json(desk: Newsdesk) -> None:
    plain = json.loads(broadsheet("site", "status", "--state", desk.state, "--json").out)
    assert plain["articles"] == {"published": 3, "gone": 1, "merged": 1}
    assert plain["sources"][0]["id"] == "wire"
    assert plain["sources"][0]["failures"] == 0
    assert plain["rebuild"]["done"] is True
    assert {queue["name"] for queue in plain["queues"]} >= {"page", "rebuild", "ingest", "poll"}


# Rebuild, in a state


def test_a_rebuild_makes_the_site_again_as_it_was(desk: Newsdesk, tmp_path: Path) -> None:
    state, out = desk.copy(tmp_path / "state"), tmp_path / "out"
    desk.run(LATER, state, out)
    before = files(out / "site")
    told = broadsheet("site", "rebuild", "--state", state, "--out", out)
    assert told.status == 0, told
    assert re.search(r"rebuild of .*, all \d+ pages named", told.out)
    assert re.search(r"rebuilding the site: .*RebuildSite, \d+ RegeneratePage", told.err)
    assert files(out / "site") == before
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["pages"]["written"] == 0, "what is the same is not written"
    assert report["pages"]["unchanged"] >= len(before)


def test_an_interrupted_rebuild_leaves_the_state_as_it_was(
    desk: Newsdesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = desk.copy(tmp_path / "state")
    stored = files(state)

    def interrupt(self: LocalCloud) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(LocalCloud, "drain", interrupt)
        told = broadsheet("site", "rebuild", "--state", state)
    assert told.status == 130
    assert "nothing was changed; run it again" in told.err
    assert files(state) == stored
    assert broadsheet("site", "rebuild", "--state", state).status == 0


def test_what_comes_to_a_dead_letter_queue_meanwhile_is_told_once(
    desk: Newsdesk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = Where(NOW, state=desk.copy(tmp_path / "state"))
    with open_stored(where) as opened:
        opened.client("sqs").send_message(QueueUrl=opened.outputs["RebuildQueueUrl"], MessageBody="no message of ours")
        assert opened.publish("working", None) == 1
        assert "dead letter in broadsheet-RebuildDeadLetters" in capsys.readouterr().err
    with open_stored(where) as opened:
        assert opened.publish("working", None) == 0, "it lay there before"


# Rebuild of a deployed stack


class Functions:
    """What the stack's functions do while the command waits: a step with each pause."""

    def __init__(self, opened: Opened, made: dict[str, str], *steps: Callable[[Functions], None]) -> None:
        self.opened, self.made = opened, made
        self._steps = [*steps]
        self.pauses = 0

    def __call__(self, seconds: float) -> None:
        self.pauses += 1
        if self._steps:
            self._steps.pop(0)(self)
        assert self.pauses < 20, "it waits for something that has come already"

    def progress(self, named: int, *, done: bool, at: datetime = NOW) -> None:
        key = keys.site_item("REBUILD")
        told = {"observed_at": format_instant(at), "phase": "articles", "after": "", "named": named, "done": done}
        self.opened.store.table.put({"pk": key.pk, "sk": key.sk, **told})

    def send(self, queue: str, body: str = "x") -> None:
        fifo: Any = {"MessageGroupId": "g", "MessageDeduplicationId": body} if ".fifo" in self.made[queue] else {}
        boto3.client("sqs").send_message(QueueUrl=self.made[queue], MessageBody=body, **fifo)

    def empty(self, queue: str) -> None:
        sqs, url = boto3.client("sqs"), self.made[queue]
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ()):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def names_some(functions: Functions) -> None:
    functions.progress(3, done=False)
    functions.send("PageQueueUrl")


def names_all(functions: Functions) -> None:
    functions.empty("RebuildQueueUrl")
    functions.progress(5, done=True)


def writes_all(functions: Functions) -> None:
    functions.empty("PageQueueUrl")


def test_a_rebuild_of_a_stack_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed([], monkeypatch) as made:
        told = broadsheet("site", "rebuild", "--stack", STACK, "--now", LATER)
        assert told.status == 0, told
        assert f"asked for; broadsheet site status --stack {STACK} tells how far it is" in told.out
        (message,) = boto3.client("sqs").receive_message(QueueUrl=made["RebuildQueueUrl"])["Messages"]
        assert RebuildMessage.load(message["Body"]) == RebuildMessage(NOW)


def test_waiting_ends_when_all_pages_are_named_and_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with deployed([], monkeypatch) as made, open_stored(Where(NOW, stack=STACK)) as opened:
        functions = Functions(opened, made, names_some, names_all, writes_all)
        assert site_rebuild.rebuild_site(opened, wait=True, pause=functions) == 0
    assert functions.pauses == 2 + site_rebuild.QUIET_LOOKS
    told = capsys.readouterr()
    assert "in phase articles, 3 pages named; 1 pages to be written" in told.err
    assert "all 5 pages named" in told.out
    lines = told.err.splitlines()
    assert len(lines) == len(set(lines)), "a line is told when something has changed"


def test_waiting_is_not_misled_by_an_older_rebuild(monkeypatch: pytest.MonkeyPatch) -> None:
    def says_an_older_one_is_done(functions: Functions) -> None:
        functions.empty("RebuildQueueUrl")
        functions.progress(9, done=True, at=datetime.fromisoformat("2026-01-01T00:00:00Z"))

    def nothing(functions: Functions) -> None:
        pass

    with deployed([], monkeypatch) as made, open_stored(Where(NOW, stack=STACK)) as opened:
        functions = Functions(opened, made, says_an_older_one_is_done, nothing, nothing, nothing, nothing, names_all)
        assert site_rebuild.rebuild_site(opened, wait=True, pause=functions) == 0
    assert functions.pauses == 5 + site_rebuild.QUIET_LOOKS


@pytest.mark.parametrize(("letters", "pauses"), [("RebuildLetters", 1), ("PageLetters", site_rebuild.QUIET_LOOKS)])
def test_what_was_given_up_meanwhile_ends_it_with_1(letters: str, pauses: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def gives_up(functions: Functions) -> None:
        names_all(functions)
        functions.send(letters)

    with deployed([], monkeypatch) as made, open_stored(Where(NOW, stack=STACK)) as opened:
        functions = Functions(opened, made, gives_up)
        assert site_rebuild.rebuild_site(opened, wait=True, pause=functions) == 1
    assert functions.pauses == pauses


def test_what_had_been_given_up_before_is_no_concern(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed([], monkeypatch) as made, open_stored(Where(NOW, stack=STACK)) as opened:
        functions = Functions(opened, made, names_all)
        functions.send("PageLetters")
        functions.send("RebuildLetters")
        assert site_rebuild.rebuild_site(opened, wait=True, pause=functions) == 0


def test_waiting_can_be_interrupted_and_the_rebuild_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(site_rebuild.rebuild_site.__kwdefaults__, "pause", interrupt)
    with deployed([], monkeypatch):
        told = broadsheet("site", "rebuild", "--stack", STACK, "--wait")
    assert told.status == 130
    assert f"it goes on by itself; broadsheet site status --stack {STACK}" in told.err


def test_status_of_a_stack_counts_what_was_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed([], monkeypatch) as made:
        boto3.client("sqs").send_message(QueueUrl=made["RebuildLetters"], MessageBody="x")
        told = broadsheet("site", "status", "--stack", STACK)
    assert told.status == 0, told
    assert "queue rebuild: 0 waiting, 0 delayed, 0 in flight, 1 DEAD LETTERS" in told.out
    assert "rebuild: none yet" in told.out
    assert "articles: 0 published" in told.out
