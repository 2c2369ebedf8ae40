from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.aws.attributes import encode_item
from broadsheet.aws.limits import item_bytes
from broadsheet.ingest.poll_schedule import (
    CALM,
    LONGEST_ASKED,
    NEWCOMER,
    TTL_STRETCH,
    USUAL_PER_DAY,
    Hints,
    learn,
    max_age_of,
    next_poll,
    next_try,
    silent_since,
)
from broadsheet.model.records import source_state_from, source_state_item
from broadsheet.model.source import Source
from broadsheet.model.source_state import Rhythm, SourceState

NOON = datetime(2026, 1, 7, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WIRE = Source(id="wire", kind="feed", url="https://wire.example/feed.xml")
NONE = Hints()


def steady(per_day: float, days: float = 20, until: datetime = NOON) -> Rhythm:
    """Return what a look teaches at a source that has had something new at equal steps, the last one just now."""
    step = DAY / per_day
    return learn(None, until, [until - step * number for number in range(int(per_day * days) + 1)])


def watched(per_day: float, hours: range, until: datetime, weekdays: range = range(7), days: int = 36) -> Rhythm:
    """Return what hourly looks teach at a source that publishes at these hours and on these days only, evenly."""
    rhythm = learn(None, until - DAY * days, [])
    each = per_day / len(hours)
    owed = 0.0
    for number in range(1, days * 24 + 1):
        at = until - DAY * days + HOUR * number
        if at.hour in hours and at.weekday() in weekdays:
            owed += each
        rhythm = learn(rhythm, at, [at] * int(owed))
        owed -= int(owed)
    return rhythm


def wait(rhythm: Rhythm | None, at: datetime = NOON, hints: Hints = NONE, source: Source = WIRE) -> timedelta:
    return next_poll(source, at, rhythm, hints) - at


def waits(rhythm: Rhythm | None, hints: Hints = NONE) -> list[timedelta]:
    """Return the waits of many sources alike, shortest first: of one alone, a part is chance."""
    return sorted(wait(rhythm, hints=hints, source=replace(WIRE, id=f"wire-{number}")) for number in range(50))


def mean_wait(rhythm: Rhythm | None, hints: Hints = NONE) -> timedelta:
    every = waits(rhythm, hints)
    return sum(every, timedelta()) / len(every)


class TestRate:
    def test_a_source_of_which_nothing_is_known_is_polled_every_poll_every(self) -> None:
        assert timedelta(minutes=13) <= min(waits(None)) <= max(waits(None)) <= timedelta(minutes=15)

    def test_so_is_one_with_the_usual_number_of_entries(self) -> None:
        assert abs(USUAL_PER_DAY - 48) < 3
        assert mean_wait(steady(48, 14)) == pytest.approx(WIRE.poll_every, rel=0.15)

    def test_the_interval_goes_with_the_rate_to_the_power_of_three_quarters(self) -> None:
        busy, slow = mean_wait(steady(160, 10)), mean_wait(steady(10, 10))
        assert slow / busy == pytest.approx(8, rel=0.15)

    def test_poll_every_sets_the_pace(self) -> None:
        patient = replace(WIRE, poll_every=timedelta(minutes=45))
        assert wait(steady(20), source=patient) / wait(steady(20)) == pytest.approx(3, rel=0.1)

    def test_a_newcomer_with_nothing_new_is_asked_less_and_less(self) -> None:
        begun = learn(None, NOON, [])
        assert wait(learn(begun, NOON + HOUR, []), NOON + HOUR) <= WIRE.poll_every
        later = wait(learn(begun, NOON + DAY, []), NOON + DAY)
        assert later == pytest.approx(DAY / NEWCOMER, rel=0.11)

    def test_a_source_that_fell_silent_long_ago_is_asked_as_seldom_as_allowed(self) -> None:
        assert wait(learn(None, NOON, [NOON - 300 * DAY - HOUR * n for n in range(20)])) > WIRE.poll_max * 0.89

    def test_it_is_asked_less_and_less_while_it_is_silent(self) -> None:
        rhythm = steady(100)
        after = [wait(rhythm, NOON + silence) for silence in (HOUR, 6 * HOUR, DAY, 3 * DAY, 30 * DAY)]
        assert after[0] <= timedelta(minutes=15)
        assert after == sorted(after)
        assert after[-1] > WIRE.poll_max * 0.89

    def test_one_that_comes_back_is_polled_as_before(self) -> None:
        rhythm = steady(100)
        back = NOON + 5 * DAY
        again = learn(rhythm, back, [back - timedelta(minutes=1)])
        assert wait(again, back) < wait(rhythm, back) / 3

    def test_a_pinned_entry_does_not_make_a_busy_source_slow(self) -> None:
        fresh = [NOON - HOUR * number for number in range(20)]
        assert wait(learn(None, NOON, [*fresh, NOON - 2000 * DAY])) == wait(learn(None, NOON, fresh))

    def test_a_slow_source_is_not_taken_for_a_faster_one_because_it_has_just_published(self) -> None:
        rhythm = learn(None, NOON - 360 * DAY, [])
        for month in range(12):
            at = NOON - 330 * DAY + 30 * month * DAY
            rhythm = learn(rhythm, at, [at])
        counted = sum(rhythm.hours_milli) / rhythm.days_milli
        assert counted == pytest.approx(1 / 30, rel=0.1)


class TestDay:
    MORNING, EVENING = NOON.replace(hour=8), NOON.replace(hour=20)
    FRIDAY = NOON + 2 * DAY

    def test_it_sleeps_when_the_source_does(self) -> None:
        assert wait(watched(48, range(6, 18), self.MORNING), self.MORNING) < timedelta(minutes=15)
        assert wait(watched(48, range(6, 18), self.EVENING), self.EVENING) > HOUR

    def test_and_is_there_in_the_morning(self) -> None:
        at, rhythm = self.EVENING, watched(48, range(6, 18), self.EVENING)
        polls = []
        while at < NOON.replace(hour=7) + DAY:
            at = next_poll(WIRE, at, rhythm, NONE)
            polls.append(at)
        assert len([poll for poll in polls if poll < NOON.replace(hour=5) + DAY]) <= 6
        assert any(NOON.replace(hour=6) + DAY <= poll < NOON.replace(hour=6, minute=45) + DAY for poll in polls)

    def test_weekends_are_known(self) -> None:
        friday = watched(24, range(24), self.FRIDAY, range(5))
        saturday = replace(friday, counted=self.FRIDAY + DAY)
        assert wait(saturday, self.FRIDAY + DAY) > 2 * wait(friday, self.FRIDAY)

    def test_hours_that_were_never_watched_are_not_taken_for_empty(self) -> None:
        rhythm = learn(None, NOON, [NOON - timedelta(minutes=6 * number) for number in range(30)])
        later = replace(rhythm, counted=NOON + 8 * HOUR)
        assert wait(later, NOON + 8 * HOUR) < 5 * wait(rhythm)


class TestDates:
    """Dates lie, and what they say after the first look can only be so wrong."""

    def test_a_first_listing_in_another_zone_says_nothing_of_the_hour(self) -> None:
        ahead = learn(None, NOON, [NOON + 8 * HOUR - HOUR * number for number in range(20)])
        assert len(set(ahead.hours_milli)) == 1

    def test_nor_do_days_with_a_time_made_up(self) -> None:
        days = learn(None, NOON, [NOON.replace(hour=0) - DAY * number for number in range(20)])
        assert len(set(days.hours_milli)) == 1
        assert sum(days.hours_milli) / days.days_milli == pytest.approx(1, rel=0.1)

    def test_later_an_entry_came_between_two_looks(self) -> None:
        rhythm = learn(None, NOON, [])
        lied = learn(rhythm, NOON + HOUR, [NOON - 900 * DAY, NOON + 900 * DAY, None])
        true = learn(rhythm, NOON + HOUR, [NOON, NOON + HOUR, NOON + HOUR])
        assert lied == true

    def test_entries_of_one_moment_are_no_rate(self) -> None:
        assert wait(learn(None, NOON, [NOON] * 50)) > timedelta(minutes=13)
        assert wait(learn(None, NOON, [NOON - 9 * DAY] * 50)) > WIRE.poll_max * 0.89

    def test_a_further_part_of_the_same_look_is_no_rush(self) -> None:
        first = learn(None, NOON, [NOON - HOUR * number for number in range(2, 50)])
        archive = [NOON - DAY - timedelta(minutes=number) for number in range(1000)]
        assert wait(learn(first, NOON, archive)) == wait(first)
        newer = learn(first, NOON, [NOON - HOUR, NOON, *archive])
        assert (newer.at, newer.counted) == (NOON, NOON)
        assert wait(newer) <= wait(first)

    def test_a_sitemap_of_many_thousands_is_its_newest(self) -> None:
        dates = [NOON - timedelta(minutes=number) for number in range(50_000)]
        assert learn(None, NOON, dates).listed == 50_000
        assert wait(learn(None, NOON, dates)) == wait(learn(None, NOON, dates[:500]))

    def test_a_look_that_found_nothing_teaches_nothing(self) -> None:
        rhythm = steady(10)
        assert learn(rhythm, NOON + DAY, []) == replace(rhythm, at=NOON + DAY)


class TestHints:
    SLOW_DOWN = timedelta(minutes=90)

    def test_max_age_is_waited_for(self) -> None:
        assert min(waits(steady(USUAL_PER_DAY, 1), Hints(max_age=self.SLOW_DOWN))) >= self.SLOW_DOWN

    def test_a_ttl_only_so_far(self) -> None:
        habit = mean_wait(steady(USUAL_PER_DAY, 1))
        stretched = mean_wait(steady(USUAL_PER_DAY, 1), Hints(ttl=self.SLOW_DOWN))
        assert habit * TTL_STRETCH * 0.95 < stretched < habit * TTL_STRETCH * 1.25

    def test_unless_nothing_else_is_known(self) -> None:
        assert min(waits(None, Hints(ttl=self.SLOW_DOWN))) >= self.SLOW_DOWN

    def test_a_shorter_one_than_the_habit_changes_nothing(self) -> None:
        minute = timedelta(minutes=1)
        assert waits(steady(10), Hints(minute, minute)) == waits(steady(10))

    def test_nothing_falls_off_the_listing_because_a_server_asks_for_patience(self) -> None:
        short = learn(None, NOON, [NOON - timedelta(minutes=10 * number) for number in range(10)])
        assert wait(short, hints=Hints(max_age=DAY)) <= timedelta(minutes=80)

    def test_the_longest_interval_holds(self) -> None:
        assert wait(steady(1), hints=Hints(max_age=100 * DAY)) == WIRE.poll_max
        weekly = replace(WIRE, poll_max=7 * DAY)
        assert wait(None, hints=Hints(max_age=100 * DAY), source=weekly) <= LONGEST_ASKED * 1.1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache-control": "public, max-age=600"}, 600),
        ({"cache-control": 'MAX-AGE = "60"'}, 60),
        ({"cache-control": "s-maxage=600"}, None),
        ({"cache-control": "max-age=0"}, None),
        ({"cache-control": "no-cache, max-age=600"}, None),
        ({"cache-control": "max-age=600, no-store"}, None),
        ({"cache-control": "max-age=600", "age": "100"}, 500),
        ({"cache-control": "max-age=600", "age": "600"}, None),
        ({"cache-control": "max-age=600", "age": "soon"}, 600),
        ({"cache-control": "max-age=99999999999999999999"}, 999_999_999),
    ],
)
def test_max_age_of_headers(headers: dict[str, str], seconds: int | None) -> None:
    assert max_age_of(headers) == (None if seconds is None else timedelta(seconds=seconds))


