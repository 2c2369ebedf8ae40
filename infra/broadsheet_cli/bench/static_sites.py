"""Full builds by static site generators: what one new article costs who publishes with one of them.

The sites are as small as they can be, one layout and no plugin, so what is measured is a bound from below.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from broadsheet.model.errors import BroadsheetError

_PAGE = "<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1>{content}</body></html>\n"


@dataclass(frozen=True, slots=True)
class Generator:
    """A static site generator: how it is found and called, and the smallest site it builds."""

    program: str
    """Name of the command. ``BROADSHEET_`` and this name in capitals, in the environment, tells where it is."""
    arguments: tuple[str, ...]
    posts: str
    """The site's folder for posts."""
    output: str
    """The site's folder that the built pages go to."""
    files: Mapping[str, str]
    """The site's other files by path: configuration and layouts."""

    def find(self) -> str | None:
        """Return the program's path: as the environment tells, else beside this Python, else on the PATH; or None."""
        beside = Path(sys.executable).parent / self.program
        told = os.environ.get(f"BROADSHEET_{self.program.upper()}")
        return told or (str(beside) if beside.exists() else shutil.which(self.program))


JEKYLL = Generator(
    "jekyll",
    ("build", "--quiet", "--disable-disk-cache"),
    posts="_posts",
    output="_site",
    files={
        "_config.yml": "title: Bench\n",
        "_layouts/post.html": _PAGE.format(title="{{ page.title | escape }}", content="{{ content }}"),
    },
)
HUGO = Generator(
    "hugo",
    ("build", "--quiet"),
    posts="content/posts",
    output="public",
    files={
        "hugo.toml": 'baseURL = "https://bench.example/"\ntitle = "Bench"\n',
        "layouts/_default/single.html": _PAGE.format(title="{{ .Title }}", content="{{ .Content }}"),
    },
)


def build_site(generator: Generator, posts: Path, site: Path, files: Mapping[str, str] | None = None) -> float:
    """Write a site around a copy of ``posts`` into the folder ``site``, build it, and return the build's seconds.

    ``files`` stand for the generator's own configuration and layouts. Raises BroadsheetError where the generator is
    not installed, or its build fails, with what it said.
    """
    program = generator.find()
    if program is None:
        raise BroadsheetError(
            f"{generator.program} is not installed; install it, or tell where it is: "
            f"BROADSHEET_{generator.program.upper()}=PATH"
        )
    for name, text in (generator.files if files is None else files).items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shutil.copytree(posts, site / generator.posts)
    # Ruby and Node take the encoding of what they read and print from the locale; Jekyll the zone of dates from TZ.
    environment = os.environ | {"LANG": "C.UTF-8", "TZ": "UTC"}
    begun = time.perf_counter()
    built = subprocess.run(  # noqa: S603 - a program of the operator's, with fixed arguments
        [program, *generator.arguments], cwd=site, env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - begun
    if built.returncode:
        said = f"{built.stdout}\n{built.stderr}".strip()[-2000:]
        raise BroadsheetError(f"{generator.program} could not build {posts}: {said}")
    return seconds
