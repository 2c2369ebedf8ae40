"""Files dropped into the inbox: ingested, edited by a second upload, taken back by deletion."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from .runs import files, run, write_tree

SITE = "title: The Test\nurl: https://test.example\nlanguage: en\ntimezone: Europe/Berlin\n"
MARKDOWN = """---
title: "{title}"
date: 2026-01-03 12:00
category: Harbour
tags: [boats]
---
{text}
"""
HTML = """<html lang="en"><head><title>Ferry renamed | The Herald</title>
<meta property="og:title" content="Ferry renamed"></head><body><nav><a href="/">Home</a></nav>
<article><h1>Ferry renamed</h1><p>{text}</p><p>The council voted nine to two for the new name on Tuesday evening, after
a debate of three hours in which forty residents spoke.</p></article></body></html>"""
JSON = '{{"title": "Bridge closed", "html": "<p>{text}</p>", "date": "2026-01-02T10:00:00Z", "categories": ["Roads"]}}'


def zipped(members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return buffer.getvalue()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "config", {"site.yaml": SITE})


def posts_with(out: Path, text: str) -> int:
    return sum(text in path.read_text(encoding="utf-8") for path in (out / "posts").glob("*.md"))


def test_each_format_is_ingested_edited_and_taken_back(config: Path, tmp_path: Path) -> None:
    inbox, out, state = tmp_path / "inbox", tmp_path / "out", tmp_path / "state"
    first = "The old lighthouse keeper handed over the keys on a windy morning."
    tree: dict[str, str | bytes] = {
        "articles/light.md": MARKDOWN.format(title="Light: on", text=first),
        "articles/ferry.html": HTML.format(text=first),
        "articles/bridge.json": JSON.format(text=first),
        "bundles/week.zip": zipped(
            {
                "a.md": MARKDOWN.format(title="From the zip", text=first),
                "b.md": MARKDOWN.format(title="Also from the zip", text=first),
            }
        ),
    }
    write_tree(inbox, tree)
    report = run(config, out, inbox=inbox, state=state)
    assert report["rejections"] == []
    assert report["articles"]["stored"] == 5
    assert posts_with(out, "lighthouse keeper") == 5
    assert "Light: on" in (out / "site" / "category" / "harbour" / "index.html").read_text(encoding="utf-8")
    addresses = set(files(out / "posts"))

    edited = "A second lamp was lit, and the keys were given back."
    write_tree(
        inbox,
        {
            "articles/light.md": MARKDOWN.format(title="Light: on", text=edited),
            "articles/ferry.html": HTML.format(text=edited),
            "articles/bridge.json": JSON.format(text=edited),
            "bundles/week.zip": zipped({"a.md": MARKDOWN.format(title="From the zip", text=edited)}),
        },
    )
    report = run(config, out, inbox=inbox, state=state, now="2026-01-06T08:00:00Z")
    assert report["articles"]["updated"] == 4
    assert report["articles"]["unpublished"] == 1
    assert posts_with(out, "second lamp") == 4
    assert posts_with(out, "lighthouse keeper") == 0
    assert set(files(out / "posts")) < addresses, "an edited article keeps its address"

    for path in inbox.rglob("*.*"):
        path.unlink()
    report = run(config, out, inbox=inbox, state=state, now="2026-01-07T08:00:00Z")
    assert report["articles"]["unpublished"] == 4
    assert files(out / "posts") == {}
    pages = set(files(out / "site"))
    assert not any(page.startswith(("harbour/", "roads/", "category/harbour", "category/roads")) for page in pages)
    assert "lamp" not in (out / "site" / "index.html").read_text(encoding="utf-8")
    assert report["dead_letters"] == []


def test_an_upload_edits_a_stored_article_by_its_id(config: Path, tmp_path: Path) -> None:
    inbox, out, state = tmp_path / "inbox", tmp_path / "out", tmp_path / "state"
    write_tree(inbox, {"articles/light.md": MARKDOWN.format(title="Light", text="It burns.")})
    run(config, out, inbox=inbox, state=state)
    (post,) = (out / "posts").glob("*.md")
    ident = next(line.split()[-1] for line in post.read_text().splitlines() if line.startswith("id: "))
    edit = f"---\nid: {ident}\ntitle: Light\ncategory: Harbour\n---\nIt burns twice.\n"
    write_tree(inbox, {"articles/z-edit.md": edit, "articles/wrong.md": edit.replace(ident, "nosucharticleid0")})
    report = run(config, out, inbox=inbox, state=state, now="2026-01-06T08:00:00Z")
    assert [r["input"] for r in report["rejections"]] == ["articles/wrong.md"]
    assert "nosucharticleid0" in report["rejections"][0]["reason"]
    assert "It burns twice." in post.read_text(encoding="utf-8")
    assert len(list((out / "posts").glob("*.md"))) == 1
    # A draft with the id hides the article; taking the draft back shows it again.
    write_tree(inbox, {"articles/z-edit.md": edit.replace("title: Light", "title: Light\ndraft: true")})
    run(config, out, inbox=inbox, state=state, now="2026-01-07T08:00:00Z")
    assert not post.exists()
    (inbox / "articles" / "z-edit.md").unlink()
    run(config, out, inbox=inbox, state=state, now="2026-01-08T08:00:00Z")
    assert "It burns." in post.read_text(encoding="utf-8")


def test_an_embargoed_upload_appears_when_its_time_has_come(config: Path, tmp_path: Path) -> None:
    inbox, out, state = tmp_path / "inbox", tmp_path / "out", tmp_path / "state"
    write_tree(inbox, {"articles/later.md": "---\ntitle: Later\ndate: 2026-01-10T06:00:00Z\n---\nThe secret is out.\n"})
    run(config, out, inbox=inbox, state=state, now="2026-01-05T08:00:00Z")
    assert files(out / "posts") == {}
    run(config, out, inbox=inbox, state=state, now="2026-01-10T05:59:00Z")
    assert files(out / "posts") == {}
    report = run(config, out, inbox=inbox, state=state, now="2026-01-10T06:00:00Z")
    assert posts_with(out, "The secret is out.") == 1
    assert report["dead_letters"] == []


def test_settings_categories_and_templates_take_effect_by_themselves(config: Path, tmp_path: Path) -> None:
    inbox, out, state = tmp_path / "inbox", tmp_path / "out", tmp_path / "state"
    write_tree(inbox, {"articles/light.md": MARKDOWN.format(title="Light", text="It burns.")})
    run(config, out, inbox=inbox, state=state)
    home = out / "site" / "index.html"
    assert "The Test" in home.read_text(encoding="utf-8")
    write_tree(config, {"site.yaml": SITE.replace("The Test", "The Second Name")})
    run(config, out, inbox=inbox, state=state, now="2026-01-06T08:00:00Z")
    for page in out.joinpath("site").rglob("index.html"):
        assert "The Second Name" in page.read_text(encoding="utf-8"), page
        assert "The Test" not in page.read_text(encoding="utf-8"), page
    write_tree(config, {"site.yaml": "title: [unclosed\n"})
    report = run(config, out, inbox=inbox, state=state, now="2026-01-07T08:00:00Z")
    assert [r["input"] for r in report["rejections"]] == ["config/site.yaml"]
    assert "site.yaml" in report["rejections"][0]["reason"]
    assert "The Second Name" in home.read_text(encoding="utf-8"), "what was in force stays"
