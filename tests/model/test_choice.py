"""The algebra of the choice among origins: what comes of a set does not depend on how it was put together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.model import keys
from broadsheet.model.article import Article, ArticleState, Origin, Takedown
from broadsheet.model.choice import absorb, choose, compose, index_lines, newer_takedown, older, state_of
from tests.builders import NOON, article, minutes, origin

inputs = st.sampled_from([f"{kind}:{name}" for kind in ("entry", "upload") for name in ("a#1", "b#1", "c#2", "d#1")])
origins = st.builds(
    origin,
    inputs,
    priority=st.integers(-1, 1),
    source_name=st.sampled_from([None, "A", "B"]),
    source_url=st.sampled_from([None, "https://a.example/", "https://b.example/"]),
    draft=st.booleans(),
    release_at=st.none() | st.just(minutes(60)),
)
by_input = st.dictionaries(inputs, st.none(), max_size=5).flatmap(
    lambda names: st.fixed_dictionaries({name: origins.map(partial(_as, name)) for name in names})
)
takedowns = st.none() | st.builds(Takedown, st.sampled_from("123"), st.booleans())
ids = st.sampled_from(["aaaa", "bbbb", "cccc", "dddd"])


def _as(name: str, told: Origin) -> Origin:
    return replace(told, input=name, upload=name.startswith("upload:"))


def three_articles() -> st.SearchStrategy[tuple[Article, ...]]:
    """Three articles, none of them merged yet: ids differ, ages may not."""

    def built(ages: list[int], registers: list[Takedown | None]) -> tuple[Article, ...]:
        # One order is one command, so no two registers of one order say different things.
        said: dict[str, Takedown] = {}
        told = [said.setdefault(t.order, t) if t else None for t in registers]
        return tuple(
            article(name * 4, created_at=minutes(age), takedown=takedown, absorbed=(f"old-{name}",))
            for name, age, takedown in zip("abc", ages, told, strict=True)
        )

    return st.builds(
        built, st.lists(st.integers(0, 2), min_size=3, max_size=3), st.lists(takedowns, min_size=3, max_size=3)
    )


def merged(a: Article, b: Article) -> Article:
    winner = older(a, b)
    return absorb(winner, b if winner is a else a)[0] if a.id != b.id else a


class TestChoose:
    def test_none_is_chosen_from_none(self) -> None:
        assert choose([]) is None

    @pytest.mark.parametrize(
        ("winner", "loser"),
        [
            (origin("upload:a"), origin("entry:wire#1", priority=9)),
            (origin("entry:a#1", priority=1), origin("entry:b#1")),
            (origin("entry:b#1"), origin("entry:a#1")),
        ],
        ids=["upload over source", "priority", "input id breaks ties"],
    )
    def test_what_wins(self, winner: Origin, loser: Origin) -> None:
        assert choose([winner, loser]) is winner
        assert choose([loser, winner]) is winner

    # Broken once by leaving the input out of the rank: max() then keeps whichever came first.
    @given(by_input.flatmap(lambda told: st.tuples(st.just(told), st.permutations(list(told.values())))))
    def test_the_order_does_not_matter(self, drawn: tuple[dict[str, Origin], list[Origin]]) -> None:
        assert choose(drawn[1]) == choose(drawn[0].values())

    @given(by_input, by_input)
    def test_choosing_from_two_sets_is_choosing_from_what_each_chose(
        self, a: dict[str, Origin], b: dict[str, Origin]
    ) -> None:
        finalists = [winner for winner in (choose(a.values()), choose(b.values())) if winner]
        assert _rank(choose(finalists)) == _rank(choose([*a.values(), *b.values()]))

    @given(by_input)
    def test_twice_the_same_changes_nothing(self, told: dict[str, Origin]) -> None:
        assert choose([*told.values(), *told.values()]) == choose(told.values())


def _rank(told: Origin | None) -> object:
    return told and told.rank


class TestCompose:
    @given(by_input.flatmap(lambda told: st.tuples(st.just(told), st.permutations(list(told.items())))))
    def test_the_order_of_origins_does_not_matter(
        self, drawn: tuple[dict[str, Origin], list[tuple[str, Origin]]]
    ) -> None:
        assert compose(article(), dict(drawn[1])) == compose(article(), drawn[0])

    # Idempotent: composing what was composed from other origins leaves no trace of those.
    @given(by_input, by_input)
    def test_only_the_origins_there_are_now_count(self, before: dict[str, Origin], now: dict[str, Origin]) -> None:
        assert compose(compose(article(), before), now) == compose(article(), now)

    @given(by_input, takedowns)
    def test_recorded_decisions_stay(self, told: dict[str, Origin], takedown: Takedown | None) -> None:
        before = article(address="/news/x/", absorbed=("b",), takedown=takedown)
        after = compose(before, told)
        assert (after.id, after.created_at, after.address, after.claims, after.absorbed, after.takedown) == (
            before.id, before.created_at, before.address, before.claims, before.absorbed, before.takedown,
        )  # fmt: skip

    def test_others_are_named_once_and_never_the_one_that_is_shown(self) -> None:
        told = [
            origin("entry:a#1", source_name="A", source_url="https://a.example/"),
            origin("entry:b#1", source_name="B", source_url="https://b.example/"),
            origin("entry:c#1", source_name="B", source_url="https://b.example/"),
            origin("entry:d#1", source_name=None),
            origin("entry:e#1", source_name="Secret", draft=True),
            origin("upload:z", source_name="A", source_url="https://a.example/"),
        ]
        composed = compose(article(), {o.input: o for o in told})
        assert composed.also == (("B", "https://b.example/"),)


class TestState:
    @pytest.mark.parametrize(
        ("chosen", "takedown", "expected"),
        [
            (None, None, ArticleState.GONE),
            (origin(), None, ArticleState.PUBLISHED),
            (origin(draft=True), None, ArticleState.DRAFT),
            (origin(release_at=NOON), None, ArticleState.HELD),
            (origin(draft=True, release_at=NOON), None, ArticleState.DRAFT),
            (origin(), Takedown("1", active=True), ArticleState.TAKEN_DOWN),
            (None, Takedown("1", active=True), ArticleState.TAKEN_DOWN),
            (origin(), Takedown("2", active=False), ArticleState.PUBLISHED),
        ],
    )
    def test_how_an_article_stands(
        self, chosen: Origin | None, takedown: Takedown | None, expected: ArticleState
    ) -> None:
        assert state_of(chosen, takedown) is expected


class TestTakedownRegister:
    def test_the_newer_command_holds_whichever_comes_first(self) -> None:
        down, up = Takedown("1", active=True, reason="error"), Takedown("2", active=False)
        assert newer_takedown(down, up) == newer_takedown(up, down) == up

    def test_of_two_commands_at_one_instant_the_takedown_holds(self) -> None:
        down, up = Takedown("1", active=True), Takedown("1", active=False)
        assert newer_takedown(down, up) == newer_takedown(up, down) == down

    @given(takedowns, takedowns, takedowns)
    def test_it_is_a_join(self, a: Takedown | None, b: Takedown | None, c: Takedown | None) -> None:
        assert newer_takedown(a, b) == newer_takedown(b, a)
        assert newer_takedown(a, newer_takedown(b, c)) == newer_takedown(newer_takedown(a, b), c)
        assert newer_takedown(a, a) == a


class TestAbsorb:
    # Broken once by keeping only the winner's claims, once by `older` comparing the ids alone.
    @given(three_articles())
    def test_three_articles_merge_into_the_same_one_in_whatever_order(self, three: tuple[Article, ...]) -> None:
        results = {merged(merged(a, b), c) for a, b, c in permutations(three)}
        results |= {merged(a, merged(b, c)) for a, b, c in permutations(three)}
        assert len(results) == 1

    @given(three_articles())
    def test_nothing_that_leads_here_is_lost(self, three: tuple[Article, ...]) -> None:
        a, b, _ = three
        winner, loser = (a, b) if older(a, b) is a else (b, a)
        after, redirect = absorb(winner, loser)
        assert set(after.claims) == {*a.claims, *b.claims}
        assert set(after.absorbed) == {*a.absorbed, *b.absorbed, loser.id}
        assert (redirect.state, redirect.merged_into, redirect.address) == (
            ArticleState.MERGED,
            winner.id,
            loser.address,
        )
        assert after.created_at == min(a.created_at, b.created_at)

    @given(three_articles())
    def test_absorbing_twice_is_absorbing_once(self, three: tuple[Article, ...]) -> None:
        winner, loser = three[:2]
        once, redirect = absorb(winner, loser)
        assert absorb(once, loser) == (once, redirect)


class TestIndexLines:
    def test_a_published_article_stands_in_the_site_its_categories_and_its_source(self) -> None:
        shown = origin(source_id="wire", categories=("news", "sport"), published=minutes(-60))
        lines = index_lines(_published(shown))
        assert {index for index, _ in lines.values()} == {
            keys.INDEX_SITE, "INDEX#category#news", "INDEX#category#sport", "INDEX#source#wire",
        }  # fmt: skip
        assert {key.sk for key in lines} == {"2026-01-05T11:00:00.000000Z#aaaaaaaaaaaaaaaa"}
        assert all(key.pk == index for key, (index, _) in lines.items())

    def test_an_upload_stands_in_no_source(self) -> None:
        lines = index_lines(_published(origin("upload:articles/a.md")))
        assert {key.pk for key in lines} == {keys.INDEX_SITE, "INDEX#category#news"}

    def test_a_line_tells_of_a_correction_and_not_of_the_first_sight(self) -> None:
        (line, *_) = (line for _, line in index_lines(_published(origin())).values())
        assert line.updated is None
        corrected = origin(content_since=NOON + timedelta(hours=1))
        (line, *_) = (line for _, line in index_lines(_published(corrected)).values())
        assert line.updated == NOON + timedelta(hours=1)

    @pytest.mark.parametrize("state", [state for state in ArticleState if state is not ArticleState.PUBLISHED], ids=str)
    def test_what_had_an_address_and_is_not_published_stands_with_what_is_gone(self, state: ArticleState) -> None:
        lines = index_lines(article(state=state, address="/news/x/", chosen=origin()))
        assert [key.pk for key in lines] == [keys.INDEX_GONE]

    @pytest.mark.parametrize("state", [ArticleState.DRAFT, ArticleState.HELD, ArticleState.GONE], ids=str)
    def test_what_never_had_an_address_stands_nowhere(self, state: ArticleState) -> None:
        assert index_lines(article(state=state, chosen=origin())) == {}


def _published(shown: Origin) -> Article:
    return article(state=ArticleState.PUBLISHED, address="/news/x/", chosen=shown)
