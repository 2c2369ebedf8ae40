"""A template file → plain dicts and lists, CloudFormation's YAML tags in their long form.

``!Sub x`` becomes ``{"Fn::Sub": "x"}``, and so on for every tag, known or not. Scalars are typed as
CloudFormation types them, not as YAML 1.1 does: ``2012-10-17`` and ``12:30`` are text, ``012345678901`` keeps its
leading zero. Depth and size are bounded before anything recursive walks the document, aliases counted in full.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from localcloud.template.errors import TemplateError

MAX_BYTES = 1_000_000
"""CloudFormation's limit for a template in S3 is 1 MB."""
MAX_DEPTH = 100
MAX_NODES = 200_000
"""With every alias written out; a real template of 1 MB has some 40,000."""

_BaseLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BaseLoader):  # type: ignore[misc]  # the C loader where libyaml is there, else the Python one
    """SafeLoader with CloudFormation's tags and without YAML 1.1's dates, octals and sexagesimals."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # PyYAML's own API


for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE|yes|Yes|no|No|on|On|off|Off", "tTfFyYnNoO"),
    ("tag:yaml.org,2002:int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("tag:yaml.org,2002:float", r"[-+]?[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]+)?", "-+0123456789"),
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", "~nN\0"),
    ("tag:yaml.org,2002:merge", r"<<", "<"),
):
    _firsts = ["" if char == "\0" else char for char in _first]
    _Loader.add_implicit_resolver(_tag, re.compile(rf"^(?:{_pattern})$"), _firsts)


def _construct_tag(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        return {"Fn::GetAtt": value.split(".", 1)}
    return {f"Fn::{suffix}": value}


def _construct_mapping(loader: Any, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
    loader.flatten_mapping(node)
    return {
        key if isinstance(key, str) else _key(key): loader.construct_object(value, deep=deep)
        for key, value in ((loader.construct_object(k, deep=True), v) for k, v in node.value)
    }


def _construct_yaml_map(loader: Any, node: yaml.MappingNode) -> Any:
    mapping: dict[Hashable, Any] = {}
    yield mapping
    mapping.update(_construct_mapping(loader, node))


def _key(key: object) -> str:
    # Mappings often have account ids or booleans for keys; CloudFormation reads all keys as text.
    if isinstance(key, bool):
        return str(key).lower()
    return str(key)


_Loader.add_multi_constructor("!", _construct_tag)
_Loader.add_constructor("tag:yaml.org,2002:map", _construct_yaml_map)


def load(file: Path) -> dict[str, Any]:
    """Read a template, YAML or JSON, UTF-8 with or without a byte order mark.

    Returns the document with intrinsics in their long form.
    Raises :class:`TemplateError` where the file cannot be read, is no YAML mapping, is too large or too deep, or
    holds no ``Resources``.
    """
    text = _text(file)
    document = _json(file, text) if text.lstrip().startswith("{") else None
    if document is None:
        document = _yaml(file, text)
    if not isinstance(document, dict):
        raise TemplateError(file, "", "a template is a mapping at its top", "begin with `Resources:`")
    resources = document.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise TemplateError(file, "Resources", "the section is missing or empty", "a template needs `Resources:`")
    for logical_id, resource in resources.items():
        if logical_id.startswith("Fn::"):
            continue
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise TemplateError(file, f"Resources.{logical_id}", "it has no Type", "check the indentation")
        properties = resource.get("Properties") or {}
        if not isinstance(properties, dict):
            raise TemplateError(file, f"Resources.{logical_id}.Properties", "it is not a mapping")
        resource["Properties"] = properties
    return document


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise TemplateError(file, "", f"it is larger than CloudFormation's {MAX_BYTES:,} bytes")
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TemplateError(file, "", f"it cannot be read: {error.strerror}", "give a template file") from error
    except UnicodeDecodeError as error:
        raise TemplateError(file, f"byte {error.start}", "it is not UTF-8 text") from error


def _json(file: Path, text: str) -> Any:
    """Parse JSON; ``None`` where it is none, since a YAML flow mapping begins the same way."""
    if max_nesting(text) > MAX_DEPTH:
        raise TemplateError(file, "", f"it nests deeper than {MAX_DEPTH} levels")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if file.suffix == ".json":
            where = f"line {error.lineno}, column {error.colno}"
            raise TemplateError(file, where, f"it is not JSON: {error.msg}") from error
        return None


def max_nesting(text: str) -> int:
    """Count how deep brackets nest in a text, those in strings included: an upper bound for its JSON."""
    depth = deepest = 0
    for match in re.finditer(r"[][{}]", text):
        depth += 1 if match[0] in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _yaml(file: Path, text: str) -> Any:
    try:
        _bound(file, text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # derived from SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise TemplateError(file, where, f"it is not YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise TemplateError(file, "", f"it is not YAML: {error}") from error


def _bound(file: Path, text: str) -> None:
    """Refuse what nests too deep or grows too large when its aliases are written out, from events alone."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    total = 0
    for event in yaml.parse(text, Loader=_BaseLoader):
        line = f"line {event.start_mark.line + 1}" if event.start_mark else ""
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise TemplateError(file, line, f"*{event.anchor} stands inside itself or has no &{event.anchor}")
            total += sizes[event.anchor]
        elif isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, total))
            total += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor is not None:
                sizes[anchor] = total - before
        elif isinstance(event, yaml.ScalarEvent):
            total += 1
            if event.anchor is not None:
                sizes[event.anchor] = 1
        if len(open_nodes) > MAX_DEPTH:
            raise TemplateError(file, line, f"it nests deeper than {MAX_DEPTH} levels")
        if total > MAX_NODES:
            raise TemplateError(file, line, f"its aliases grow it past {MAX_NODES:,} values", "write them out")
