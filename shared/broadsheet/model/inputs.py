"""What is known of one input, as a state that only grows.

Joining is commutative, associative and idempotent: versions are a set, the absence and the first sight are a
maximum and a minimum. So whatever order the versions and deletions of an input arrive in, and however often,
the state ends the same, and with it the origin made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .identity import InputKey
from .keys import input_state
from .order import absence_key, format_instant, parse_instant

REMEMBERED_VERSIONS = 20
"""The newest versions kept for telling since when a text has stood; a function of the set, so still a join."""


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """One version of an input: its :func:`~broadsheet.model.order.version_key`, when seen, which content."""

    key: str
    observed_at: datetime
    content_hash: str


@dataclass(frozen=True, slots=True)
class InputState:
    """The highest version seen, the highest order at which the input was absent, and where it belongs."""

    input: InputKey
    versions: tuple[Version, ...] = ()
    """Newest first."""
    absent: str = ""
    """:func:`absence_key` of the highest order at which the input was not there."""
    first_seen: datetime | None = None
    article: str | None = None
    fingerprint: str = ""
    """Of the listing's entry as last stored; a poll skips what has not changed."""

    def seen(self, version: Version) -> InputState:
        """Return the state that also knows ``version``."""
        versions = tuple(sorted({*self.versions, version}, reverse=True)[:REMEMBERED_VERSIONS])
        first = min(self.first_seen or version.observed_at, version.observed_at)
        return replace(self, versions=versions, first_seen=first)

    def missing(self, order: str) -> InputState:
        """Return the state that also knows that the input was absent at ``order``."""
        return replace(self, absent=max(self.absent, absence_key(order)))

    @property
    def live(self) -> Version | None:
        """The newest version, where it is newer than every absence."""
        newest = self.versions[0] if self.versions else None
        return newest if newest and newest.key > self.absent else None

    @property
    def content_since(self) -> datetime | None:
        """When the input began to say what its live version says, without a break."""
        live = self.live
        if live is None:
            return None
        since = live.observed_at
        for version in self.versions:
            if version.key <= self.absent or version.content_hash != live.content_hash:
                break
            since = min(since, version.observed_at)
        return since


def state_item(state: InputState, v: int) -> dict[str, Any]:
    """Return the table's item for ``state``, at item version ``v``."""
    key = input_state(state.input)
    item: dict[str, Any] = {
        "pk": key.pk,
        "sk": key.sk,
        "v": v,
        "input": str(state.input),
        "versions": [[w.key, format_instant(w.observed_at), w.content_hash] for w in state.versions],
    }
    if state.absent:
        item["absent"] = state.absent
    if state.first_seen:
        item["first_seen"] = format_instant(state.first_seen)
    if state.article:
        item["article"] = state.article
    if state.fingerprint:
        item["fingerprint"] = state.fingerprint
    return item


def state_from(item: Mapping[str, Any] | None, input_key: InputKey) -> tuple[InputState, int]:
    """Return the state and item version of ``item``; for None the empty state of ``input_key`` at version 0."""
    if item is None:
        return InputState(input_key), 0
    first = item.get("first_seen")
    return InputState(
        input=InputKey.parse(item["input"]),
        versions=tuple(Version(k, parse_instant(at), h) for k, at, h in item.get("versions", ())),
        absent=item.get("absent", ""),
        first_seen=parse_instant(first) if first else None,
        article=item.get("article"),
        fingerprint=item.get("fingerprint", ""),
    ), int(item["v"])
