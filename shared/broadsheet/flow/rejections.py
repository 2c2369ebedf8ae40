"""What was rejected and why. A record is also the mark that the input was seen, until it changes or expires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from broadsheet.model import keys
from broadsheet.model.errors import TemplateFault
from broadsheet.model.identity import InputKey
from broadsheet.model.order import format_instant, later, parse_instant
from broadsheet.model.site import Site

from .ports import Item, Table
from .site_settings import TEMPLATE_PREFIX

KEPT = timedelta(days=90)
"""A record older than this is forgotten, and its input looked at again if it is still listed."""
FIRST_RETRY_SECONDS = 15 * 60
LAST_RETRY_SECONDS = 24 * 3600
"""What may get better is tried again after 15 minutes, doubled each time, up to a day."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an input was rejected, at which order, and when to try again (None: only when it changes)."""

    input: InputKey
    reason: str
    order: str
    at: datetime
    fingerprint: str = ""
    tries: int = 1
    retry_at: datetime | None = None
    status: int | None = None


def record_rejection(rejection: Rejection, table: Table) -> bool:
    """Store the record unless a newer one stands; return whether it is new to the operator.

    For what may get better (``retry_at`` given) tries are counted and the next one put off.
    """
    key = keys.rejection(rejection.input)
    stored = table.get(key)
    tries = 1
    if stored is not None:
        known = rejection_from(stored)
        if known.order > rejection.order or (known.order == rejection.order and known.reason == rejection.reason):
            return False
        tries = known.tries + 1 if rejection.retry_at and known.fingerprint == rejection.fingerprint else 1
    retry_at = None
    if rejection.retry_at:
        wait = min(FIRST_RETRY_SECONDS * 2 ** (tries - 1), LAST_RETRY_SECONDS)
        retry_at = max(rejection.retry_at, later(rejection.at, wait))
    item: dict[str, Any] = {
        "pk": key.pk,
        "sk": key.sk,
        "input": str(rejection.input),
        "shown": rejection.input.shown,
        "source": rejection.input.source,
        "reason": rejection.reason,
        "order": rejection.order,
        "at": format_instant(rejection.at),
        "fingerprint": rejection.fingerprint or None,
        "tries": tries,
        "retry_at": format_instant(retry_at) if retry_at else None,
        "status": rejection.status,
        "ttl": int((rejection.at + KEPT).timestamp()),
    }
    table.put({name: value for name, value in item.items() if value is not None})
    return True


def report_template(fault: TemplateFault, site: Site, table: Table) -> bool:
    """Record that a template in force does not work; return whether that is new to the operator.

    The record goes with the next version of the file. One that is already there concerns nobody: ``site`` tells which
    text it was that failed.
    """
    item = table.get(keys.site_item(TEMPLATE_PREFIX + fault.template))
    if item is None or item.get("text") != site.templates.get(fault.template):
        return False
    whole = InputKey("upload", f"config/{item['file']}", "")
    return record_rejection(Rejection(whole, str(fault), item["order"], parse_instant(item["at"])), table)


def rejection_from(item: Mapping[str, Any]) -> Rejection:
    """Return the rejection that ``item`` records."""
    retry = item.get("retry_at")
    return Rejection(
        input=InputKey.parse(item["input"]),
        reason=item["reason"],
        order=item["order"],
        at=parse_instant(item["at"]),
        fingerprint=item.get("fingerprint", ""),
        tries=int(item.get("tries", 1)),
        retry_at=parse_instant(retry) if retry else None,
        status=item.get("status"),
    )


def still_rejected(item: Item | None, fingerprint: str, at: datetime) -> bool:
    """Return whether a poll at ``at`` should leave an entry with this ``fingerprint`` alone."""
    if item is None:
        return False
    known = rejection_from(item)
    if known.fingerprint != fingerprint or known.at + KEPT <= at:
        return False
    return known.retry_at is None or known.retry_at > at


def clear_rejection(input_key: InputKey, order: str, table: Table) -> None:
    """Forget the record of an input that is well again at ``order``."""
    key = keys.rejection(input_key)
    stored = table.get(key)
    if stored is not None and rejection_from(stored).order <= order:
        table.delete(key)
