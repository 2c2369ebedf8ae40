"""A SAM template with its nested stacks, translated to CloudFormation, and what refers to what in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.template.errors import TemplateError
from localcloud.template.load import load
from localcloud.template.translate import translate

REGION = "us-east-1"
_NESTED = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One file: ``written`` as it stands there (intrinsics in long form), ``document`` without SAM in it."""

    file: Path
    written: Mapping[str, Any]
    document: Mapping[str, Any]
    refused: tuple[str, ...]
    """What SAM's translator said no to."""
    parent: Template | None = None
    logical_id: str = ""
    """Of the nested stack in its parent."""

    @property
    def resources(self) -> Iterator[Resource]:
        """Every resource after translation, those that SAM makes included."""
        for logical_id, body in self.document["Resources"].items():
            yield Resource(self, logical_id, body)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a translated template. Two are equal when they are the same place in the same file."""

    template: Template
    logical_id: str
    body: Mapping[str, Any]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Resource) and (self.template, self.logical_id) == (other.template, other.logical_id)

    def __hash__(self) -> int:
        return hash((self.template, self.logical_id))

    @property
    def kind(self) -> str:
        """The CloudFormation type, such as ``AWS::SQS::Queue``."""
        return str(self.body["Type"])

    @property
    def properties(self) -> Mapping[str, Any]:
        """The properties as translated, intrinsics in long form."""
        return self.body.get("Properties") or {}

    @property
    def depends_on(self) -> tuple[str, ...]:
        """Logical ids in ``DependsOn``, which may be one or a list."""
        named = self.body.get("DependsOn", [])
        return (named,) if isinstance(named, str) else tuple(named)

    @property
    def place(self) -> str:
        """Where a person finds it: file and logical id."""
        return f"{self.template.file.name}: {self.logical_id}"


class Application:
    """The root template and, by ``AWS::CloudFormation::Stack`` with a local ``TemplateURL``, all below it."""

    def __init__(self, templates: tuple[Template, ...]) -> None:
        self.templates = templates

    @classmethod
    def read(cls, file: Path) -> Application:
        """Read a template and its nested stacks.

        Raises :class:`localcloud.template.errors.TemplateError` where one of them cannot be read, or nests itself.
        """
        return cls(tuple(_read(file.resolve(), None, "")))

    def of_kind(self, kind: str) -> Iterator[Resource]:
        """All resources of a CloudFormation type, in the order of the files."""
        for template in self.templates:
            for resource in template.resources:
                if resource.kind == kind:
                    yield resource

    def follow(self, template: Template, value: object) -> Resource | None:
        """Find the resource that a ``Ref`` or ``Fn::GetAtt`` in ``template`` ends at.

        Goes down through the outputs of nested stacks and up through their parameters; ``None`` where the value is
        no reference, or ends at a parameter of the root.
        """
        if not isinstance(value, dict) or len(value) != 1:
            return None
        ((intrinsic, argument),) = value.items()
        if intrinsic == "Ref" and argument in (template.document.get("Parameters") or {}):
            return self._follow_parameter(template, str(argument))
        if intrinsic == "Ref":
            return self._resource(template, str(argument))
        if intrinsic == "Fn::GetAtt":
            logical_id, _, attribute = (argument if isinstance(argument, str) else ".".join(argument)).partition(".")
            if attribute.startswith("Outputs."):
                return self._follow_output(template, logical_id, attribute.removeprefix("Outputs."))
            return self._resource(template, logical_id)
        return None

    def _follow_parameter(self, template: Template, name: str) -> Resource | None:
        if template.parent is None:
            return None
        stack = self._resource(template.parent, template.logical_id)
        given = stack.properties.get("Parameters", {}).get(name) if stack else None
        return self.follow(template.parent, given)

    def _follow_output(self, template: Template, stack: str, output: str) -> Resource | None:
        for nested in self.templates:
            if nested.parent is template and nested.logical_id == stack:
                return self.follow(nested, (nested.document.get("Outputs", {}).get(output) or {}).get("Value"))
        return None

    @staticmethod
    def _resource(template: Template, logical_id: str) -> Resource | None:
        body = template.document["Resources"].get(logical_id)
        return None if body is None else Resource(template, logical_id, body)


def names_in(value: object) -> Iterator[str]:
    """Yield the logical ids that a value refers to, by ``Ref``, ``Fn::GetAtt`` or inside ``Fn::Sub``."""
    if isinstance(value, list):
        for item in value:
            yield from names_in(item)
    elif isinstance(value, dict):
        for key, argument in value.items():
            if key == "Ref" and isinstance(argument, str):
                yield argument
            elif key == "Fn::GetAtt":
                yield argument.partition(".")[0] if isinstance(argument, str) else argument[0]
            elif key == "Fn::Sub":
                text, own = argument if isinstance(argument, list) else (argument, {})
                yield from (name for name in re.findall(r"\$\{([A-Za-z0-9]+)[.}]", text) if name not in own)
                yield from names_in(own)
            else:
                yield from names_in(argument)


def whole_number(value: object) -> int | None:
    """Read a count or a number of seconds; ``None`` where it is an intrinsic or no number."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value)
    return int(text) if text.isdecimal() else None


def as_list(value: object) -> list[Any]:
    """Read what CloudFormation lets stand alone or in a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _read(file: Path, parent: Template | None, logical_id: str) -> Iterator[Template]:
    above = parent
    while above is not None:
        if above.file == file:
            raise TemplateError(file, logical_id, "the template nests itself", "break the circle")
        above = above.parent
    written = load(file)
    translation = translate(written, file=file, parameters={}, region=REGION)
    refused = tuple(f"{finding.resource}: {finding.message}" for finding in translation.findings)
    template = Template(file, written, translation.document, refused, parent, logical_id)
    yield template
    for resource in template.resources:
        address = resource.properties.get("TemplateURL")
        if resource.kind == _NESTED and isinstance(address, str) and "://" not in address:
            yield from _read((file.parent / address).resolve(), template, resource.logical_id)
