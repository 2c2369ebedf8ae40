"""Rubbish of every kind: rejected by name with a reason, and the rest of the run is unharmed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .loopback import Answer, Loopback, serving
from .runs import run, write_tree

GOOD = "---\ntitle: Good news\n---\nAll is well in the harbour.\n"
ITEMS = [
    {"id": "ok", "title": "A good entry", "date": "2026-01-04 10:00:00", "n": 1},
    {"id": "untitled", "title": "", "date": "2026-01-04 10:00:00", "n": 2},
    {"id": "sick", "title": "Its body fails for ever", "date": "2026-01-04 10:00:00", "n": 3},
    {"id": "heals", "title": "Its body fails twice", "date": "2026-01-04 10:00:00", "n": 4},
    {"id": "hollow", "title": "Its body is empty", "date": "2026-01-04 10:00:00", "n": 5},
    {"id": "gone", "title": "Its body is not there", "date": "2026-01-04 10:00:00", "n": 6},
    {"id": "keyless", "title": "Its body has other keys", "date": "2026-01-04 10:00:00", "n": 7},
]


def source(host: str, ident: str, path: str, items: str = "list") -> str:
    return f"""
id: {ident}
kind: json
url: http://{host}{path}
identity: id
category: Wire
items: {items}
fields: {{id: id, title: title, published: date, url: "https://wire.example/{{id}}"}}
body: {{from: json, url: "http://{host}/body/{{id}}", field: text}}
"""


def body(text: str) -> Answer:
    return Answer(json.dumps({"text": text}).encode())


@pytest.fixture
def wire() -> Iterator[Loopback]:
    failures = {"heals": 2}

    def healing() -> Answer:
        failures["heals"] -= 1
        return Answer(b"", "text/plain", 503) if failures["heals"] >= 0 else body("<p>It was only a cold.</p>")

    routes = {
        "/list": Answer(json.dumps({"list": ITEMS}).encode()),
        "/html": Answer(b"<!doctype html><html><body><h1>Welcome</h1></body></html>", "text/html"),
        "/broken": Answer(b'{"list": [{"id": '),
        "/moved": Answer(json.dumps({"data": [], "code": 0}).encode()),
        "/down": Answer(b"", "text/plain", 500),
        "/body/ok": body("<p>The entry's text, long enough to be one.</p>"),
        "/body/sick": Answer(b"", "text/plain", 500),
        "/body/heals": healing,
        "/body/hollow": body("<p> </p>"),
        "/body/keyless": Answer(json.dumps({"html": "x"}).encode()),
    }
    with serving(routes) as loopback:
        yield loopback


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.md", b"0" * 300_000_000)
    return buffer.getvalue()


def climbing() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../etc/passwd.md", GOOD)
        archive.writestr("fine.md", GOOD.replace("Good news", "Fine news"))
    return buffer.getvalue()


BAD_FILES: dict[str, tuple[str | bytes, str]] = {
    "articles/broken.json": ('{"title": ', "JSON"),
    "articles/untitled.json": ('{"html": "<p>Text.</p>"}', "title"),
    "articles/matter.md": ("---\ntitle: 'unclosed\n---\nText.\n", "YAML"),
    "articles/alias.md": ("---\ntitle: &a x\ntags: [*a, *a]\n---\nText.\n", "alias"),
    "articles/deep.html": (f"<html><body>{'<div>' * 30_000}x</body></html>", "nest"),
    "articles/empty.md": ("---\ntitle: Nothing\n---\n", "empty"),
    "articles/huge.html": (b"<p>x</p>" * 6_553_600, "bytes"),
    "articles/picture.png": (b"\x89PNG\r\n", "articles/"),
    "elsewhere/a.md": (GOOD, "elsewhere/a.md"),
    "bundles/bomb.zip": (bomb(), "20 MB"),
    "bundles/rubbish.zip": (b"no zip at all", "zip"),
    "feeds/rubbish.xml": (b"no feed at all", "feed"),
}


def test_everything_bad_is_rejected_by_name_and_the_rest_is_stored(wire: Loopback, tmp_path: Path) -> None:
    sources = {"list": "/list", "html": "/html", "broken": "/broken", "moved": "/moved", "down": "/down"}
    tree: dict[str, str | bytes] = {
        "site.yaml": "title: The Test\nurl: https://test.example\n",
        "sources/unreadable.yaml": "id: [\n",
        "sources/unknown.yaml": "id: x\nkind: telegraph\nurl: https://x.example/\n",
        **{f"sources/{name}.yaml": source(wire.host, name, path) for name, path in sources.items()},
    }
    config = write_tree(tmp_path / "config", tree)
    inbox = write_tree(tmp_path / "inbox", {name: content for name, (content, _) in BAD_FILES.items()})
    write_tree(inbox, {"articles/good.md": GOOD, "bundles/climbing.zip": climbing()})
    report = run(config, tmp_path / "out", inbox=inbox, hosts=(wire.host,))
    assert report["dead_letters"] == []
    reasons: dict[str, str] = {r["input"]: r["reason"] for r in report["rejections"]}
    for name, (_, expected) in BAD_FILES.items():
        # What is wrong with one file of a bundle is said of that file.
        (told,) = (key for key in reasons if key.partition("#")[0] == name)
        assert expected.lower() in reasons.pop(told).lower(), name
    assert ".." in reasons.pop("bundles/climbing.zip#../../etc/passwd.md")
    assert "sources/unreadable.yaml" in reasons.pop("config/sources/unreadable.yaml")
    assert "telegraph" in reasons.pop("config/sources/unknown.yaml")
    by_source = {(r["source"], r["input"]): r["reason"] for r in report["rejections"]}
    assert "HTML" in by_source["html", "listing"]
    assert "JSON" in by_source["broken", "listing"]
    assert "matches nothing" in by_source["moved", "listing"]
    assert "data, code" in by_source["moved", "listing"]
    assert "500" in by_source["down", "listing"]
    assert "title" in reasons["untitled"]
    assert "500" in reasons["sick"]
    assert "tried 4 times" in reasons["sick"]
    assert "empty" in reasons["hollow"] or "no text" in reasons["hollow"]
    assert "404" in reasons["gone"]
    assert "html" in reasons["keyless"]
    assert "heals" not in reasons
    titles = stored_titles(tmp_path / "out")
    assert titles == {"Good news", "Fine news", "A good entry", "Its body fails twice"}
    assert report["articles"]["stored"] == len(titles)


def stored_titles(out: Path) -> set[str]:
    found: set[str] = set()
    for entry in json.loads((out / "site" / "feed.json").read_text(encoding="utf-8"))["items"]:
        item: dict[str, Any] = entry
        found.add(item["title"])
    return found


def test_a_rejected_entry_is_not_fetched_again_until_it_changes(wire: Loopback, tmp_path: Path) -> None:
    config = write_tree(
        tmp_path / "config",
        {"site.yaml": "title: T\nurl: https://t.example\n", "sources/list.yaml": source(wire.host, "list", "/list")},
    )
    state = tmp_path / "state"
    run(config, state=state, hosts=(wire.host,))
    asked = wire.requests["/body/keyless"]
    run(config, state=state, hosts=(wire.host,), now="2026-01-06T08:30:00+08:00")
    assert wire.requests["/body/keyless"] == asked == 1
    changed = [{**item, "title": item["title"] + "!"} if item["id"] == "keyless" else item for item in ITEMS]
    wire.routes["/list"] = Answer(json.dumps({"list": changed}).encode())
    wire.routes["/body/keyless"] = body("<p>Now it is well.</p>")
    report = run(config, state=state, hosts=(wire.host,), now="2026-01-07T08:30:00+08:00")
    assert wire.requests["/body/keyless"] == 2
    assert "keyless" not in {r["input"] for r in report["rejections"]}
