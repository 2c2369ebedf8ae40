"""The decision: what one event changes, given what is stored. Touches nothing, reads no clock.

The caller reads a :class:`Snapshot`, hands it over, stores the body and then all writes in one transaction
whose conditions say that the snapshot still holds; where it does not, it reads and decides again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from broadsheet.model.article import Article, ArticleState, CleanArticle, Origin, Takedown
from broadsheet.model.choice import absorb, compose, newer_takedown, older
from broadsheet.model.identity import InputKey, article_id_of, claim_of_input, strongest_claim
from broadsheet.model.inputs import InputState, Version
from broadsheet.model.keys import Key, revision
from broadsheet.model.order import version_key

AddressOf = Callable[[Origin, str], str]
"""(chosen origin, article id) → path on the site, from the site's permalink pattern."""


@dataclass(frozen=True, slots=True)
class Content:
    """A clean article with what its source adds to the choice. ``categories`` are slugs."""

    clean: CleanArticle
    categories: tuple[str, ...]
    priority: int = 0
    retention: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An input told a version of a story. ``order`` as in :mod:`broadsheet.model.order`."""

    input: InputKey
    order: str
    observed_at: datetime
    claims: frozenset[str]
    content: Content
    fingerprint: str = ""

    @property
    def version(self) -> Version:
        """The version's place among the input's versions."""
        content_hash = self.content.clean.content_hash
        return Version(version_key(self.order, content_hash), self.observed_at, content_hash)


@dataclass(frozen=True, slots=True)
class Absent:
    """An input was not there at ``order``: deleted, no longer named by its file, or past its retention."""

    input: InputKey
    order: str


@dataclass(frozen=True, slots=True)
class Released:
    """The time ``at`` has come, until which a version of the input was held."""

    input: InputKey
    at: datetime


@dataclass(frozen=True, slots=True)
class Curated:
    """The operator took an article down, or restored it."""

    article_id: str
    takedown: Takedown


Event = Told | Absent | Released | Curated


@dataclass(frozen=True, slots=True)
class Stored:
    """An article as read: its line, the item version it was read at (0: not there), its origins by input."""

    article: Article
    v: int
    origins: Mapping[str, Origin] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a decision depends on. Links and articles are resolved through merges."""

    state: InputState | None = None
    state_v: int = 0
    links: Mapping[str, str] = field(default_factory=dict)
    """Claim → id of the article its link names (as stored, before merges are followed)."""
    articles: Mapping[str, Stored] = field(default_factory=dict)
    """The articles that the event meets, none of them merged away."""


class Outcome(StrEnum):
    """What became of an event, as it is counted."""

    STORED = "stored"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    UNPUBLISHED = "unpublished"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write. ``articles`` are the new lines, to be written where they differ from the snapshot's."""

    outcome: Outcome
    article_id: str | None = None
    state: InputState | None = None
    articles: Mapping[str, Stored] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    """Claims whose link must be (re)written, to the article they lead to now."""
    revision: Key | None = None
    """Where the body of the new version goes, if there is one."""
    changed: bool = False


def decide(event: Event, snapshot: Snapshot, address_of: AddressOf) -> Decision:
    """Return what ``event`` changes."""
    state = _next_state(event, snapshot)
    met = sorted(snapshot.articles.values(), key=lambda s: (s.article.created_at, s.article.id))
    if not met:
        if not isinstance(event, Told):
            return Decision(Outcome.UNCHANGED, state=state, changed=state != snapshot.state)
        met = [_created(event)]
    winner, redirects, origins = _merged(met)
    if isinstance(event, Told):
        winner = replace(winner, claims=tuple(sorted({*winner.claims, *_claims(event)})))
    if isinstance(event, Curated):
        winner = replace(winner, takedown=newer_takedown(winner.takedown, event.takedown))
    body_key = None
    if state is not None:
        before = origins.get(str(state.input))
        after = _origin(event, state, before, winner.id)
        if after is None:
            origins.pop(str(state.input), None)
        else:
            origins[str(state.input)] = after
            if before is None or before.version != after.version:
                body_key = Key(after.body_pk, after.body_sk)
        state = replace(state, article=winner.id)
    article = compose(winner, origins)
    if article.published and article.address is None and article.chosen:
        article = replace(article, address=address_of(article.chosen, article.id))
    articles = {article.id: Stored(article, 0, origins), **{r.id: Stored(r, 0) for r in redirects}}
    old = snapshot.articles.get(article.id)
    changed = (
        state != snapshot.state
        or bool(redirects)
        or old is None
        or (old.article, dict(old.origins)) != (article, origins)
    )
    return Decision(
        outcome=_outcome(old.article if old else None, article),
        article_id=article.id,
        state=state,
        articles=articles,
        links=_links(event, snapshot, article.id, redirects),
        revision=body_key,
        changed=changed,
    )


