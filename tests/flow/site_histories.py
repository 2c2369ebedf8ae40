"""What happens to a newspaper over its years, as steps that hypothesis draws: a step is what an editor, a source or time does.

Unlike :mod:`tests.flow.histories` they are delivered in order, by the real functions; what is random is what happens, and
when the pages follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import strategies as st

from broadsheet.flow.curate import restore, unpublish
from broadsheet.flow.site_settings import read_settings
from broadsheet.model.article import Article
from broadsheet.publish.permalink import addresses_of
from tests.builders import NOON
from tests.flow.feeds import LIST, item, listing, source_file
from tests.flow.pipeline import Pipeline, markdown

FILES = range(4)
ENTRIES = range(4)
CATEGORIES = ("News", "Sport", "厦门", "xiamen", "[News, Sport]")
DAYS = ("2025-12-31T23:30:00Z", "2026-01-01T00:30:00Z", "2026-01-04", "2026-01-05T11:00:00Z", "2026-01-20T00:00:00Z")
"""Around midnight and the turn of the year, and one that is held until it comes."""
ALIASES = ("", "/old/", "/old/page.html")
SETTINGS = (
    "title: A\nurl: https://a.example",
    "title: A\nurl: https://a.example\ntimezone: Asia/Shanghai",
    "title: B\nurl: https://b.example\ntimezone: America/St_Johns\nday_size: 1",
    "title: B\nlanguage: zh-CN\nhead_size: 2\nhome_categories: 1\nhome_category_size: 1\nfeed_content: summary",
    "title: C\npublish_sources: false\nhome_size: 0",
)
ORDERED = ("- {name: Sport, order: 1}", "- {name: News, order: 2}\n- {name: Sport, order: 3}", "")
STORY = tuple(f"word{n}" for n in range(90))
"""Long enough to be found where another tells it too."""
TOLD = {
    "story": " ".join(STORY),
    "story, cut": " ".join(STORY[:70]),
    "story, with another end": " ".join((*STORY[:75], *(f"end{n}" for n in range(20)))),
    "another story": " ".join(f"other{n}" for n in range(60)),
}
SOURCES = ("", "Agency", "Herald")
STYLES = ("body{color:red}", "body{color:blue}", "")


@dataclass
class Newspaper:
    """A pipeline with a clock that goes on an hour with each step."""

    pipeline: Pipeline = field(default_factory=Pipeline)
    now: datetime = NOON

    def later(self, hours: float = 1) -> datetime:
        self.now += timedelta(hours=hours)
        return self.now

    def article(self, n: int) -> Article | None:
        """The ``n``-th article there is, round and round."""
        found = self.pipeline.articles()
        return found[n % len(found)] if found else None

    def curate(self, act: Callable[[Article], object], n: int) -> None:
        article = self.article(n)
        if article is not None:
            act(article)

    def pass_time(self, hours: float) -> None:
        """Let time pass, and what is due be done; polls are steps of their own."""
        self.pipeline.dispatch(self.later(hours))
        self.pipeline.polls.take()
        self.pipeline.ingest()

    def end(self) -> None:
        """Let all that is due within a month be done, and all pages follow."""
        self.pass_time(24 * 30)
        self.pipeline.drain()
        self.pass_time(24 * 3)
        self.pipeline.drain()


Step = Callable[[Newspaper], None]


@dataclass(frozen=True)
class Write:
    """An editor writes an article, or writes it anew: its text, its category or its date may be another."""

    n: int
    text: str
    category: str
    date: str
    alias: str
    source: str = ""

    def __call__(self, paper: Newspaper) -> None:
        given = {"category": self.category, "date": self.date, "canonical_url": f"https://x.example/{self.n}"}
        given |= {"redirect_from": self.alias} if self.alias else {}
        given |= {"source_name": self.source} if self.source else {}
        body = markdown(f"Title {self.text}", TOLD.get(self.text, f"Text {self.text}."), **given)
        paper.pipeline.upload(f"articles/{self.n}.md", body, paper.later())


@dataclass(frozen=True)
class Remove:
    """An editor takes a file back."""

    n: int

    def __call__(self, paper: Newspaper) -> None:
        key = f"articles/{self.n}.md"
        if paper.pipeline.inbox.get(key) is not None:
            paper.pipeline.delete(key, paper.later())


@dataclass(frozen=True)
class TakeDown:
    """The operator takes an article down, or restores it."""

    n: int
    active: bool

    def __call__(self, paper: Newspaper) -> None:
        def act(article: Article) -> None:
            address = addresses_of(read_settings(paper.pipeline.table))
            if self.active:
                unpublish(article.id, "wrong", paper.later(), paper.pipeline.store, address)
            else:
                restore(article.id, paper.later(), paper.pipeline.store, address)

        paper.curate(act, self.n)


@dataclass(frozen=True)
class Poll:
    """A source whose articles are kept for ten days lists some entries; one of them is a file's story too."""

    listed: frozenset[int]
    text: str

    def __call__(self, paper: Newspaper) -> None:
        pipeline = paper.pipeline
        if pipeline.inbox.get("config/sources/wire.yaml") is None:
            pipeline.upload("config/sources/wire.yaml", source_file(extra="retention: 10d"), paper.later())
        entries = [
            item(
                f"{n}",
                TOLD.get(self.text, self.text),
                date=DAYS[n],
                **({"url": "https://x.example/0"} if n == 0 else {}),
            )
            for n in sorted(self.listed)
        ]
        pipeline.fetcher.answers[LIST] = listing(*entries)
        pipeline.poll(at=paper.later())
        pipeline.ingest()


