"""Where archived bytes come from: kept with them, as metadata."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from broadsheet.model.order import format_instant

URL_LENGTH = 1_500


def provenance(url: str, at: datetime) -> dict[str, str]:
    """Return the metadata that raw bytes are archived with: where they were read, percent-encoded, and when.

    S3 takes 2 KB of ASCII: of a longer address only the beginning is kept.
    """
    encoded = quote(url, safe="!#$%&'()*+,/:;=?@[]~")
    return {"url": encoded[:URL_LENGTH], "retrieved-at": format_instant(at)}
