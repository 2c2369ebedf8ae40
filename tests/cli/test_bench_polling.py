from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import feedparser
import pytest
from rich.console import Console

from broadsheet_cli.bench.newsstand import Newsstand, entry_id, host_of
from broadsheet_cli.bench.outlets import BEGIN, DAY, Outlet, Workload, make_outlets
from broadsheet_cli.bench.polling import BOUNDS, PollingRun, measure_polling
from broadsheet_cli.bench.polling_report import SILENCE, WORKLOADS, Polling, polling_goals, print_polling
from broadsheet_cli.bench.polling_simulation import (
    Polled,
    compare,
    get_to_know,
    instant,
    poll_by_schedule,
    poll_fixed,
    watch_silence,
)

HOUR = 3600.0
SMALL = Workload("small", outlets=60, per_day=300)
HOURLY = Outlet(
    number=2,
    published=tuple(HOUR * number + 90 for number in range(-100, 24)),
    edited=((5 * HOUR, 104),),
    died=None,
    listed=20,
    max_age=0,
    ttl=0,
    dates="right",
)


class TestOutlets:
    def test_are_the_same_for_the_same_seed(self) -> None:
        assert make_outlets(SMALL) == make_outlets(SMALL)
        assert make_outlets(SMALL) != make_outlets(replace(SMALL, seed="other"))

    def test_publish_about_as_much_as_was_asked_for_the_first_most(self) -> None:
        outlets = make_outlets(replace(SMALL, days=28, dying=0, before=1))
        counts = [len(outlet.published) - outlet.published_until(0) for outlet in outlets]
        assert sum(counts) == pytest.approx(28 * 300, rel=0.1)
        assert counts[0] > counts[9] > counts[-1]

    def test_tell_times_in_order_within_the_days(self) -> None:
        for outlet in make_outlets(SMALL):
            assert all(a <= b for a, b in pairwise(outlet.published))
            assert all(at < (DAY if outlet.died is None else outlet.died) for at in outlet.published)

    def test_even_the_slowest_has_a_listing(self) -> None:
        assert min(outlet.published_until(0) for outlet in make_outlets(replace(SMALL, dying=0))) >= 10

    def test_dates_lie_where_they_are_to(self) -> None:
        at = HOURLY.published[0]
        dates = {kind: replace(HOURLY, dates=kind).date(0) for kind in ("right", "none", "zone", "day")}
        assert dates["right"] == instant(at)
        assert dates["none"] is None
        assert dates["zone"] == instant(at) + timedelta(hours=8)
        assert dates["day"] == instant(at).replace(hour=0, minute=0, second=0)


class TestFixedInterval:
    def test_finds_each_article_at_its_next_full_minute(self) -> None:
        polled = poll_fixed([HOURLY], HOUR)
        assert polled.requests == 24
        assert len(set(polled.delays)) == 1
        assert 0 <= polled.delays[0] <= HOUR + 60

    def test_heeding_is_as_seldom_as_the_outlet_asks(self) -> None:
        patient = replace(HOURLY, max_age=int(4 * HOUR))
        assert poll_fixed([patient], HOUR).requests == 24
        assert poll_fixed([patient], HOUR, heeding=True).requests == 6


class TestSchedule:
    def test_is_known_from_before_the_measured_day(self) -> None:
        known = get_to_know(HOURLY, BOUNDS, 3)
        assert known.rhythm
        assert known.rhythm.listed == HOURLY.listed
        assert known.last_poll < 0 <= known.next_poll

    def test_just_added_it_is_looked_at_when_the_day_begins(self) -> None:
        known = get_to_know(HOURLY, BOUNDS, 0)
        assert (known.rhythm, known.next_poll) == (None, 0)

    def test_finds_every_article_once(self) -> None:
        polled = poll_by_schedule([HOURLY], BOUNDS, 3)
        assert len(polled.delays) + polled.unseen == pytest.approx(24, abs=1)
        assert polled.unseen == 0
        assert 12 < polled.changed < polled.requests

    def test_takes_far_fewer_requests_than_an_interval_that_is_as_fast(self) -> None:
        outlets = make_outlets(replace(SMALL, outlets=200, per_day=1000))
        comparison = compare(outlets, poll_by_schedule(outlets, BOUNDS, 3))
        assert comparison.as_fast.quantile(0.5) == pytest.approx(comparison.ours.quantile(0.5), rel=0.1)
        assert comparison.as_dear.requests == pytest.approx(comparison.ours.requests)
        assert comparison.share < 0.3
        assert comparison.ours.mean < comparison.as_dear.mean / 1.5


