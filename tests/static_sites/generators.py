"""Three static site generators, each with a site whose one layout shows all that a post tells, and what they showed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

from broadsheet.model.page import Page
from broadsheet_cli.bench.static_sites import HUGO, JEKYLL, Generator, build_site

TOLD = ("title", "categories", "tags", "description", "author", "lang", "source_name")
"""What a layout shows of a post as it reads it, besides its date, its address and its text."""


def _page(told: str, content: str) -> str:
    return f'<!doctype html><meta charset="utf-8"><pre id="told">{told}</pre><article>{content}</article>\n'


def _liquid(expression: str) -> str:
    return "{{ " + expression + " | jsonify | xml_escape }}"


_JEKYLL_LAYOUT = _page(
    "{"
    + ", ".join(f'"{name}": {_liquid(f"page.{name}")}' for name in TOLD)
    + f', "date": {_liquid("page.date | date_to_xmlschema")}, "address": {_liquid("page.url")}'
    + "}",
    "{{ content }}",
)
_HUGO_LAYOUT = _page(
    "{{ $told := dict "
    + " ".join(f'"{name}" .Params.{name}' for name in TOLD if name not in {"title", "description"})
    + ' "title" .Title "description" .Description "address" .RelPermalink '
    + '"date" (.Date.Format "2006-01-02T15:04:05Z07:00") }}{{ $told | jsonify }}',
    "{{ .Content }}",
)
_ELEVENTY_LAYOUT = _page(
    "{"
    + ", ".join(f'"{name}": {{{{ {name} | default(null) | dump }}}}' for name in TOLD)
    + ', "date": {{ page.date | dump }}, "address": {{ page.url | dump }}}',
    "{{ content | safe }}",
)

ELEVENTY = Generator(
    "eleventy", ("--quiet",), posts="posts", output="_site", files={"_includes/post.njk": _ELEVENTY_LAYOUT}
)
GENERATORS = (JEKYLL, HUGO, ELEVENTY)
_FILES: Mapping[str, Mapping[str, str]] = {
    "jekyll": {"_config.yml": "title: Test\n", "_layouts/post.html": _JEKYLL_LAYOUT},
    "hugo": {
        "hugo.toml": 'baseURL = "https://gazette.example/"\n',
        "layouts/_default/single.html": _HUGO_LAYOUT,
        "layouts/_default/list.html": "{{ .Title }}\n",
    },
    "eleventy": ELEVENTY.files,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a generator shows of one post."""

    told: Mapping[str, Any]
    """The fields of ``TOLD`` and ``address``, as JSON has them."""
    date: datetime
    html: str


def build(generator: Generator, posts: Iterable[Page], folder: Path) -> dict[str, Shown]:
    """Build ``posts`` in one go, and return what is shown by address of the pages that hold posts."""
    source = folder / "posts"
    for post in posts:
        path = source / Path(post.key).name
        path.parent.mkdir(exist_ok=True)
        assert not path.exists(), f"two posts are called {path.name}"
        path.write_bytes(post.body)
    site = folder / generator.program
    build_site(generator, source, site, _FILES[generator.program])
    output = site / generator.output
    shown = {}
    for path in output.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        if '<pre id="told">' in text:
            address = f"/{path.relative_to(output)}".removesuffix("index.html")
            shown[address] = _read(text)
    return shown


def _read(page: str) -> Shown:
    head, _, rest = page.partition("</pre><article>")
    told = json.loads(BeautifulSoup(head, "html.parser").pre.get_text())  # type: ignore[union-attr]
    date = datetime.fromisoformat(told.pop("date"))
    return Shown(told, date, rest.rpartition("</article>")[0])


def missing(generator: Generator) -> str | None:
    """Return why the generator cannot be run here, or None."""
    program = generator.find()
    if program and os.access(program, os.X_OK):
        return None
    return f"{generator.program} is not installed; BROADSHEET_{generator.program.upper()} may tell where it is"
