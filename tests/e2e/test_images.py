"""Images mirrored into the site, through the whole local cloud."""

from __future__ import annotations

from pathlib import Path

from tests.pictures import png

from .loopback import Answer, Loopback, Route, serving
from .runs import files, run, write_tree

SITE = "title: The Test\nurl: https://test.example\nmirror_images: true\n"
STORY = """---
title: The harbour at dawn
date: 2026-01-04T10:00:00Z
image: http://{host}/lead.png
---
<p>The boats went out before the sun came up, as they do.</p>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" class="lazy"
 data-srcset="http://{host}/w_300,h_200/a.png 300w, http://{host}/w_600,h_400/a.png 600w">
<img src="http://{host}/chart.svg"><img src="http://{host}/gone.png">
"""
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def pictures() -> dict[str, Route]:
    return {
        "/lead.png": Answer(png(1200, 630), "image/png"),
        "/w_600,h_400/a.png": Answer(png(600, 400), "application/octet-stream"),
        "/chart.svg": Answer(SVG, "image/svg+xml"),
    }


def story(out: Path) -> str:
    (page,) = (out / "site" / "news").rglob("index.html")
    return page.read_text(encoding="utf-8")


def mirrored(out: Path) -> list[bytes]:
    return sorted((path.read_bytes() for path in (out / "site" / "images").glob("*")), key=len)


def asked(web: Loopback) -> dict[str, int]:
    return dict(web.requests)


def test_images_are_fetched_once_and_go_with_their_article(tmp_path: Path) -> None:
    inbox, out, state = tmp_path / "inbox", tmp_path / "out", tmp_path / "state"
    config = write_tree(tmp_path / "config", {"site.yaml": SITE})
    with serving(pictures()) as web:
        write_tree(inbox, {"articles/dawn.md": STORY.format(host=web.host)})
        report = run(config, out, inbox=inbox, state=state, hosts=(web.host,))
        assert (report["rejections"], report["dead_letters"]) == ([], [])
        assert mirrored(out) == sorted([png(1200, 630), png(600, 400)], key=len)
        page = story(out)
        assert 'width="600" height="400"' in page
        assert page.count(f'src="http://{web.host}/') == 2, "the two that cannot be mirrored stay where they are"
        names = [path.name for path in (out / "site" / "images").glob("*")]
        assert all(f"/images/{name}" in page for name in names)
        asked_once = {"/robots.txt": 1, "/lead.png": 1, "/w_600,h_400/a.png": 1, "/chart.svg": 1, "/gone.png": 1}
        assert asked(web) == asked_once

        before = files(out / "site")
        again = run(config, out, inbox=inbox, state=state, hosts=(web.host,), now="2026-01-06T08:00:00Z")
        assert files(out / "site") == before
        assert again["pages"]["written"] == 0
        assert asked(web) == asked_once

        (inbox / "articles" / "dawn.md").unlink()
        last = run(config, out, inbox=inbox, state=state, hosts=(web.host,), now="2026-01-07T08:00:00Z")
        assert last["dead_letters"] == []
        assert mirrored(out) == []
