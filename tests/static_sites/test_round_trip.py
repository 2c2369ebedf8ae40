from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from broadsheet.ingest.plain_text import one_line
from broadsheet.ingest.upload import parse_upload
from broadsheet.model.article import SourceDocument
from tests.publish.newsroom import MORNING

from .comparison import joined, plain_text, tags_of
from .hostile import Hostile, articles
from .test_portable_posts import ending_of

ARTICLES = list(articles(50))


@pytest.mark.parametrize("article", ARTICLES, ids=[article.name for article in ARTICLES])
def test_a_portable_post_that_is_uploaded_says_what_it_was_made_from(article: Hostile) -> None:
    document = SourceDocument(article.post().body, "s3://inbox/articles/post.md", "text/markdown", MORNING)
    read = parse_upload("post.md", document)
    chosen = article.chosen
    # What was stored is on one line and holds no control characters; some of the table is harder than that.
    assert one_line(read.title) == one_line(chosen.title)
    assert [one_line(tag) for tag in read.tags] == [one_line(tag) for tag in tags_of(article)]
    assert read.published == chosen.instant.replace(microsecond=0)
    assert read.modified == (chosen.updated.replace(microsecond=0) if chosen.updated else None)
    assert list(read.categories) == [line.slug for line in article.stored.categories]
    assert read.language == chosen.language
    assert read.edits == article.stored.article.id
    assert plain_text(BeautifulSoup(read.html, "html.parser")) == joined(
        plain_text(BeautifulSoup(article.stored.html, "html.parser")), ending_of(article)
    )


@pytest.mark.parametrize(
    "authors", [(), ("Ana Reis",), ("新华社",), ("Ana Reis", "新华社", "O'Neil, Bo"), ("null", "no")]
)
def test_authors_come_back_one_by_one(authors: tuple[str, ...]) -> None:
    article = ARTICLES[0].with_fields(authors=authors)
    document = SourceDocument(article.post().body, "s3://inbox/articles/post.md", "text/markdown", MORNING)
    assert parse_upload("post.md", document).authors == authors
