from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from broadsheet.ingest.robots_rules import (
    KEPT,
    KEPT_UNREACHABLE,
    RobotsRecord,
    robots_origin,
    robots_record,
    robots_verdict,
)
from broadsheet.model.web import FetchFailed, FetchResponse, RobotsVerdict

NOW = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
PAGE = "https://example.org/private/story?x=1"


def rules(body: bytes) -> RobotsRecord:
    return robots_record(FetchResponse(PAGE, 200, body, "text/plain", None, None, {}, None), NOW)


def verdict(body: bytes, url: str = PAGE) -> RobotsVerdict:
    return robots_verdict(rules(body), url)


def test_rules_for_us_come_before_rules_for_all() -> None:
    record = rules(b"User-agent: *\nDisallow: /\n\nUser-agent: broadsheet\nDisallow: /private/\nCrawl-delay: 7\n")
    refused = robots_verdict(record, PAGE)
    assert (refused.allowed, refused.transient, refused.crawl_delay) == (False, False, timedelta(seconds=7))
    assert refused.reason == f"https://example.org/robots.txt does not allow Broadsheet to fetch {PAGE}"
    assert robots_verdict(record, "https://example.org/open").allowed
    assert not robots_verdict(record, "https://example.org/open", "Otherbot").allowed


@pytest.mark.parametrize(
    "body", [b"", b"\xef\xbb\xbfUser-agent: *\nAllow: /\n", b"<html>no robots here</html>", b"\xff\xff\xff"]
)
def test_what_forbids_nothing_allows(body: bytes) -> None:
    assert verdict(body).allowed


def test_the_longest_match_wins_and_allow_wins_a_tie() -> None:
    body = b"User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /*.pdf$\nDisallow: /t\nAllow: /t\n"
    paths = ("/a", "/a/b/c", "/x.pdf", "/x.pdf?", "/t")
    assert {path: verdict(body, f"https://example.org{path}").allowed for path in paths} == {
        "/a": False,
        "/a/b/c": True,
        "/x.pdf": False,
        "/x.pdf?": True,
        "/t": True,
    }


@pytest.mark.parametrize("status", [None, 302, 400, 401, 403, 404, 410])
def test_who_has_no_file_has_no_rules(status: int | None) -> None:
    record = robots_record(FetchFailed("its host has no address.", transient=False, status=status), NOW)
    assert robots_verdict(record, PAGE).allowed
    assert record.fresh_until == NOW + KEPT


@pytest.mark.parametrize(
    "failed",
    [
        FetchFailed("it answered 503.", transient=True, status=503),
        FetchFailed("it answered 501.", transient=False, status=501),
        FetchFailed("it answered 429.", transient=True, status=429),
        FetchFailed("it timed out.", transient=True),
        FetchFailed("its certificate is bad.", transient=True),
    ],
)
def test_a_site_that_cannot_say_is_left_alone_for_now(failed: FetchFailed) -> None:
    record = robots_record(failed, NOW)
    refused = robots_verdict(record, PAGE)
    assert (refused.allowed, refused.transient) == (False, True)
    assert failed.reason in refused.reason
    assert record.fresh_until == NOW + KEPT_UNREACHABLE


def test_only_the_first_half_megabyte_is_read() -> None:
    body = b"User-agent: *\nDisallow: /private/\n" + b"#" * 500 * 1024 + b"\nDisallow: /\n"
    assert verdict(body, "https://example.org/open").allowed
    assert not verdict(body).allowed


@pytest.mark.parametrize(
    ("value", "delay"),
    [("0", None), ("-1", None), ("soon", None), ("0.5", 1), ("60", 60), ("900", 900), ("1e9", 900), ("inf", None)],
)
def test_a_crawl_delay_is_a_sane_span_of_whole_seconds(value: str, delay: float | None) -> None:
    expected = None if delay is None else timedelta(seconds=delay)
    assert verdict(f"User-agent: *\nCrawl-delay: {value}\n".encode()).crawl_delay == expected


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Example.org:443/x", "https://example.org"),
        ("http://example.org:8080/x", "http://example.org:8080"),
        ("no url", None),
        ("data:text/plain,x", None),
        ("ftp://example.org/x", None),
    ],
)
def test_each_origin_speaks_for_itself(url: str, origin: str | None) -> None:
    assert robots_origin(url) == origin
