from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet_cli.bench.static_sites import Generator

from .comparison import differences, told_by
from .generators import GENERATORS, build, missing
from .hostile import Hostile, articles

RANDOM_ONES = 200
"""Beside the table: thousands were built while the escaping was made; these keep watch."""


def ending_of(article: Hostile) -> str:
    return f"Source: {article.chosen.source_name or article.chosen.source_url}"


@pytest.mark.parametrize("generator", GENERATORS, ids=[generator.program for generator in GENERATORS])
def test_generator_shows_every_hostile_article_as_it_is_stored(generator: Generator, tmp_path: Path) -> None:
    if reason := missing(generator):
        pytest.skip(reason)
    hostile = list(articles(RANDOM_ONES))
    shown = build(generator, (article.post() for article in hostile), tmp_path)
    wrong = {}
    for article in hostile:
        page = shown.get(str(article.stored.article.address))
        if found := list(differences(article, page, told_by(article), ending_of(article))):
            wrong[article.name] = found
    assert wrong == {}
    assert len(shown) == len(hostile), "a page that holds a post, and is none"
