"""Every address on a site that leads into it leads to something, and every page can be reached."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, urldefrag, urljoin

import pytest
import urllib3
from lxml import etree, html

from toolchain.site_folder import kind_of

from . import links
from .conftest import Standing
from .published import Published

APART = {"missing", "redirect", "gone"}
"""Kinds of pages that nothing need lead to."""
TYPES = {
    ".html": {"text/html"},
    ".xml": {"application/xml", "text/xml"},
    ".json": {"application/json"},
    ".css": {"text/css"},
    ".svg": {"image/svg+xml"},
    ".txt": {"text/plain"},
}


def inside(published: Published, base: str, addresses: Iterable[str]) -> Iterator[str]:
    """Yield those of the ``addresses`` in the file at ``base`` that lead into the site, each from its root."""
    home = published.site.url
    for address in addresses:
        absolute = urljoin(home + base, address) if address.startswith(("/", "#", "?", ".")) else address
        if absolute == home or absolute.startswith(home + "/"):
            yield absolute.removeprefix(home) or "/"


def told(published: Published) -> dict[str, set[str]]:
    """Return each address within the site that is told anywhere on it, and where."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for file in published.folder.rglob("*"):
        where = "/" + file.relative_to(published.folder).as_posix().removesuffix("index.html")
        match file.suffix:
            case ".html":
                addresses = links.of_html(file.read_text(encoding="utf-8"))
            case ".xml":
                addresses = links.of_feed(file.read_bytes())
            case ".json":
                addresses = links.of_json(file.read_bytes())
            case ".txt":
                addresses = iter(file.read_text(encoding="utf-8").split())
            case _:
                continue
        for address in inside(published, where, addresses):
            found[address].add(where)
    return dict(found)


def test_every_address_within_the_site_leads_to_something(standing: Standing) -> None:
    dead: dict[str, tuple[object, list[str]]] = {}
    anchors: dict[str, set[str]] = {}
    with urllib3.PoolManager() as web:
        for address, places in sorted(told(standing.published).items()):
            page, anchor = urldefrag(address)
            if page not in anchors:
                answer = web.request("GET", standing.home + page, redirect=False, retries=False)
                if answer.status != 200:
                    dead[address] = (answer.status, sorted(places))
                    continue
                anchors[page] = names_in(answer.data) if answer.headers["content-type"] == "text/html" else set()
            if anchor and unquote(anchor) not in anchors[page]:
                dead[address] = (f"no #{anchor}", sorted(places))
    assert dead == {}


def names_in(body: bytes) -> set[str]:
    """Return what a fragment of an address may name in a page."""
    elements = html.fromstring(body).iter(etree.Element)
    return {name for element in elements for name in (element.get("id"), element.get("name")) if name}


def test_every_page_can_be_reached_from_home(standing: Standing) -> None:
    published = standing.published
    reached, ahead = set[str](), ["/"]
    while ahead:
        here = ahead.pop()
        if here in reached or here not in published.pages:
            continue
        reached.add(here)
        ahead += (urldefrag(link)[0] for link in inside(published, here, links.links_of(published.pages[here])))
    wanted = {address for address, text in published.pages.items() if kind_of(address, text) not in APART}
    # Nothing in the input led to it.
    assert wanted - reached == {published.examples["rich"]}


def test_every_article_and_index_is_in_the_sitemap_once(standing: Standing) -> None:
    published = standing.published
    maps = [*published.folder.glob("sitemap.xml"), *published.folder.glob("sitemap/**/*.xml")]
    listed = [
        address.removeprefix(published.site.url)
        for file in maps
        for address in links.of_feed(file.read_bytes())
        if address.startswith(published.site.url) and not address.endswith(".xml")
    ]
    assert len(listed) == len(set(listed))
    kinds = {"home", "categories", "category", "article"}
    pages = {address for address, text in published.pages.items() if kind_of(address, text) in kinds}
    assert set(listed) == pages - {published.examples["rich"]}


def test_every_page_tells_its_own_address(standing: Standing) -> None:
    published, wrong = standing.published, {}
    for address, text in published.pages.items():
        own = set(re.findall(r'<(?:link rel="canonical" href|meta property="og:url" content)="([^"]+)"', text))
        if kind_of(address, text) not in APART and own != {published.site.url + address}:
            wrong[address] = own
    assert wrong == {}


def test_each_file_is_served_as_what_it_is(standing: Standing) -> None:
    with urllib3.PoolManager() as web:
        for file in standing.published.folder.rglob("*.*"):
            path = file.relative_to(standing.published.folder).as_posix()
            answer = web.request("GET", f"{standing.home}/{path}", retries=False)
            assert answer.headers["content-type"].partition(";")[0] in TYPES[file.suffix], path


@pytest.mark.parametrize("address", ["/nothing/here/", "/nothing.html", "/category/none/", "/..%2f..%2fetc/passwd"])
def test_what_is_not_there_is_told_by_the_sites_own_page(standing: Standing, address: str) -> None:
    answer = urllib3.request("GET", standing.home + address, retries=False)
    assert answer.status == 404
    assert answer.data == (standing.published.folder / "404.html").read_bytes()


def test_a_dead_link_would_be_seen() -> None:
    page = """<link rel="icon" href="/i.svg"><meta property="og:image" content="https://x.example/o.png">
    <meta http-equiv="refresh" content="0; url=https://x.example/r/"><a href="#here">h</a><a href="../up/">u</a>
    <img src="s.png" srcset="/a.png 1x, /b.png 2x"><script type="application/ld+json">{"a": ["/j/"]}</script>"""
    assert list(links.of_html(page)) == [
        "/i.svg", "https://x.example/o.png", "https://x.example/r/", "#here", "../up/", "./s.png", "/a.png", "/b.png", "/j/",
    ]  # fmt: skip
    feed = b'<feed><link href="/a"/><content>&lt;a href="/b?x=1&amp;amp;y"&gt;b&lt;/a&gt;</content></feed>'
    assert [found for found in links.of_feed(feed) if found.startswith("/")] == ["/a", "/b?x=1&y"]
    assert "/c" in list(links.of_json(b'{"items": [{"content_html": "<img src=\\"/c\\">"}]}'))
