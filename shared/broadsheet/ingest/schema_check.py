"""File formats as JSON Schemas: what ships in ``schemas/`` is what validates, and what the docs are made from.

Each schema carries, beside the standard keywords, a ``remedy`` per field: what an error tells the reader to write.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from broadsheet.model.errors import BroadsheetError, ConfigurationError


def check(value: Any, schema: str, *, file: str, error: type[BroadsheetError] = ConfigurationError) -> None:
    """Hold ``value`` against ``schemas/{schema}.json``; raises ``error`` that names file, field and remedy.

    Nothing is filled in: defaults belong to the types.
    """
    import fastjsonschema  # noqa: PLC0415 - only where something is validated

    try:
        _compiled(schema)(value)
    except fastjsonschema.JsonSchemaValueException as fault:
        raise error(f"{file}: {_explained(fault)}") from fault


def load_schema(schema: str) -> dict[str, Any]:
    """Return ``schemas/{schema}.json``, with descriptions and remedies, as documentation needs it."""
    text = files("broadsheet.ingest").joinpath("schemas", f"{schema}.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def _compiled(schema: str) -> Callable[[Any], Any]:
    import fastjsonschema  # noqa: PLC0415 - as above

    compiled: Callable[[Any], Any] = fastjsonschema.compile(load_schema(schema), use_default=False)
    return compiled


def _explained(fault: Any) -> str:
    """Return "field 'a.b' is …; remedy" for a fault of fastjsonschema."""
    definition = fault.definition or {}
    name = ".".join(str(part) for part in fault.path[1:])
    remedy = definition.get("remedy") or definition.get("description") or str(fault.message)
    if fault.rule == "additionalProperties" and isinstance(fault.value, dict):
        known = definition.get("properties", {})
        unknown = sorted(str(key) for key in fault.value if key not in known)
        full = f"{name}.{unknown[0]}" if name else unknown[0]
        close = get_close_matches(unknown[0], known, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"known are {', '.join(known)}"
        return f"field '{full}' is not known; {hint}"
    if fault.rule == "required":
        missing = next(key for key in fault.rule_definition if key not in fault.value)
        wanted = definition["properties"][missing].get("remedy", "add it")
        return f"field '{f'{name}.{missing}' if name else missing}' is missing; {wanted}"
    where = f"field '{name}'" if name else "the file"
    return f"{where} is {_shown(fault.value)}; {remedy}"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        line = " ".join(value.split())
        return f"'{line[:60]}…'" if len(line) > 60 else f"'{line}'"
    if isinstance(value, dict):
        return f"a mapping ({', '.join(str(key) for key in value)[:60]})" if value else "an empty mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, bool):
        return str(value).lower()
    return "empty" if value is None else str(value)
