"""A record of the table's stream, as the flow sees it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from broadsheet.flow.mark_pages import Change

from .attributes import decode_image


def change_of(record: Mapping[str, Any]) -> Change:
    """Return the change that a raw stream record (DynamoDB JSON, as Lambda delivers it) tells of.

    Binary values are left in base64: nothing that marks pages reads a body.
    """
    change = record["dynamodb"]
    old, new = change.get("OldImage"), change.get("NewImage")
    return Change(
        decode_image(old) if old else None,
        decode_image(new) if new else None,
        datetime.fromtimestamp(float(change["ApproximateCreationDateTime"]), UTC),
    )
