"""The decision: what one event changes, given what is stored. Pure, so each rule is a line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from broadsheet.ingest.decide import (
    Absent,
    Curated,
    Decision,
    Event,
    Outcome,
    Released,
    Snapshot,
    Stored,
    Told,
    decide,
)
from broadsheet.model.article import Article, ArticleState, Origin, Takedown
from broadsheet.model.identity import InputKey, article_id_of, claim_of_id, claim_of_input, claim_of_url
from broadsheet.model.inputs import InputState
from broadsheet.model.order import order_of_instant
from tests.builders import NOON, WEB, entry_input, minutes, told, upload_input

A, B = claim_of_url(f"{WEB}/a"), claim_of_url(f"{WEB}/b")


def address_of(origin: Origin, article_id: str) -> str:
    return f"/{origin.categories[0]}/{origin.slug}-{article_id[:6]}/"


class Memory:
    """What a table would keep between decisions, without a table."""

    def __init__(self) -> None:
        self.states: dict[InputKey, InputState] = {}
        self.links: dict[str, str] = {}
        self.articles: dict[str, Stored] = {}

    def standing(self, article_id: str) -> str:
        while merged := self.articles[article_id].article.merged_into:
            article_id = merged
        return article_id

    def tell(self, event: Event, edits: str | None = None) -> Decision:
        named: set[str] = {edits} if edits else set()
        state = None
        if isinstance(event, Curated):
            named.add(event.article_id)
        else:
            state = self.states.get(event.input)
            if state and state.article:
                named.add(state.article)
        claims: Iterable[str] = event.claims if isinstance(event, Told) else ()
        links = {claim: self.links[claim] for claim in claims if claim in self.links}
        met = {self.standing(article_id) for article_id in named | set(links.values())}
        snapshot = Snapshot(state, 0, links, {article_id: self.articles[article_id] for article_id in met})
        decision = decide(event, snapshot, address_of)
        if decision.state:
            self.states[decision.state.input] = decision.state
        self.links |= decision.links
        self.articles |= decision.articles
        return decision

    def tell_all(self, *events: Event) -> list[Outcome]:
        return [self.tell(event).outcome for event in events]

    def article(self, decision: Decision) -> Article:
        assert decision.article_id
        return self.articles[decision.article_id].article

    def only(self) -> Article:
        (article,) = (s.article for s in self.articles.values() if s.article.merged_into is None)
        return article


class TestOutcomes:
    def test_what_an_input_tells_first_is_stored(self) -> None:
        decision = Memory().tell(told())
        assert (decision.outcome, decision.changed) == (Outcome.STORED, True)
        assert decision.revision
        assert decision.article_id == article_id_of(claim_of_url(f"{WEB}/story"))

    def test_the_same_message_again_changes_nothing(self) -> None:
        memory = Memory()
        memory.tell(told())
        decision = memory.tell(told())
        assert (decision.outcome, decision.changed, decision.revision) == (Outcome.UNCHANGED, False, None)

    def test_the_same_text_seen_later_is_unchanged_and_still_noted(self) -> None:
        memory = Memory()
        decision = memory.tell_all(told(), told(at=minutes(5)))[1]
        assert decision is Outcome.UNCHANGED
        assert memory.states[entry_input()].versions[0].observed_at == minutes(5)
        article = memory.only()
        assert article.chosen
        assert article.chosen.updated is None, "nobody corrected anything"

    def test_another_text_is_an_update(self) -> None:
        memory = Memory()
        assert memory.tell_all(told(), told("beta", at=minutes(5))) == [Outcome.STORED, Outcome.UPDATED]
        article = memory.only()
        assert article.chosen
        assert (article.chosen.title, article.chosen.updated) == ("Beta", minutes(5))

    def test_an_older_text_that_comes_late_changes_nothing_but_when_the_input_was_first_seen(self) -> None:
        memory = Memory()
        assert memory.tell_all(told("beta", at=minutes(5)), told(at=NOON)) == [Outcome.STORED, Outcome.UPDATED]
        article = memory.only()
        assert article.chosen
        assert (article.chosen.title, article.chosen.first_seen) == ("Beta", NOON)

    def test_the_last_input_that_goes_takes_the_article_off_the_site(self) -> None:
        memory = Memory()
        later = order_of_instant(minutes(1))
        assert memory.tell_all(told(), Absent(entry_input(), later)) == [Outcome.STORED, Outcome.UNPUBLISHED]
        assert memory.only().state is ArticleState.GONE
        assert memory.only().address, "its address stays recorded"

    def test_an_input_that_comes_back_has_its_old_article_and_address(self) -> None:
        memory = Memory()
        memory.tell_all(told(), Absent(entry_input(), order_of_instant(minutes(1))))
        before = memory.only()
        assert memory.tell(told("beta", at=minutes(2))).outcome is Outcome.STORED
        assert (memory.only().id, memory.only().address) == (before.id, before.address)

    def test_an_input_nobody_knows_that_goes_changes_no_article_but_is_remembered(self) -> None:
        memory = Memory()
        decision = memory.tell(Absent(entry_input(), order_of_instant(minutes(1))))
        assert (decision.outcome, decision.articles, decision.changed) == (Outcome.UNCHANGED, {}, True)
        assert memory.tell(told()).outcome is Outcome.UNCHANGED, "a late put does not revive it"
        assert memory.only().state is ArticleState.GONE


class TestClaims:
    def test_a_shared_claim_is_one_article_and_the_higher_priority_is_shown(self) -> None:
        memory = Memory()
        memory.tell(told("low", input_key=entry_input("1", "a"), claims=frozenset({A}), priority=1))
        memory.tell(told("high", input_key=entry_input("1", "b"), claims=frozenset({A}), priority=2, at=minutes(1)))
        article = memory.only()
        assert article.chosen
        assert article.chosen.title == "High"
        assert set(article.claims) == {A, *(claim_of_input(entry_input("1", name)) for name in "ab")}

    def test_no_claim_at_all_is_an_article_of_the_inputs_own(self) -> None:
        memory = Memory()
        decision = memory.tell(told(claims=frozenset()))
        assert decision.article_id == article_id_of(claim_of_input(entry_input()))

    def test_the_strongest_claim_names_the_article(self) -> None:
        ident = claim_of_id("wire", "7")
        assert Memory().tell(told(claims=frozenset({A, ident}))).article_id == article_id_of(ident)

    # Invariant 2.4: claims only accumulate, also from stale versions.
    def test_a_stale_version_still_brings_its_claims(self) -> None:
        memory = Memory()
        memory.tell(told("new", claims=frozenset({A}), at=minutes(5)))
        memory.tell(told("old", claims=frozenset({B}), at=NOON))
        assert {A, B} <= set(memory.only().claims)
        memory.tell(told("other", input_key=entry_input("9", "z"), claims=frozenset({B}), at=minutes(6)))
        assert memory.only()

    @pytest.mark.parametrize("first", ["a", "b"])
    def test_claims_that_meet_two_articles_merge_them_into_the_older_one(self, first: str) -> None:
        memory = Memory()
        both = [
            told("a", input_key=entry_input("1", "a"), claims=frozenset({A})),
            told("b", input_key=entry_input("1", "b"), claims=frozenset({B}), at=minutes(1)),
        ]
        for event in both if first == "a" else reversed(both):
            memory.tell(event)
        merging = memory.tell(told("c", input_key=upload_input(), claims=frozenset({A, B}), at=minutes(2)))
        winner, loser = article_id_of(A), article_id_of(B)
        assert merging.article_id == winner
        article, redirect = memory.articles[winner].article, memory.articles[loser].article
        assert (redirect.state, redirect.merged_into) == (ArticleState.MERGED, winner)
        assert article.absorbed == (loser,)
        assert set(memory.articles[winner].origins) == {"entry:a#1", "entry:b#1", "upload:articles/a.md"}
        assert memory.articles[loser].origins == {}
        assert memory.links[B] == winner
        assert article.chosen
        assert article.chosen.title == "C", "uploads win over sources"

    def test_a_takedown_of_either_holds_for_what_they_become(self) -> None:
        memory = Memory()
        memory.tell(told("a", input_key=entry_input("1", "a"), claims=frozenset({A})))
        loser = memory.tell(told("b", input_key=entry_input("1", "b"), claims=frozenset({B}), at=minutes(1)))
        assert loser.article_id
        memory.tell(Curated(loser.article_id, Takedown("1", active=True)))
        memory.tell(told("c", input_key=upload_input(), claims=frozenset({A, B}), at=minutes(2)))
        assert memory.only().state is ArticleState.TAKEN_DOWN

    def test_an_edit_belongs_to_the_article_it_names(self) -> None:
        memory = Memory()
        polled = memory.tell(told())
        edit = told("beta", input_key=upload_input(), claims=frozenset(), at=minutes(1), edits=polled.article_id)
        decision = memory.tell(edit, edits=polled.article_id)
        assert decision.article_id == polled.article_id
        assert decision.outcome is Outcome.UPDATED


class TestHolding:
    held = told(input_key=upload_input(), published=minutes(60))

    def test_an_upload_dated_in_the_future_is_held_until_then(self) -> None:
        memory = Memory()
        assert memory.tell(self.held).outcome is Outcome.STORED
        assert (memory.only().state, memory.only().address) == (ArticleState.HELD, None)
        assert memory.tell(Released(upload_input(), minutes(60))).outcome is Outcome.UPDATED
        assert memory.only().published
        assert memory.only().address

    @pytest.mark.parametrize("at", [minutes(59), minutes(61)])
    def test_another_time_than_its_own_does_not_release_it(self, at: object) -> None:
        memory = Memory()
        memory.tell(self.held)
        memory.tell(Released(upload_input(), at))  # type: ignore[arg-type]  # parametrised
        assert memory.only().state is ArticleState.HELD

    def test_what_was_released_stays_so_when_its_message_comes_again(self) -> None:
        memory = Memory()
        memory.tell_all(self.held, Released(upload_input(), minutes(60)))
        assert memory.tell(self.held).changed is False

    def test_an_entry_is_never_held(self) -> None:
        memory = Memory()
        memory.tell(told(published=minutes(60)))
        assert memory.only().published

    def test_a_release_of_nothing_changes_nothing(self) -> None:
        assert Memory().tell(Released(upload_input(), NOON)).changed is False


class TestOrigin:
    def test_an_origin_knows_when_it_expires(self) -> None:
        memory = Memory()
        memory.tell(told(published=minutes(-60), retention=timedelta(days=1)))
        (origin,) = memory.articles[memory.only().id].origins.values()
        assert origin.expires_at == minutes(-60) + timedelta(days=1)

    def test_an_undated_one_expires_from_when_it_was_first_seen(self) -> None:
        memory = Memory()
        retention = timedelta(days=1)
        memory.tell_all(told(retention=retention), told("beta", at=minutes(60), retention=retention))
        (origin,) = memory.articles[memory.only().id].origins.values()
        assert origin.expires_at == NOON + retention

    def test_an_older_version_does_not_take_the_newer_ones_fingerprint(self) -> None:
        memory = Memory()
        memory.tell_all(told("beta", at=minutes(5)), told("alpha", at=NOON))
        assert memory.states[entry_input()].fingerprint == "beta"

    def test_a_body_is_written_once_per_version_and_under_the_article_it_belongs_to(self) -> None:
        memory = Memory()
        first, second = memory.tell(told()), memory.tell(told("beta", at=minutes(1)))
        assert first.revision
        assert second.revision
        assert first.revision != second.revision
        assert {first.revision.pk, second.revision.pk} == {f"ARTICLE#{first.article_id}"}

    # Invariant 3: the address is decided once.
    def test_a_corrected_title_moves_no_address(self) -> None:
        memory = Memory()
        memory.tell(told())
        before = memory.only().address
        memory.tell(told("beta", at=minutes(1), categories=("sport",)))
        assert memory.only().address == before

    def test_a_draft_never_gets_one(self) -> None:
        memory = Memory()
        memory.tell(told(draft=True))
        assert (memory.only().state, memory.only().address) == (ArticleState.DRAFT, None)


def test_nothing_but_an_article_that_is_taken_down_is_changed_by_a_takedown() -> None:
    memory = Memory()
    memory.tell(told())
    down = Curated(memory.only().id, Takedown("1", active=True))
    decision = memory.tell(down)
    assert (decision.outcome, decision.state, decision.revision) == (Outcome.UNPUBLISHED, None, None)
    assert memory.tell(down).changed is False
    up = replace(down, takedown=Takedown("2", active=False))
    assert memory.tell(up).outcome is Outcome.UPDATED
    assert memory.only().published
