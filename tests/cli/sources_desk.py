"""A site that polls a few sources on loopback, as a state, and the operator's commands on it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import typer

from broadsheet_cli import source_commands
from tests.e2e.loopback import Answer, Loopback
from tests.e2e.runs import run, write_tree

from .newsdesk import RSS, SITE, Told, broadsheet

RUN_AT = "2026-01-05T08:30:00+08:00"
"""When the state's one run was: all times of the site are those of Shanghai."""
LATER = "2026-01-05T12:00:00+08:00"
PAGE = b"<!doctype html><link rel=alternate type='application/rss+xml' href='/harbour.xml'><p>Welcome.</p>"

root = typer.Typer(rich_markup_mode=None)
root.add_typer(source_commands.app, name="sources")


def sources(*words: object) -> Told:
    """Run ``broadsheet sources`` in this process; an error raised on purpose ends it as ``main`` has it."""
    return broadsheet("sources", *words, commands=root)


@dataclass(frozen=True)
class SourcesDesk:
    """``state`` is for reading; what changes it works on a copy."""

    folder: Path
    web: Loopback

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def config(self) -> Path:
        return self.folder / "config"

    def copy(self, to: Path) -> Path:
        return Path(shutil.copytree(self.state, to))

    def feed(self, path: str, name: str, text: str, entry: str = "first") -> None:
        """Have ``path`` answer with a feed called ``name`` that lists one entry."""
        body = (
            RSS.replace("Coast Wire", name)
            .replace("w1", f"{path.strip('/')}-{entry}")
            .format(title=f"{name}: news", text=text)
        )
        self.web.routes[path] = Answer(body.encode(), "application/rss+xml")


def make_desk(folder: Path, web: Loopback) -> SourcesDesk:
    """Run once: ``wire`` gives an article, ``broken`` fails, ``quiet`` is paused by its file."""
    desk = SourcesDesk(folder, web)
    desk.feed("/wire.xml", "Coast Wire", "The coast road is closed.")
    web.routes["/"] = Answer(PAGE, "text/html")
    at = f"http://{web.host}"
    tree: dict[str, str | bytes] = {
        "site.yaml": SITE,
        "sources/wire.yaml": f"url: {at}/wire.xml\ntitle: Coast Wire\ncategory: Roads\npriority: 50\n",
        "sources/broken.yaml": f"url: {at}/broken.xml\n",
        "sources/quiet.yaml": f"url: {at}/quiet.xml\npaused: true\n",
    }
    write_tree(desk.config, tree)
    run(desk.config, now=RUN_AT, state=desk.state, hosts=(web.host,))
    return desk
