"""What is known of an input is a join: the order of arrival, and repeats, change nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.model import inputs
from broadsheet.model.inputs import InputState, Version, state_from, state_item
from broadsheet.model.order import order_of_instant
from tests.builders import NOON, entry_input, minutes, upload_input, version

KEY = entry_input()
versions = st.builds(version, st.integers(0, 6).map(minutes), st.sampled_from(["alpha", "beta", "gamma"]))
orders = st.integers(0, 6).map(minutes).map(order_of_instant)
events = st.lists(versions | orders, max_size=8)


def after(known: list[Version | str]) -> InputState:
    state = InputState(KEY)
    for event in known:
        state = state.seen(event) if isinstance(event, Version) else state.missing(event)
    return state


# Broken once by having `seen` put the version that came last first: fails at once.
@given(events.flatmap(lambda drawn: st.tuples(st.just(drawn), st.permutations(drawn))))
def test_the_order_of_arrival_does_not_matter(drawn: tuple[list[Version | str], list[Version | str]]) -> None:
    assert after(drawn[0]) == after(drawn[1])


@given(events, st.data())
def test_repeats_do_not_matter(drawn: list[Version | str], data: st.DataObject) -> None:
    repeated = drawn + data.draw(st.lists(st.sampled_from(drawn), max_size=4)) if drawn else drawn
    assert after(repeated) == after(drawn)


# The cut to the newest few is a function of the set only if it is made after sorting.
@given(
    st.lists(versions, min_size=4, max_size=10).flatmap(lambda drawn: st.tuples(st.just(drawn), st.permutations(drawn)))
)
def test_forgetting_old_versions_does_not_depend_on_the_order_either(
    drawn: tuple[list[Version], list[Version]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "REMEMBERED_VERSIONS", 3)
        first, second = after(list(drawn[0])), after(list(drawn[1]))
    assert first == second
    assert first.versions == tuple(sorted(set(drawn[0]), reverse=True)[:3])


def test_a_late_put_does_not_revive_what_was_deleted() -> None:
    state = InputState(KEY).missing(order_of_instant(minutes(5))).seen(version(minutes(4)))
    assert state.live is None
    assert state.content_since is None


def test_a_put_after_the_deletion_lives() -> None:
    newer = version(minutes(6), "beta")
    state = InputState(KEY).seen(newer).missing(order_of_instant(minutes(5)))
    assert state.live == newer


def test_the_first_sight_is_the_earliest_of_all_whatever_was_deleted() -> None:
    state = InputState(KEY).seen(version(minutes(6))).missing(order_of_instant(minutes(5))).seen(version(NOON))
    assert state.first_seen == NOON


def test_a_text_stands_since_it_was_first_told_without_a_break() -> None:
    told = [version(NOON), version(minutes(1), "beta"), version(minutes(2)), version(minutes(3))]
    state = after(list(told))
    assert state.content_since == minutes(2)
    assert after([*told, order_of_instant(minutes(2))]).content_since == minutes(3)


@given(events, st.sampled_from([KEY, upload_input(), upload_input("bundles/a.zip", "新 闻.md")]))
def test_a_state_comes_back_from_its_item(drawn: list[Version | str], key: object) -> None:
    state = replace(after(drawn), input=key, article="x", fingerprint="f")  # type: ignore[arg-type]  # drawn from input keys
    assert state_from(state_item(state, 3), state.input) == (state, 3)


def test_what_is_not_stored_is_the_empty_state_at_version_0() -> None:
    assert state_from(None, KEY) == (InputState(KEY), 0)


def test_the_empty_state_comes_back() -> None:
    assert state_from(state_item(InputState(KEY), 1), KEY) == (InputState(KEY), 1)


def test_versions_of_one_instant_have_one_winner() -> None:
    first, second = version(NOON, "alpha"), version(NOON, "beta")
    assert after([first, second]).live == after([second, first]).live == second
    assert NOON + timedelta(0) == second.observed_at
