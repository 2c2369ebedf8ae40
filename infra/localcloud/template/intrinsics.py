"""CloudFormation's intrinsic functions, over whatever can answer ``Ref`` and ``Fn::GetAtt``.

Nothing here raises for what a template gets wrong: the fault is reported to the scope, and an :class:`Unknown`
takes the value's place, so that one bad reference does not hide the rest of the template.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from localcloud.stack import Severity
from localcloud.template.values import as_int, as_list, as_mapping, as_text


class Unknown(str):
    """Text that stands where a value cannot be known; reads as ``«why»``."""

    __slots__ = ()


class _NoValue:
    """``AWS::NoValue``: the property it is given to is not set."""

    def __repr__(self) -> str:
        return "AWS::NoValue"


NO_VALUE = _NoValue()


class Scope(Protocol):
    """What a template's values refer to. ``where`` is the logical id to blame."""

    def ref(self, name: str, where: str) -> Any:
        """Answer ``Ref``."""

    def attribute(self, logical_id: str, attribute: str, where: str) -> Any:
        """Answer ``Fn::GetAtt``."""

    def mapping(self, name: str) -> Mapping[str, Any] | None:
        """Answer the table of that name in ``Mappings``."""

    def condition(self, name: str, where: str) -> bool:
        """Answer the condition of that name."""

    def imported(self, name: str, where: str) -> Any:
        """Answer ``Fn::ImportValue``."""

    def report(self, severity: Severity, where: str, message: str, remedy: str = "") -> None:
        """Take note of a fault."""


def resolve(value: Any, scope: Scope, where: str) -> Any:
    """Resolve every intrinsic in a value; keys and items that come to ``AWS::NoValue`` are left out.

    Returns plain dicts, lists and scalars; :data:`NO_VALUE` only where the whole value is that.
    """
    if isinstance(value, Mapping):
        if len(value) == 1:
            (name, argument), *_ = value.items()
            if name == "Ref":
                return scope.ref(as_text(argument), where)
            if isinstance(name, str) and name.startswith("Fn::"):
                return _call(name, argument, scope, where)
        pairs = ((key, resolve(item, scope, where)) for key, item in value.items())
        return {key: item for key, item in pairs if item is not NO_VALUE}
    if isinstance(value, list):
        items = (resolve(item, scope, where) for item in value)
        return [item for item in items if item is not NO_VALUE]
    return value


def truth(value: Any, scope: Scope, where: str) -> bool:
    """Evaluate a condition: ``Fn::Equals``, ``Fn::And``, ``Fn::Or``, ``Fn::Not``, ``Condition``."""
    if isinstance(value, Mapping) and len(value) == 1:
        (name, argument), *_ = value.items()
        if name == "Condition":
            return scope.condition(as_text(argument), where)
        if name == "Fn::Equals" and len(as_list(argument)) == 2:
            left, right = (as_text(resolve(side, scope, where)) for side in argument)
            return left == right
        if name in ("Fn::And", "Fn::Or"):
            parts = [truth(part, scope, where) for part in as_list(argument)]
            return all(parts) if name == "Fn::And" else any(parts)
        if name == "Fn::Not" and as_list(argument):
            return not truth(as_list(argument)[0], scope, where)
    scope.report(Severity.ERROR, where, f"{value!r} is no condition", "use Fn::Equals, And, Or, Not or Condition")
    return False


def _call(name: str, argument: Any, scope: Scope, where: str) -> Any:
    function = _FUNCTIONS.get(name)
    if function is None:
        scope.report(
            Severity.WARNING,
            where,
            f"{name} cannot be resolved here",
            "write the value out or make it a parameter",
        )
        return Unknown(f"«{name}»")
    return function(argument, scope, where)


def _malformed(name: str, form: str, scope: Scope, where: str) -> Unknown:
    scope.report(Severity.ERROR, where, f"{name} is malformed", f"its form is {form}")
    return Unknown(f"«{name}»")


def _get_att(argument: Any, scope: Scope, where: str) -> Any:
    parts = argument.split(".", 1) if isinstance(argument, str) else as_list(argument)
    if len(parts) < 2:
        return _malformed("Fn::GetAtt", "[LogicalId, Attribute]", scope, where)
    attribute = ".".join(as_text(resolve(part, scope, where)) for part in parts[1:])
    return scope.attribute(as_text(parts[0]), attribute, where)


