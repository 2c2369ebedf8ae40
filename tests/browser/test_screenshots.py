"""The tool that takes the pictures a person looks at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.runs import write_tree
from toolchain.devtools import find_chromium
from toolchain.screenshots import main
from toolchain.site_folder import kind_of

PAGE = """<!doctype html><meta name="viewport" content="width=device-width"><title>A page</title>
<link rel="canonical" href="https://site.example/"><style>:root { color-scheme: light dark } body { margin: 0 }
main { height: 3844px }</style><main>Words.</main>"""


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height, out of a PNG's header."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium to open pages in: apt-get install chromium")
def test_one_page_of_each_kind_is_taken_in_both_widths_and_colours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site, out = tmp_path / "site", tmp_path / "out"
    write_tree(
        site,
        {"index.html": PAGE, "404.html": PAGE, "story/index.html": PAGE, "other/index.html": PAGE + "<!-- longer -->"},
    )
    assert main([str(site), str(out), "--first-screen"]) == 0
    pictures = {path.stem: path.read_bytes() for path in out.glob("*.png")}
    assert pictures.keys() == {
        f"{kind}-{width}-{scheme}"
        for kind in ("home", "missing", "article")
        for width in (390, 1280)
        for scheme in ("light", "dark")
    }
    assert {size_of(picture) for name, picture in pictures.items() if "-390-" in name} == {(390, 844)}
    assert {size_of(picture) for name, picture in pictures.items() if "-1280-" in name} == {(1280, 800)}
    assert pictures["home-390-light"] != pictures["home-390-dark"]
    assert len(capsys.readouterr().out.splitlines()) == len(pictures)
    assert main([str(site), str(out)]) == 0
    assert size_of((out / "article-390-light.png").read_bytes()) == (390, 3844)


def test_a_folder_without_a_site_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), str(tmp_path / "out")]) == 2
    assert "screenshots: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("/", "home"),
        ("/category/", "categories"),
        ("/category/town-hall/", "category"),
        ("/category/town-hall/2026/", "year"),
        ("/category/town-hall/2026/03/09/", "day"),
        ("/category/town-hall/2026/03/09/2/", "day"),
        ("/404.html", "missing"),
        ("/town-hall/2026/03/09/a-story-abcdef/", "article"),
    ],
)
def test_an_address_tells_the_kind_of_page(address: str, kind: str) -> None:
    assert kind_of(address, '<link rel="canonical" href="https://site.example/">') == kind
