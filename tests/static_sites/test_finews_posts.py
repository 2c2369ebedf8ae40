from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from bs4 import BeautifulSoup

from broadsheet_cli.bench.static_sites import JEKYLL
from tests.publish.newsroom import CHINESE

from .comparison import differences, tags_of
from .generators import Shown, build, missing
from .hostile import Hostile, articles

RANDOM_ONES = 100


def told_by(article: Hostile) -> dict[str, object]:
    # The shape has one category.
    return {"title": article.chosen.title, "categories": [article.stored.categories[0].slug], "tags": tags_of(article)}


def ending_of(article: Hostile) -> str:
    chosen, category = article.chosen, article.stored.categories[0]
    attribution = f"（文章来源：{chosen.source_name}）" if chosen.source_name else ""
    return f"{attribution} {chosen.canonical_url or chosen.source_url} 返回{category.name}新闻｜返回首页"


def scripts_in(page: Shown | None) -> list[str]:
    tags = BeautifulSoup(page.html if page else "", "html.parser").find_all(True)
    return [str(tag) for tag in tags if tag.name == "script" or any(name.startswith("on") for name in tag.attrs)]


@pytest.mark.skipif(missing(JEKYLL) is not None, reason=str(missing(JEKYLL)))
def test_jekyll_shows_every_hostile_article_in_the_shape_of_the_origin(tmp_path: Path) -> None:
    hostile = list(articles(RANDOM_ONES))
    posts = [article.post(replace(CHINESE, timezone=article.site.timezone)) for article in hostile]
    # Jekyll's own addresses end in the file's name without its day.
    shown = {PurePosixPath(address).stem: page for address, page in build(JEKYLL, posts, tmp_path).items()}
    wrong = {}
    for article, post in zip(hostile, posts, strict=True):
        page = shown.get(PurePosixPath(post.key).stem[len("2026-01-05-") :])
        found = list(differences(article, page, told_by(article), ending_of(article), markdown=False))
        found += scripts_in(page)
        if found:
            wrong[article.name] = found
    assert wrong == {}