def _sub(argument: Any, scope: Scope, where: str) -> Any:
    text, names = (argument, {}) if isinstance(argument, str) else (*as_list(argument), {}, {})[:2]
    if not isinstance(text, str):
        return _malformed("Fn::Sub", "text, or [text, {Name: value}]", scope, where)

    def replace(match: re.Match[str]) -> str:
        name = match[1].strip()
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name in as_mapping(names):
            return as_text(resolve(names[name], scope, where))
        logical_id, dot, attribute = name.partition(".")
        if dot:
            return as_text(scope.attribute(logical_id, attribute, where))
        return as_text(scope.ref(name, where))

    return re.sub(r"\$\{([^{}]+)\}", replace, text)


def _join(argument: Any, scope: Scope, where: str) -> Any:
    if len(as_list(argument)) != 2:
        return _malformed("Fn::Join", "[delimiter, [values]]", scope, where)
    delimiter, values = argument
    parts = as_list(resolve(values, scope, where))
    return as_text(delimiter).join(as_text(part) for part in parts)


def _if(argument: Any, scope: Scope, where: str) -> Any:
    if len(as_list(argument)) != 3:
        return _malformed("Fn::If", "[condition, value, other value]", scope, where)
    condition, yes, no = argument
    holds = scope.condition(condition, where) if isinstance(condition, str) else truth(condition, scope, where)
    return resolve(yes if holds else no, scope, where)


def _select(argument: Any, scope: Scope, where: str) -> Any:
    if len(as_list(argument)) != 2:
        return _malformed("Fn::Select", "[index, [values]]", scope, where)
    index, values = as_int(resolve(argument[0], scope, where)), as_list(resolve(argument[1], scope, where))
    if index is None or not 0 <= index < len(values):
        if any(isinstance(value, Unknown) for value in values):
            return Unknown("«Fn::Select»")
        message = f"Fn::Select wants value {argument[0]!r} of {len(values)}"
        scope.report(Severity.ERROR, where, message, "count from 0")
        return Unknown("«Fn::Select»")
    return values[index]


def _split(argument: Any, scope: Scope, where: str) -> Any:
    if len(as_list(argument)) != 2 or not isinstance(argument[0], str) or not argument[0]:
        return _malformed("Fn::Split", "[delimiter, text]", scope, where)
    source = resolve(argument[1], scope, where)
    parts = as_text(source).split(argument[0])
    return [Unknown(part) for part in parts] if isinstance(source, Unknown) else parts


def _find_in_map(argument: Any, scope: Scope, where: str) -> Any:
    if not 3 <= len(as_list(argument)) <= 4:
        return _malformed("Fn::FindInMap", "[map, key, second key]", scope, where)
    name, first, second = (as_text(resolve(part, scope, where)) for part in argument[:3])
    table = scope.mapping(name)
    found = as_mapping(as_mapping(table).get(first)).get(second)
    if found is not None:
        return resolve(found, scope, where)
    if len(argument) == 4 and isinstance(argument[3], Mapping) and "DefaultValue" in argument[3]:
        return resolve(argument[3]["DefaultValue"], scope, where)
    message = f"Mappings has no {name}.{first}.{second}"
    scope.report(Severity.ERROR, where, message, "add it, or choose another parameter value or region")
    return Unknown(f"«{name}.{first}.{second}»")


def _import_value(argument: Any, scope: Scope, where: str) -> Any:
    return scope.imported(as_text(resolve(argument, scope, where)), where)


def _base64(argument: Any, scope: Scope, where: str) -> str:
    return base64.b64encode(as_text(resolve(argument, scope, where)).encode()).decode("ascii")


def _get_azs(argument: Any, scope: Scope, where: str) -> list[str]:
    region = as_text(resolve(argument, scope, where)) or as_text(scope.ref("AWS::Region", where))
    return [f"{region}{zone}" for zone in "abc"]


def _to_json(argument: Any, scope: Scope, where: str) -> str:
    return as_text(resolve(argument, scope, where))


def _length(argument: Any, scope: Scope, where: str) -> int:
    return len(as_list(resolve(argument, scope, where)))


def _condition_value(name: str) -> Callable[[Any, Scope, str], bool]:
    def evaluate(argument: Any, scope: Scope, where: str) -> bool:
        return truth({name: argument}, scope, where)

    return evaluate


_FUNCTIONS: Mapping[str, Callable[[Any, Scope, str], Any]] = {
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::If": _if,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::FindInMap": _find_in_map,
    "Fn::ImportValue": _import_value,
    "Fn::Base64": _base64,
    "Fn::GetAZs": _get_azs,
    "Fn::ToJsonString": _to_json,
    "Fn::Length": _length,
    **{name: _condition_value(name) for name in ("Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not")},
}