class TestFailures:
    def test_each_doubles_the_wait(self) -> None:
        after = [next_try(WIRE, NOON, failures, None) - NOON for failures in (1, 2, 3, 4, 5, 60)]
        assert [wait // timedelta(minutes=1) for wait in after] == [30, 60, 120, 240, 360, 360]

    def test_what_the_server_asks_for_is_kept_within_the_longest_interval(self) -> None:
        assert next_try(WIRE, NOON, 1, 2 * HOUR) == NOON + 2 * HOUR
        assert next_try(WIRE, NOON, 1, NOON + 2 * HOUR) == NOON + 2 * HOUR
        assert next_try(WIRE, NOON, 1, 40 * DAY) == next_try(WIRE, NOON, 1, NOON + 40 * DAY) == NOON + WIRE.poll_max
        assert next_try(WIRE, NOON, 1, timedelta(seconds=1)) == NOON + timedelta(minutes=30)


class TestSilence:
    def test_is_reported_far_beyond_the_habit(self) -> None:
        rhythm = steady(24)
        assert silent_since(rhythm, NOON + 1.9 * DAY) is None
        assert silent_since(rhythm, NOON + 3 * DAY) == NOON

    def test_a_weekly_source_is_given_weeks(self) -> None:
        rhythm = steady(1 / 7, 140)
        assert silent_since(rhythm, NOON + 21 * DAY) is None
        assert silent_since(rhythm, NOON + 70 * DAY) == NOON

    def test_one_that_has_often_paused_is_given_longer(self) -> None:
        bursts = [NOON - burst * 4 * DAY - timedelta(minutes=number) for burst in range(8) for number in range(12)]
        even = [NOON - DAY * 28 * number / 95 for number in range(96)]
        at = NOON + 8 * DAY
        assert silent_since(learn(None, at, even), at) == NOON
        assert silent_since(learn(None, at, bursts), at) is None

    def test_a_weekend_does_not_count_for_one_that_keeps_it(self) -> None:
        friday = NOON.replace(hour=20) + 2 * DAY
        assert silent_since(watched(10, range(24), friday, range(5)), friday + 2.5 * DAY) is None
        assert silent_since(watched(10, range(24), friday), friday + 2.5 * DAY) == friday

    def test_one_that_never_had_anything_new_has_no_habit(self) -> None:
        assert silent_since(None, NOON) is None
        assert silent_since(learn(None, NOON, []), NOON + 900 * DAY) is None
        assert silent_since(Rhythm(), NOON) is None


class TestStored:
    def test_the_busiest_rhythm_is_small(self) -> None:
        rhythm = learn(steady(9000, 20), NOON + HOUR, [NOON] * 100_000)
        item = source_state_item(SourceState("wire", rhythm=rhythm), 1)
        assert item_bytes(item) - item_bytes(source_state_item(SourceState("wire"), 1)) < 400
        assert encode_item(item)

    def test_it_comes_back_as_it_was(self) -> None:
        state = SourceState("wire", rhythm=steady(7))
        assert source_state_from(source_state_item(state, 3), "wire") == (state, 3)


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=ZONES)  # noqa: DTZ001 - made aware
ANY_DATES = st.lists(st.none() | st.datetimes(timezones=ZONES) | INSTANTS, max_size=40)
LOOKS = st.lists(st.tuples(st.integers(-10_000, 10_000_000), ANY_DATES), min_size=1, max_size=6)
SPANS = st.integers(0, 10**9).map(lambda seconds: timedelta(seconds=seconds))
BOUNDS = st.tuples(*[st.integers(60, 30 * 86_400)] * 3).map(lambda three: [timedelta(seconds=s) for s in sorted(three)])


