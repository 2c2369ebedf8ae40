from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup, Tag
from lxml import etree

from broadsheet.model.article import ArticleState, Body, CategoryLine, IndexLine
from broadsheet.model.page import CACHE_ARTICLE, CACHE_ASSET, CACHE_SHORT, Page, PageKey
from broadsheet.model.site import Site
from broadsheet.publish import html, permalink
from tests.publish import golden
from tests.publish.newsroom import CHINESE, ENGLISH, HARBOUR, MORNING, QUANZHOU, body, line_of, origin

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{ 7 * 7 }}</title></style><!--"
MAX_STYLESHEET = 12 * 1024
MAX_PAGE_AROUND_TEXT = 30 * 1024


def newsroom(site: Site) -> tuple[list[Body], list[IndexLine], list[CategoryLine]]:
    """Seven articles in two categories, an hour and a half apart, with all that pages may show of them."""
    bodies = []
    for number in range(7):
        category = (HARBOUR, QUANZHOU)[number % 2]
        chinese = category is QUANZHOU
        when = MORNING - timedelta(hours=1.5 * number)
        chosen = origin(
            title="泉州港开通直航新航线" if chinese else f"Ferry returns, part {number}",
            published=when,
            first_seen=when,
            content_since=when + timedelta(hours=2 if number == 0 else 0),
            slug=f"story-{number}",
            language="zh-CN" if chinese else "en",
            source_name="泉州晚报" if chinese else "Coast Wire",
            description="" if number == 3 else "新航线每周三班。" if chinese else "The quay is full.",
            canonical_url=f"https://wire.example/{number}",
            image="https://wire.example/boat.jpg" if number == 0 else None,
        )
        also = (("The Islander", "https://islander.example/f"), ("Port Authority", None)) if number == 0 else ()
        bodies.append(body(site, chosen, "<h1>Why</h1><p>Because.</p>", (category,), also=also))
    lines = [line_of(published) for published in bodies]
    categories = [
        replace(category, newest=tuple(line for line in lines if category.slug in line.categories)[:5])
        for category in (HARBOUR, QUANZHOU)
    ]
    return bodies, lines, categories


def all_pages(site: Site) -> Iterator[Page]:
    bodies, lines, categories = newsroom(site)
    for published in bodies:
        yield from html.article_pages(site, published)
    for category in categories:
        yield from html.category_pages(site, category, [line for line in lines if category.slug in line.categories])
    yield from html.home_pages(site, lines, categories)
    yield from html.categories_pages(site, categories)
    yield from html.static_pages(site)
    yield html.gone_page(site, "/harbour/2026/01/01/gone-abcdef/")
    yield html.redirect_page(site, "/old/", lines[0].address)


def html_pages(site: Site) -> dict[str, Page]:
    return {page.key: page for page in all_pages(site) if page.key.endswith(".html")}


def article_page(site: Site, published: Body) -> BeautifulSoup:
    page = html.article_pages(site, published)[0]
    return BeautifulSoup(page.body, "html.parser")


@pytest.mark.parametrize(("name", "site"), [("english", ENGLISH), ("chinese", CHINESE)])
def test_pages_look_as_they_did(name: str, site: Site) -> None:
    bodies, lines, categories = newsroom(site)
    golden.check(f"{name}/article.html", html.article_pages(site, bodies[0])[0].body)
    golden.check(f"{name}/category.html", html.category_pages(site, categories[0], lines[::2])[0].body)
    golden.check(f"{name}/home.html", html.home_pages(site, lines, categories)[0].body)
    golden.check(f"{name}/categories.html", html.categories_pages(site, categories)[0].body)
    golden.check(f"{name}/gone.html", html.gone_page(site, "/gone/").body)
    golden.check(f"{name}/redirect.html", html.redirect_page(site, "/old/", lines[0].address).body)


def test_same_input_same_bytes() -> None:
    assert list(all_pages(ENGLISH)) == list(all_pages(ENGLISH))


def test_order_of_categories_does_not_matter() -> None:
    _, lines, categories = newsroom(ENGLISH)
    assert html.home_pages(ENGLISH, lines, categories) == html.home_pages(ENGLISH, lines, categories[::-1])
    assert html.categories_pages(ENGLISH, categories) == html.categories_pages(ENGLISH, categories[::-1])


