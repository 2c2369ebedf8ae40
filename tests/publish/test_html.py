from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup, Tag
from lxml import etree

from broadsheet.model.article import ArticleState, Body, CategoryLine, NewestLine
from broadsheet.model.page import CACHE_ARTICLE, CACHE_ASSET, CACHE_SHORT, PageKey
from broadsheet.model.site import Site
from broadsheet.publish import archive, feeds, html, permalink
from tests.publish import golden
from tests.publish.newsroom import CHINESE, ENGLISH, HARBOUR, MORNING, body, line_of, origin
from tests.publish.whole_site import all_pages, html_pages, newsroom

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{ 7 * 7 }}</title></style><!--"


def article_page(site: Site, published: Body) -> BeautifulSoup:
    page = html.article_pages(site, published)[0]
    return BeautifulSoup(page.body, "html.parser")


@pytest.mark.parametrize(("name", "site"), [("english", ENGLISH), ("chinese", CHINESE)])
def test_pages_look_as_they_did(name: str, site: Site) -> None:
    room = newsroom(site)
    golden.check(f"{name}/article.html", html.article_pages(site, room.bodies[0])[0].body)
    golden.check(f"{name}/category.html", html.category_head(site, HARBOUR, room.lines[::2], [2025, 2026]).body)
    golden.check(f"{name}/home.html", html.home_page(site, room.lines, room.newest()).body)
    golden.check(f"{name}/categories.html", html.categories_pages(site, room.categories)[0].body)
    golden.check(f"{name}/gone.html", html.gone_page(site, "/gone/").body)
    golden.check(f"{name}/redirect.html", html.redirect_page(site, "/old/", room.lines[0].address).body)


def test_same_input_same_bytes() -> None:
    assert list(all_pages(ENGLISH)) == list(all_pages(ENGLISH))


def test_order_of_stored_categories_does_not_matter() -> None:
    categories = newsroom(ENGLISH).categories
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
    # The list of sources is another's to write.
    keys = {page.key for page in all_pages(site)} | {"opml.xml"}
    for key, page in html_pages(site).items():
        soup = BeautifulSoup(page.body, "html.parser")
        for tag in soup.find_all(href=True):
            address = urljoin(f"{site.url}/{key}", str(tag["href"]))
            if address.startswith(site.url):
                path, _, fragment = address.removeprefix(site.url).partition("#")
                assert permalink.site_key(path) in keys, (key, address)
                assert not fragment or soup.find(id=fragment), (key, address)


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
    category = CategoryLine("harbour", HOSTILE, count=1)
    published = body(site, chosen, categories=(category,), also=((HOSTILE, "https://x.example/" + HOSTILE),))
    line = line_of(published)
    day = line.instant.date()
    pages = [
        html.article_pages(site, published)[0],
        html.category_head(site, category, [line], [2026]),
        html.home_page(site, [line, line], [NewestLine("harbour", HOSTILE, (line,))]),
        html.categories_pages(site, [category])[0],
        html.gone_page(site, "/x/"),
        *archive.day_pages(site, category, day, [line], day, day)[:1],
        archive.year_page(site, category, 2026, [day], [2026]),
    ]
    for page in pages:
        soup = BeautifulSoup(page.body, "html.parser")
        assert HOSTILE in soup.get_text()
        assert {tag["src"] for tag in soup.find_all("img")} <= {"https://x.example/" + HOSTILE}
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
    soup = article_page(ENGLISH, newsroom(ENGLISH).bodies[0])
    (facts,) = soup.select("footer.facts")
    links = {tag.get_text(strip=True): tag.get("href") for tag in facts.find_all("a")}
    assert links == {
        "Read the original at Coast Wire": "https://wire.example/0",
        "The Islander": "https://islander.example/f",
        "泉州港开通直航新航线": "/quanzhouwanbao/2026/01/05/story-1-iffoa6/",
        "Ferry returns, part 2": "/harbour/2026/01/05/story-2-sbm2jj/",
        "Back to Harbour": "/category/harbour/",
        "Harbour, 5 January 2026": "/category/harbour/2026/01/05/",
        "Back to the front page": "/",
    }
    assert "Port Authority" in facts.get_text()
    assert [tag.get_text() for tag in facts.select(".tags li")] == ["ferries", "islands"]


def test_dates_are_in_the_sites_zone() -> None:
    published = newsroom(CHINESE).bodies[0]
    times = [(tag.get("datetime"), tag.get_text()) for tag in article_page(CHINESE, published).select(".byline time")]
    assert times == [
        ("2026-01-05T16:30+08:00", "2026年1月5日 16:30"),
        ("2026-01-05T18:30+08:00", "2026年1月5日 18:30"),
    ]


