from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup

from broadsheet.model.article import IndexLine
from broadsheet.model.page import CACHE_ARTICLE, CACHE_SHORT, Page, PageKey
from broadsheet.model.site import Site
from broadsheet.publish import archive
from tests.publish import golden
from tests.publish.newsroom import CHINESE, ENGLISH, HARBOUR, MORNING, body, line_of
from tests.publish.whole_site import newsroom

DAY = date(2026, 1, 5)
OLDER, NEWER = date(2025, 12, 31), date(2026, 1, 9)


def lines(count: int) -> list[IndexLine]:
    """So many lines of one day, oldest first."""
    line = line_of(body(ENGLISH))
    return [
        replace(line, article_id=f"a{n:05d}", address=f"/harbour/{n}/", title=f"Story {n}", instant=MORNING)
        for n in range(count)
    ]


def day_pages(given: Sequence[IndexLine], size: int = 100) -> list[Page]:
    return archive.day_pages(replace(ENGLISH, day_size=size), HARBOUR, DAY, given, OLDER, NEWER)


def soup_of(page: Page) -> BeautifulSoup:
    return BeautifulSoup(page.body, "html.parser")


def titles(page: Page) -> list[str]:
    return [tag.get_text() for tag in soup_of(page).select(".log a")]


@pytest.mark.parametrize(("name", "site"), [("english", ENGLISH), ("chinese", CHINESE)])
def test_pages_look_as_they_did(name: str, site: Site) -> None:
    given = newsroom(site).lines[::-1]
    day, feed = archive.day_pages(site, HARBOUR, DAY, given, OLDER, NEWER)
    golden.check(f"{name}/day.html", day.body)
    golden.check(f"{name}/day.xml", feed.body)
    days = [date(2025, 2, 28), date(2025, 12, 31)]
    golden.check(f"{name}/year.html", archive.year_page(site, HARBOUR, 2025, days, [2025, 2026]).body)


def test_day_holds_its_lines_oldest_first_in_parts() -> None:
    *parts, feed = day_pages(lines(7), size=3)
    assert [page.key for page in parts] == [
        "category/harbour/2026/01/05/index.html",
        "category/harbour/2026/01/05/2/index.html",
        "category/harbour/2026/01/05/3/index.html",
    ]
    assert [titles(page) for page in parts] == [
        ["Story 0", "Story 1", "Story 2"],
        ["Story 3", "Story 4", "Story 5"],
        ["Story 6"],
    ]
    assert feed.key == "category/harbour/2026/01/05/atom.xml"
    assert feed.body.count(b"<entry") == 7


def test_late_line_touches_the_last_part_alone() -> None:
    before, after = (day_pages(lines(count), size=3)[:-1] for count in (7, 8))
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, True, False]


def test_new_part_touches_itself_and_the_one_before_it() -> None:
    before, after = (day_pages(lines(count), size=3)[:-1] for count in (9, 10))
    assert [one == other for one, other in zip(before, after, strict=False)] == [True, True, False]
    assert len(after) == 4


def test_parts_and_days_lead_to_each_other() -> None:
    parts = day_pages(lines(7), size=3)[:-1]
    links = [[tag["href"] for tag in soup_of(page).select(".turn a")] for page in parts]
    folder, days = "/category/harbour/2026/01/05/", ["/category/harbour/2025/12/31/", "/category/harbour/2026/01/09/"]
    assert links == [[f"{folder}2/", *days], [folder, f"{folder}3/", *days], [f"{folder}2/", *days]]


def test_day_leads_up_to_its_category_and_year() -> None:
    up = [tag["href"] for tag in soup_of(day_pages(lines(1))[0]).select(".kicker a")]
    assert up == ["/category/harbour/", "/category/harbour/2026/"]


def test_only_day_of_a_category_has_no_neighbours() -> None:
    page = archive.day_pages(ENGLISH, HARBOUR, DAY, lines(1), None, None)[0]
    assert not soup_of(page).select(".turn")


def test_day_without_articles_has_no_pages() -> None:
    assert day_pages([]) == []