@pytest.mark.parametrize("site", [ENGLISH, CHINESE], ids=["english", "chinese"])
def test_every_page_is_well_formed(site: Site) -> None:
    for key, page in html_pages(site).items():
        text = page.body.decode()
        assert text.startswith("<!doctype html>\n"), key
        # What HTML lets one leave out is written out, so that a strict XML parser finds each tag closed.
        strict = re.sub(r"<(meta|link|img|br|hr)\b([^>]*)>", r"<\1\2/>", text.removeprefix("<!doctype html>"))
        etree.fromstring(strict.encode().strip())
        soup = BeautifulSoup(text, "html.parser")
        ids = [tag["id"] for tag in soup.find_all(id=True)]
        assert len(ids) == len(set(ids)), key
        assert len(soup.find_all("h1")) == 1, key
        assert len(soup.find_all("main")) == 1, key
        levels = [int(heading.name[1]) for heading in soup.find_all(re.compile("^h[1-6]$"))]
        assert all(after <= before + 1 for before, after in pairwise(levels)), (key, levels)


@pytest.mark.parametrize("site", [ENGLISH, CHINESE], ids=["english", "chinese"])
def test_every_internal_link_leads_to_a_page(site: Site) -> None:
    keys = {page.key for page in all_pages(site)}
    for key, page in html_pages(site).items():
        soup = BeautifulSoup(page.body, "html.parser")
        addresses = [str(tag["href"]) for tag in soup.find_all(href=True)]
        for address in (address.removeprefix(site.url) for address in addresses):
            if address.startswith("/"):
                assert permalink.site_key(address) in keys, (key, address)
            if address.startswith("#"):
                assert soup.find(id=address[1:]), (key, address)


@pytest.mark.parametrize("site", [ENGLISH, CHINESE], ids=["english", "chinese"])
def test_no_page_holds_script_style_or_events(site: Site) -> None:
    for key, page in html_pages(site).items():
        soup = BeautifulSoup(page.body, "html.parser")
        assert all(tag.get("type") == "application/ld+json" for tag in soup.find_all("script")), key
        assert not soup.find_all("style"), key
        for tag in soup.find_all(True):
            assert not [name for name in tag.attrs if name == "style" or name.startswith("on")], (key, tag)
        policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
        assert isinstance(policy, Tag)
        assert str(policy["content"]).startswith("default-src 'none';")


def test_pages_are_light() -> None:
    sheet = next(page for page in html.static_pages(ENGLISH) if page.key.endswith(".css"))
    assert len(sheet.body) < MAX_STYLESHEET
    for key, page in html_pages(ENGLISH).items():
        assert len(page.body) < MAX_PAGE_AROUND_TEXT, key


def test_full_home_page_is_light() -> None:
    line = line_of(body(CHINESE, origin(title="题" * 40, description="述" * 120)))
    categories = [CategoryLine(f"c{n}", "每日经济新闻", (line,) * 5) for n in range(40)]
    home = html.home_pages(CHINESE, [line] * 200, categories)[0]
    assert home.body.count(b"<li>") < 120
    assert len(home.body) < 2 * MAX_PAGE_AROUND_TEXT


def test_hostile_text_is_text_wherever_it_stands() -> None:
    site = replace(ENGLISH, title=HOSTILE, description=HOSTILE)
    chosen = origin(
        title=HOSTILE,
        description=HOSTILE,
        authors=(HOSTILE,),
        tags=(HOSTILE,),
        source_name=HOSTILE,
        language=HOSTILE,
        image="https://x.example/" + HOSTILE,
        canonical_url="https://x.example/" + HOSTILE,
    )
    category = CategoryLine("harbour", HOSTILE)
    published = body(site, chosen, categories=(category,), also=((HOSTILE, "https://x.example/" + HOSTILE),))
    line = line_of(published)
    listed = replace(category, newest=(line,))
    pages = [
        html.article_pages(site, published)[0],
        html.category_pages(site, listed, [line])[0],
        html.home_pages(site, [line, line], [listed])[0],
        html.categories_pages(site, [listed])[0],
        html.gone_page(site, "/x/"),
    ]
    for page in pages:
        soup = BeautifulSoup(page.body, "html.parser")
        assert HOSTILE in soup.get_text()
        assert not soup.find_all("img")
        assert {tag.get("type") for tag in soup.find_all("script")} <= {"application/ld+json"}
        assert not [tag for tag in soup.find_all(True) if any(name.startswith("on") for name in tag.attrs)]
        assert soup.find("footer", class_="colophon"), "nothing before it swallowed it"
    (told,) = BeautifulSoup(pages[0].body, "html.parser").select("script")
    assert json.loads(told.string or "")["description"] == HOSTILE


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "ftp://x.example/", "//x.example/", "https://["]
)
def test_only_web_addresses_are_linked(url: str) -> None:
    chosen = origin(canonical_url=url, source_url=url, image=url)
    page = html.article_pages(ENGLISH, body(ENGLISH, chosen, also=(("The Islander", url),), claim="id:x:1"))[0]
    assert url not in page.body.decode()
    assert "The Islander" in page.body.decode()


