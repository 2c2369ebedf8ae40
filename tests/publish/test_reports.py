"""What others on the site tell alike stands below the article, named and linked to their own pages here."""

from __future__ import annotations

from dataclasses import replace

from bs4 import BeautifulSoup, Tag

from broadsheet.model.article import Body, Report
from broadsheet.model.site import Site
from broadsheet.publish import html
from tests.publish.newsroom import CHINESE, ENGLISH, MORNING, body

REPORT = Report("a", MORNING, "Ferry is back", "/harbour/2026/01/05/ferry-aaaaaa/", "The Islander", "en")
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def listed(published: Body, site: Site = ENGLISH) -> list[Tag]:
    """The items under "also reported by"."""
    soup = BeautifulSoup(html.article_pages(site, published)[0].body, "html.parser")
    heading = soup.find("dt", string=("Also reported by", "其他来源"))
    return list(heading.parent.select("li")) if heading and heading.parent else []


def test_nothing_stands_there_where_nobody_tells_the_same() -> None:
    assert listed(body(ENGLISH)) == []


def test_reports_come_after_the_articles_own_other_origins() -> None:
    published = replace(body(ENGLISH, also=(("Coast Wire", "https://coast.example/1"),)), reports=(REPORT,))
    first, second = listed(published)
    assert first.get_text() == "Coast Wire"
    assert second.get_text() == "The Islander: Ferry is back"
    assert [link["href"] for link in second.select("a")] == [REPORT.address]


def test_a_title_is_in_its_own_language_and_a_name_followed_by_the_sites_colon() -> None:
    (item,) = listed(replace(body(CHINESE), reports=(REPORT,)), CHINESE)
    assert item.get_text() == "The Islander：Ferry is back"
    assert item.select_one("a[lang=en]")


def test_a_report_without_a_source_is_its_title() -> None:
    (item,) = listed(replace(body(ENGLISH), reports=(replace(REPORT, source_name=None),)))
    assert item.get_text() == "Ferry is back"


def test_the_address_is_below_the_folder_that_the_site_stands_in() -> None:
    site = replace(ENGLISH, url="https://gazette.example/paper")
    (item,) = listed(replace(body(site), reports=(REPORT,)), site)
    assert item.select("a")[0]["href"] == "/paper" + REPORT.address


def test_nothing_of_a_report_is_markup() -> None:
    report = replace(REPORT, title=HOSTILE, source_name=HOSTILE, language=HOSTILE)
    (item,) = listed(replace(body(ENGLISH), reports=(report,)))
    assert item.get_text() == f"{HOSTILE}: {HOSTILE}"
    assert {tag.name for tag in item.find_all(True)} == {"a"}


def test_the_post_and_the_linked_data_do_not_depend_on_it() -> None:
    without, with_ = body(ENGLISH), replace(body(ENGLISH), reports=(REPORT,))
    assert html.article_pages(ENGLISH, without)[1] == html.article_pages(ENGLISH, with_)[1]
    page = html.article_pages(ENGLISH, with_)[0].body.decode()
    assert page.count(REPORT.address) == 1
