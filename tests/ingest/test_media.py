"""Images, embeds and links in bodies."""

from __future__ import annotations

import pytest

from broadsheet.ingest.fragment import parse_fragment, to_markup
from broadsheet.ingest.media import link_embeds, resolve_images, resolve_link, resolve_links

BASE = "https://news.example/2026/story.html"
REAL = "https://cdn.example/real.jpg"


def images(markup: str) -> list[tuple[str | None, str | None]]:
    tree = parse_fragment(markup)
    resolve_images(tree, BASE)
    return [(image.get("src"), image.get("alt")) for image in tree.iter("img")]


@pytest.mark.parametrize(
    "markup",
    [
        f"<img src='{REAL}'>",
        f"<img src='data:image/gif;base64,R0' data-src='{REAL}'>",
        f"<img src='/img/blank.gif' data-original='{REAL}'>",
        f"<img src='/img/low-quality.jpg' data-lazy-src='{REAL}'>",
        f"<img src='/static/loading.gif' file='{REAL}'>",
        f"<img orginial_src='{REAL}'>",
        f"<img src='placeholder.png' srcset='https://cdn.example/s.jpg 320w, {REAL} 1200w, https://cdn.example/xl.jpg 4000w'>",
        f"<img data-srcset='{REAL} 2x, https://cdn.example/one.jpg 1x'>",
        f"<picture><source srcset='{REAL} 800w'><img src='data:,'></picture>",
        f"<picture><source srcset='{REAL}'></picture>",
        f"<img src='spacer.gif'><noscript><img src='{REAL}'></noscript>",
        f"<div><img data-x='1'></div><noscript><img src='{REAL}'></noscript>",
        f"<amp-img src='{REAL}'></amp-img>",
        f"<img src='{REAL}' data-src='{{{{lazy}}}}'>",
        f"<noscript><img src='{REAL}'></noscript><img class='lazy' data-src='{REAL}'>",
        f"<img src='{REAL}'><noscript><img width=1 height=1 src='https://count.example/n.gif'></noscript>",
    ],
)
def test_a_lazy_image_gets_its_real_address_once(markup: str) -> None:
    assert images(markup) == [(REAL, "")]


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        ("/w_400,h_300/a.jpg 400w, /w_800,h_600/a.jpg 800w", "/w_800,h_600/a.jpg"),
        ("/a.jpg?crop=1,2,3,4&w=8 8w, /a.jpg?crop=1,2,3,4&w=9 9w", "/a.jpg?crop=1,2,3,4&w=9"),
        ("/w_400,h_300/a.jpg", "/w_400,h_300/a.jpg"),
        ("/a.jpg 1x,/b.jpg 2x", "/b.jpg"),
        ("/a.jpg, /b.jpg 1.5x", "/b.jpg"),
        (" , ,/a.jpg 100w, ", "/a.jpg"),
        ("\n/a.jpg\t400w,\n\t/b.jpg  800w\n", "/b.jpg"),
        ("/a.jpg 400w 300h, /b.jpg 800w 600h", "/b.jpg"),
        ("/a.jpg 400W, /b.jpg 800W", "/b.jpg"),
        ("/a.jpg 2000w, /b.jpg 4000w", "/a.jpg"),
        ("/a.jpg 300w, /b.jpg wide", "/a.jpg"),
        ("/a(1).jpg 100w, /a(2).jpg 200w", "/a(2).jpg"),
        ("data:image/gif;base64,R0lGODlhAQABAAAAACw= 1w, /b.jpg 800w", "/b.jpg"),
        ("data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' width='9'> 900w, /b.jpg 800w", "/b.jpg"),
        ("/blank.gif 900w, /b.jpg 800w", "/b.jpg"),
    ],
)
def test_of_the_sizes_an_image_is_offered_in_the_widest_that_fits_is_shown(candidates: str, expected: str) -> None:
    for name in ("srcset", "data-srcset"):
        markup = f'<img src="data:," sizes="100vw" {name}="{candidates}">'
        assert images(markup) == [(f"https://news.example{expected}", "")], name


@pytest.mark.parametrize(
    "other",
    [
        "type='image/jxl' srcset='/a.jxl 900w'",
        "type='image/svg+xml' srcset='/a.svg 900w'",
        "type='video/mp4' srcset='/a.mp4 900w'",
        "media='print' srcset='/print.png 900w'",
        "media='(prefers-color-scheme: dark)' srcset='/dark.png 900w'",
    ],
)
def test_of_the_sources_of_a_picture_one_that_everybody_can_see_is_shown(other: str) -> None:
    shown = "<source media='(min-width: 600px)' type='image/webp' srcset='/i.webp 800w'><source srcset='/i.jpg 300w'>"
    assert images(f"<picture><source {other}>{shown}<img src='data:,'></picture>") == [
        ("https://news.example/i.webp", "")
    ]


