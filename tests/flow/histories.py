"""Random histories of inputs, delivered in random orders, and what the table says in the end.

A history is what happened in the world: files put, changed and deleted, bundles that gain and lose members, entries
polled, articles taken down and restored. A delivery is one order in which the system may learn of it: shuffled,
repeated, and with crashes between any two writes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from broadsheet.flow.settle import Store, settle
from broadsheet.ingest.decide import Absent, Content, Curated, Event, Told
from broadsheet.model import keys
from broadsheet.model.article import Article, CleanArticle, Origin, Takedown
from broadsheet.model.container import Container
from broadsheet.model.identity import InputKey, claim_of_id, claim_of_url, digest
from broadsheet.model.inputs import state_from
from broadsheet.model.order import format_instant, order_of_instant, order_of_sequencer
from broadsheet.model.records import article_from, index_from
from tests.fakes.objects import FakeObjects
from tests.fakes.table import FakeTable

START = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


class Crash(BaseException):
    """The function died here; its message comes again."""


@dataclass(frozen=True)
class ContainerVersion:
    """An uploaded object at one moment: what each member tells, None for one that cannot be read."""

    key: str
    order: str
    at: datetime
    members: tuple[tuple[str, Told | None], ...]


@dataclass(frozen=True)
class OperatorCommand:
    """A takedown or its end, of whatever article ``input`` belongs to when the command comes."""

    input: InputKey
    takedown: Takedown


Happening = ContainerVersion | Told | OperatorCommand


def address_of(origin: Origin, article_id: str) -> str:
    return f"/{origin.categories[0]}/{origin.slug}-{article_id[:6]}/"


def histories(rng: random.Random) -> list[Happening]:
    """One random history of 4 to 12 happenings over few inputs and fewer stories, so that they collide."""
    stories = [claim_of_url(f"https://example.org/{i}") for i in range(3)] + [claim_of_id("wire", "7")]
    happenings: list[Happening] = []
    inputs: list[InputKey] = []
    for step in range(rng.randint(4, 12)):
        at = START + timedelta(minutes=rng.choice([step, step, step // 2]))
        kind = rng.choice(["file", "file", "bundle", "entry", "entry", "delete", "command"])
        if kind == "entry":
            source = rng.choice(["a", "b"])
            input_key = InputKey("entry", source, rng.choice(["1", "2"]))
            # One source is polled at one instant once: a redelivered poll may still have fetched another text.
            happenings.append(_told(rng, input_key, order_of_instant(at), at, stories))
        elif kind == "command" and inputs:
            active = rng.random() < 0.7
            takedown = Takedown(format_instant(at) + f"#{step}", active=active)
            happenings.append(OperatorCommand(rng.choice(inputs), takedown))
            continue
        else:
            name = {"file": "articles/x.md", "bundle": "bundles/z.zip"}.get(
                kind, rng.choice(["articles/x.md", "bundles/z.zip"])
            )
            order = order_of_sequencer(f"{step:x}")
            names = [""] if name.startswith("articles") else rng.sample(["m", "n", "o"], rng.randint(0, 3))
            if kind == "delete":
                names = []
            members = []
            for member in names:
                input_key = InputKey("upload", name, member)
                readable = rng.random() < 0.8
                members.append((member, _told(rng, input_key, order, at, stories) if readable else None))
                inputs.append(input_key)
            happenings.append(ContainerVersion(name, order, at, tuple(members)))
            continue
        inputs.append(input_key)
    return happenings


def _told(rng: random.Random, input_key: InputKey, order: str, at: datetime, stories: list[str]) -> Told:
    text = rng.choice(["alpha", "beta", "gamma"])
    article = CleanArticle(
        title=text.title(),
        html=f"<p>{text}</p>",
        published=rng.choice([None, START - timedelta(days=1)]),
        slug=text,
        draft=rng.random() < 0.1,
        source_name=input_key.container,
        content_hash=digest(text),
    )
    claims = frozenset(rng.sample(stories, rng.choice([0, 1, 1, 1, 2])))
    priority = {"a": 1, "b": 2}.get(input_key.container, 0)
    content = Content(article, (rng.choice(["news", "sport"]),), priority)
    # Categories and dates are part of what is hashed in the real thing.
    content_hash = digest(f"{text}{content.categories}{article.published}{article.draft}")
    content = replace(content, clean=replace(article, content_hash=content_hash))
    return Told(input_key, order, at, claims, content, fingerprint=content_hash)


@dataclass
class System:
    """Settles what is delivered, against the table in memory."""

    table: FakeTable
    archive: FakeObjects
    containers: dict[str, Container]

    @classmethod
    def empty(cls) -> System:
        return cls(FakeTable(), FakeObjects(), {})

    def deliver(self, happening: Happening) -> list[Happening]:
        """Deliver one happening, and return the messages it sends."""
        if isinstance(happening, ContainerVersion):
            known = self.containers.get(happening.key, Container())
            now = known.holding(happening.order, [name for name, _ in happening.members])
            self.containers[happening.key] = now
            for name, order in now.absent.items():
                self._settle(Absent(InputKey("upload", happening.key, name), order))
            return [told for _, told in happening.members if told]
        if isinstance(happening, OperatorCommand):
            item = self.table.get(keys.input_state(happening.input))
            state, _ = state_from(item, happening.input)
            if state.article is None:
                # The operator cannot take down what is not there yet: the command comes later.
                return [happening]
            self._settle(Curated(state.article, happening.takedown))
            return []
        self._settle(happening)
        return []

    def _settle(self, event: Event) -> None:
        settle(event, Store(self.table, self.archive), address_of)

    def outcome(self) -> object:
        """All that must not depend on the delivery: articles by their claims, index lists, without ids."""
        articles: dict[str, Article] = {}
        for key, item in self.table.dump().items():
            if key.sk == keys.CURRENT:
                article, _ = article_from(item)
                articles[article.id] = article
        standing = [a for a in articles.values() if a.merged_into is None]
        shown = sorted(
            (a.claims, a.state, _text(a.chosen), a.also, bool(a.takedown and a.takedown.active)) for a in standing
        )
        lists: dict[str, list[object]] = {}
        for key, item in self.table.dump().items():
            if key.pk.startswith("INDEX#") and key.pk != keys.INDEX_GONE:
                line = index_from(item)
                claims = articles[line.article_id].claims
                lists.setdefault(key.pk, []).append((line.instant, claims, line.title, line.updated, line.categories))
        return shown, {pk: sorted(lines, key=repr) for pk, lines in sorted(lists.items())}


def _text(origin: Origin | None) -> object:
    if origin is None:
        return ()
    return (origin.input, origin.content_hash, origin.instant, str(origin.updated), origin.categories, origin.draft)


def in_order(history: list[Happening]) -> object:
    """What comes of the history when everything is delivered once, as it happened."""
    system = System.empty()
    pending: list[Happening] = []
    for happening in history:
        sent = system.deliver(happening)
        for message in sent:
            pending += system.deliver(message)
    for message in pending:
        # A command for what never came to be stays undelivered.
        system.deliver(message)
    return system.outcome()


def shuffled(history: list[Happening], rng: random.Random, crashes: bool = True) -> object:
    """What comes of it in one random order: with repeats, and with crashes before or after any write."""
    system = System.empty()
    pool: list[Happening] = [h for h in history for _ in range(rng.choice([1, 1, 2]))]
    rng.shuffle(pool)
    early: list[Happening] = []
    while pool:
        happening = pool.pop(rng.randrange(len(pool)))
        if crashes and rng.random() < 0.15:
            _crash_somewhere(system, rng)
        try:
            sent = system.deliver(happening)
        except Crash:
            sent = [happening]
        else:
            if sent == [happening]:
                # A command that came too early waits until something else has happened.
                early.append(happening)
                continue
        finally:
            system.table.before_write = system.table.after_write = None
        pool += early + [
            message for message in sent for _ in range(1 if message is happening else rng.choice([1, 1, 2]))
        ]
        early = []
    return system.outcome()


def _crash_somewhere(system: System, rng: random.Random) -> None:
    left = rng.randint(0, 3)

    def hook(_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Crash

    if rng.random() < 0.5:
        system.table.before_write = hook
    else:
        system.table.after_write = hook


def diverging(seeds: Iterator[int] | range, orders: int) -> int | None:
    """Return the first seed whose history ends differently in one of ``orders`` random orders, or None."""
    for seed in seeds:
        history = histories(random.Random(seed))
        expected = in_order(history)
        for order in range(orders):
            if shuffled(history, random.Random(seed * 1_000 + order)) != expected:
                return seed
    return None
