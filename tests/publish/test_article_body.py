from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from broadsheet.model.article import MirroredImage
from broadsheet.model.site import Site
from broadsheet.publish.article_body import MOST_IMAGES, fitted, images_of
from broadsheet.publish.strings import strings_for

ENGLISH = strings_for("en")


@pytest.mark.parametrize(
    ("html", "levels"),
    [
        ("<h1>a</h1><h2>b</h2>", ["h2", "h3"]),
        ("<h2>a</h2><h4>b</h4><h2>c</h2>", ["h2", "h3", "h2"]),
        ("<h4>a</h4><h5>b</h5><h6>c</h6>", ["h2", "h3", "h4"]),
        ("<h6>a</h6><h1>b</h1>", ["h2", "h2"]),
        ("<h1>1</h1><h2>2</h2><h3>3</h3><h4>4</h4><h5>5</h5><h6>6</h6>", ["h2", "h3", "h4", "h5", "h6", "h6"]),
    ],
)
def test_headings_stand_below_the_title_without_a_gap(html: str, levels: list[str]) -> None:
    found = BeautifulSoup(fitted(html, ENGLISH), "html.parser").find_all(True)
    assert [heading.name for heading in found] == levels


def test_images_keep_their_size_and_load_when_they_are_looked_at() -> None:
    html = '<img src="a.png" width="800" height="450" alt="A"><img src="b.png" width="40" height="30">'
    assert fitted(html, ENGLISH) == (
        '<img src="a.png" width="800" height="450" alt="A" decoding="async" referrerpolicy="no-referrer">'
        '<img src="b.png" width="40" height="30" alt="" decoding="async" referrerpolicy="no-referrer" loading="lazy">'
    )


@pytest.mark.parametrize("size", ['width="100%" height=""', 'width="800"', 'width="0" height="0"', ""])
def test_image_of_unknown_size_leads_to_the_whole_of_it(size: str) -> None:
    written = fitted(f'<p><img src="https://wire.example/tall.png" alt="A tower" {size}></p>', ENGLISH)
    assert written == (
        '<p><a href="https://wire.example/tall.png" rel="nofollow noopener" referrerpolicy="no-referrer">'
        '<img src="https://wire.example/tall.png" alt="A tower" decoding="async" referrerpolicy="no-referrer"></a></p>'
    )


def test_image_in_a_link_stays_in_that_link_alone() -> None:
    written = fitted('<a href="https://x.example/"><img src="https://x.example/a.png" alt="A"></a>', ENGLISH)
    assert written.count("<a ") == 1


def test_paths_on_the_site_stand_below_its_folder() -> None:
    html = '<p><a href="/story/">s</a><a href="//x.example/">x</a><a href="#fn1">1</a><a>n</a></p><img src="/images/a.png" width="1" height="1">'
    written = BeautifulSoup(fitted(html, ENGLISH, "/news"), "html.parser")
    assert [tag.get("href") for tag in written.find_all("a")] == ["/news/story/", "//x.example/", "#fn1", None]
    assert [tag["src"] for tag in written.find_all("img")] == ["/news/images/a.png"]


def test_mirrored_image_is_shown_from_the_site_in_its_real_size() -> None:
    mirrored = MirroredImage("https://wire.example/a.png?w=1&h=2", "abc.png", "image/png", 800, 450, 99)
    html = '<img src="https://wire.example/a.png?w=1&amp;h=2" alt="A" width="4" height="3"><img src="https://wire.example/b.png" width="1" height="1">'
    first, second = BeautifulSoup(fitted(html, ENGLISH, "/news", [mirrored]), "html.parser").find_all("img")
    assert (first["src"], first["width"], first["height"]) == ("/news/images/abc.png", "800", "450")
    assert (second["src"], second["width"]) == ("https://wire.example/b.png", "1")


def test_images_of_an_article_are_its_picture_and_those_in_its_text_each_once() -> None:
    site = Site(url="https://paper.example")
    html = (
        '<p>An &lt;img src="https://wire.example/text.png"&gt; is no image.</p><img alt="a > b" src="https://wire.example/b.png?x=1&amp;y=2">'
        '<img src="https://wire.example/lead.png"><img src="https://paper.example/own.png"><img src="/images/own.png">'
        '<img src="https://[broken"><img alt="none">'
    )
    lead = "https://wire.example/lead.png"
    assert images_of(site, lead, html) == (lead, "https://wire.example/b.png?x=1&y=2")
    assert images_of(site, None, "<p>No image.</p>") == ()
    many = "".join(f'<img src="https://wire.example/{n}.png">' for n in range(MOST_IMAGES + 5))
    assert images_of(site, lead, many) == (lead, *(f"https://wire.example/{n}.png" for n in range(MOST_IMAGES - 1)))


def test_table_scrolls_by_itself_and_can_be_reached_by_keyboard() -> None:
    written = fitted("<table><tr><td><table><tr><td>1</td></tr></table></td></tr></table>", ENGLISH)
    assert written.startswith('<div class="scroll" role="group" tabindex="0" aria-label="Table"><table>')
    assert written.count("<div") == 1


def test_link_without_text_gets_a_name() -> None:
    assert 'aria-label="图片"' in fitted('<a href="/x"><img src="a.png"></a>', strings_for("zh-CN"))
    assert "aria-label" not in fitted('<a href="/x"><img src="a.png" alt="A boat"></a>', ENGLISH)


@pytest.mark.parametrize(
    "value",
    [
        '<!--" onmouseover="alert(1)" -->',
        '"><script>alert(1)</script>',
        "&{alert(1)};",
        "a'b\"c",
        "&lt;!--&quot; x -->",
    ],
)
def test_attributes_come_out_as_they_went_in(value: str) -> None:
    soup = BeautifulSoup("<p></p>", "html.parser")
    assert soup.p is not None
    soup.p["title"] = value
    written = BeautifulSoup(fitted(soup.decode(), ENGLISH), "html.parser")
    assert [tag.attrs for tag in written.find_all(True)] == [{"title": value}]


def test_text_comes_out_as_it_went_in() -> None:
    html = "<p>a &lt;b&gt; &amp;amp; \xa0 “x” é 汉</p>"
    assert fitted(html, ENGLISH) == html
