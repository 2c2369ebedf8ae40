"""When it was published, by all the ways in which pages tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from broadsheet.ingest.fragment import parse_document
from broadsheet.ingest.metadata import Metadata, read_metadata
from broadsheet.ingest.page_zone import zone_of
from broadsheet.ingest.written_dates import find_dates

URL = "https://news.example/story.html"
BERLIN = ZoneInfo("Europe/Berlin")
BEIJING = timezone(timedelta(hours=8))
DAY = datetime(2026, 7, 12, tzinfo=BERLIN)
NOON = datetime(2026, 7, 12, 18, 5, tzinfo=BERLIN)


def read(html: str, url: str = URL, zone: str = "UTC") -> Metadata:
    return read_metadata(parse_document(f"<html lang=de><body>{html}</body></html>"), url, zone)


def linked(**facts: str) -> str:
    pairs = ", ".join(f'"{name}": "{value}"' for name, value in facts.items())
    return (
        f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "Fähre bleibt", {pairs}}}</script>'
    )


@pytest.mark.parametrize(
    ("text", "instant", "has_time"),
    [
        ("12.07.2026, 18:05 Uhr", NOON, True),
        ("12.7.2026", DAY, False),
        ("12.07.26 18.05 Uhr", NOON, True),
        ("12. Juli 2026 um 18:05 Uhr", NOON, True),
        ("Sonntag, 12. Juli 2026", DAY, False),
        ("12 juillet 2026 à 18h05", NOON, True),
        ("1er juillet 2026", datetime(2026, 7, 1, tzinfo=BERLIN), False),
        ("12 de julio de 2026 a las 18:05", NOON, True),
        ("12 de julho de 2026 às 18h05", NOON, True),
        ("12 luglio 2026 alle 18:05", NOON, True),
        ("12 lipca 2026, godz. 18:05", NOON, True),
        ("12. července 2026 v 18:05", NOON, True),
        ("12 juli 2026 om 18.05 uur", DAY, False),
        ("12 Temmuz 2026 18:05", NOON, True),
        ("12. heinäkuuta 2026 klo 18:05", NOON, True),
        ("12 июля 2026, 18:05", NOON, True),
        ("July 12, 2026 at 6:05 p.m.", NOON, True),
        ("Jul 12th, 2026", DAY, False),
        ("12 Jul 2026 18:05 CEST", NOON, True),
        ("2026年7月12日 18:05", NOON, True),
        ("2026年07月12日(日) 18時05分", NOON, True),
        ("2026年7月12日　下午6:05", NOON, True),
        ("2026. 7. 12. 오후 6:05", NOON, True),
        ("2026년 7월 12일 18:05", NOON, True),
        ("2026-07-12 18:05:00", NOON, True),
        ("2026-07-12T16:05:00Z", NOON, True),
        ("Stand: 12.07.2026 | 18:05", NOON, True),
    ],
)
def test_written_dates(text: str, instant: datetime, has_time: bool) -> None:
    found = next(find_dates(text, BERLIN))
    assert (found.instant, found.has_time) == (instant, has_time)


@pytest.mark.parametrize(
    "text",
    [
        "31.02.2026",
        "12.07.",
        "Version 1.2.2026.4",
        "32 July 2026",
        "12 Foo 2026",
        "call 0800 2026",
        "2026",
        "99/99/2026",
        "",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert list(find_dates(text, BERLIN)) == []


def test_the_order_of_day_and_month() -> None:
    assert next(find_dates("05/04/2026", UTC)).instant == datetime(2026, 4, 5, tzinfo=UTC)
    assert next(find_dates("05/04/2026", UTC, month_first=True)).instant == datetime(2026, 5, 4, tzinfo=UTC)
    assert next(find_dates("04/25/2026", UTC)).instant == datetime(2026, 4, 25, tzinfo=UTC)
    assert next(find_dates("25/04/2026", UTC, month_first=True)).instant == datetime(2026, 4, 25, tzinfo=UTC)


TITLE = "<h1>Fähre bleibt</h1>"


@pytest.mark.parametrize(
    ("html", "published"),
    [
        (
            linked(datePublished="2026-07-12T18:05:00+02:00")
            + "<meta property=article:published_time content=2026-07-01>",
            NOON,
        ),
        (
            "<meta property=article:published_time content=2026-07-12T18:05:00+02:00><meta name=date content=2026-07-01>",
            NOON,
        ),
        ("<meta name=parsely-pub-date content=2026-07-12T16:05:00Z><time datetime=2026-07-01>1</time>", NOON),
        (
            "<span itemprop=datePublished content=2026-07-12T18:05:00+02:00>x</span><time datetime=2026-07-01>1</time>",
            NOON,
        ),
        ("<time datetime='2026-07-12T18:05:00+02:00'>vor 3 Stunden</time>", NOON),
        ("<time>12. Juli 2026, 18:05 Uhr</time>", NOON),
        (f"{TITLE}<div>Veröffentlicht am 12.07.2026 um 18:05 Uhr</div>", NOON),
        (
            f"<div>Heute ist Montag, 20. Juli 2026</div><p>a</p><p>b</p><p>c</p>{TITLE}<div>12.07.2026, 18:05</div>",
            NOON,
        ),
        # A day takes its time from the place that has it.
        (linked(datePublished="2026-07-12") + f"{TITLE}<div>12.07.2026, 18:05 Uhr</div>", NOON),
        (linked(datePublished="2026-07-12") + f"{TITLE}<div>13.07.2026, 18:05 Uhr</div>", DAY),
        # Local time labelled as UTC, shown by another place.
        (linked(datePublished="2026-07-12T18:05:00Z") + "<meta name=date content='2026-07-12T18:05:00+02:00'>", NOON),
        (linked(datePublished="2026-07-12T16:05:00Z") + "<meta name=date content='2026-07-12T18:05:00+02:00'>", NOON),
        # Other people's dates.
        (f"{TITLE}<div class=comments><time datetime=2026-07-12T18:05>x</time></div>", None),
        (f"{TITLE}<aside><time datetime=2026-07-12T18:05>x</time></aside>", None),
        (f"{TITLE}<p>© 12.07.2026 Example</p>", None),
        (
            f"{TITLE}<p>Seit dem 1. Juni 2026 fährt die Fähre nachts, und das soll nach dem Willen aller so bleiben.</p>",
            None,
        ),
        (f"{TITLE}<p>Im Jahr 1912, am 12.04.1912, sank ein Schiff.</p>", None),
    ],
)
def test_places_in_their_order_of_trust(html: str, published: datetime | None) -> None:
    assert read(html, zone="Europe/Berlin").published == published


@pytest.mark.parametrize(
    ("url", "published"),
    [
        ("https://news.example/2026/07/12/story", DAY),
        ("https://news.example/20260712/story", DAY),
        ("https://news.example/a-2026-07-12-b", DAY),
        ("https://news.example/news/12-07-2026", DAY),
        ("https://news.example/2026/story?d=2026-07-12", None),
        ("https://news.example/12345678901234", None),
    ],
)
def test_the_address_tells_where_nothing_else_does(url: str, published: datetime | None) -> None:
    assert read("<p>x", url, "Europe/Berlin").published == published


def test_a_line_confirms_the_address_and_adds_the_time() -> None:
    html = f"<p>10.07.2026</p>{TITLE}<p>12.07.2026 18:05</p>"
    assert read(html, "https://news.example/2026/07/12/s", "Europe/Berlin").published == NOON


def test_changed_is_told_apart_and_never_before_published() -> None:
    page = read(linked(datePublished="2026-07-12T18:05:00+02:00", dateModified="2026-07-13T18:05:00+02:00"))
    assert page.modified == NOON + timedelta(days=1)
    page = read(linked(datePublished="2026-07-12T18:05:00+02:00", dateModified="2026-07-11T18:05:00+02:00"))
    assert page.modified is None
    times = "<time datetime=2026-07-12T18:05:00+02:00>x</time><p>Aktualisiert: <time datetime=2026-07-13T18:05:00+02:00>x</time></p>"
    page = read(times)
    assert (page.published, page.modified) == (NOON, NOON + timedelta(days=1))


@pytest.mark.parametrize(
    ("url", "zone", "expected"),
    [
        ("https://a.example.de/x", "UTC", "Europe/Berlin"),
        ("https://a.example.co.uk/x", "UTC", "Europe/London"),
        ("https://a.example.com/x", "UTC", "UTC"),
        ("https://a.example.co/x", "UTC", "UTC"),
        ("https://a.example.de/x", "Asia/Shanghai", "Asia/Shanghai"),
        ("s3://inbox/a.html", "UTC", "UTC"),
    ],
)
def test_the_zone_of_a_page(url: str, zone: str, expected: str) -> None:
    assert zone_of(url, zone) == expected


def test_times_without_a_zone_are_in_the_pages_zone_in_summer_and_winter() -> None:
    german = "https://news.example.de/s"
    assert read(linked(datePublished="2026-07-12 18:05:00"), german).published == NOON
    winter = read(linked(datePublished="2026-01-12 18:05:00"), german).published
    assert winter is not None
    assert winter.utcoffset() == timedelta(hours=1)


def test_the_reasons_tell_what_was_seen() -> None:
    html = linked(datePublished="2026-07-12T18:05:00Z") + "<meta name=date content='2026-07-12T18:05:00+02:00'>"
    first, second = read(html).reasons["published"]
    assert (first.source, first.won, second.won) == ("meta date", True, False)
    assert "UTC" in first.note
