"""A function may die between any two AWS calls; after redelivery content and site are the same bytes.

Both sources file a story under one category, so that its address, a decision that the first arrival makes, is the
same whichever comes first.

Shown to fail by breaking it: with ``poll_source`` writing its state before it sends, or ``settle`` writing the body
after its transaction, entries or bodies are lost at the crash points this finds.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from broadsheet_cli.local_run import RunOptions, open_run
from localcloud.cloud import Crash

from .loopback import Answer, Loopback, serving
from .runs import files, write_tree

ITEMS = [{"id": f"n{i}", "title": f"Item {i}", "date": f"2026-01-0{1 + i % 4} 10:00:00"} for i in range(6)]
SOURCE = """
id: {name}
kind: json
url: http://{host}/{name}
identity: {{namespace: wire, field: id}}
priority: {priority}
category: Wire News
items: list
fields: {{id: id, title: title, published: date, url: "https://wire.example/{{id}}"}}
body: {{from: json, url: "http://{host}/body/{{id}}", field: text}}
"""
UPLOAD = "---\ntitle: An upload\ndate: 2026-01-04T10:00:00Z\ncategory: Harbour\n---\nAll is well in the harbour.\n"


@pytest.fixture
def wire() -> Iterator[Loopback]:
    listing = Answer(json.dumps({"list": ITEMS}).encode())
    bodies = {
        f"/body/n{i}": Answer(json.dumps({"text": f"<p>The text of item {i}, at length.</p>"}).encode())
        for i in range(6)
    }
    with serving({"/a": listing, "/b": listing, **bodies}) as loopback:
        yield loopback


class Crashes:
    """Kills the invocation at some of its AWS calls, before or after the effect; each kind of call only once,
    and each function twice: more would be a fault that stays, which rightly ends in a dead-letter queue.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.happened: set[str] = set()

    def __call__(self, function: str, service: str, operation: str, params: Any) -> None:
        call = f"{function}: {service} {operation}"
        crashed_before = sum(done.startswith(f"{function}:") for done in self.happened)
        if call not in self.happened and crashed_before < 2 and self._random.random() < 0.3:
            self.happened.add(call)
            raise Crash


def published(config: Path, inbox: Path, out: Path, host: str, crashes: Crashes | None, when: str) -> dict[str, str]:
    options = RunOptions(
        config=config,
        now=datetime.fromisoformat("2026-01-05T08:30:00+08:00"),
        inbox=inbox,
        out=out,
        allow_hosts=(host,),
    )
    hook = {} if crashes is None else {when: crashes}
    with open_run(options, **hook) as local:
        local.upload_configuration()
        local.upload_inbox()
        local.fire_schedules()
        report = local.finish().report
    assert report["dead_letters"] == []
    assert report["rejections"] == []
    return files(out / "site") | {f"posts/{name}": digest for name, digest in files(out / "posts").items()}


@pytest.mark.parametrize("when", ["before_call", "after_call"])
@pytest.mark.parametrize("seed", range(3))
def test_crashes_change_nothing(wire: Loopback, tmp_path: Path, seed: int, when: str) -> None:
    config = write_tree(
        tmp_path / "config",
        {
            "site.yaml": "title: The Test\nurl: https://test.example\n",
            "sources/a.yaml": SOURCE.format(name="a", host=wire.host, priority=1),
            "sources/b.yaml": SOURCE.format(name="b", host=wire.host, priority=2),
        },
    )
    inbox = write_tree(
        tmp_path / "inbox", {"articles/one.md": UPLOAD, "articles/two.md": UPLOAD.replace("An", "Another")}
    )
    undisturbed = published(config, inbox, tmp_path / "calm", wire.host, None, when)
    crashes = Crashes(seed)
    assert published(config, inbox, tmp_path / "crashed", wire.host, crashes, when) == undisturbed
    assert len(crashes.happened) >= 8, "the test must crash something"
