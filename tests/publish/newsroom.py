"""Articles, lines and sites to publish in tests: two small newsrooms, one English, one Chinese."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from broadsheet.model.article import Article, ArticleState, Body, CategoryLine, IndexLine, Origin
from broadsheet.model.identity import article_id_of
from broadsheet.model.site import Site
from broadsheet.publish import permalink

ENGLISH = Site(
    title="The Harbour Gazette",
    url="https://gazette.example",
    description="News of the coast, gathered from everywhere",
    timezone="Europe/Lisbon",
)
CHINESE = Site(
    title="南风财讯",
    url="https://nanfeng.example",
    language="zh-CN",
    timezone="Asia/Shanghai",
    description="财经新闻，按媒体分类",
    post_template="finews",
)
MORNING = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


def origin(**fields: Any) -> Origin:
    """An origin as a poll leaves it; ``fields`` replace what the test is about."""
    made = Origin(
        input="entry:wire#1",
        upload=False,
        priority=0,
        version="2026-01-05T08:40:00.000000Z~abcdefgh",
        observed_at=MORNING + timedelta(minutes=10),
        first_seen=MORNING + timedelta(minutes=10),
        content_since=MORNING + timedelta(minutes=10),
        title="Ferry returns after forty years",
        content_hash="a1",
        body_pk="ARTICLE#x",
        body_sk="REV#x",
        slug="ferry-returns",
        published=MORNING,
        authors=("Ana Reis",),
        language="en",
        description="The night boat to the islands sails again, and the quay is full.",
        canonical_url="https://wire.example/2026/ferry",
        source_id="wire",
        source_name="Coast Wire",
        source_url="https://wire.example/",
        categories=("harbour",),
        tags=("ferries", "islands"),
    )
    return replace(made, **fields)


HARBOUR = CategoryLine("harbour", "Harbour")
QUANZHOU = CategoryLine("quanzhouwanbao", "泉州晚报")


def body(
    site: Site,
    chosen: Origin | None = None,
    html: str = "<p>The night boat sails again.</p>",
    categories: tuple[CategoryLine, ...] = (HARBOUR,),
    **fields: Any,
) -> Body:
    """A published article of ``site`` with its text."""
    chosen = chosen or origin()
    claim = fields.pop("claim", f"url:{chosen.canonical_url}")
    article_id = article_id_of(claim)
    address = permalink.address_of(site, categories[0].slug, chosen.instant, chosen.slug, article_id)
    made = Article(
        id=article_id,
        created_at=chosen.first_seen,
        claims=(claim,),
        state=ArticleState.PUBLISHED,
        address=address,
        chosen=chosen,
    )
    return Body(replace(made, **fields), html, categories)


def line_of(published: Body) -> IndexLine:
    """The index line of a published article."""
    article, chosen = published.article, published.article.chosen
    assert chosen is not None
    assert article.address is not None
    return IndexLine(
        article_id=article.id,
        instant=chosen.instant,
        title=chosen.title,
        address=article.address,
        description=chosen.description,
        source_name=chosen.source_name,
        language=chosen.language,
        image=chosen.image,
        categories=tuple(category.slug for category in published.categories),
        updated=chosen.updated,
        authors=chosen.authors,
    )
