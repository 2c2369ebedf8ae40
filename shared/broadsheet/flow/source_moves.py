"""What answers say of where a source is: it has moved, it is gone, its page announces a feed. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from broadsheet.model.source import Source
from broadsheet.model.source_state import SourceState

from .source_state import without_validators

MOVED_AFTER = 3
"""Polls in a row that a permanent redirect must have led to one address: a mistake is mended sooner than that."""
DEAD_AFTER = timedelta(days=30)
DEAD_FAILURES = 30
"""A source that failed in each of so many polls, over so long, is polled no more: nothing is tried for ever."""
GIVEN_UP_AFTER = 8
"""Failures in a row after which an address that is not the definition's is given up for that one."""


def address_of(source: Source, state: SourceState) -> str:
    """Return where ``source`` is polled: where it has moved to, else where its definition says."""
    return state.address or source.url


def follow_redirect(source: Source, state: SourceState, permanent_url: str | None, at: datetime) -> SourceState:
    """Return the state after an answer that 301 and 308 led to from ``permanent_url``, or none did.

    The source is polled there from the third time on. A source that sends headers of its own does not move to another
    host, for they may be secret, and none from https to http: that is for its definition to say.
    """
    if permanent_url is None or permanent_url == address_of(source, state):
        return replace(state, moved_to=None, moved_seen=0)
    seen = state.moved_seen + 1 if permanent_url == state.moved_to else 1
    state = replace(state, moved_to=permanent_url, moved_seen=seen)
    if seen < MOVED_AFTER:
        return state
    before, after = urlsplit(address_of(source, state)), urlsplit(permanent_url)
    if (source.headers and before.netloc != after.netloc) or (before.scheme, after.scheme) == ("https", "http"):
        if seen > MOVED_AFTER:
            return state
        return replace(state, notes=state.noted(at, f"moved to {permanent_url}, but is not followed; change its url"))
    notes = state.noted(at, f"moved from {address_of(source, state)} to {permanent_url}, by {seen} permanent redirects")
    return replace(state, address=permanent_url, moved_to=None, moved_seen=0, notes=notes)


def take_announced(source: Source, state: SourceState, feed: str, at: datetime) -> SourceState | None:
    """Return the state of a source whose page announces ``feed``: polled there since; None where it already is."""
    if feed == address_of(source, state) or (state.address and state.failures < GIVEN_UP_AFTER):
        return None
    notes = state.noted(at, f"{address_of(source, state)} is a page; its feed {feed} is polled")
    return replace(without_validators(state), address=feed, notes=notes)


def fall_asleep(state: SourceState, reason: str, at: datetime) -> SourceState:
    """Return the state of a source that is gone for good: not polled until it is resumed, or defined elsewhere."""
    return replace(state, gone=reason, next_poll=None, notes=state.noted(at, f"polled no more: {reason}"))


def long_dead(state: SourceState, at: datetime) -> bool:
    """Return whether a source has failed for so long that nobody expects it back."""
    failing = state.failing_since is not None and at - state.failing_since > DEAD_AFTER
    return failing and state.failures > DEAD_FAILURES


def give_up_address(source: Source, state: SourceState, at: datetime) -> SourceState:
    """Return the state after a failure: an address that keeps failing yields to the definition's."""
    if state.address is None or state.failures < GIVEN_UP_AFTER:
        return state
    notes = state.noted(at, f"{state.address} failed {state.failures} times; {source.url} is polled again")
    return replace(without_validators(state), address=None, moved_to=None, moved_seen=0, notes=notes)