class TestSilence:
    def test_is_found_where_it_is_for_good(self) -> None:
        dead = replace(HOURLY, published=HOURLY.published[:100], died=1.0)
        silence = watch_silence([dead, dead], 20)
        assert (silence.dead, silence.false_alarms, len(silence.found)) == (2, 0, 2)
        assert 2 <= silence.found[0] <= 4

    def test_and_is_false_where_it_ends(self) -> None:
        back = replace(HOURLY, published=(*HOURLY.published[:100], 10 * DAY))
        assert watch_silence([back], 20).false_alarms == 1
        assert watch_silence([HOURLY], 1).false_alarms == 0


class TestNewsstand:
    def stand(self, outlet: Outlet, at: float) -> Newsstand:
        return Newsstand([replace(outlet, number=0)], 8000, lambda: instant(at))

    @pytest.mark.parametrize("number", [0, 1])
    def test_answers_304_until_something_is_published(self, number: int) -> None:
        now = [3 * HOUR]
        stand = Newsstand([replace(HOURLY, number=n) for n in range(2)], 8000, lambda: instant(now[0]))
        status, headers, body = stand.answer(number, None, None)
        assert (status, len(feedparser.parse(body).entries)) == (200, 3)
        known = headers.get("ETag"), headers.get("Last-Modified")
        assert sum(value is not None for value in known) == 1
        now[0] = 3.01 * HOUR
        assert stand.answer(number, *known)[::2] == (304, b"")
        now[0] = 3.1 * HOUR
        assert stand.answer(number, *known)[0] == 200
        assert [one.status for one in stand.asked] == [200, 304, 200]

    def test_lists_its_newest_first_and_what_was_corrected(self) -> None:
        before, after = (
            feedparser.parse(self.stand(HOURLY, at).answer(0, None, None)[2]).entries for at in (4.9 * HOUR, 5.1 * HOUR)
        )
        assert [entry.id for entry in after] == [entry_id(replace(HOURLY, number=0), n) for n in range(105, 99, -1)]
        assert "Corrected" not in before[0].content[0].value
        assert "Corrected 1 times" in after[1].content[0].value

    def test_is_many_hosts(self) -> None:
        hosts = [host_of(number) for number in range(1000)]
        assert 100 < len(set(hosts)) <= 250
        assert max(map(hosts.count, set(hosts))) > 50


def test_a_day_through_the_functions_is_what_the_schedule_alone_says() -> None:
    outlets = make_outlets(Workload("functions", outlets=12, per_day=60))
    run = measure_polling(outlets, 3, 1)
    alone = poll_by_schedule(outlets, BOUNDS, 3)
    assert run.polled.requests == pytest.approx(alone.requests, rel=0.05)
    assert len(run.polled.delays) == pytest.approx(len(alone.delays), abs=3)
    assert run.polled.quantile(0.5) == pytest.approx(alone.quantile(0.5), rel=0.2)
    assert run.least_gap >= 1
    assert run.calls["dynamodb:Query"] == 1440
    assert run.dollars > 0


def test_tables_and_goals_tell_what_was_measured() -> None:
    ours = Polled(100, 40, tuple(range(0, 6000, 60)), 0)
    fixed = replace(ours, requests=1000)
    comparison = compare([HOURLY], ours)
    comparison = replace(comparison, as_fast=fixed)
    run = PollingRun(
        outlets=1,
        hosts=1,
        known_days=7,
        days=1,
        polled=ours,
        stored=100,
        least_gap=2.0,
        busiest_host=100,
        calls={"dynamodb:PutItem": 400},
        dollars=0.01,
        invocations=50,
        seconds=1,
        peak_mb=1,
    )
    polling = Polling(dict.fromkeys(WORKLOADS, comparison), watch_silence([HOURLY], 1), run, comparison, ours)
    console = Console(width=200, record=True)
    print_polling(console, polling)
    text = console.export_text()
    assert "4.00" in text
    assert all(name in text for name in WORKLOADS)
    assert [goal.measured for goal in polling_goals(polling)] == [pytest.approx(0.1), pytest.approx(0.1), 0.5]
    assert all("not measured" in goal.shown for goal in polling_goals(None))
    assert polling.figures()["run"]["ours"]["requests"] == 100


def test_the_workloads_reported_are_not_one_that_was_tuned_on() -> None:
    assert not any(workload.seed.startswith("train") for workload, _ in WORKLOADS.values())
    assert len({workload.seed for workload, _ in WORKLOADS.values()} | {SILENCE.seed}) == len(WORKLOADS) + 1
    assert datetime.fromisoformat("2026-01-07T00:00:00Z") == BEGIN
    assert math.isclose(DAY, 86_400)
