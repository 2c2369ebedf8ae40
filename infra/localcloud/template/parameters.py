"""Template parameters → their values: what was given, else the default, checked as CloudFormation checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localcloud.stack import Finding, Severity
from localcloud.template.errors import TemplateError
from localcloud.template.intrinsics import Unknown
from localcloud.template.values import as_list, as_mapping, as_text, as_texts

_SSM_VALUE = re.compile(r"AWS::SSM::Parameter::Value<")


@dataclass(frozen=True, slots=True)
class Parameters:
    """The values by name, as ``Ref`` gives them, and what is to say about them."""

    values: Mapping[str, Any]
    findings: tuple[Finding, ...] = ()
    unsupported: tuple[tuple[str, str], ...] = field(default=())
    """(parameter, type) of those whose value is kept in AWS."""

    def texts(self) -> dict[str, str]:
        """Give the values as text, lists joined by commas: what one passes on the command line."""
        return {
            name: ",".join(map(as_text, value)) if isinstance(value, list) else as_text(value)
            for name, value in self.values.items()
        }


def parameter_values(document: Mapping[str, Any], given: Mapping[str, Any], *, file: Path) -> Parameters:
    """Give every declared parameter a value.

    A parameter without default that is not given gets its first allowed value or an
    :class:`~localcloud.template.intrinsics.Unknown`, with a warning, so that any template can be read. A value
    given for a parameter of an SSM type is taken for the stored value itself.
    Raises :class:`TemplateError` where a name is given that the template lacks, or a value that it forbids.
    """
    declared = as_mapping(document.get("Parameters"))
    for name in given:
        if name not in declared:
            known = ", ".join(declared) or "none"
            raise TemplateError(file, f"Parameters.{name}", "no such parameter", f"the template declares: {known}")
    values: dict[str, Any] = {}
    findings: list[Finding] = []
    unsupported: list[tuple[str, str]] = []
    for name, written in declared.items():
        declaration = as_mapping(written)
        kind = as_text(declaration.get("Type")) or "String"
        if name in given:
            value = given[name]
        elif _SSM_VALUE.match(kind):
            unsupported.append((name, kind))
            value = Unknown(f"«{name}»")
        elif "Default" in declaration:
            value = declaration["Default"]
        else:
            value, finding = _guess(name, declaration)
            findings.append(finding)
        if not isinstance(value, Unknown):
            _check(file, name, declaration, value)
        values[name] = _typed(kind, value)
    return Parameters(values, tuple(findings), tuple(unsupported))


def _typed(kind: str, value: Any) -> Any:
    if isinstance(value, Unknown):
        return [value] if _is_list(kind) else value
    return _as_items(value) if _is_list(kind) else as_text(value)


def _is_list(kind: str) -> bool:
    return kind == "CommaDelimitedList" or kind.startswith(("List<", "AWS::SSM::Parameter::Value<List<"))


def _guess(name: str, declaration: Mapping[str, Any]) -> tuple[Any, Finding]:
    allowed = as_list(declaration.get("AllowedValues"))
    if allowed:
        value: Any = allowed[0]
    elif declaration.get("Type") == "Number":
        value = declaration.get("MinValue", 1)
    else:
        value = Unknown(name.lower())
    remedy = f"give --parameter {name}=VALUE, or a Default in the template"
    message = f"the parameter has neither value nor default; read as {as_text(value)!r}"
    return value, Finding(Severity.WARNING, name, message, remedy)


def _check(file: Path, name: str, declaration: Mapping[str, Any], value: Any) -> None:
    allowed = as_texts(declaration.get("AllowedValues"))
    items = _as_items(value) if _is_list(as_text(declaration.get("Type"))) else [as_text(value)]
    for item in items:
        if allowed and item not in allowed:
            raise TemplateError(file, f"Parameters.{name}", f"{item!r} is not allowed", f"one of {', '.join(allowed)}")


def _as_items(value: Any) -> list[str]:
    if isinstance(value, list):
        return [as_text(item) for item in value]
    text = as_text(value)
    return [item.strip() for item in text.split(",")] if text else []