def test_article_that_was_never_corrected_says_nothing_of_it() -> None:
    page = html.article_pages(ENGLISH, newsroom(ENGLISH).bodies[1])[0].body.decode()
    assert "modified_time" not in page
    assert "Updated" not in page


def test_text_in_another_language_says_so() -> None:
    article = article_page(ENGLISH, newsroom(ENGLISH).bodies[1]).find("article")
    assert isinstance(article, Tag)
    assert article["lang"] == "zh-CN"
    assert article.select_one(".byline[lang=en]"), "what the site says itself is in its own language"
    arabic = article_page(ENGLISH, body(ENGLISH, origin(language="ar"))).find("article")
    assert isinstance(arabic, Tag)
    assert arabic["dir"] == "rtl"


def test_machines_are_told_what_it_is_based_on() -> None:
    published = newsroom(ENGLISH).bodies[0]
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
    pages = [html.category_head(ENGLISH, HARBOUR, [], []), feeds.category_feed(ENGLISH, HARBOUR, [])]
    assert [PageKey(page.key) for page in pages] == html.category_page_keys("harbour")
    assert [page.key for page in pages] == ["category/harbour/index.html", "category/harbour/atom.xml"]


@pytest.mark.parametrize("state", [state for state in ArticleState if state is not ArticleState.PUBLISHED])
def test_article_that_is_not_published_has_no_pages(state: ArticleState) -> None:
    published = body(ENGLISH)
    with pytest.raises(ValueError, match=f"is {state}"):
        html.article_pages(ENGLISH, replace(published, article=replace(published.article, state=state)))


def test_home_shows_categories_in_the_order_they_come() -> None:
    room = newsroom(ENGLISH)
    for newest in (room.newest(), room.newest()[::-1]):
        soup = BeautifulSoup(html.home_page(ENGLISH, room.lines, newest).body, "html.parser")
        names = [line.name for line in newest]
        assert [tag.get_text(strip=True) for tag in soup.select(".desks h2")] == names
        assert [tag.get_text(strip=True) for tag in soup.select(".sections li")] == names


def test_home_tells_the_time_of_todays_lines_and_the_day_of_older_ones() -> None:
    lines = [replace(newsroom(ENGLISH).lines[0], instant=MORNING - timedelta(days=days)) for days in (0, 1, 400)]
    home = html.home_page(ENGLISH, lines, [NewestLine("harbour", "Harbour", tuple(lines))])
    times = BeautifulSoup(home.body, "html.parser").select(".desks time")
    assert [tag.get_text() for tag in times] == ["08:30", "4 January", "1 December 2024"]
    assert [tag.get("datetime") for tag in times] == [None, "2026-01-04", "2024-12-01"]


def test_home_and_head_are_bounded() -> None:
    room = newsroom(ENGLISH)
    site = replace(ENGLISH, home_size=3, head_size=2, home_category_size=2)
    soup = BeautifulSoup(html.home_page(site, room.lines, room.newest()).body, "html.parser")
    assert len(soup.select(".lead h2")) + len(soup.select(".river li")) == 3
    assert [len(desk.select("li")) for desk in soup.select(".desks section")] == [2, 2]
    head = html.category_head(site, HARBOUR, room.lines_of("harbour"), [2026])
    assert head.body.count(b"<h3>") == 2


def test_full_head_leads_on_to_the_day_of_its_last_line() -> None:
    lines = newsroom(CHINESE).lines
    late = replace(lines[1], instant=MORNING - timedelta(hours=17))
    site = replace(CHINESE, head_size=2)
    full = BeautifulSoup(html.category_head(site, HARBOUR, [lines[0], late], [2026]).body, "html.parser")
    assert [tag["href"] for tag in full.select(".older")] == ["/category/harbour/2026/01/04/"]
    short = BeautifulSoup(html.category_head(site, HARBOUR, [late], [2026]).body, "html.parser")
    assert not short.select(".older")
    assert [tag["href"] for tag in short.select(".day h2 a")] == ["/category/harbour/2026/01/04/"]


def test_head_leads_to_its_years_newest_first() -> None:
    page = html.category_head(ENGLISH, HARBOUR, [], [2025, 2026, 2019, 2025])
    years = [tag["href"] for tag in BeautifulSoup(page.body, "html.parser").select(".years a")]
    assert years == ["/category/harbour/2026/", "/category/harbour/2025/", "/category/harbour/2019/"]


def test_head_does_not_change_with_the_categorys_count() -> None:
    more = replace(HARBOUR, count=99, newest_at=MORNING)
    assert html.category_head(ENGLISH, HARBOUR, [], [2026]) == html.category_head(ENGLISH, more, [], [2026])


