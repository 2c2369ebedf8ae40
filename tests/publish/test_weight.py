"""What readers wait for: pages below 30 KB, with full heads and long titles."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import date, timedelta

import pytest

from broadsheet.model.article import CategoryLine, IndexLine, NewestLine
from broadsheet.model.site import Site
from broadsheet.publish import archive, html
from tests.publish.newsroom import CHINESE, ENGLISH, MORNING, body, line_of, origin
from tests.publish.whole_site import newsroom

MAX_PAGE = 30 * 1024
MAX_CALENDAR, MAX_CALENDAR_SENT = 30 * 1024, 6 * 1024
"""A calendar of a leap year with articles on each day is 366 links with a name each, which compress to a seventh."""
BUSY = CategoryLine("meirijingjixinwen", "每日经济新闻", 4000)


def long_lines(site: Site, count: int) -> list[IndexLine]:
    """Lines with titles, descriptions and addresses as long as they come, at different times of one day."""
    chinese = site is CHINESE
    chosen = origin(
        title="央行：下调金融机构存款准备金率零点五个百分点，释放长期资金约一万亿元"
        if chinese
        else "A title as long as " * 4,
        description="公司公告称，项目建设周期不超过二十四个月。" * 10 if chinese else "The quay is full again. " * 20,
        language=site.language,
        image="https://wire.example/wp-content/uploads/2026/01/ferry-at-the-quay-1600x900.jpg",
        source_name="每日经济新闻网" if chinese else "The Coast Wire Service",
        slug="a-slug-as-long-as-slugs-made-of-titles-often-are",
    )
    line = line_of(body(site, chosen, categories=(BUSY,)))
    return [replace(line, instant=MORNING - timedelta(minutes=n)) for n in range(count)]


@pytest.fixture(params=[ENGLISH, CHINESE], ids=["english", "chinese"])
def site(request: pytest.FixtureRequest) -> Site:
    return request.param  # type: ignore[no-any-return]


def test_home_with_all_its_categories(site: Site) -> None:
    lines = long_lines(site, site.home_size)
    desks = [NewestLine(f"{BUSY.slug}{n}", BUSY.name, tuple(lines[:5])) for n in range(site.home_categories)]
    page = html.home_page(site, lines, desks)
    assert page.body.count(b"<section") == 1 + site.home_categories
    assert len(page.body) <= MAX_PAGE


def test_full_head_of_a_category(site: Site) -> None:
    page = html.category_head(site, BUSY, long_lines(site, site.head_size), list(range(2006, 2027)))
    assert page.body.count(b"<h3>") == site.head_size
    assert len(page.body) <= MAX_PAGE


def test_full_part_of_a_day(site: Site) -> None:
    lines = long_lines(site, site.day_size + 1)[::-1]
    page = archive.day_pages(site, BUSY, date(2026, 1, 5), lines, date(2026, 1, 4), date(2026, 1, 6))[0]
    assert page.body.count(b"<li>") > site.day_size
    assert len(page.body) <= MAX_PAGE


def test_page_around_an_article(site: Site) -> None:
    for published in newsroom(site).bodies:
        assert len(html.article_pages(site, published)[0].body) <= MAX_PAGE / 4


def test_calendar_of_a_year_without_a_quiet_day(site: Site) -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(366)]
    page = archive.year_page(site, BUSY, 2024, days, list(range(2006, 2027)))
    assert page.body.count(b"aria-label") >= 366
    assert len(page.body) <= MAX_CALENDAR
    assert len(gzip.compress(page.body)) <= MAX_CALENDAR_SENT
