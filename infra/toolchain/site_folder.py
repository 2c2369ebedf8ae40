"""A finished site as a folder of files: which page each one is, and the folder served as the CDN serves it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from broadsheet_cli.serve import make_server

KINDS = {
    "home": r"/",
    "categories": r"/category/",
    "category": r"/category/[a-z0-9-]+/",
    "year": r"/category/[a-z0-9-]+/\d{4}/",
    "day": r"/category/[a-z0-9-]+/\d{4}/\d\d/\d\d/(\d+/)?",
    "missing": r"/404\.html",
}
"""The addresses of each kind of page; what has another address is an article, or stands where one was."""


def pages(folder: Path) -> dict[str, str]:
    """Return the HTML of each page by its address, in their order."""
    found = {_address(path.relative_to(folder)): path for path in folder.rglob("*.html")}
    return {address: found[address].read_text(encoding="utf-8") for address in sorted(found)}


def kind_of(address: str, html: str) -> str:
    """Return the kind of a page: one of KINDS, or ``redirect``, ``gone``, ``article``."""
    for kind, pattern in KINDS.items():
        if re.fullmatch(pattern, address):
            return kind
    if 'http-equiv="refresh"' in html:
        return "redirect"
    return "article" if 'rel="canonical"' in html else "gone"


def examples(folder: Path) -> dict[str, str]:
    """Return for each kind of page that is there the address of its longest."""
    longest: dict[str, tuple[int, str]] = {}
    for address, html in pages(folder).items():
        kind = kind_of(address, html)
        longest[kind] = max(longest.get(kind, (0, "")), (len(html), address))
    return {kind: address for kind, (_, address) in longest.items()}


def site_url(folder: Path) -> str:
    """Return where the site says that it is, without a trailing slash. Raises ValueError where no page tells."""
    found = re.search(r'<link rel="canonical" href="([^"]+)/"', (folder / "index.html").read_text(encoding="utf-8"))
    if not found:
        raise ValueError(f"{folder}/index.html has no canonical link; name the folder of a published site")
    return found[1]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the folder on a free port of loopback while the body runs, and yield its address without a slash."""
    with make_server(folder, 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _address(path: Path) -> str:
    whole = "/" + path.as_posix()
    return whole.removesuffix("index.html") if path.name == "index.html" else whole
