"""YAML as third parties write it: read without recursion, without types that surprise, without aliases.

PyYAML's parser is a state machine, its composer is recursive: 100 KB of ``[`` end the process. So the parser's
events are built up here, on an explicit stack whose height is the depth that is bounded. Scalars are typed as in
YAML 1.2: ``no`` is a word, ``12:30`` is not 750, ``0123`` is not 83, and a date stays text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from broadsheet.model.errors import ArticleRejected, BroadsheetError, ConfigurationError

MAX_DEPTH = 200
MAX_CONFIGURATION_BYTES = 256 * 1024
MAX_FRONT_MATTER_BYTES = 64 * 1024

_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
"""Longer ones stay text: an id of 20 digits must not lose its last ones, nor its leading zeros."""
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,18}|[0-9]{1,18}\.[0-9]{0,18})")
_SURROGATE = re.compile("[\ud800-\udfff]")


def load_mapping(text: str, *, file: str) -> dict[str, Any]:
    """Return the mapping written in ``text``: keys are text, scalars typed as in YAML 1.2; an empty text is ``{}``.

    ``file`` is what errors call it. Raises ConfigurationError where the text is no YAML, is no mapping, is larger
    than 256 KB, nests deeper than 200, or uses aliases, tags or a key twice.
    """
    value = load_value(text, file=file)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigurationError(f"{file}: holds {_named(value)} at its top; write `key: value` lines")
    return value


def load_value(text: str, *, file: str) -> Any:
    """Return whatever is written in ``text`` (a list, for categories); None for an empty text.

    Raises ConfigurationError as :func:`load_mapping` does, but for the shape.
    """
    return _load(text, file, MAX_CONFIGURATION_BYTES, _typed, ConfigurationError)


def load_strings(text: str, *, file: str, max_bytes: int = MAX_FRONT_MATTER_BYTES) -> dict[str, Any]:
    """Return the mapping written in ``text`` with every scalar as the text it was written as; for front matter.

    Lists and mappings stay what they are; an empty value is "". Raises ArticleRejected where the text is no YAML,
    no mapping, too large or too deep, or uses aliases, tags or a key twice.
    """
    value = _load(text, file, max_bytes, _as_written, ArticleRejected)
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise ArticleRejected(f"{file}: front matter is {_named(value)}; write `key: value` lines")
    return value


def _typed(text: str, plain: bool) -> Any:
    if not plain:
        return text
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _as_written(text: str, plain: bool) -> str:  # noqa: ARG001 - one of two readings of a scalar
    return text


def _load(
    text: str, file: str, max_bytes: int, scalar: Callable[[str, bool], Any], error: type[BroadsheetError]
) -> Any:
    text = text.removeprefix("\ufeff")
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > max_bytes:
        raise error(f"{file}: holds {size:,} bytes of YAML, more than {max_bytes:,}; shorten it")
    builder = _Builder(file, scalar, error)
    try:
        for event in yaml.parse(unicodedata.normalize("NFC", text), Loader=yaml.SafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as fault:
        builder.refuse(fault.problem_mark, fault.problem or "is no YAML", "mend the YAML there")
    except yaml.YAMLError as fault:
        reason = " ".join(str(fault).split())
        raise error(f"{file}: is no YAML ({reason}); take that character out") from fault
    return builder.document


@dataclass(slots=True)
class _Level:
    """An open list or mapping. ``key`` is the mapping's key that waits for its value."""

    into: list[Any] | dict[str, Any]
    key: str | None = None


@dataclass(slots=True)
class _Builder:
    """Builds one document's value from parser events, and refuses what it must not hold."""

    file: str
    scalar: Callable[[str, bool], Any]
    error: type[BroadsheetError]
    document: Any = None
    _levels: list[_Level] = field(default_factory=list)
    _documents: int = 0

    def refuse(self, mark: Any, reason: str, remedy: str) -> NoReturn:
        where = f" line {mark.line + 1}, column {mark.column + 1}:" if mark is not None else ""
        raise self.error(f"{self.file}:{where} {reason}; {remedy}")

    def take(self, event: yaml.Event) -> None:
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self.refuse(mark, "aliases and anchors are not allowed", "write the value out")
        if tag := getattr(event, "tag", None):
            self.refuse(mark, f"the tag {tag} is not allowed", "put text in quotes instead")
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self.refuse(mark, "a second document begins", "keep one document per file")
            case yaml.ScalarEvent():
                self._take_scalar(event)
            case yaml.SequenceStartEvent():
                self._open([], mark)
            case yaml.MappingStartEvent():
                self._open({}, mark)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._levels.pop()

    def _take_scalar(self, event: yaml.ScalarEvent) -> None:
        text: str = event.value
        if _SURROGATE.search(text):
            self.refuse(event.start_mark, "half a character (a lone surrogate) is no text", "write all of it")
        level = self._levels[-1] if self._levels else None
        if level is not None and isinstance(level.into, dict) and level.key is None:
            if text in level.into:
                self.refuse(event.start_mark, f"the key '{text}' is given twice", "keep one of them")
            level.key = text
            return
        self._place(self.scalar(text, event.implicit[0]), event.start_mark)

    def _open(self, value: list[Any] | dict[str, Any], mark: Any) -> None:
        if len(self._levels) >= MAX_DEPTH:
            self.refuse(mark, f"nests deeper than {MAX_DEPTH}", "write it flatter")
        self._place(value, mark)
        self._levels.append(_Level(value))

    def _place(self, value: Any, mark: Any) -> None:
        if not self._levels:
            self.document = value
            return
        level = self._levels[-1]
        if isinstance(level.into, list):
            level.into.append(value)
        elif level.key is None:
            self.refuse(mark, "a key is a list or a mapping", "write the key as one word")
        else:
            level.into[level.key] = value
            level.key = None


def _named(value: Any) -> str:
    return "a list" if isinstance(value, list) else f"the text '{str(value)[:40]}'"
