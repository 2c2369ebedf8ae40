from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.model.order import (
    absence_key,
    format_instant,
    later,
    order_of_instant,
    order_of_sequencer,
    parse_instant,
    version_key,
)

zones = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-9, minutes=-30))])
instants = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=zones)  # noqa: DTZ001 - given zones here
hashes = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=8, max_size=26)


# Without the padding "55AED6DCD90281E6" sorts after "055AED6DCD90281E5F": the first of these fails.
@given(st.integers(0, 2**100), st.integers(0, 2**100))
def test_sequencers_of_any_length_sort_as_the_numbers_they_are(a: int, b: int) -> None:
    assert (order_of_sequencer(f"{a:X}") < order_of_sequencer(f"{b:x}")) == (a < b)


def test_a_sequencer_is_the_same_whatever_its_case_and_padding() -> None:
    assert order_of_sequencer("0055AED6DCD90281E5") == order_of_sequencer("55aed6dcd90281e5")
    assert order_of_sequencer("55AED6DCD90281E5") == "000000000000000055aed6dcd90281e5"


@given(instants, instants)
def test_instants_sort_as_text_by_time_whatever_their_zones(a: datetime, b: datetime) -> None:
    assert (order_of_instant(a) < order_of_instant(b)) == (a < b)


@given(instants)
def test_an_instant_comes_back(instant: datetime) -> None:
    assert parse_instant(format_instant(instant)) == instant
    assert len(format_instant(instant)) == 27


def test_a_time_without_a_zone_is_refused_by_name() -> None:
    naive = datetime(2026, 1, 5, 8, 30)  # noqa: DTZ001 - what is to be refused
    with pytest.raises(ValueError, match="no time zone"):
        format_instant(naive)
    with pytest.raises(ValueError, match="no time zone"):
        parse_instant("2026-01-05T08:30:00")


@given(instants, instants, hashes, hashes)
def test_versions_sort_by_order_first_then_by_content(a: datetime, b: datetime, first: str, second: str) -> None:
    keys = version_key(order_of_instant(a), first), version_key(order_of_instant(b), second)
    expected = (a, first[:8]) < (b, second[:8])
    assert (keys[0] < keys[1]) == expected


@given(instants, st.timedeltas(timedelta(microseconds=1), timedelta(days=9)), hashes)
def test_an_absence_is_newer_than_each_version_of_its_order_and_older_than_all_later_ones(
    at: datetime, gap: timedelta, content: str
) -> None:
    absent = absence_key(order_of_instant(at))
    assert version_key(order_of_instant(at), content) < absent
    assert absent < version_key(order_of_instant(at + gap), content)


def test_later_adds_seconds() -> None:
    assert later(datetime(2026, 1, 5, 8, 59, 30, tzinfo=UTC), 45) == datetime(2026, 1, 5, 9, 0, 15, tzinfo=UTC)
