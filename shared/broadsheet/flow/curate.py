"""What the operator does to an article by hand: take it down, or restore it."""

from __future__ import annotations

from datetime import datetime

from broadsheet.ingest.decide import AddressOf, Curated, Decision
from broadsheet.model.article import Takedown
from broadsheet.model.order import format_instant

from .settle import Store, settle


def unpublish(article_id: str, reason: str, at: datetime, store: Store, address_of: AddressOf) -> Decision:
    """Take the article down at ``at``: off the site, with a tombstone that no poll revives.

    Raises ArticleRejected where there is no such article.
    """
    return settle(Curated(article_id, Takedown(format_instant(at), active=True, reason=reason)), store, address_of)


def restore(article_id: str, at: datetime, store: Store, address_of: AddressOf) -> Decision:
    """Lift a takedown at ``at``. Raises ArticleRejected where there is no such article."""
    return settle(Curated(article_id, Takedown(format_instant(at), active=False)), store, address_of)
