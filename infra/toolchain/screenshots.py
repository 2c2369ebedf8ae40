"""Takes pictures of a site: one page of each kind, on a phone and a desktop, by day and by night.

Example: ``python -m toolchain.screenshots build/demo/site build/screenshots``
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from .devtools import find_chromium, running
from .outside import Outside
from .site_folder import examples, served, site_url

SCREENS = {390: 844, 1280: 800}
"""Width → height, in CSS pixels."""
SCHEMES = ("light", "dark")


def take(program: str, site: Path, out: Path, *, whole: bool = True) -> Iterator[Path]:
    """Write ``KIND-WIDTH-SCHEME.png`` into ``out`` for each kind of page in the folder ``site``; yield each file.

    ``whole`` pages are as long as they are; else only the first screen of each is taken.
    """
    out.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(prefix="broadsheet-chromium-", ignore_cleanup_errors=True) as profile,
        served(site) as home,
        running(program, Path(profile)) as browser,
        browser.tab() as tab,
    ):
        Outside(tab, home, site_url(site))
        for kind, address in sorted(examples(site).items()):
            tab.open(home + address)
            for width, height in SCREENS.items():
                for scheme in SCHEMES:
                    tab.emulate(width, height, scheme)
                    tab.wait_for_frames()
                    file = out / f"{kind}-{width}-{scheme}.png"
                    file.write_bytes(tab.screenshot(whole=whole))
                    yield file


def main(arguments: list[str] | None = None) -> int:
    """Print the name of each picture; returns 0, or 2 where there is no browser or no site."""
    parser = argparse.ArgumentParser(prog="python -m toolchain.screenshots", description=__doc__)
    parser.add_argument("site", type=Path, help="folder of a published site")
    parser.add_argument("out", type=Path, help="folder that the pictures go to")
    parser.add_argument("--first-screen", action="store_true", help="take only what a reader sees first")
    options = parser.parse_args(arguments)
    program = find_chromium()
    if program is None:
        sys.stderr.write("screenshots: no Chromium to open pages in: apt-get install chromium\n")
        return 2
    if not (options.site / "index.html").is_file():
        sys.stderr.write(f"screenshots: {options.site} holds no site: make demo SERVE=0\n")
        return 2
    for file in take(program, options.site, options.out, whole=not options.first_screen):
        sys.stdout.write(f"{file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
