"""What the operator does by hand holds against everything that comes later by itself."""

from __future__ import annotations

import pytest

from broadsheet.flow.curate import restore, unpublish
from broadsheet.ingest.decide import Outcome
from broadsheet.model import keys
from broadsheet.model.article import ArticleState, Origin
from broadsheet.model.errors import ArticleRejected
from tests.builders import minutes
from tests.flow.feeds import LIST, item, listing, newsroom
from tests.flow.pipeline import Pipeline


def address(origin: Origin, article_id: str) -> str:
    return f"/{origin.slug}-{article_id[:6]}/"


def one_article() -> tuple[Pipeline, str]:
    pipeline = newsroom()
    pipeline.fetcher.answers[LIST] = listing(item("1"))
    pipeline.poll()
    pipeline.ingest()
    return pipeline, pipeline.articles()[0].id


# Invariant 2.4: broken once by composing without the takedown.
def test_a_takedown_is_a_tombstone_that_no_poll_revives() -> None:
    pipeline, article_id = one_article()
    decision = unpublish(article_id, "wrong", minutes(1), pipeline.store, address)
    assert decision.outcome is Outcome.UNPUBLISHED
    pipeline.fetcher.answers[LIST] = listing(item("1", "Corrected."))
    pipeline.poll(at=minutes(15))
    pipeline.ingest()
    (article,) = pipeline.articles()
    assert article.state is ArticleState.TAKEN_DOWN
    assert pipeline.table.query(keys.INDEX_SITE) == []
    assert len(pipeline.table.query(keys.INDEX_GONE)) == 1


def test_a_restored_article_stands_again_with_the_newest_text_at_its_old_address() -> None:
    pipeline, article_id = one_article()
    before = pipeline.articles()[0].address
    unpublish(article_id, "wrong", minutes(1), pipeline.store, address)
    pipeline.fetcher.answers[LIST] = listing(item("1", "Corrected."))
    pipeline.poll(at=minutes(15))
    pipeline.ingest()
    restore(article_id, minutes(16), pipeline.store, address)
    (article,) = pipeline.articles()
    assert article.published
    assert article.chosen
    assert (article.address, article.chosen.description) == (before, "Corrected.")
    assert pipeline.table.query(keys.INDEX_GONE) == []


def test_an_older_command_that_comes_late_changes_nothing() -> None:
    pipeline, article_id = one_article()
    restore(article_id, minutes(2), pipeline.store, address)
    unpublish(article_id, "wrong", minutes(1), pipeline.store, address)
    assert pipeline.articles()[0].published


def test_a_takedown_of_an_article_that_was_merged_takes_down_what_it_became() -> None:
    pipeline = newsroom()
    pipeline.upload("articles/a.md", "---\ntitle: A\ncanonical_url: https://x.example/a\n---\nText.")
    pipeline.upload("articles/b.md", "---\ntitle: B\ncanonical_url: https://x.example/b\n---\nText.", minutes(1))
    older, younger = pipeline.articles()
    pipeline.upload("articles/b.md", "---\ntitle: B\ncanonical_url: https://x.example/a\n---\nText.", minutes(2))
    assert [article.id for article in pipeline.articles()] == [older.id]
    unpublish(younger.id, "wrong", minutes(3), pipeline.store, address)
    assert [article.state for article in pipeline.articles()] == [ArticleState.TAKEN_DOWN]


def test_an_unknown_article_is_refused_by_its_id() -> None:
    store = Pipeline().store
    with pytest.raises(ArticleRejected, match="'nosuch' does not exist"):
        unpublish("nosuch", "wrong", minutes(0), store, address)
    with pytest.raises(ArticleRejected, match="'nosuch' does not exist"):
        restore("nosuch", minutes(0), store, address)
