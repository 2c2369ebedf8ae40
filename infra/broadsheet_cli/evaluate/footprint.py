"""What extraction costs beside time per page: its import, its memory on the largest page, and hostile pages."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from broadsheet.model.article import SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet_cli.extract_command import article_object

from .ours import RETRIEVED
from .rivals import PYTHON
from .scoring import Corpus

IMPORT_TRIES = 5
HOSTILE_SECONDS = 2.0
"""CPU seconds within which a hostile page is to be done with, or refused."""
_IMPORT = """
import importlib, sys, time
begun = time.process_time()
importlib.import_module(sys.argv[1])
print(time.process_time() - begun)
"""
_MEMORY = """
import re, sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from broadsheet.model.article import SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet_cli.extract_command import article_object
page = SourceDocument(Path(sys.argv[1]).read_bytes(), sys.argv[2], "text/html", datetime.now(UTC))
with suppress(ArticleRejected):
    article_object(page, "page")
# Not getrusage: a process starts with the peak of the one that it was forked from.
print(int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024)
"""

HOSTILE = {
    "9.9 MB of <a>": b"<a>" * (3_300 * 1000),
    "9.9 MB of <a href=x>x</a>": b"<a href=x>x</a> " * 618_000,
    "9.9 MB of <a that do not end": b"<a " * (3_300 * 1000),
    "39,000 links": b"<p>" + b"<a href=x>some words</a> " * 39_000,
    "200,000 attributes": b"<p " + b" ".join(b"a%d=x" % n for n in range(200_000)) + b">text",
    "400 attributes on each of 5,000 tags": (b"<p " + b" ".join(b"a%d" % n for n in range(400)) + b">x") * 5_000,
    "20,000 levels of <div>": b"<div>" * 20_000 + b"text" + b"</div>" * 20_000,
    "<b><p> 19,000 times": b"<b><p>some words" * 19_000,
    "<table><tr><a> 5,000 times": b"<table><tr><a>" * 5_000,
    "one text of 4.9 MB": b"<p>" + b"word " * (980 * 1000),
    "one text of 4.9 MB with no blank": b"<p>" + b"x" * (4_900 * 1000),
    "one text of 4.9 million characters in Chinese": b"<p>" + "字。".encode() * (2_450 * 1000),
    "7,900 paragraphs": b"<p>Some words that say nothing at all.</p>" * 7_900,
    "7,900 list items": b"<ul>" + b"<li>some words that say nothing" * 7_900,
    "7,900 line breaks": b"<div>" + b"some words that say nothing<br>" * 7_900,
    "a table of 7,200 cells": b"<table>" + (b"<tr>" + b"<td>1" * 18) * 400,
    "39,000 paragraphs": b"<p>Some words that say nothing at all.</p>" * 39_000,
    "39,000 line breaks": b"<div>" + b"some words that say nothing<br>" * 39_000,
    "7,900 copies of one paragraph": b"<p>Some words that say nothing, and say it many times over.</p>" * 7_900,
    "19,000 list items": b"<ul>" + b"<li>some words that say nothing" * 19_000,
    "a table of 19,000 cells": b"<table>" + (b"<tr>" + b"<td>1" * 18) * 1_000,
    "4.9 MB of <!--": b"<!--" * 1_225_000,
    "4.9 MB of &amp;": b"<p>" + b"&amp;" * (980 * 1000),
    "a JSON-LD of 4.9 MB": b'<script type="application/ld+json">{"articleBody": "' + b"\\u0041" * 800_000 + b'"}',
    "a JSON-LD that is nested": b'<script type="application/ld+json">' + b"[" * 400_000,
    "4.8 million characters of 来源：": "来源：".encode() * 1_600 * 1000,
}  # fmt: skip
"""Pages made to cost more than they are worth, each within the bounds of size or just past another bound."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """What became of a hostile page, and the CPU seconds that it took."""

    name: str
    outcome: str
    seconds: float


def import_ms(module: str, python: str = sys.executable) -> float:
    """Return the CPU milliseconds that a new interpreter takes to import ``module``: the least of some tries."""
    command = [python, "-c", _IMPORT, module]
    runs = [subprocess.run(command, capture_output=True, check=True, text=True) for _ in range(IMPORT_TRIES)]  # noqa: S603
    return min(float(run.stdout) for run in runs) * 1000


def rival_import_ms() -> float | None:
    """Return the same for the rival, or None where it is not installed."""
    return import_ms("trafilatura", str(PYTHON)) if PYTHON.is_file() else None


def largest_page_mb(corpora: list[Corpus]) -> float | None:
    """Return the most memory, in MB, that a new process holds while it extracts the largest page there is.

    None where the system does not tell (it is asked as Linux is).
    """
    if not Path("/proc/self/status").is_file():
        return None
    page = max((page for corpus in corpora for page in corpus.pages), key=lambda page: len(page.html))
    with TemporaryDirectory(prefix="broadsheet-eval-") as folder:
        file = Path(folder, "page.html")
        file.write_bytes(page.html)
        command = [sys.executable, "-c", _MEMORY, str(file), page.url or page.id]
        done = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603 - our own program
    return float(done.stdout)


def hostile_pages() -> list[Hostile]:
    """Return what becomes of each of ``HOSTILE``."""
    found = []
    for name, body in HOSTILE.items():
        begun = time.process_time()
        try:
            article = article_object(SourceDocument(body, "page.html", "text/html", RETRIEVED), "page")
            outcome = f"an article of {len(article['text']):,} characters"
        except ArticleRejected as rejected:
            outcome = f"refused: {rejected.reason}"
        found.append(Hostile(name, outcome, time.process_time() - begun))
    return found