def test_all_categories_tell_their_counts_but_for_empty_ones() -> None:
    listed = [CategoryLine("b-side", "B-side", 3), CategoryLine("atlas", "Atlas", 1), CategoryLine("void", "Void")]
    soup = BeautifulSoup(html.categories_pages(ENGLISH, listed)[0].body, "html.parser")
    assert [tag.get_text() for tag in soup.select(".letter li")] == ["Atlas 1", "B-side 3"]


def test_lines_show_the_beginning_of_a_long_description() -> None:
    line = replace(newsroom(ENGLISH).lines[0], description="word " * 400)
    for page in (html.home_page(ENGLISH, [line], []), html.category_head(ENGLISH, HARBOUR, [line], [])):
        summary = BeautifulSoup(page.body, "html.parser").select_one(".summary")
        assert summary is not None
        assert re.fullmatch(r"(word ){20,70}word…", summary.get_text())


def test_pictures_of_lines_take_the_same_space_before_they_are_there() -> None:
    lines = [replace(line, image=f"/images/{n}.jpg") for n, line in enumerate(newsroom(ENGLISH).lines)]
    site = replace(ENGLISH, url="https://gazette.example/news")
    for page in (html.home_page(site, lines, []), html.category_head(site, HARBOUR, lines, [])):
        pictures = BeautifulSoup(page.body, "html.parser").select("img")
        assert pictures
        for picture in pictures:
            assert str(picture["src"]).startswith("/news/images/")
            assert (picture["alt"], picture["width"], picture["height"]) == ("", "16", "9")


def test_sources_are_linked_where_they_are_published() -> None:
    for publish in (True, False):
        page = html.home_page(replace(ENGLISH, publish_sources=publish), [], [])
        assert (b'href="/opml.xml"' in page.body) is publish


def test_site_without_articles_has_pages_that_say_so() -> None:
    for page in [html.home_page(ENGLISH, [], []), html.category_head(ENGLISH, HARBOUR, [], [])]:
        assert "Nothing has been published here yet." in page.body.decode()
    assert "no categories yet" in html.categories_pages(ENGLISH, [])[0].body.decode()


def test_days_of_a_category_are_days_in_the_sites_zone() -> None:
    lines = newsroom(CHINESE).lines
    late = [replace(line, instant=MORNING - timedelta(hours=9 * number)) for number, line in enumerate(lines[:3])]
    soup = BeautifulSoup(html.category_head(CHINESE, HARBOUR, late, [2026]).body, "html.parser")
    assert [(tag.h2.get_text(), len(tag.select("li"))) for tag in soup.select(".day") if tag.h2] == [
        ("2026年1月5日", 2),
        ("2026年1月4日", 1),
    ]


def test_redirect_leads_on_and_gone_is_gone() -> None:
    redirect = html.redirect_page(ENGLISH, "/old/", "/harbour/2026/01/05/x-abcdef/")
    assert (redirect.key, redirect.status) == ("old/index.html", 301)
    assert redirect.location == "/harbour/2026/01/05/x-abcdef/"
    assert html.redirect_page(ENGLISH, "/2020/x.html", "/").key == "2020/x.html"
    assert html.redirect_page(ENGLISH, "/a/b/", "/").key == "a/b/index.html"
    assert b'content="0; url=https://gazette.example/harbour/2026/01/05/x-abcdef/"' in redirect.body
    gone = html.gone_page(ENGLISH, "/harbour/2026/01/05/x-abcdef/")
    assert (gone.key, gone.status) == ("harbour/2026/01/05/x-abcdef/index.html", 410)
    assert b"canonical" not in gone.body


def test_redirect_off_the_site_is_left_to_the_page() -> None:
    page = html.redirect_page(ENGLISH, "/old/", "https://wire.example/1")
    assert (page.status, page.location) == (200, None)
    assert b'content="0; url=https://wire.example/1"' in page.body


def test_location_of_a_redirect_is_encoded_and_below_the_sites_folder() -> None:
    site = replace(ENGLISH, url="https://gazette.example/news")
    assert html.redirect_page(site, "/old/", "/a b/%20é/").location == "/news/a%20b/%20%C3%A9/"


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
    assert others[1].body.decode().endswith("\n\nSitemap: https://gazette.example/sitemap.xml\n")


def test_site_in_a_folder_links_into_that_folder() -> None:
    site = replace(ENGLISH, url="https://gazette.example/news")
    page = html.article_pages(site, body(site))[0].body.decode()
    assert 'href="/news/assets/style-' in page
    assert 'href="/news/category/harbour/"' in page
    assert f'<link rel="canonical" href="https://gazette.example/news{body(site).article.address}">' in page
