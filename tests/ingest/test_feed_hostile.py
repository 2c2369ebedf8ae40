"""Feeds that were made to cost time or memory, or to break what reads them: each is bounded, or refused by name."""

from __future__ import annotations

import pytest

from broadsheet.ingest.feed_parser import MAX_RESOLVED, MAX_TAGS
from broadsheet.ingest.listing_item import MAX_ITEMS
from broadsheet.model.errors import ArticleRejected
from tests.ingest.listings import URL, look


def rss(channel: str, doctype: str = "") -> str:
    """Return an RSS feed with these elements in its channel."""
    return f"{doctype}<rss version='2.0'><channel>{channel}</channel></rss>"


def test_laughs_are_not_multiplied() -> None:
    laughs = "".join(f'\n<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE rss [\n<!ENTITY l0 "lol">{laughs}]>'
    (entry,) = look("", rss("<item><title>T &l9;</title></item>", doctype)).entries
    assert len(entry.title) < 100


def test_an_entity_that_stands_for_much_is_refused() -> None:
    doctype = f'<!DOCTYPE rss [\n<!ENTITY a "{"x" * 50_000}">]>'
    with pytest.raises(ArticleRejected, match="the entity 'a' stands for 50,000 characters, more than 20"):
        look("", rss(f"<item><title>T {'&a;' * 5_000}</title></item>", doctype))


def test_an_entity_that_stands_for_a_letter_is_read() -> None:
    doctype = '<!DOCTYPE rss [\n<!ENTITY eac "&#233;">]>'
    assert look("", rss("<item><title>&eac;t&eac;</title></item>", doctype)).entries[0].title == "été"


def test_items_past_the_limit_are_not_read() -> None:
    items = "".join(f"<item><title>T</title><guid>{n}</guid></item>" for n in range(2 * MAX_ITEMS))
    listing = look("", rss(items))
    assert len(listing.entries) == MAX_ITEMS
    assert listing.warnings == ("more than 5,000 entries, of which the first 5,000 were read",)
    ill_formed = look("", rss(items + "&x"))
    assert len(ill_formed.entries) == MAX_ITEMS


@pytest.mark.parametrize(
    "nested",
    [
        "<x>" * 20_000 + "</x>" * 20_000,
        "<x>" * 20_000,
        "<description>" + "&lt;b>" * 20_000 + "</description>",
        "<content type='xhtml'>" + "<div>" * 20_000 + "</div>" * 20_000 + "</content>",
    ],
)
def test_deep_nesting_is_read(nested: str) -> None:
    (entry,) = look("", rss(f"<item><title>T</title>{nested}</item>")).entries
    assert entry.title == "T"


def test_each_category_is_not_compared_with_thousands() -> None:
    many = "".join(f"<category>{n}</category>" for n in range(20_000))
    (entry,) = look("", rss(f"<item><title>T</title>{many}</item>")).entries
    assert len(entry.tags) == MAX_TAGS


def test_an_element_with_thousands_of_attributes_is_refused() -> None:
    attributes = " ".join(f"a{n}=''" for n in range(20_000))
    with pytest.raises(ArticleRejected, match=r"\(ValueError: an element has 20,000 attributes, more than 500\)"):
        look("", rss(f"<item><title>T</title><x {attributes}/></item>"))


def test_an_author_of_a_megabyte_is_nobody() -> None:
    (entry,) = look("", rss(f"<item><title>T</title><author>{'a@a.' * 250_000}</author></item>")).entries
    assert sum(map(len, entry.authors)) <= 1_000


def test_relative_addresses_are_resolved_in_so_many_characters() -> None:
    filler = "x" * (MAX_RESOLVED + 1)
    link = "&lt;a href='/a'>a&lt;/a>"
    before, after = look(
        "",
        rss(
            f"<item><title>1</title><description>{link}</description></item>"
            f"<x>{filler}</x><item><title>2</title><description>{link}</description></item>"
        ),
    ).entries
    assert before.summary_html == '<a href="https://news.example.org/a">a</a>'
    assert after.summary_html == "<a href='/a'>a</a>"


def test_an_item_of_many_megabytes_is_read_whole() -> None:
    (entry,) = look("", rss(f"<item><title>T</title><description>{'word ' * 3_000_000}</description></item>")).entries
    assert len(entry.summary_html) == 15_000_000 - 1


@pytest.mark.parametrize("lump", ["<a ", "<", "<!", "<![CDATA[", "<!--", "<a b='", "&x "])
def test_what_never_ends_is_read_as_far_as_it_goes(lump: str) -> None:
    listing = look("", f"<rss><channel><title>F</title><item><title>T</title></item><item>{lump * 20_000}")
    assert listing.entries[0].title == "T"
    assert listing.warnings[0].startswith(f"{URL} is ill-formed: ")


@pytest.mark.parametrize(
    ("reference", "title"),
    [("&#xD800;", "AB"), ("&#55296;", "AB"), ("&#x110000;", "AB"), ("&#0;", "AB"), ("\x00", "AB")],
)
def test_what_stands_for_no_character_is_left_out(reference: str, title: str) -> None:
    assert look("", rss(f"<item><title>A{reference}B</title></item>")).entries[0].title == title


def test_a_lone_surrogate_in_the_bytes_is_no_text() -> None:
    body = rss("<item><title>A?B</title></item>").encode().replace(b"?", b"\xed\xa0\x80")
    (entry,) = look("", body).entries
    entry.title.encode("utf-8")
    assert entry.title[0] + entry.title[-1] == "AB"


@pytest.mark.parametrize("lump", ["<!-- ", "<?x ", "'", "<!DOCTYPE x [", "<!ENTITY a ", "<!DOCTYPE x>"])
@pytest.mark.parametrize("start", ["", "<!DOCTYPE x [", "<!-- -->"])
def test_a_head_without_end_is_passed_once(start: str, lump: str) -> None:
    # Read anew from each of these beginnings, as backtracking would, this never comes back.
    with pytest.raises(ArticleRejected):
        look("", start + lump * 400_000)


def test_a_doctype_is_passed_whatever_is_in_it() -> None:
    doctype = (
        "<?xml version='1.0'?><!DOCTYPE rss [<!-- ]> ' <b> --><?x ]> ?><!ENTITY a ']>'><!ELEMENT rss (channel)>\n]>\n"
    )
    listing = look("", rss("<title>F</title>", f"<!-- <rss> -->{doctype}"))
    assert listing.title == "F"