def test_article_shows_where_it_comes_from() -> None:
    soup = article_page(ENGLISH, newsroom(ENGLISH)[0][0])
    (facts,) = soup.select("footer.facts")
    links = {tag.get_text(strip=True): tag.get("href") for tag in facts.find_all("a")}
    assert links == {
        "Read the original at Coast Wire": "https://wire.example/0",
        "The Islander": "https://islander.example/f",
        "Back to Harbour": "/category/harbour/",
        "Back to the front page": "/",
    }
    assert "Port Authority" in facts.get_text()
    assert [tag.get_text() for tag in facts.select(".tags li")] == ["ferries", "islands"]


def test_dates_are_in_the_sites_zone() -> None:
    published = newsroom(CHINESE)[0][0]
    times = [(tag.get("datetime"), tag.get_text()) for tag in article_page(CHINESE, published).select(".byline time")]
    assert times == [
        ("2026-01-05T16:30:00+08:00", "2026年1月5日 16:30"),
        ("2026-01-05T18:30:00+08:00", "2026年1月5日 18:30"),
    ]


def test_article_that_was_never_corrected_says_nothing_of_it() -> None:
    page = html.article_pages(ENGLISH, newsroom(ENGLISH)[0][1])[0].body.decode()
    assert "modified_time" not in page
    assert "Updated" not in page


def test_text_in_another_language_says_so() -> None:
    article = article_page(ENGLISH, newsroom(ENGLISH)[0][1]).find("article")
    assert isinstance(article, Tag)
    assert article["lang"] == "zh-CN"
    assert article.select_one(".byline[lang=en]"), "what the site says itself is in its own language"
    arabic = article_page(ENGLISH, body(ENGLISH, origin(language="ar"))).find("article")
    assert isinstance(arabic, Tag)
    assert arabic["dir"] == "rtl"


def test_machines_are_told_what_it_is_based_on() -> None:
    published = newsroom(ENGLISH)[0][0]
    soup = article_page(ENGLISH, published)
    script = soup.find("script", type="application/ld+json")
    assert isinstance(script, Tag)
    told = json.loads(script.string or "")
    assert told["@type"] == "NewsArticle"
    assert told["isBasedOn"] == "https://wire.example/0"
    assert told["datePublished"] == "2026-01-05T08:30:00+00:00"
    assert told["dateModified"] == "2026-01-05T10:30:00+00:00"
    assert told["mainEntityOfPage"] == f"https://gazette.example{published.article.address}"
    assert told["author"] == [{"@type": "Person", "name": "Ana Reis"}]
    graph = {str(tag["property"]): tag["content"] for tag in soup.find_all("meta", property=True)}
    assert graph["og:type"] == "article"
    assert graph["og:image"] == "https://wire.example/boat.jpg"


@pytest.mark.parametrize(
    ("site", "canonical", "hidden"),
    [
        (ENGLISH, "https://wire.example/1", True),
        (replace(ENGLISH, noindex=False), "https://wire.example/1", False),
        (ENGLISH, "https://gazette.example/own/", False),
        (ENGLISH, None, False),
    ],
)
def test_copies_of_others_articles_stay_out_of_search(site: Site, canonical: str | None, hidden: bool) -> None:
    published = body(site, origin(canonical_url=canonical), claim="id:x:1")
    soup = article_page(site, published)
    robots = soup.find("meta", attrs={"name": "robots"})
    assert (isinstance(robots, Tag) and robots["content"] == "noindex,follow") is hidden
    link = soup.find("link", rel="canonical")
    assert isinstance(link, Tag)
    assert link["href"] == f"https://gazette.example{published.article.address}"


def test_keys_of_an_article_are_those_of_its_pages() -> None:
    published = body(ENGLISH)
    pages = html.article_pages(ENGLISH, published)
    keys = html.article_page_keys(ENGLISH, published.article)
    assert [PageKey(page.key, page.bucket) for page in pages] == keys
    assert pages[0].cache_control == CACHE_ARTICLE
    assert html.article_page_keys(ENGLISH, replace(published.article, address=None)) == []


def test_keys_of_a_category_are_those_of_its_pages() -> None:
    pages = html.category_pages(ENGLISH, HARBOUR, [])
    assert [PageKey(page.key) for page in pages] == html.category_page_keys("harbour")
    assert [page.key for page in pages] == ["category/harbour/index.html", "category/harbour/atom.xml"]


