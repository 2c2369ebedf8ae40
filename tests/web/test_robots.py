from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from broadsheet.model.web import FetchFailed, FetchResponse
from broadsheet.web.robots import Robots
from tests.fakes.fetcher import FakeFetcher, answering

NOW = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
FILE = "https://example.org/robots.txt"
PAGE = "https://example.org/private/story?x=1"
PRIVATE = answering(FILE, "User-agent: *\nDisallow: /private/\n", "text/plain")


def test_one_file_per_origin_is_kept_for_a_day_and_a_failure_for_a_quarter_of_an_hour() -> None:
    fetcher = FakeFetcher({FILE: PRIVATE})
    robots = Robots(fetcher, "Broadsheet")
    assert not robots.verdict(PAGE, at=NOW).allowed
    assert robots.verdict("https://example.org/else", at=NOW + timedelta(hours=23)).allowed
    assert [request.url for request in fetcher.robots] == [FILE]
    robots.verdict("http://example.org/", at=NOW)
    robots.verdict("https://example.org:444/", at=NOW, extra_ports=frozenset({("example.org", 444)}))
    assert [request.url for request in fetcher.robots[1:]] == [
        "http://example.org/robots.txt",
        "https://example.org:444/robots.txt",
    ]
    assert fetcher.robots[2].extra_ports == {("example.org", 444)}
    fetcher.answers[FILE] = FetchFailed("down.", transient=True, status=500)
    assert robots.verdict(PAGE, at=NOW + timedelta(hours=24)).transient
    fetcher.answers[FILE] = FetchResponse(FILE, 200, b"", "text/plain", None, None, {}, None)
    assert not robots.verdict(PAGE, at=NOW + timedelta(hours=24, minutes=14)).allowed
    assert robots.verdict(PAGE, at=NOW + timedelta(hours=24, minutes=15)).allowed


def test_files_are_read_for_the_name_that_is_given() -> None:
    fetcher = FakeFetcher({FILE: answering(FILE, "User-agent: Otherbot\nDisallow: /\n", "text/plain")})
    assert Robots(fetcher, "Broadsheet").verdict(PAGE, at=NOW).allowed
    assert not Robots(fetcher, "Otherbot").verdict(PAGE, at=NOW).allowed


@pytest.mark.parametrize("url", ["no url", "data:text/plain,x"])
def test_what_is_no_web_address_is_left_to_the_fetcher(url: str) -> None:
    fetcher = FakeFetcher()
    assert Robots(fetcher, "Broadsheet").verdict(url, at=NOW).allowed
    assert fetcher.robots == []
