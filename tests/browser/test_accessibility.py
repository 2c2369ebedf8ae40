"""Each kind of page, for those who read it otherwise than with a mouse: by axe-core's rules, and by keyboard."""

from __future__ import annotations

import pytest

from toolchain.devtools import Tab
from toolchain.outside import Outside
from toolchain.screenshots import SCHEMES, SCREENS

from . import axe
from .conftest import Standing
from .keyboard import walk
from .published import KINDS

needs_axe = pytest.mark.skipif(
    not axe.SCRIPT.is_file(), reason=f"axe-core is not at {axe.SCRIPT}: make test installs it"
)
_WRONG = """data:text/html,<!doctype html><html><head></head><body style="margin:0">
<p style="color:%23aaa">Too pale.</p><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
<a href="%23a" style="outline:none">a</a><a href="%23b">b</a>
<div tabindex="0" onfocus="document.links[0].focus()">It turns you back.</div><a href="%23c">c</a></body></html>"""


def open_page(tab: Tab, standing: Standing, kind: str) -> None:
    Outside(tab, standing.home, standing.published.site.url)
    tab.emulate(1280, 800)
    tab.open(standing.home + standing.published.examples[kind])


@needs_axe
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing_wrong(tab: Tab, standing: Standing, kind: str) -> None:
    open_page(tab, standing, kind)
    axe.load(tab)
    wrong: list[str] = []
    unjudged = []
    for (width, height), shown in zip(SCREENS.items(), ("scrollLeft = 0", "scrollLeft = e.scrollWidth"), strict=True):
        for scheme in SCHEMES:
            tab.emulate(width, height, scheme)
            tab.evaluate(f"document.querySelectorAll('main *').forEach(e => {{ e.{shown} }})")
            tab.wait_for_frames()
            found = axe.findings(tab)
            unjudged.append(found.unjudged)
            wrong += [f"{width} {scheme} {line}" for line in found.wrong]
    assert not wrong, "\n".join(wrong)
    # What is out of sight on a small screen is judged on a large one, with the other end of what scrolls in sight.
    assert frozenset.intersection(*unjudged) == frozenset()


@pytest.mark.parametrize("kind", KINDS)
def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(
    tab: Tab, standing: Standing, kind: str
) -> None:
    open_page(tab, standing, kind)
    there = walk(tab)
    assert there.faults == []
    assert [there.stops[index] for index in there.visited] == there.stops
    tab.emulate(390, 844, "dark")
    back = walk(tab, backwards=True)
    assert back.faults == []
    assert back.visited == there.visited[::-1]


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_key_offers_the_way_past_the_masthead(tab: Tab, standing: Standing, kind: str) -> None:
    open_page(tab, standing, kind)
    tab.press("Tab", 9)
    target = tab.evaluate("document.activeElement.hash")
    assert target.startswith("#")
    tab.press("Enter", 13, text="\r")
    tab.wait_for_frames()
    assert tab.evaluate(f"document.activeElement === document.querySelector('main{target}')")
    tab.press("Tab", 9)
    assert tab.evaluate("document.activeElement.closest('main, footer') !== null")


@needs_axe
def test_axe_and_the_walk_see_what_is_wrong(tab: Tab) -> None:
    tab.open(_WRONG.replace("\n", ""))
    axe.load(tab)
    rules = {line.partition(":")[0] for line in axe.findings(tab).wrong}
    assert rules >= {
        "color-contrast",
        "document-title",
        "html-has-lang",
        "image-alt",
        "landmark-one-main",
        "target-size",
    }
    trapped = walk(tab)
    assert [trapped.stops[index] for index in trapped.visited] != trapped.stops
    assert any("shows no focus" in fault for fault in trapped.faults)