@pytest.mark.parametrize("state", [state for state in ArticleState if state is not ArticleState.PUBLISHED])
def test_article_that_is_not_published_has_no_pages(state: ArticleState) -> None:
    published = body(ENGLISH)
    with pytest.raises(ValueError, match=f"is {state}"):
        html.article_pages(ENGLISH, replace(published, article=replace(published.article, state=state)))


def test_home_shows_places_first_then_the_newest_categories() -> None:
    _, lines, _ = newsroom(ENGLISH)
    categories = [
        CategoryLine("old", "Old", (lines[6],)),
        CategoryLine("new", "New", (lines[0],)),
        CategoryLine("empty", "Empty"),
        CategoryLine("second", "Second", (lines[5],), order=2),
        CategoryLine("first", "First", (lines[5],), order=1),
    ]
    site = replace(ENGLISH, home_categories=3)
    soup = BeautifulSoup(html.home_pages(site, lines, categories)[0].body, "html.parser")
    assert [tag.get_text(strip=True) for tag in soup.select(".desks h2")] == ["First", "Second", "New"]


def test_home_and_head_are_bounded() -> None:
    _, lines, categories = newsroom(ENGLISH)
    site = replace(ENGLISH, home_size=3, head_size=2, home_category_size=2)
    home, atom, rss, feed = html.home_pages(site, lines, categories)
    soup = BeautifulSoup(home.body, "html.parser")
    assert len(soup.select(".lead h2")) + len(soup.select(".river li")) == 3
    assert [len(desk.select("li")) for desk in soup.select(".desks section")] == [2, 2]
    assert (atom.body.count(b"<entry"), rss.body.count(b"<item>"), len(json.loads(feed.body)["items"])) == (2, 2, 2)
    head = html.category_pages(site, categories[0], lines)[0]
    assert head.body.count(b"<h3>") == 2


def test_site_without_articles_has_pages_that_say_so() -> None:
    for page in [html.home_pages(ENGLISH, [], [])[0], html.category_pages(ENGLISH, HARBOUR, [])[0]]:
        assert "Nothing has been published here yet." in page.body.decode()
    assert "no categories yet" in html.categories_pages(ENGLISH, [])[0].body.decode()


def test_days_of_a_category_are_days_in_the_sites_zone() -> None:
    _, lines, categories = newsroom(CHINESE)
    late = [replace(line, instant=MORNING - timedelta(hours=9 * number)) for number, line in enumerate(lines[:3])]
    soup = BeautifulSoup(html.category_pages(CHINESE, categories[0], late)[0].body, "html.parser")
    assert [(tag.h2.get_text(), len(tag.select("li"))) for tag in soup.select(".day") if tag.h2] == [
        ("2026年1月5日", 2),
        ("2026年1月4日", 1),
    ]


def test_redirect_leads_on_and_gone_is_gone() -> None:
    redirect = html.redirect_page(ENGLISH, "/old/", "/harbour/2026/01/05/x-abcdef/")
    assert redirect.key == "old/index.html"
    assert b'content="0; url=https://gazette.example/harbour/2026/01/05/x-abcdef/"' in redirect.body
    gone = html.gone_page(ENGLISH, "/harbour/2026/01/05/x-abcdef/")
    assert (gone.key, gone.status) == ("harbour/2026/01/05/x-abcdef/index.html", 410)
    assert b"canonical" not in gone.body


def test_assets_are_named_by_their_hash_and_kept_for_ever() -> None:
    assets = [page for page in html.static_pages(ENGLISH) if page.key.startswith("assets/")]
    assert [re.sub(r"-[a-z2-7]{8}\.", "-HASH.", page.key) for page in assets] == [
        "assets/style-HASH.css",
        "assets/icon-HASH.svg",
    ]
    assert {page.cache_control for page in assets} == {CACHE_ASSET}
    others = [page for page in html.static_pages(ENGLISH) if not page.key.startswith("assets/")]
    assert [(page.key, page.cache_control) for page in others] == [
        ("404.html", CACHE_SHORT),
        ("robots.txt", CACHE_SHORT),
    ]


def test_site_in_a_folder_links_into_that_folder() -> None:
    site = replace(ENGLISH, url="https://gazette.example/news")
    page = html.article_pages(site, body(site))[0].body.decode()
    assert 'href="/news/assets/style-' in page
    assert 'href="/news/category/harbour/"' in page
    assert f'<link rel="canonical" href="https://gazette.example/news{body(site).article.address}">' in page
