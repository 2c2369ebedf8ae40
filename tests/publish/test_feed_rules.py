"""The W3C feed validator's rules (https://github.com/w3c/feedvalidator), as far as a feed by itself can break them.

Each rule is a function that returns what breaks it; a last test shows that each finds what it is for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from lxml import etree

from broadsheet.model.article import FeedEntry
from broadsheet.model.site import Site
from broadsheet.publish import feeds
from broadsheet.publish.feed_xml import ATOM, CONTENT, HISTORY
from tests.publish.newsroom import CHINESE, ENGLISH, HARBOUR
from tests.publish.test_feeds import ENTRIES, LINES, NAMES, full

SPACES = {"a": ATOM, "fh": HISTORY, "content": CONTENT}
RELATIONS = {"alternate", "self", "current", "prev-archive"}
"""Registered ones that a feed of ours uses (https://www.iana.org/assignments/link-relations/)."""
FEED_TYPES = {"application/atom+xml", "application/rss+xml"}
UNSAFE = re.compile(r"^(script|style|iframe|object|embed|meta|link|form|input|base|frame|applet)$")
Root = etree._Element
Rule = Callable[[Root], list[str]]


def elements(root: Root, path: str) -> list[Root]:
    return list(root.iterfind(path, SPACES))


def texts(root: Root, path: str) -> list[str]:
    return [element.text or "" for element in elements(root, path)]


def entries(root: Root) -> list[Root]:
    return elements(root, "a:entry") or elements(root, "channel/item")


def missing(parent: Root, names: str) -> list[str]:
    return [f"{parent.tag} has no {name}" for name in names.split() if not texts(parent, name)]


def needed_elements(root: Root) -> list[str]:
    if root.tag == "rss":
        (channel,) = elements(root, "channel")
        of_items = [fault for item in entries(root) for fault in missing(item, "title link guid pubDate")]
        return missing(channel, "title link description language a:link") + of_items
    of_entries = [fault for entry in entries(root) for fault in missing(entry, "a:id a:title a:updated a:link")]
    return missing(root, "a:id a:title a:updated a:author/a:name a:link") + of_entries


def text_in_each_entry(root: Root) -> list[str]:
    if root.tag == "rss":
        return []
    return [
        str(e.findtext("a:id", namespaces=SPACES))
        for e in entries(root)
        if not texts(e, "a:summary") + texts(e, "a:content")
    ]


def no_blank_elements(root: Root) -> list[str]:
    optional = {f"{{{HISTORY}}}archive", f"{{{ATOM}}}link", f"{{{ATOM}}}category"}
    leaves = [element for element in root.iter() if not len(element) and element.tag not in optional]
    return [str(element.tag) for element in leaves if not (element.text or "").strip()]


def no_element_twice(root: Root) -> list[str]:
    several = {f"{{{ATOM}}}{name}" for name in ("link", "category", "author", "entry")}
    several |= {"category", "item", "{http://purl.org/dc/elements/1.1/}creator"}
    counted = [(parent, Counter(child.tag for child in parent)) for parent in root.iter()]
    return [str(tag) for _, tags in counted for tag, count in tags.items() if count > 1 and tag not in several]


def metadata_before_entries(root: Root) -> list[str]:
    tags = [child.tag for child in (root if root.tag != "rss" else elements(root, "channel")[0])]
    is_entry = [tag in {f"{{{ATOM}}}entry", "item"} for tag in tags]
    return [] if is_entry == sorted(is_entry) else ["metadata after an entry"]


def unique_ids(root: Root) -> list[str]:
    ids = [text for entry in entries(root) for text in texts(entry, "a:id") + texts(entry, "guid")]
    return [one for one, count in Counter(ids).items() if count > 1]


def absolute_canonical_ids(root: Root) -> list[str]:
    ids = texts(root, "a:id") + [
        text for entry in entries(root) for text in texts(entry, "a:id") + texts(entry, "guid")
    ]
    return [one for one in ids if not re.fullmatch(r"tag:[a-z0-9.-]+,\d{4}-\d\d-\d\d:[\x21-\x7e]+", one)]


def one_link_of_a_kind(root: Root) -> list[str]:
    parents = [root, *elements(root, "channel"), *entries(root)]
    kinds = [Counter((link.get("rel"), link.get("type")) for link in elements(parent, "a:link")) for parent in parents]
    return [str(kind) for counted in kinds for kind, count in counted.items() if count > 1]


def known_relations(root: Root) -> list[str]:
    found = [(str(link.getparent().tag), str(link.get("rel"))) for link in elements(root, ".//a:link")]  # type: ignore[union-attr]
    of_feeds_alone = RELATIONS - {"alternate"}
    return [rel for tag, rel in found if rel not in RELATIONS or (tag.endswith("entry") and rel in of_feeds_alone)]


def links_to_feeds_have_their_type(root: Root) -> list[str]:
    found = [link for link in elements(root, ".//a:link") if link.get("rel") != "alternate"]
    return [str(link.attrib) for link in found if link.get("type") not in FEED_TYPES]


def absolute_addresses(root: Root) -> list[str]:
    found = [str(link.get("href")) for link in elements(root, ".//a:link")] + texts(root, ".//link")
    return [url for url in found if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname]


def atom_dates(root: Root) -> list[str]:
    dates = texts(root, ".//a:updated") + texts(root, ".//a:published")
    return [
        told
        for told in dates
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told) or not datetime.fromisoformat(told)
    ]


