from __future__ import annotations

from collections.abc import Iterator

import pytest

from .chromium import Chromium, find_chromium, running


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """One browser for all tests of the session."""
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium to open pages in: apt-get install chromium")
    with running(program, tmp_path_factory.mktemp("profile")) as browser:
        yield browser
