"""Articles of different sources that tell the same name each other, through the whole local cloud, seed by seed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .runs import files, run, write_tree

SITE = "title: The Test\nurl: https://test.example\n"
STORY = " ".join(f"word{n}" for n in range(120))
CUT = " ".join(f"word{n}" for n in range(90))
OTHER = " ".join(f"other{n}" for n in range(120))


def post(title: str, source: str, text: str) -> str:
    return f"---\ntitle: {title}\ndate: 2026-01-04T10:00:00Z\nsource_name: {source}\n---\n{text}\n"


def reports(out: Path) -> dict[str, list[str]]:
    """Return what each article's page names, by the article's title."""
    found = {}
    for path in (out / "site" / "news").rglob("index.html"):
        page = path.read_text(encoding="utf-8")
        (title,) = re.findall(r"<h1>(.*?)</h1>", page)
        found[title] = re.findall(r'<li class="report">(.*?)<a href="[^"]+"[^>]*>(.*?)</a></li>', page)
    return {title: [name + shown for name, shown in named] for title, named in found.items()}


@pytest.mark.parametrize("seed", [0, 1])
def test_two_that_tell_the_same_name_each_other_until_one_goes(tmp_path: Path, seed: int) -> None:
    config = write_tree(tmp_path / "config", {"site.yaml": SITE})
    tree: dict[str, str | bytes] = {
        "articles/a.md": post("Ferry returns", "Agency", STORY),
        "articles/b.md": post("The ferry is back", "Herald", CUT),
        "articles/c.md": post("Rain", "Herald", OTHER),
    }
    inbox, out, state = write_tree(tmp_path / "inbox", tree), tmp_path / "out", tmp_path / "state"
    report = run(config, out, inbox=inbox, state=state, seed=seed)
    assert (report["rejections"], report["dead_letters"]) == ([], [])
    assert reports(out) == {
        "Ferry returns": ["Herald: The ferry is back"],
        "The ferry is back": ["Agency: Ferry returns"],
        "Rain": [],
    }

    before = files(out / "site")
    again = run(config, out, inbox=inbox, state=state, seed=seed, now="2026-01-05T09:00:00Z")
    assert (files(out / "site"), again["pages"]["written"]) == (before, 0)

    (inbox / "articles" / "b.md").unlink()
    last = run(config, out, inbox=inbox, state=state, seed=seed, now="2026-01-06T09:00:00Z")
    assert last["dead_letters"] == []
    assert reports(out) == {"Ferry returns": [], "Rain": []}
