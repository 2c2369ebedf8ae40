"""news-please on the same pages in the same run, in an environment of its own: it is no dependency of ours.

Its own Scrapy crawler and pipeline as it is installed: ``Download`` for a list of addresses, then its extractors, then
each page as an HTML and a JSON file. Two settings are changed, both in its favour: it fetches no images, and logs no
more than errors.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from tempfile import TemporaryDirectory

from broadsheet.model.errors import BroadsheetError
from broadsheet_cli.local_run import TEMPLATE

from .correctness import StoredArticle
from .news_pages import NewsPage, path_of

PYTHON = TEMPLATE.parent / ".tools" / "newsplease" / "bin" / "python"
_PROGRAM = Path(__file__).with_name("rival_crawl_program.py")
_SETTINGS = {
    "extractors": "[('newspaper_extractor_no_images', 'NewspaperExtractorNoImages'), 'readability_extractor', "
    "'date_extractor', 'lang_detect_extractor']",
    "LOG_LEVEL": "ERROR",
}
"""Of its configuration file: what is set otherwise than it ships."""


@dataclass(frozen=True, slots=True)
class Crawl:
    """What news-please made of the pages, by address, and the CPU seconds that took."""

    version: str
    cpu_seconds: float
    articles: Mapping[str, StoredArticle]


def crawl(pages: Sequence[NewsPage], warm: NewsPage, host: str) -> Crawl | None:
    """Have news-please fetch, extract and store ``pages`` from ``host`` (HOST:PORT); None where it is not installed.

    Raises BroadsheetError where it fails as a whole, with what it said.
    """
    package = _installed()
    if package is None:
        return None
    with TemporaryDirectory(prefix="broadsheet-bench-") as name:
        folder = Path(name)
        shipped = Path(str(package.locate_file("newsplease/config/config.cfg"))).read_text(encoding="utf-8")
        config, sites, first = folder / "config.cfg", folder / "sitelist.hjson", folder / "warm.html"
        config.write_text(_configured(shipped, _SETTINGS | {"working_path": f"{folder}/stored/"}), encoding="utf-8")
        urls = [f"http://{host}{path_of(page.number)}" for page in pages]
        sites.write_text(json.dumps({"base_urls": [{"crawler": "Download", "url": urls}]}), encoding="utf-8")
        first.write_bytes(warm.html)
        command = [str(PYTHON), "-P", str(_PROGRAM), str(config), str(sites), str(first)]
        # It keeps what it downloads for later, such as lists of domains, in its user's and in temporary folders.
        done = subprocess.run(  # noqa: S603 - our own program
            command, env=os.environ | {"HOME": name, "TMPDIR": name}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BroadsheetError(f"news-please could not crawl {host}: {done.stderr.strip()[-2000:]}")
        articles = dict(map(_read, (folder / "stored" / "data").rglob("*.json")))
        return Crawl(package.version, float(done.stdout.strip().rpartition("\n")[2]), articles)


def _installed() -> Distribution | None:
    packages = PYTHON.parents[1].glob("lib/python*/site-packages")
    return next((found for path in packages for found in distributions(name="news-please", path=[str(path)])), None)


def _configured(shipped: str, settings: Mapping[str, str]) -> str:
    for name, value in settings.items():
        found = re.findall(rf"(?m)^{name} = .*$", shipped)
        if len(found) != 1:
            raise BroadsheetError(
                f"news-please's configuration has {len(found)} settings {name}, not 1; pin another version"
            )
        shipped = shipped.replace(found[0], f"{name} = {value}")
    return shipped


def _read(file: Path) -> tuple[str, StoredArticle]:
    stored = json.loads(file.read_text(encoding="utf-8"))
    return stored["url"], StoredArticle(stored["title"] or "", stored["maintext"] or "", stored["date_publish"])
