from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest.dates import parse_date

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2022, 2, 16, 9, 0, tzinfo=UTC)  # 17:00 in Shanghai


def at(*parts: int, zone: timezone | ZoneInfo = SHANGHAI) -> datetime:
    return datetime(*parts, tzinfo=zone)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2022-02-16 09:16:46", at(2022, 2, 16, 9, 16, 46)),
        ("2022-02-16 09:16:46 +0800", at(2022, 2, 16, 9, 16, 46)),
        ("2022-02-16T09:16:46Z", at(2022, 2, 16, 9, 16, 46, zone=UTC)),
        ("2022-02-16T09:16:46.123456789-05:00", at(2022, 2, 16, 14, 16, 46, 123456, zone=UTC)),
        ("2022-02-16T09:16", at(2022, 2, 16, 9, 16)),
        ("2022-02-16", at(2022, 2, 16)),
        ("2022/2/6 9:05", at(2022, 2, 6, 9, 5)),
        ("2022.02.16", at(2022, 2, 16)),
        ("2022年2月16日 09:16", at(2022, 2, 16, 9, 16)),
        ("2022年02月16日09时16分46秒", at(2022, 2, 16, 9, 16, 46)),
        ("2022年2月16日 星期三 09:16", at(2022, 2, 16, 9, 16)),
        ("2022年2月16日 下午3:05", at(2022, 2, 16, 15, 5)),
        ("2022年2月16日", at(2022, 2, 16)),
        ("２０２２－０２－１６ ０９：１６", at(2022, 2, 16, 9, 16)),
        ("20220216", at(2022, 2, 16)),
        ("20220216091646", at(2022, 2, 16, 9, 16, 46)),
        ("2022-02-16 24:00", at(2022, 2, 17)),
        ("2022-02-16 09:16:60", at(2022, 2, 16, 9, 16, 59)),
        ("2022-02-16 12:05 AM", at(2022, 2, 16, 0, 5)),
        ("2022-02-16 09:16:46 UTC", at(2022, 2, 16, 9, 16, 46, zone=UTC)),
        ("2022-02-16 09:16:46 CST", at(2022, 2, 16, 9, 16, 46)),
        ("2022-02-16 09:16:46 UTC+8", at(2022, 2, 16, 9, 16, 46)),
        ("Wed, 16 Feb 2022 09:16:46 GMT", at(2022, 2, 16, 9, 16, 46, zone=UTC)),
        ("Wed, 16 Feb 2022 09:16:46 EST", at(2022, 2, 16, 14, 16, 46, zone=UTC)),
        ("Wed, 16 Feb 2022 09:16:46 -0000", at(2022, 2, 16, 9, 16, 46, zone=UTC)),
        ("Wed, 16 Feb 2022 09:16:46", at(2022, 2, 16, 9, 16, 46)),
        ("16 Feb 22 09:16 +0000", at(2022, 2, 16, 9, 16, zone=UTC)),
        ("February 16, 2022", at(2022, 2, 16)),
        ("Feb. 16, 2022 at 9:16 PM", at(2022, 2, 16, 21, 16)),
        ("16th February 2022", at(2022, 2, 16)),
        ("1645003006", at(2022, 2, 16, 9, 16, 46, zone=UTC)),
        ("1645003006000", at(2022, 2, 16, 9, 16, 46, zone=UTC)),
        ("今天 16:25", at(2022, 2, 16, 16, 25)),
        ("昨天", at(2022, 2, 15)),
        ("昨天16:25", at(2022, 2, 15, 16, 25)),
        ("5分钟前", NOW - timedelta(minutes=5)),
        ("2 hours ago", NOW - timedelta(hours=2)),
        ("刚刚", NOW),
        ("02-16 09:16", at(2022, 2, 16, 9, 16)),
        ("12月31日 23:00", at(2021, 12, 31, 23)),
    ],
)
def test_dates_as_sources_write_them(text: str, instant: datetime) -> None:
    found = parse_date(text, "Asia/Shanghai", today=NOW)
    assert found is not None
    assert found.tzinfo is not None
    assert found == instant


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", " +0800", "soon", "2022-02-31", "2022-13-01", "2022-02-16 25:00", "0001-01-01", "9999-12-31",
        "1970-01-01 00:00:00", "0", "99999999999999999999", "2022-02-16 09:16 +99:99", "16:25", "x" * 5000,
        "2022-02-16 09:16:46 and more", "Wed, 99 Feb 2022 99:99:99 GMT", "{{ date }}",
    ],
)  # fmt: skip
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date(text, "Asia/Shanghai", today=NOW) is None


def test_relative_dates_need_the_event_time() -> None:
    assert parse_date("今天 16:25", "Asia/Shanghai") is None


def test_today_is_the_day_in_the_sources_zone() -> None:
    late = datetime(2022, 2, 16, 20, 0, tzinfo=UTC)  # already the 17th in Shanghai
    assert parse_date("今天", "Asia/Shanghai", today=late) == at(2022, 2, 17)


def test_in_an_unknown_zone_only_what_carries_its_own_is_an_instant() -> None:
    assert parse_date("2022-02-16 09:16", "Mars/Olympus") is None
    assert parse_date("2022-02-16 09:16", "../etc") is None
    assert parse_date("2022-02-16 09:16 +08:00", "Mars/Olympus") == at(2022, 2, 16, 9, 16)


@settings(deadline=None)
@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1)),  # noqa: DTZ001 - the zone is what is tested
    st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu"]),
)
def test_iso_dates_are_read_back(moment: datetime, zone: str) -> None:
    aware = moment.replace(tzinfo=ZoneInfo(zone))
    assert parse_date(aware.isoformat(), "UTC") == aware
    assert parse_date(aware.strftime("%Y-%m-%d %H:%M:%S.%f"), zone) == aware


@settings(deadline=None)
@given(st.text(max_size=120) | st.text("0123456789-/:年月日.TZ+ 今天昨", max_size=30), st.text(max_size=10))
def test_nothing_raises(text: str, zone: str) -> None:
    found = parse_date(text, zone, today=NOW)
    assert found is None or found.tzinfo is not None
