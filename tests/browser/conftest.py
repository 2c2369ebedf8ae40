from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.test_origin import CORPUS
from toolchain.devtools import Browser, Tab, find_chromium, running
from toolchain.site_folder import served

from .chromium import Chromium
from .published import Published, publish_demo, publish_origin


@dataclass(frozen=True)
class Standing:
    """A published site that is served, at ``home``."""

    published: Published
    home: str


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests of the session."""
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium to open pages in: apt-get install chromium")
    with running(program, tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def tab(browser: Browser) -> Iterator[Tab]:
    with browser.tab() as opened:
        yield opened


@pytest.fixture(scope="module")
def chromium(browser: Browser) -> Iterator[Chromium]:
    with browser.tab() as opened:
        yield Chromium(opened)


@pytest.fixture(scope="session", params=["demo", "origin"])
def standing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """Both sites, each made once."""
    if request.param == "origin" and not CORPUS.is_dir():
        pytest.skip(f"the origin's payloads are not at {CORPUS}")
    publish = {"demo": publish_demo, "origin": publish_origin}[request.param]
    published = publish(tmp_path_factory.mktemp(request.param))
    with served(published.folder) as home:
        yield Standing(published, home)
