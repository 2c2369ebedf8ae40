"""Which origin an article shows, and what follows from it: the algebra of DESIGN §2.4. Pure and total.

``compose`` is a function of the set of origins, so it does not matter in which order they came; merging
articles joins their origins, claims and takedowns, each by a union or a maximum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from . import keys
from .article import Article, ArticleState, IndexLine, Origin, Takedown


def choose(origins: Iterable[Origin]) -> Origin | None:
    """Return the origin an article shows: upload over source, then priority, then input id; None of none."""
    return max(origins, key=lambda origin: origin.rank, default=None)


def older(a: Article, b: Article) -> Article:
    """Return the article whose decision is older: the one that wins a merge."""
    return min(a, b, key=lambda article: (article.created_at, article.id))


def newer_takedown(a: Takedown | None, b: Takedown | None) -> Takedown | None:
    """Return the takedown register that holds: the one with the higher order, whichever article had it."""
    return max((t for t in (a, b) if t), key=lambda t: (t.order, t.active), default=None)


def state_of(chosen: Origin | None, takedown: Takedown | None) -> ArticleState:
    """Return how an article stands, given the origin it shows and its takedown register."""
    if takedown and takedown.active:
        return ArticleState.TAKEN_DOWN
    if chosen is None:
        return ArticleState.GONE
    if chosen.draft:
        return ArticleState.DRAFT
    return ArticleState.HELD if chosen.release_at else ArticleState.PUBLISHED


def compose(article: Article, origins: Mapping[str, Origin]) -> Article:
    """Return ``article`` as its ``origins`` (by input) make it; recorded decisions stay as they are."""
    chosen = choose(origins.values())
    also = sorted(
        {
            (origin.source_name, origin.source_url)
            for origin in origins.values()
            if chosen and origin.input != chosen.input and origin.source_name and not origin.draft
        }
        - ({(chosen.source_name, chosen.source_url)} if chosen else set()),
        key=lambda pair: (pair[0] or "", pair[1] or ""),
    )
    return replace(
        article,
        chosen=chosen,
        also=tuple((name, url) for name, url in also if name),
        state=state_of(chosen, article.takedown),
    )


def absorb(winner: Article, loser: Article) -> tuple[Article, Article]:
    """Return both articles after a merge: the winner with what the loser had, the loser as a redirect."""
    merged = replace(
        winner,
        claims=tuple(sorted({*winner.claims, *loser.claims})),
        takedown=newer_takedown(winner.takedown, loser.takedown),
        absorbed=tuple(sorted({*winner.absorbed, loser.id, *loser.absorbed})),
    )
    redirect = replace(
        loser, state=ArticleState.MERGED, chosen=None, also=(), takedown=None, merged_into=winner.id, absorbed=()
    )
    return merged, redirect


def index_lines(article: Article) -> dict[keys.Key, tuple[str, IndexLine]]:
    """Return the index lines an article has, by key: (index, line).

    A published article stands in the site's, its categories' and its source's index; one that is no longer
    published but has an address stands in the index of what is gone, so that a rebuild finds its page.
    """
    if article.address is None:
        return {}
    if not article.published or article.chosen is None:
        state, aliases = article.state.value, aliases_of(article)
        line = IndexLine(article.id, article.created_at, state, article.address, aliases=aliases)
        return {keys.index_line(keys.INDEX_GONE, line.instant, article.id): (keys.INDEX_GONE, line)}
    origin = article.chosen
    line = IndexLine(
        article_id=article.id,
        instant=origin.instant,
        title=origin.title,
        address=article.address,
        description=origin.description,
        source_name=origin.source_name,
        language=origin.language,
        image=origin.image,
        categories=origin.categories,
        updated=origin.updated,
        authors=origin.authors,
        body_pk=origin.body_pk if origin.body_pk != keys.article(article.id) else "",
        body_sk=origin.body_sk,
        aliases=aliases_of(article),
    )
    indexes = [keys.INDEX_SITE, *(keys.index_category(slug) for slug in origin.categories)]
    if origin.source_id:
        indexes.append(keys.index_source(origin.source_id))
    return {keys.index_line(index, line.instant, article.id): (index, line) for index in indexes}


def body_key(line: IndexLine) -> keys.Key:
    """Return the key of the revision that holds the text of ``line``."""
    return keys.Key(line.body_pk or keys.article(line.article_id), line.body_sk)


def aliases_of(article: Article) -> tuple[str, ...]:
    """Return the addresses that are to lead to an article that has one, besides its own."""
    if article.address is None or article.chosen is None:
        return ()
    return tuple(address for address in article.chosen.aliases if address != article.address)