def rhythm_of(looks: list[tuple[int, list[datetime | None]]]) -> tuple[Rhythm, datetime]:
    rhythm, at = None, NOON
    for seconds, dates in looks:
        at += timedelta(seconds=seconds)
        rhythm = learn(rhythm, at, dates)
    assert rhythm is not None
    return rhythm, at


class TestAlways:
    @given(LOOKS, BOUNDS, st.none() | SPANS, st.none() | SPANS, st.text(max_size=5))
    @settings(max_examples=300)
    def test_within_bounds_and_the_same_again(
        self,
        looks: list[tuple[int, list[datetime | None]]],
        bounds: list[timedelta],
        max_age: timedelta | None,
        ttl: timedelta | None,
        name: str,
    ) -> None:
        shortest, every, longest = bounds
        source = replace(WIRE, id=name, poll_min=shortest, poll_every=every, poll_max=longest)
        rhythm, at = rhythm_of(looks)
        poll = next_poll(source, at, rhythm, Hints(max_age, ttl))
        assert shortest <= poll - at <= longest
        assert poll == next_poll(source, at, rhythm_of(looks)[0], Hints(max_age, ttl))
        since = silent_since(rhythm, at)
        assert since is None or since <= at

    @given(LOOKS)
    def test_no_date_makes_a_rhythm_that_cannot_be_stored(self, looks: list[tuple[int, list[datetime | None]]]) -> None:
        state = SourceState("wire", rhythm=rhythm_of(looks)[0])
        assert source_state_from(source_state_item(state, 1), "wire") == (state, 1)

    @given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 24), st.integers(2, 10))
    def test_more_entries_are_never_polled_for_later(self, one: int, other: int, step: int, days: int) -> None:
        fewer, more = sorted((one, other))
        dates = [NOON - HOUR * step * number for number in range(days * 24 // step)]
        assert wait(learn(None, NOON, dates * more)) <= wait(learn(None, NOON, dates * fewer))

    @given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 200))
    def test_nor_is_a_look_that_found_more(self, one: int, other: int, per_day: int) -> None:
        fewer, more = sorted((one, other))
        rhythm, at = steady(per_day, 4), NOON + HOUR
        assert wait(learn(rhythm, at, [at] * more), at) <= wait(learn(rhythm, at, [at] * fewer), at)

    @given(st.lists(INSTANTS, max_size=30), st.randoms(use_true_random=False))
    def test_the_order_of_a_listing_does_not_matter(self, dates: list[datetime], shuffle: object) -> None:
        other = list(dates)
        shuffle.shuffle(other)  # type: ignore[attr-defined]
        assert learn(None, NOON, dates) == learn(None, NOON, other)
        assert learn(steady(5), NOON + HOUR, dates) == learn(steady(5), NOON + HOUR, other)


def test_sources_do_not_march_in_step() -> None:
    waits_of = {wait(steady(5), source=replace(WIRE, id=f"wire-{number}")) for number in range(100)}
    assert len(waits_of) > 5
    assert max(waits_of) - min(waits_of) > 0.07 * max(waits_of)


def test_a_whole_number_of_minutes_since_polls_are_handed_out_each_minute() -> None:
    assert all(wait(steady(rate)).total_seconds() % 60 == 0 for rate in (0.3, 3, 30, 300, 3000))


def test_calm_is_what_a_steady_source_hardly_exceeds() -> None:
    assert steady(30).calm_milli < CALM * 1000
