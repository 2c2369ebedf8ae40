"""Whatever happens between polls, what is listed in the end is what is stored.

Listings change, answers are 304 where they may be, messages come late, twice and in any order, bodies fail for a while,
functions die anywhere. Once all that stops and the source is polled on, each listed entry is stored as it is listed.
"""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta

import pytest

from broadsheet.flow import enqueue, source_state
from broadsheet.flow.ports import Outgoing
from broadsheet.model.identity import digest
from broadsheet.model.web import FetchFailed, FetchRequest, FetchResponse
from tests.builders import NOON
from tests.fakes.fetcher import answering
from tests.flow.deliveries import NEVER, Deliveries
from tests.flow.feeds import LIST, item, newsroom

BODY = "https://bodies.example/"
SEEDS = range(40)


class Newsdesk:
    """A source whose entries change; bodies are listed, or fetched one by one from a host that may fail."""

    def __init__(self, rng: random.Random, *, fetched: bool) -> None:
        body = f'{{from: json, url: "{BODY}{{id}}", field: text}}' if fetched else "{from: entry}"
        self.rng = rng
        self.deliveries = Deliveries(newsroom("poll: {min: 1m, max: 30m}", body=body))
        self.pipeline = self.deliveries.pipeline
        self.now = NOON
        self.texts: dict[str, str] = {}
        self.bodies: dict[str, tuple[str, int]] = {}
        self.fetched = fetched
        self.broken = False
        self.late: list[Outgoing] = []
        self.pipeline.fetcher.answers[LIST] = self.listing
        for n in range(4):
            self.pipeline.fetcher.answers[f"{BODY}{n}"] = self.body

    def send(self, messages: list[Outgoing]) -> None:
        """Put messages back on the queue, which is the queue's own doing: no function dies of it."""
        self.pipeline.ingests.messages.extend(messages)

    def listing(self, request: FetchRequest) -> FetchResponse:
        entries = [
            item(name, "See its page.", revised=self.bodies[name][1]) if self.fetched else item(name, text)
            for name, text in sorted(self.texts.items())
        ]
        text = json.dumps({"items": entries})
        return answering(LIST, text, "application/json", etag=digest(text))(request)

    def body(self, request: FetchRequest) -> FetchResponse:
        if self.broken:
            raise FetchFailed("timed out", transient=True)
        text, _ = self.bodies[request.url.removeprefix(BODY)]
        return answering(request.url, json.dumps({"text": f"<p>{text}</p>"}), "application/json")(request)

    def happen(self) -> None:
        """Let one thing happen."""
        match self.rng.randrange(10):
            case 0 | 1:
                name, text = str(self.rng.randrange(4)), f"Text {self.rng.randrange(3)}"
                # Where bodies are fetched, a listing tells that one has changed; else it may list again what it did.
                _, revision = self.bodies.get(name, ("", 0))
                self.texts[name], self.bodies[name] = text, (text, revision + 1)
            case 2 if self.texts:
                del self.texts[self.rng.choice(sorted(self.texts))]
            case 3:
                self.broken = not self.broken
            case 4:
                waiting = self.pipeline.ingests.take()
                self.rng.shuffle(waiting)
                held = waiting[: self.rng.randrange(3)]
                self.late += held
                again = self.rng.sample(waiting, min(len(waiting), self.rng.randrange(2)))
                self.send([*waiting[len(held) :], *again])
            case 5:
                self.send(self.late)
                self.late = []
            case 6:
                self.deliveries.left = self.rng.randrange(12)
            case 7 | 8:
                self.pass_minutes(self.rng.choice((1, 3, 12, 40)))
            case _:
                self.deliveries.step(self.rng)

    def pass_minutes(self, minutes: int) -> None:
        for _ in range(minutes):
            self.now += timedelta(minutes=1)
            self.deliveries.until_it_lives(lambda: self.pipeline.dispatch(self.now))
            for _ in range(3):
                if self.pipeline.polls.messages:
                    self.deliveries.step()

    def come_to_rest(self) -> datetime:
        """Let all that was held back come, nothing fail any more, and time pass."""
        self.broken, self.deliveries.left = False, NEVER
        self.send(self.late)
        self.late = []
        for _ in range(40):
            self.pass_minutes(10)
            self.deliveries.drain()
        return self.now

    def stored(self) -> dict[str, str]:
        """What the articles of the listed entries say."""
        found = {}
        for article in self.pipeline.articles():
            assert article.chosen
            name = article.chosen.input.partition("#")[2]
            if name in self.texts:
                found[name] = article.chosen.description
        return found


def run(seed: int, *, fetched: bool) -> Newsdesk:
    desk = Newsdesk(random.Random(seed), fetched=fetched)
    for _ in range(desk.rng.randint(10, 60)):
        desk.happen()
    desk.come_to_rest()
    return desk


@pytest.mark.parametrize("fetched", [False, True], ids=["listed bodies", "fetched bodies"])
def test_in_the_end_what_is_listed_is_stored(fetched: bool) -> None:
    for seed in SEEDS:
        desk = run(seed, fetched=fetched)
        assert desk.stored() == desk.texts, f"seed {seed}"


@pytest.mark.parametrize("left_out", ["a late ingest has the listing read again", "pending entries are told apart"])
def test_each_rule_is_needed(left_out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if left_out == "a late ingest has the listing read again":
        monkeypatch.setattr("broadsheet.flow.ingest_article.recheck_listing", lambda *_: None)
    else:
        monkeypatch.setattr(source_state, "is_pending", lambda *_: True)
        assert enqueue.is_pending is not source_state.is_pending
    desks = (run(seed, fetched=False) for seed in SEEDS)
    assert any(desk.stored() != desk.texts for desk in desks)
