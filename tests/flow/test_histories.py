"""Whatever order events come in, how often, and wherever a function dies: content and indexes end the same.

The second half leaves out one rule at a time and asks that some history then diverges: a rule that no history needs
would be dead weight, and a test that no broken rule fails would prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from broadsheet.ingest import decide as decide_module
from broadsheet.ingest.decide import Event, Told
from broadsheet.model import choice, container, keys
from broadsheet.model.article import Article, Origin
from broadsheet.model.container import Container
from broadsheet.model.inputs import InputState, Version, state_from
from tests.flow import histories

HISTORIES = 2_000
ORDERS = 2
CHUNKS = 8
"""So that the work spreads over the machine's cores."""


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_history_diverges(chunk: int) -> None:
    seeds = range(chunk * HISTORIES // CHUNKS, (chunk + 1) * HISTORIES // CHUNKS)
    assert histories.diverging(seeds, ORDERS) is None


Patch = pytest.MonkeyPatch


def last_arrival_wins_within_an_input(patch: Patch) -> None:
    def seen(self: InputState, version: Version) -> InputState:
        first = min(self.first_seen or version.observed_at, version.observed_at)
        others = tuple(v for v in self.versions if v != version)
        return replace(self, versions=(version, *others), first_seen=first)

    patch.setattr(InputState, "seen", seen)


def deletions_are_forgotten(patch: Patch) -> None:
    patch.setattr(InputState, "missing", lambda self, order: replace(self, versions=()))


def text_does_not_break_ties(patch: Patch) -> None:
    patch.setattr(decide_module, "version_key", lambda order, content_hash: order)


def stale_versions_bring_no_claims(patch: Patch) -> None:
    real = histories.settle

    def settle(event: Event, store: Any, address_of: Any) -> Any:
        if isinstance(event, Told):
            state, _ = state_from(store.table.get(keys.input_state(event.input)), event.input)
            newest = state.versions[0].key if state.versions else ""
            if event.version.key < max(newest, state.absent):
                event = replace(event, claims=frozenset())
        return real(event, store, address_of)

    patch.setattr(histories, "settle", settle)


def the_first_to_come_is_chosen(patch: Patch) -> None:
    real = choice.compose

    def compose(article: Article, origins: dict[str, Origin]) -> Article:
        composed = real(article, origins)
        if article.chosen and article.chosen.input in origins:
            chosen = origins[article.chosen.input]
            return replace(composed, chosen=chosen, state=choice.state_of(chosen, article.takedown))
        return composed

    patch.setattr(decide_module, "compose", compose)


def a_merge_loses_takedowns(patch: Patch) -> None:
    patch.setattr(choice, "newer_takedown", lambda a, b: a)


def a_merge_loses_origins(patch: Patch) -> None:
    real = decide_module._merged

    def merged(met: list[decide_module.Stored]) -> Any:
        winner, redirects, _ = real(met)
        kept = next(stored for stored in met if stored.article.id == winner.id)
        return winner, redirects, dict(kept.origins)

    patch.setattr(decide_module, "_merged", merged)


def claims_that_meet_do_not_merge(patch: Patch) -> None:
    real = decide_module._merged
    patch.setattr(decide_module, "_merged", lambda met: real(met[:1]))


def takedowns_are_not_ordered(patch: Patch) -> None:
    patch.setattr(decide_module, "newer_takedown", lambda old, new: new)


def newly_named_members_were_never_absent(patch: Patch) -> None:
    def holding(self: Container, order: str, names: Any) -> Container:
        held = frozenset(names)
        absent = dict(self.absent)
        for name in (self.names | absent.keys()) - held:
            absent[name] = max(absent.get(name, ""), order)
        return Container(order, held, absent) if order > self.order else replace(self, absent=absent)

    patch.setattr(container.Container, "holding", holding)


def late_versions_teach_no_times(patch: Patch) -> None:
    real = decide_module._origin

    def origin(event: Event, state: InputState, before: Origin | None, article_id: str) -> Origin | None:
        made = real(event, state, before, article_id)
        if made and before and made.version == before.version:
            return replace(made, first_seen=before.first_seen, content_since=before.content_since)
        return made

    patch.setattr(decide_module, "_origin", origin)


@pytest.mark.parametrize(
    "leave_out",
    [
        last_arrival_wins_within_an_input,
        deletions_are_forgotten,
        text_does_not_break_ties,
        stale_versions_bring_no_claims,
        the_first_to_come_is_chosen,
        a_merge_loses_takedowns,
        a_merge_loses_origins,
        claims_that_meet_do_not_merge,
        takedowns_are_not_ordered,
        newly_named_members_were_never_absent,
        late_versions_teach_no_times,
    ],
    ids=lambda rule: rule.__name__,
)
def test_each_rule_is_needed(leave_out: Callable[[Patch], None], monkeypatch: Patch) -> None:
    leave_out(monkeypatch)
    assert histories.diverging(range(600), 3) is not None
