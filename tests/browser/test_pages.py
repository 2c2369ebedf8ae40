"""Every page, opened: nothing is complained of, nothing sticks out, nothing jumps, nothing needs a script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import html as lxml_html

from toolchain.devtools import Tab
from toolchain.outside import Outside
from toolchain.site_folder import kind_of, served

from .conftest import Standing
from .published import KINDS
from .watch import Complaints, shifts, watch_shifts

NARROWEST = 320
"""CSS pixels; a desktop's 1280 at a zoom of 400 % (WCAG 2.2, 1.4.10)."""
PAGE_BYTES = 30_000
"""Most that a page weighs besides the text of its article."""
STYLE_BYTES = 12_000
_STICKING_OUT = """
[...document.querySelectorAll('body *')].filter(element => {
  const scrolls = e => e && e !== document.body && (getComputedStyle(e).overflowX != 'visible' || scrolls(e.parentElement));
  return element.getBoundingClientRect().right > innerWidth + 1 && !scrolls(element.parentElement);
}).map(element => element.outerHTML.slice(0, 120))
"""
_WRONG = """<!doctype html><meta http-equiv="Content-Security-Policy" content="script-src 'none'">
<link rel="stylesheet" href="/missing.css"><body><script>1</script><div style="width: 2000px">wide</div></body>"""
_JUMPING = """<!doctype html><body><p><img src="https://img.example/a.jpg"></p><p>It jumps.</p></body>"""


def test_both_sites_have_every_kind_of_page(standing: Standing) -> None:
    assert standing.published.examples.keys() == set(KINDS)


def test_no_page_is_complained_of_or_wider_than_a_small_phone(tab: Tab, standing: Standing) -> None:
    Outside(tab, standing.home, standing.published.site.url)
    complaints = Complaints(tab)
    tab.emulate(NARROWEST, 640)
    too_wide = {}
    for address in standing.published.pages:
        tab.open(standing.home + address)
        if tab.evaluate("document.scrollingElement.scrollWidth") > NARROWEST:
            too_wide[address] = tab.evaluate(_STICKING_OUT)
    assert complaints.told == []
    assert too_wide == {}


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_kind_of_page_is_wider_than_the_screen(tab: Tab, standing: Standing, width: int) -> None:
    Outside(tab, standing.home, standing.published.site.url)
    tab.emulate(width, 800)
    too_wide = {}
    for kind, address in standing.published.examples.items():
        tab.open(standing.home + address)
        if tab.evaluate("document.scrollingElement.scrollWidth") > width:
            too_wide[kind] = tab.evaluate(_STICKING_OUT)
    assert too_wide == {}


@pytest.mark.parametrize("broken", [False, True], ids=["late", "broken"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_jumps_when_pictures_come_late_or_never(
    tab: Tab, standing: Standing, width: int, *, broken: bool
) -> None:
    outside = Outside(tab, standing.home, standing.published.site.url)
    outside.broken = broken
    watch_shifts(tab)
    tab.emulate(width, 800)
    jumps = {}
    for kind, address in standing.published.examples.items():
        look_at_pictures(tab, outside, standing.home + address)
        if found := shifts(tab):
            jumps[kind] = found
    assert jumps == {}


def look_at_pictures(tab: Tab, outside: Outside, url: str) -> None:
    """Open a page and bring each of its pictures to the middle of the screen, where it comes late."""
    outside.hold = True
    tab.open(url, until="DOMContentLoaded")
    tab.wait_for_frames()
    for number in range(tab.evaluate("document.images.length")):
        outside.hold = True
        picture = f"document.images[{number}]"
        tab.evaluate(f"{picture}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        # A lazy picture is asked for some frames after it is seen.
        for _ in range(100):
            tab.wait_for_frames()
            if outside.waiting or tab.evaluate(f"{picture}.complete"):
                break
        outside.release()
        tab.evaluate(f"{picture}.decode().then(() => true, () => false)")
        tab.wait_for_frames()


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_says_the_same_without_scripts(tab: Tab, standing: Standing, kind: str) -> None:
    Outside(tab, standing.home, standing.published.site.url)
    url = standing.home + standing.published.examples[kind]
    tab.open(url)
    text = tab.evaluate("document.body.innerText")
    assert text.strip()
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    tab.open(url)
    assert tab.evaluate("document.body.innerText") == text


def test_a_redirect_leads_to_where_the_article_stands(tab: Tab, standing: Standing) -> None:
    outside = Outside(tab, standing.home, standing.published.site.url)
    outside.follow = True
    examples = standing.published.examples
    went: list[str] = []
    tab.on("Page.frameNavigated", lambda told: went.append(told["frame"]["url"]))
    tab.open(standing.home + examples["redirect"])
    target = standing.home + examples["rich"]
    tab.wait_until(lambda: went[-1] != standing.home + examples["redirect"])
    assert went[-1] == target


def test_pages_are_light(standing: Standing) -> None:
    heavy = {}
    for address, html in standing.published.pages.items():
        size = len(html.encode())
        if kind_of(address, html) == "article":
            size -= len(own_text(html))
        if size > PAGE_BYTES:
            heavy[address] = size
    assert heavy == {}


def own_text(html: str) -> bytes:
    """Return the HTML of an article's text, out of its page."""
    (text,) = (element for element in lxml_html.fromstring(html).iter("div") if element.get("class") == "text")
    return bytes(lxml_html.tostring(text, encoding="utf-8"))


def test_one_stylesheet_is_all_a_page_needs(standing: Standing) -> None:
    needed = {
        address
        for html in standing.published.pages.values()
        for address in re.findall(r'<(?:link rel="stylesheet"|script)[^>]* (?:href|src)="([^"]+)"', html)
    }
    (style,) = needed
    assert len((standing.published.folder / style.lstrip("/")).read_bytes()) <= STYLE_BYTES


def test_what_is_wrong_is_seen(tab: Tab, tmp_path: Path) -> None:
    (tmp_path / "wrong.html").write_text(_WRONG, encoding="utf-8")
    (tmp_path / "jumping.html").write_text(_JUMPING, encoding="utf-8")
    with served(tmp_path) as home:
        outside = Outside(tab, home, "https://site.example")
        complaints = Complaints(tab)
        watch_shifts(tab)
        tab.emulate(NARROWEST, 640)
        tab.open(home + "/wrong.html")
        assert any(line.startswith("policy: script-src") for line in complaints.told)
        assert any("/missing.css" in line for line in complaints.told)
        assert any("2000px" in element for element in tab.evaluate(_STICKING_OUT))
        look_at_pictures(tab, outside, home + "/jumping.html")
        assert sum(value for value, _ in shifts(tab)) > 0
