from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from broadsheet.model.web import FetchFailed, FetchRequest, FetchResponse
from broadsheet.web.robots import Robots, RobotsRecord

NOW = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
PAGE = "https://example.org/private/story?x=1"


class FakeFetcher:
    """Answers every robots.txt with the same outcome and remembers what was asked."""

    def __init__(self, outcome: bytes | FetchFailed) -> None:
        self.outcome = outcome
        self.asked: list[FetchRequest] = []

    def fetch(self, request: FetchRequest) -> FetchResponse:
        self.asked.append(request)
        if isinstance(self.outcome, FetchFailed):
            raise self.outcome
        return FetchResponse(request.url, 200, self.outcome, "text/plain", None, None, {}, None)


def test_rules_for_us_come_before_rules_for_all() -> None:
    fetcher = FakeFetcher(
        b"User-agent: *\nDisallow: /\n\nUser-agent: broadsheet\nDisallow: /private/\nCrawl-delay: 7\n"
    )
    robots = Robots(fetcher, "Broadsheet")
    refused = robots.verdict(PAGE, at=NOW)
    assert (refused.allowed, refused.transient, refused.crawl_delay) == (False, False, timedelta(seconds=7))
    assert refused.reason == f"https://example.org/robots.txt does not allow Broadsheet to fetch {PAGE}"
    assert robots.verdict("https://example.org/open", at=NOW).allowed
    assert not Robots(fetcher, "Otherbot").verdict("https://example.org/open", at=NOW).allowed


@pytest.mark.parametrize(
    "body", [b"", b"\xef\xbb\xbfUser-agent: *\nAllow: /\n", b"<html>no robots here</html>", b"\xff\xff\xff"]
)
def test_what_forbids_nothing_allows(body: bytes) -> None:
    assert Robots(FakeFetcher(body), "Broadsheet").verdict(PAGE, at=NOW).allowed


def test_the_longest_match_wins_and_allow_wins_a_tie() -> None:
    robots = Robots(
        FakeFetcher(b"User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /*.pdf$\nDisallow: /t\nAllow: /t\n"),
        "Broadsheet",
    )
    verdicts = {
        path: robots.verdict(f"https://example.org{path}", at=NOW).allowed
        for path in ("/a", "/a/b/c", "/x.pdf", "/x.pdf?", "/t")
    }
    assert verdicts == {"/a": False, "/a/b/c": True, "/x.pdf": False, "/x.pdf?": True, "/t": True}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_client_error_means_there_are_no_rules(status: int) -> None:
    failed = FetchFailed("x", transient=False, status=status)
    assert Robots(FakeFetcher(failed), "Broadsheet").verdict(PAGE, at=NOW).allowed


@pytest.mark.parametrize(
    "failed",
    [
        FetchFailed("it answered 503.", transient=True, status=503),
        FetchFailed("it answered 429.", transient=True, status=429),
        FetchFailed("it timed out.", transient=True),
        FetchFailed("its certificate is bad.", transient=True),
    ],
)
def test_a_site_that_cannot_say_is_left_alone_for_now(failed: FetchFailed) -> None:
    verdict = Robots(FakeFetcher(failed), "Broadsheet").verdict(PAGE, at=NOW)
    assert (verdict.allowed, verdict.transient) == (False, True)
    assert failed.reason in verdict.reason


def test_one_file_per_origin_is_kept_for_a_day_and_a_failure_for_a_quarter_of_an_hour() -> None:
    fetcher = FakeFetcher(b"User-agent: *\nDisallow: /private/\n")
    robots = Robots(fetcher, "Broadsheet")
    robots.verdict(PAGE, at=NOW)
    robots.verdict("https://example.org/else", at=NOW + timedelta(hours=23))
    assert [request.url for request in fetcher.asked] == ["https://example.org/robots.txt"]
    robots.verdict("http://example.org/", at=NOW)
    robots.verdict("https://example.org:444/", at=NOW, extra_ports=frozenset({("example.org", 444)}))
    assert [request.url for request in fetcher.asked[1:]] == [
        "http://example.org/robots.txt",
        "https://example.org:444/robots.txt",
    ]
    assert fetcher.asked[2].extra_ports == {("example.org", 444)}
    fetcher.outcome = FetchFailed("down.", transient=True, status=500)
    assert robots.verdict(PAGE, at=NOW + timedelta(hours=24)).transient
    fetcher.outcome = b""
    assert not robots.verdict(PAGE, at=NOW + timedelta(hours=24, minutes=14)).allowed
    assert robots.verdict(PAGE, at=NOW + timedelta(hours=24, minutes=15)).allowed


def test_the_store_outlives_the_cache() -> None:
    store: dict[str, RobotsRecord] = {}
    Robots(FakeFetcher(b"User-agent: *\nDisallow: /private/\n"), "Broadsheet", store).verdict(PAGE, at=NOW)
    unused = FakeFetcher(b"")
    assert not Robots(unused, "Broadsheet", store).verdict(PAGE, at=NOW).allowed
    assert unused.asked == []


def test_only_the_first_half_megabyte_is_read() -> None:
    body = b"User-agent: *\nDisallow: /private/\n" + b"#" * 500 * 1024 + b"\nDisallow: /\n"
    robots = Robots(FakeFetcher(body), "Broadsheet")
    assert robots.verdict("https://example.org/open", at=NOW).allowed
    assert not robots.verdict(PAGE, at=NOW).allowed


@pytest.mark.parametrize(
    ("value", "delay"), [("0", None), ("-1", None), ("soon", None), ("0.5", 0.5), ("1e9", 3600), ("inf", None)]
)
def test_a_crawl_delay_is_a_sane_span(value: str, delay: float | None) -> None:
    robots = Robots(FakeFetcher(f"User-agent: *\nCrawl-delay: {value}\n".encode()), "Broadsheet")
    expected = None if delay is None else timedelta(seconds=delay)
    assert robots.verdict(PAGE, at=NOW).crawl_delay == expected


@pytest.mark.parametrize("url", ["no url", "data:text/plain,x"])
def test_what_is_no_web_address_is_left_to_the_fetcher(url: str) -> None:
    fetcher = FakeFetcher(b"User-agent: *\nDisallow: /\n")
    assert Robots(fetcher, "Broadsheet").verdict(url, at=NOW).allowed
    assert fetcher.asked == []