@dataclass(frozen=True)
class Configure:
    """The operator changes a file of the configuration; an empty text deletes it."""

    file: str
    text: str

    def __call__(self, paper: Newspaper) -> None:
        key = f"config/{self.file}"
        if self.text:
            paper.pipeline.upload(key, self.text, paper.later())
        elif paper.pipeline.inbox.get(key) is not None:
            paper.pipeline.delete(key, paper.later())


@dataclass(frozen=True)
class Pass:
    """Time passes, with what is due: releases, expiries, assets nobody needs."""

    hours: int

    def __call__(self, paper: Newspaper) -> None:
        paper.pass_time(self.hours)


@dataclass(frozen=True)
class Follow:
    """The pages follow."""

    def __call__(self, paper: Newspaper) -> None:
        paper.pipeline.drain()


_files, _texts = st.sampled_from(FILES), st.sampled_from(("a", "b", "c", *TOLD))
_categories, _days = st.sampled_from(CATEGORIES), st.sampled_from(DAYS)
_stories, _sources = st.sampled_from(tuple(TOLD)), st.sampled_from(SOURCES)
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(Write, _files, _texts, _categories, _days, st.sampled_from(ALIASES)),
    st.builds(Write, _files, _stories, _categories, _days, st.just(""), _sources),
    st.builds(Remove, _files),
    st.builds(TakeDown, st.integers(0, 5), st.booleans()),
    st.builds(Poll, st.frozensets(st.sampled_from(ENTRIES)), _texts),
    st.builds(Configure, st.just("site.yaml"), st.sampled_from(SETTINGS)),
    st.builds(Configure, st.just("categories.yaml"), st.sampled_from(ORDERED)),
    st.builds(Configure, st.just("templates/style.css"), st.sampled_from(STYLES)),
    st.builds(Pass, st.sampled_from([2, 60, 24 * 11])),
    st.builds(Follow),
)
histories = st.lists(steps, min_size=3, max_size=14)
one_story_told = st.lists(
    st.one_of(
        st.builds(Write, st.integers(0, 9), _stories, st.just("News"), _days, st.just(""), _sources),
        st.builds(Write, st.integers(0, 9), _stories, st.just("News"), _days, st.just(""), _sources),
        st.builds(Remove, st.integers(0, 9)),
        st.builds(TakeDown, st.integers(0, 9), st.booleans()),
        st.builds(Poll, st.frozensets(st.sampled_from(ENTRIES)), _stories),
        st.builds(Follow),
    ),
    min_size=5,
    max_size=25,
)
"""Many sources tell few stories, anew and at any time."""