def test_keys_are_those_of_the_pages() -> None:
    first, second, feed = day_pages(lines(2), size=1)
    assert [PageKey(first.key), PageKey(feed.key)] == archive.day_page_keys("harbour", DAY)
    assert [archive.day_part_key("harbour", DAY, part) for part in (1, 2)] == [PageKey(first.key), PageKey(second.key)]
    year = archive.year_page(ENGLISH, HARBOUR, 2026, [], [2026])
    assert PageKey(year.key) == archive.year_page_key("harbour", 2026)
    assert year.key == "category/harbour/2026/index.html"


def test_addresses_are_dates_also_long_ago() -> None:
    assert archive.day_address("harbour", date(987, 6, 5)) == "/category/harbour/0987/06/05/"
    assert archive.year_address("harbour", 987) == "/category/harbour/0987/"


def test_day_that_is_over_may_be_kept_longer() -> None:
    running = archive.day_pages(ENGLISH, HARBOUR, DAY, lines(1), OLDER, None)
    assert {page.cache_control for page in running} == {CACHE_SHORT}
    assert {page.cache_control for page in day_pages(lines(1))} == {CACHE_ARTICLE}


def test_times_are_in_the_sites_zone() -> None:
    line = replace(lines(1)[0], instant=datetime(2026, 1, 4, 23, 59, tzinfo=UTC))
    page = archive.day_pages(CHINESE, HARBOUR, DAY, [line], None, None)[0]
    times = [tag.get_text() for tag in soup_of(page).select("main time")]
    assert times == ["2026年1月5日", "07:59"]


def year_soup(year: int, days: Sequence[date] = (), years: Sequence[int] = ()) -> BeautifulSoup:
    return soup_of(archive.year_page(ENGLISH, HARBOUR, year, days, years))


def test_days_with_articles_are_links_that_tell_the_day() -> None:
    soup = year_soup(2026, [date(2026, 1, 5), date(2026, 12, 31)])
    links = [(tag["href"], tag["aria-label"], tag.get_text()) for tag in soup.select("td a")]
    assert links == [
        ("01/05/", "5 January 2026", "5"),
        ("12/31/", "31 December 2026", "31"),
    ]


@pytest.mark.parametrize("year", [1, 1900, 2000, 2023, 2024, 9999])
def test_calendar_has_every_day_once_below_its_weekday(year: int) -> None:
    soup = year_soup(year)
    found = []
    for month, table in enumerate(soup.select(".months table"), 1):
        assert len(table.select("thead th[scope=col]")) == 7
        for row in table.select("tbody tr"):
            cells = row.find_all("td")
            assert len(cells) == 7
            for weekday, cell in enumerate(cells):
                if number := cell.get_text():
                    found.append(date(year, month, int(number)))
                    assert found[-1].weekday() == weekday
    first = date(year, 1, 1)
    assert found == [first + timedelta(days=n) for n in range((date(year, 12, 31) - first).days + 1)]


def test_each_month_tells_its_name() -> None:
    captions = [tag.get_text() for tag in year_soup(2026).select("caption")]
    assert captions[:3] == ["January 2026", "February 2026", "March 2026"]
    assert len(captions) == 12


def test_other_years_are_linked_newest_first() -> None:
    soup = year_soup(2025, [], [2024, 2026, 2025])
    links = [(tag["href"], tag.get("aria-current")) for tag in soup.select(".years a")]
    assert links == [
        ("/category/harbour/2026/", None),
        ("/category/harbour/2025/", "page"),
        ("/category/harbour/2024/", None),
    ]


def test_only_year_has_no_others_to_lead_to() -> None:
    assert not year_soup(2025, [], [2025]).select(".years")


def test_order_of_days_and_years_does_not_matter() -> None:
    days = [date(2026, 1, 5), date(2026, 7, 1)]
    one = archive.year_page(ENGLISH, HARBOUR, 2026, days, [2025, 2026])
    assert one == archive.year_page(ENGLISH, HARBOUR, 2026, days[::-1], [2026, 2025])


def test_pages_do_not_change_with_the_categorys_count() -> None:
    more = replace(HARBOUR, count=99, newest_at=MORNING)
    assert archive.day_pages(ENGLISH, more, DAY, lines(2), OLDER, NEWER) == day_pages(lines(2))
    assert archive.year_page(ENGLISH, more, 2026, [], []) == archive.year_page(ENGLISH, HARBOUR, 2026, [], [])