def rss_dates(root: Root) -> list[str]:
    pattern = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"
    dates = texts(root, ".//pubDate") + texts(root, ".//lastBuildDate")
    return [d for d in dates if not re.fullmatch(pattern, d) or f"{parsedate_to_datetime(d):%a}" != d[:3]]


def html_is_declared(root: Root) -> list[str]:
    return [str(content.get("type")) for content in elements(root, ".//a:content") if content.get("type") != "html"]


def html_in(root: Root) -> list[BeautifulSoup]:
    found = texts(root, ".//a:content") + texts(root, ".//content:encoded") + texts(root, ".//item/description")
    return [BeautifulSoup(text, "html.parser") for text in found]


def no_relative_addresses_in_html(root: Root) -> list[str]:
    tags = [tag for soup in html_in(root) for tag in soup.find_all(True)]
    found = [str(tag[name]) for tag in tags for name in ("href", "src", "poster", "cite") if tag.get(name)]
    return [url for url in found if urlsplit(url).scheme not in {"http", "https", "mailto"}]


def nothing_unsafe_in_html(root: Root) -> list[str]:
    tags = [tag for soup in html_in(root) for tag in soup.find_all(True)]
    unsafe = [str(tag) for tag in tags if UNSAFE.match(tag.name)]
    return unsafe + [str(tag) for tag in tags for name in tag.attrs if name == "style" or name.startswith("on")]


def archives_are_in_a_series(root: Root) -> list[str]:
    if not elements(root, ".//fh:archive"):
        return []
    relations = {link.get("rel") for link in elements(root, "a:link")}
    return ["no current"] * ("current" not in relations) + ["no neighbour"] * (not relations & {"prev-archive"})


RULES: list[Rule] = [
    needed_elements,
    text_in_each_entry,
    no_blank_elements,
    no_element_twice,
    metadata_before_entries,
    unique_ids,
    absolute_canonical_ids,
    one_link_of_a_kind,
    known_relations,
    links_to_feeds_have_their_type,
    absolute_addresses,
    atom_dates,
    rss_dates,
    html_is_declared,
    no_relative_addresses_in_html,
    nothing_unsafe_in_html,
    archives_are_in_a_series,
]


def all_feeds(site: Site) -> list[Root]:
    relative = FeedEntry(LINES[0], '<p><a href="#fn1">1</a> <img src="/images/x.png"> <a href="/y/">y</a></p>')
    day, other = date(2026, 1, 5), date(2026, 1, 6)
    written = [
        *feeds.site_feeds(full(site), NAMES, [relative, ENTRIES[1]])[:2],
        *feeds.site_feeds(site, NAMES, [])[:2],
        feeds.category_feed(full(site), HARBOUR, ENTRIES),
        feeds.site_day_feed(site, day, LINES, other, other),
        feeds.category_day_feed(full(site), HARBOUR, day, LINES, other, None),
    ]
    return [etree.fromstring(page.body) for page in written if page]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("site", [ENGLISH, CHINESE], ids=["english", "chinese"])
def test_no_feed_breaks_a_rule(rule: Rule, site: Site) -> None:
    assert [fault for root in all_feeds(site) for fault in rule(root)] == []


BROKEN = f"""<feed xmlns="{ATOM}" xmlns:fh="{HISTORY}"><id>about</id><id>about</id><title> </title><fh:archive/>
<link rel="self" href="/atom.xml"/><link rel="self" href="/atom.xml"/><link rel="up" href="https://x.example/"/>
<entry><id>x</id><updated>2026-01-05 08:30</updated><link rel="current"/></entry>
<entry><id>x</id><content type="text">&lt;a href="y" onclick="z">&lt;script></content></entry>
<subtitle>late</subtitle></feed>"""
BROKEN_RSS = """<rss><channel><item><pubDate>Tue, 5 Jan 2026 08:30:00 GMT</pubDate></item></channel></rss>"""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_each_rule_finds_what_it_is_for(rule: Rule) -> None:
    assert [fault for text in (BROKEN, BROKEN_RSS) for fault in rule(etree.fromstring(text))]
