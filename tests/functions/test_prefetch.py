"""A batch of the ingest queue as the entry point works it off: its bodies are fetched side by side."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from broadsheet.flow.configure import configure
from broadsheet.model.messages import EntryMessage
from broadsheet.model.web import FetchFailed, FetchRequest, FetchResponse
from tests.builders import NOON
from tests.fakes.fetcher import answering
from tests.flow.feeds import source_file

from .conftest import Context, Deployed, recorded

NAMES = ("amber", "basil", "cedar", "daisy", "elder")
PATIENCE_SECONDS = 20.0
"""A test that waits so long for others to come has failed."""


def address(name: str) -> str:
    return f"https://{name}.example/body"


def batch(*names: str) -> Any:
    """An event with an entry for each of ``names`` whose slot has come."""
    event = recorded("ingest_article")
    (record, *_) = event["Records"]
    event["Records"] = [
        record | {"messageId": name, "body": EntryMessage("wire", NOON, "f", name, _entry(name), slot=NOON).dump()}
        for name in names
    ]
    return event


def _entry(name: str) -> dict[str, Any]:
    return {"id": name, "title": name.title(), "categories": ["News"], "fields": {"id": name}}


def meeting(count: int) -> Callable[[str], Callable[[FetchRequest], FetchResponse]]:
    """Return what makes answers that are given only when ``count`` requests are there."""
    barrier = threading.Barrier(count, timeout=PATIENCE_SECONDS)

    def answer_at(url: str) -> Callable[[FetchRequest], FetchResponse]:
        answer = answering(url, json.dumps({"text": "<p>Text.</p>"}), "application/json")

        def answer_when_all_are_here(request: FetchRequest) -> FetchResponse:
            barrier.wait()
            return answer(request)

        return answer_when_all_are_here

    return answer_at


def with_source(deployed: Deployed) -> None:
    deployed.load("ingest_article")
    body = '{from: json, url: "https://{id}.example/body", field: text}'
    configure("config/sources/wire.yaml", source_file(body=body).encode(), "1", NOON, deployed.bootstrap.table())


def fetched(deployed: Deployed) -> list[str]:
    return sorted(line["host"] for line in deployed.lines() if line.get("message") == "fetched")


def test_all_hosts_are_asked_before_any_has_answered(deployed: Deployed) -> None:
    with_source(deployed)
    answer_at = meeting(len(NAMES))
    deployed.fetcher.answers.update({address(name): answer_at(address(name)) for name in NAMES})
    assert deployed.invoke("ingest_article", batch(*NAMES)) == {"batchItemFailures": []}
    assert fetched(deployed) == [f"{name}.example" for name in NAMES], "one line for each request"
    titles = {item["title"] for item in deployed.bootstrap.table().query("INDEX#site")}
    assert titles == {name.title() for name in NAMES}


def test_one_that_fails_costs_only_itself(deployed: Deployed) -> None:
    with_source(deployed)
    for name in NAMES:
        deployed.fetcher.answers[address(name)] = meeting(1)(address(name))
    deployed.fetcher.answers[address("basil")] = FetchFailed("answered 404", transient=False, status=404)
    deployed.fetcher.answers[address("cedar")] = RuntimeError("a fault of ours")
    event = batch(*NAMES)
    event["Records"].append(event["Records"][0] | {"messageId": "broken", "body": '{"kind": "entry", "sauce": 1}'})
    failures = deployed.invoke("ingest_article", event)["batchItemFailures"]
    assert [failure["itemIdentifier"] for failure in failures] == ["cedar", "broken"]
    titles = {item["title"] for item in deployed.bootstrap.table().query("INDEX#site")}
    assert titles == {"Amber", "Daisy", "Elder"}
    assert len(deployed.bootstrap.table().query("REJECT#wire")) == 1


def test_a_request_made_beforehand_is_no_message_s_of_the_batch_before(deployed: Deployed) -> None:
    with_source(deployed)
    deployed.fetcher.answers.update({address(name): meeting(1)(address(name)) for name in NAMES})
    module = deployed.load("ingest_article")
    for names in (NAMES[:2], NAMES[2:]):
        module.handler(batch(*names), Context("ingest_article"))
    lines = [line for line in deployed.lines() if line.get("message") == "fetched"]
    assert len(lines) == len(NAMES)
    assert not any("correlation_id" in line for line in lines)
