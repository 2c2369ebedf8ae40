"""What an HTTP status other than 200 and 304 means for whoever asked: try again, or not, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from broadsheet.model.web import FetchFailed

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT_REDIRECTS = frozenset({301, 308})

_TRANSIENT_BELOW_500 = frozenset({408, 425, 429})
_REMEDIES = {
    202: "the site wants to check its visitor first; it is tried again later",
    304: "nothing was asked conditionally; it is tried again later",
    401: "the source needs a header with credentials, or another address",
    403: "the site does not let us in; ask its owner, or use another address",
    404: "correct the address, or take it out",
    410: "it is gone for good by its owner's word; take it out",
    429: "it is asked less often from now on",
    451: "it is withheld for legal reasons; take it out",
}
_MAX_RETRY_AFTER = timedelta(days=30)


def failure(shown_url: str, status: int, headers: Mapping[str, str]) -> FetchFailed:
    """Return the failure that ``status`` is.

    ``headers`` have lower-case names. 5xx, 408, 425, 429 and what is not an error at all but no answer either (1xx,
    2xx other than 200, an unasked 304) are transient; other 4xx and unusable redirects are permanent.
    """
    transient = status < 300 or status == 304 or status >= 500 or status in _TRANSIENT_BELOW_500
    default = "it is tried again later" if transient else "correct the address, or take it out"
    return FetchFailed(
        f"{shown_url} answered {_named(status)}: {_REMEDIES.get(status, default)}.",
        transient=transient,
        status=status,
        retry_after=retry_after(headers.get("retry-after")),
    )


def retry_after(value: str | None) -> timedelta | datetime | None:
    """Read a Retry-After header (RFC 9110 §10.2.3).

    Returns a span for seconds (at most 30 days), an aware UTC instant for an HTTP date in any of its three forms,
    and None for anything else.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        # The length is checked first: int() of a million digits is an attack of its own.
        return timedelta(seconds=int(text)) if len(text) <= 7 and int(text) <= 2_592_000 else _MAX_RETRY_AFTER
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