def _next_state(event: Event, snapshot: Snapshot) -> InputState | None:
    match event:
        case Curated():
            return None
        case Told():
            state = snapshot.state or InputState(event.input)
            state = state.seen(event.version)
            # An older listing's fingerprint would make the next poll take the newer text for a change.
            newest = state.versions[0].key == event.version.key
            return replace(state, fingerprint=event.fingerprint) if newest else state
        case Absent():
            return (snapshot.state or InputState(event.input)).missing(event.order)
        case Released():
            return snapshot.state


def _claims(event: Told) -> frozenset[str]:
    return event.claims | {claim_of_input(event.input)}


def _created(event: Told) -> Stored:
    claims = _claims(event)
    article_id = article_id_of(strongest_claim(claims))
    return Stored(Article(article_id, event.observed_at, tuple(sorted(claims)), ArticleState.GONE), 0)


def _merged(met: list[Stored]) -> tuple[Article, list[Article], dict[str, Origin]]:
    winner = met[0].article
    for stored in met[1:]:
        winner = older(winner, stored.article)
    redirects: list[Article] = []
    origins: dict[str, Origin] = {}
    for stored in met:
        origins |= stored.origins
        if stored.article.id != winner.id:
            winner, redirect = absorb(winner, stored.article)
            redirects.append(redirect)
    return winner, redirects, origins


def _origin(event: Event, state: InputState, before: Origin | None, article_id: str) -> Origin | None:
    """Return the origin the input has now: of its live version, with the times its whole history gives."""
    live = state.live
    if live is None:
        return None
    first_seen = state.first_seen or live.observed_at
    since = state.content_since or live.observed_at
    if before is not None and before.version == live.key:
        release_at = before.release_at
        if isinstance(event, Released) and release_at == event.at:
            release_at = None
        return replace(before, first_seen=first_seen, content_since=since, release_at=release_at)
    if not isinstance(event, Told) or event.version.key != live.key:
        # The live version's own transaction writes its origin; this event only knows its times.
        return before
    clean, content = event.content.clean, event.content
    body = revision(article_id, live.key, event.input)
    origin = Origin(
        input=str(event.input),
        upload=event.input.kind == "upload",
        priority=content.priority,
        version=live.key,
        observed_at=event.observed_at,
        first_seen=first_seen,
        content_since=since,
        title=clean.title,
        content_hash=clean.content_hash,
        body_pk=body.pk,
        body_sk=body.sk,
        slug=clean.slug or "",
        published=clean.published,
        modified=clean.modified,
        authors=clean.authors,
        language=clean.language,
        description=clean.description,
        image=clean.image,
        canonical_url=clean.canonical_url,
        source_id=event.input.container if event.input.kind == "entry" else None,
        source_name=clean.source_name,
        source_url=clean.source_url,
        categories=content.categories,
        tags=clean.tags,
        aliases=clean.aliases,
        draft=clean.draft,
    )
    held = origin.upload and origin.published is not None and origin.published > event.observed_at
    return replace(
        origin,
        release_at=origin.published if held else None,
        expires_at=origin.instant + content.retention if content.retention else None,
    )


def _links(event: Event, snapshot: Snapshot, article_id: str, redirects: list[Article]) -> dict[str, str]:
    claims = set(event.claims) if isinstance(event, Told) else set()
    for redirect in redirects:
        claims |= {claim for claim in redirect.claims if not claim.startswith("input:")}
    return {claim: article_id for claim in sorted(claims) if snapshot.links.get(claim) != article_id}


def _outcome(old: Article | None, new: Article) -> Outcome:
    was, now = old is not None and old.published, new.published
    if was and not now:
        return Outcome.UNPUBLISHED
    if old is None or old.chosen is None:
        return Outcome.STORED if new.chosen else Outcome.UNCHANGED
    same = _shown(old) == _shown(new) and old.also == new.also and old.state is new.state
    return Outcome.UNCHANGED if same else Outcome.UPDATED


def _shown(article: Article) -> Origin | None:
    """Return what readers see of the article's origin: which version says it, and when that was seen, is no part."""
    origin = article.chosen
    return origin and replace(origin, version="", observed_at=origin.first_seen, body_pk="", body_sk="")