def test_a_noscript_beside_another_image_is_an_image_of_its_own() -> None:
    markup = "<p>Words.</p><noscript><img src='/a.jpg'></noscript><img src='/b.jpg'>"
    assert images(markup) == [("https://news.example/a.jpg", ""), ("https://news.example/b.jpg", "")]


def test_relative_addresses_are_resolved() -> None:
    assert images("<img src='i/a.png'><img src='//cdn.example/b.png'>") == [
        ("https://news.example/2026/i/a.png", ""),
        ("https://cdn.example/b.png", ""),
    ]


@pytest.mark.parametrize(
    "markup",
    [
        "<img src='https://a.example/x.gif' width=1 height=1>",
        "<img src='https://a.example/x.gif' style='width:1px;height:1px'>",
        "<img src='https://pixel.wp.com/b.gif?x=1'>",
        "<img src='https://ad.doubleclick.net/x'>",
        "<img src='https://a.example/pixel.gif?u=1'>",
        "<img src='data:image/png;base64,AAAA'>",
        "<img src='javascript:alert(1)'>",
        "<img src='https://user:secret@a.example/x.png'>",
        "<img>",
        "<noscript>Turn JavaScript on</noscript>",
    ],
)
def test_pixels_and_placeholders_go(markup: str) -> None:
    tree = parse_fragment(f"before {markup} after")
    resolve_images(tree, BASE)
    assert to_markup(tree).replace("  ", " ") == "<div>before after</div>"


def test_an_image_inside_an_email_leaves_its_description() -> None:
    tree = parse_fragment("a <img src='cid:x1' alt='The bridge at dawn'> b <img src=cid:x2 alt='image001.png'> c")
    resolve_images(tree, None)
    assert to_markup(tree) == "<div>a The bridge at dawn b  c</div>"


def test_descriptions_that_say_nothing_go_and_sizes_are_numbers() -> None:
    tree = parse_fragment(
        "<img src='https://a.example/x.png' alt='图片' width='640px' height='50%' style='x' class='y'>"
    )
    resolve_images(tree, None)
    assert to_markup(tree) == '<div><img src="https://a.example/x.png" alt="" width="640"></div>'


def test_a_noscript_that_holds_the_text_is_the_text() -> None:
    text = "<p>" + "A sentence of the article. " * 30 + "</p>"
    tree = parse_fragment(f"<noscript>{text}</noscript>")
    resolve_images(tree, None)
    assert to_markup(tree) == f"<div>{text}</div>"


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (
            "<iframe src='https://www.youtube-nocookie.com/embed/abcdefghijk?rel=0' title='A talk'></iframe>",
            '<p><a href="https://www.youtube.com/watch?v=abcdefghijk">A talk</a></p>',
        ),
        ("<iframe src='//player.vimeo.com/video/12345'></iframe>", '<p><a href="https://vimeo.com/12345">vimeo.com</a></p>'),
        ("<iframe data-src='/map?q=1'></iframe>", '<p><a href="https://news.example/map?q=1">news.example</a></p>'),
        ("<video><source src='v.mp4'></video>", '<p><a href="https://news.example/2026/v.mp4">news.example</a></p>'),
        (
            "<object data='https://a.example/x'><embed src='https://b.example/y'></object>",
            '<p><a href="https://a.example/x">a.example</a></p>',
        ),
        ("<amp-youtube data-videoid='abcdefghijk'></amp-youtube>",
         '<p><a href="https://www.youtube.com/watch?v=abcdefghijk">youtube.com</a></p>'),
        ("<iframe src='https://x.googlesyndication.com/ad'></iframe>", ""),
        ("<iframe src='javascript:alert(1)'></iframe>", ""),
        ("<iframe src='https://a.example/' width=0 height=0></iframe>", ""),
        ("<iframe></iframe>", ""),
    ],
)  # fmt: skip
def test_embeds_become_links(markup: str, expected: str) -> None:
    tree = parse_fragment(markup)
    link_embeds(tree, BASE)
    assert to_markup(tree) == f"<div>{expected}</div>"


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("../a.html", "https://news.example/a.html"),
        ("https://b.example/x?utm_source=feed&id=3#part-2", "https://b.example/x?id=3#part-2"),
        ("//b.example/y", "https://b.example/y"),
        ("mailto:desk@news.example", "mailto:desk@news.example"),
        ("#fn2", "#fn2"),
        ("#top", None),
        ("javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("tel:+123", None),
        ("https://u:p@b.example/", None),
        ("", None),
    ],
)
def test_where_links_lead(href: str, expected: str | None) -> None:
    assert resolve_link(href, BASE if href else None) == expected


def test_without_a_base_relative_links_are_text_and_networks_are_https() -> None:
    tree = parse_fragment("<a href='/x'>one</a> <a href='//b.example/y'>two</a><a name=z></a>")
    resolve_links(tree, None)
    assert to_markup(tree) == '<div><a>one</a> <a href="https://b.example/y">two</a></div>'
