"""Front matter of posts, written by PyYAML so that no title can break it or be taken for something else.

YAML is read by four libraries here (PyYAML, Ruby's Psych, go-yaml, js-yaml) that disagree on what a bare word is:
``0o17`` is a number to one, ``1,000`` to another, ``:name`` a symbol to a third. So text is quoted unless it is a
plain word that none of them takes for anything else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import yaml
from markupsafe import Markup

_PLAIN_WORD = re.compile(r"[^\W\d_][\w-]*")
_TAKEN_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null", "none", "nan", "inf"})
_RUBY_DATE = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} [+-]\d{4}")
_BREAKS = re.compile(r"[\r\n\u0085\u2028\u2029]+")


def front_matter(fields: Mapping[str, Any]) -> Markup:
    """Return ``fields`` as a YAML block between two ``---`` lines, in the order given.

    Empty text, empty lists and None are left out; line breaks in text become spaces; datetimes are written as
    RFC 3339 with a ``T``, for a space before the zone is more than Eleventy reads.
    """
    kept = {key: _tidy(value) for key, value in fields.items() if value not in (None, "", [], ()) or key == "title"}
    written: str = yaml.dump(kept, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=float("inf"))
    return Markup(f"---\n{written}---\n")  # noqa: S704 - written by the library


def _tidy(value: Any) -> Any:
    if isinstance(value, str):
        return _BREAKS.sub(" ", str(value))
    return [_tidy(item) for item in value] if isinstance(value, list | tuple) else value


class _Dumper(yaml.SafeDumper):
    """Writes text quoted, instants with a ``T``, and lists on one line; knows no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the package's signature
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    plain = _PLAIN_WORD.fullmatch(value) is not None and value.lower() not in _TAKEN_WORDS
    style = None if plain or _RUBY_DATE.fullmatch(value) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _instant(dumper: yaml.SafeDumper, value: datetime) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:timestamp", value.isoformat())


def _list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(datetime, _instant)
