"""One template of an application, and the nested ones below it: what its names refer to.

Everything is looked up when it is asked for: a nested stack is read when the first of its outputs is wanted or
when its resources are, whichever comes first, since its parameters may be another stack's outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.stack import ACCOUNT_ID, Finding, Severity
from localcloud.template.errors import TemplateError
from localcloud.template.intrinsics import NO_VALUE, Unknown, resolve, truth
from localcloud.template.load import load
from localcloud.template.naming import NO_UUID, Identity, identify, name_property
from localcloud.template.parameters import parameter_values
from localcloud.template.translate import REPOSITORY_URL, Translation, translate
from localcloud.template.values import as_mapping, as_text, as_texts

NESTED = "AWS::CloudFormation::Stack"
_ELSEWHERE = ("s3://", "https://", "http://", "{{resolve:", REPOSITORY_URL)
_OWNED_BY_FUNCTION = ("AWS::Lambda::Alias", "AWS::Lambda::Version")


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the application that is to be made: its condition holds, its properties are resolved."""

    logical_id: str
    """With the path of its nested stacks before it: ``Storage/Table``."""
    type: str
    properties: Mapping[str, Any]
    identity: Identity
    depends_on: tuple[str, ...]
    refers_to: frozenset[str]
    """Logical ids (with path) that its properties name by ``Ref``, ``Fn::GetAtt`` or ``Fn::Sub``."""
    scope: TemplateScope

    def report(self, severity: Severity, message: str, remedy: str = "") -> None:
        """Take note of a fault of this resource."""
        self.scope.report(severity, self.logical_id.removeprefix(self.scope.path), message, remedy)


class TemplateScope:
    """A template with its parameters given: answers for names, and yields its resources.

    Implements :class:`~localcloud.template.intrinsics.Scope`.
    """

    def __init__(
        self,
        file: Path,
        *,
        stack_name: str,
        region: str,
        parameters: Mapping[str, Any],
        exports: Mapping[str, str],
        path: str = "",
        ancestors: tuple[Path, ...] = (),
    ) -> None:
        self.file = file
        self.path = path
        self.stack_name = stack_name
        self.region = region
        self.findings: dict[Finding, None] = {}
        self.unsupported: list[tuple[str, str]] = []
        self._ancestors = (*ancestors, file.resolve())
        self._exports = exports
        self.source = load(file)
        """The document as written, before translation."""
        values = parameter_values(self.source, parameters, file=file)
        self._parameters = values.values
        self._note(values.findings)
        self.unsupported += [(self.path + name, kind) for name, kind in values.unsupported]
        known = {name: value for name, value in values.texts().items() if "«" not in value}
        self.translation: Translation = translate(self.source, file=file, parameters=known, region=region)
        self._note(self.translation.findings)
        self.unsupported += [(self.path + name, kind) for name, kind in self.translation.left_out]
        self._document = self.translation.document
        self._resources: Mapping[str, Any] = self._document["Resources"]
        self._left_out = frozenset(name for name, _ in self.translation.left_out)
        self._identities: dict[str, Identity] = {}
        self._conditions: dict[str, bool] = {}
        self._children: dict[str, TemplateScope | None] = {}
        self._under_way: list[str] = []

    # What intrinsics ask

    def ref(self, name: str, where: str) -> Any:
        """Answer ``Ref``: a pseudo parameter, a parameter, or a resource."""
        if name.startswith("AWS::"):
            return self._pseudo(name, where)
        if name in self._parameters:
            return self._parameters[name]
        return self._named(name, where, f"Ref: {name}", lambda identity: identity.ref())

    def attribute(self, logical_id: str, attribute: str, where: str) -> Any:
        """Answer ``Fn::GetAtt``, an output of a nested stack included."""
        resource = self._resources.get(logical_id)
        if as_mapping(resource).get("Type") == NESTED and attribute.startswith("Outputs."):
            return self._nested_output(logical_id, attribute.removeprefix("Outputs."), where)

        def answer(identity: Identity) -> str:
            found = identity.attribute(attribute)
            if found is None:
                message = f"{identity.type} has no attribute {attribute}"
                self.report(Severity.ERROR, where, f"Fn::GetAtt {logical_id}.{attribute}: {message}", "correct it")
                return Unknown(f"«{logical_id}.{attribute}»")
            return found

        return self._named(logical_id, where, f"Fn::GetAtt {logical_id}.{attribute}", answer)

    def mapping(self, name: str) -> Mapping[str, Any] | None:
        """Answer the table of that name in ``Mappings``."""
        return as_mapping(as_mapping(self._document.get("Mappings")).get(name)) or None

    def condition(self, name: str, where: str) -> bool:
        """Answer the condition of that name, evaluated once."""
        if name not in self._conditions:
            declared = as_mapping(self._document.get("Conditions"))
            if name not in declared:
                self.report(Severity.ERROR, where, f"there is no condition {name}", "add it under Conditions")
                self._conditions[name] = False
            else:
                with self._once(f"Conditions.{name}"):
                    self._conditions[name] = truth(declared[name], self, f"Conditions.{name}")
        return self._conditions[name]

    def imported(self, name: str, where: str) -> Any:
        """Answer ``Fn::ImportValue`` from the exports that were given."""
        if name in self._exports:
            return self._exports[name]
        remedy = "make it a parameter, or run the stacks as one application"
        self.report(Severity.WARNING, where, f"no other stack exports {name!r} here", remedy)
        return Unknown(f"«{name}»")

    def report(self, severity: Severity, where: str, message: str, remedy: str = "") -> None:
        """Take note of a fault at a logical id of this template; the same fault counts once."""
        self.findings[Finding(severity, self.path + where, message, remedy)] = None

    # What the assembly asks

    def resources(self) -> Iterator[Resource]:
        """Yield what is to be made, nested stacks in place of the resource that names them."""
        for logical_id, raw in self._resources.items():
            if not self._is_made(logical_id):
                continue
            if raw["Type"] == NESTED:
                child = self._child(logical_id)
                if child is not None:
                    yield from child.resources()
                continue
            properties = resolve(raw.get("Properties") or {}, self, logical_id)
            yield Resource(
                self.path + logical_id,
                raw["Type"],
                as_mapping(properties),
                self._identity(logical_id),
                tuple(self.path + name for name in as_texts(raw.get("DependsOn"))),
                frozenset(
                    self.path + name for name in _names_in(raw.get("Properties"), self) if name in self._resources
                ),
                self,
            )

    def makes(self, logical_id: str) -> bool:
        """Tell whether the template makes a resource of that name, or would but for a fault told already."""
        return logical_id in self._left_out or (logical_id in self._resources and self._is_made(logical_id))

    def outputs(self) -> dict[str, Any]:
        """Resolve the outputs whose condition holds: name → value."""
        return {
            name: value
            for name in as_mapping(self._document.get("Outputs"))
            if (value := self._output(name, "Outputs")) is not None
        }

    def scopes(self) -> Iterator[TemplateScope]:
        """Yield this template and every one below it that was read."""
        yield self
        for child in self._children.values():
            if child is not None:
                yield from child.scopes()

    # How it is found

    def _note(self, findings: tuple[Finding, ...]) -> None:
        for finding in findings:
            self.report(finding.severity, finding.resource, finding.message, finding.remedy)

    def _pseudo(self, name: str, where: str) -> Any:
        values = {
            "AWS::AccountId": ACCOUNT_ID,
            "AWS::NotificationARNs": [],
            "AWS::NoValue": NO_VALUE,
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::StackId": f"arn:aws:cloudformation:{self.region}:{ACCOUNT_ID}:stack/{self.stack_name}/{NO_UUID}",
            "AWS::StackName": self.stack_name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name not in values:
            self.report(Severity.ERROR, where, f"there is no pseudo parameter {name}", f"one of {', '.join(values)}")
            return Unknown(f"«{name}»")
        return values[name]

    def _named(self, logical_id: str, where: str, wanted: str, answer: Callable[[Identity], str]) -> str:
        if logical_id in self._left_out or logical_id not in self._resources:
            if logical_id not in self._left_out:
                message = f"{wanted}: the template has no {logical_id}"
                self.report(Severity.ERROR, where, message, "correct the name or add the resource")
            return Unknown(f"«{logical_id}»")
        if not self._is_made(logical_id):
            message = f"{wanted}: the condition of {logical_id} is false, so it is not made"
            self.report(Severity.ERROR, where, message, "put the reference into an Fn::If on the same condition")
            return Unknown(f"«{logical_id}»")
        return answer(self._identity(logical_id))

    def _is_made(self, logical_id: str) -> bool:
        condition = self._resources[logical_id].get("Condition")
        return condition is None or self.condition(as_text(condition), logical_id)

    def _identity(self, logical_id: str) -> Identity:
        if logical_id not in self._identities:
            raw = self._resources[logical_id]
            kind, properties = raw["Type"], as_mapping(raw.get("Properties"))
            with self._once(f"the name of {logical_id}"):
                written = resolve(properties.get(name_property(kind)), self, logical_id)
                owner = resolve(properties.get("FunctionName"), self, logical_id) if kind in _OWNED_BY_FUNCTION else ""
            self._identities[logical_id] = identify(
                kind,
                logical_id,
                written_name="" if written is NO_VALUE else as_text(written),
                properties={key: resolve(properties.get(key), self, logical_id) for key in ("FifoQueue", "FifoTopic")},
                stack_name=self.stack_name,
                region=self.region,
                owner=as_text(owner).rpartition("function:")[2],
            )
        return self._identities[logical_id]

    def _output(self, name: str, where: str) -> Any:
        declared = as_mapping(as_mapping(self._document.get("Outputs")).get(name))
        condition = declared.get("Condition")
        if condition is not None and not self.condition(as_text(condition), where):
            return None
        with self._once(f"Outputs.{name}"):
            return resolve(declared.get("Value"), self, f"Outputs.{name}")

    def _nested_output(self, logical_id: str, name: str, where: str) -> Any:
        child = self._child(logical_id)
        if child is None:
            return Unknown(f"«{logical_id}.Outputs.{name}»")
        value = child._output(name, where)  # noqa: SLF001  # one of us
        if value is None:
            message = f"{logical_id} ({child.file.name}) has no output {name}"
            self.report(Severity.ERROR, where, message, f"add it under Outputs of {child.file.name}")
            return Unknown(f"«{logical_id}.Outputs.{name}»")
        return value

    def _child(self, logical_id: str) -> TemplateScope | None:
        if logical_id not in self._children:
            with self._once(f"the stack {logical_id}"):
                self._children[logical_id] = self._read_child(logical_id)
        return self._children[logical_id]

    def _read_child(self, logical_id: str) -> TemplateScope | None:
        properties = as_mapping(resolve(self._resources[logical_id].get("Properties") or {}, self, logical_id))
        address = as_text(properties.get("TemplateURL"))
        if not address or address.startswith(_ELSEWHERE) or "«" in address:
            kind = "AWS::Serverless::Application" if address.startswith(REPOSITORY_URL) else NESTED
            self.unsupported.append((self.path + logical_id, kind))
            return None
        file = (self.file.parent / address).resolve()
        if file in self._ancestors:
            chain = " → ".join(part.name for part in (*self._ancestors, file))
            raise TemplateError(
                self.file, f"Resources.{logical_id}", f"the templates nest in a circle: {chain}", "break it"
            )
        if not file.is_file():
            self.report(Severity.ERROR, logical_id, f"there is no template {address}", "correct TemplateURL")
            return None
        return TemplateScope(
            file,
            stack_name=f"{self.stack_name}-{logical_id}",
            region=self.region,
            parameters=as_mapping(properties.get("Parameters")),
            exports=self._exports,
            path=f"{self.path}{logical_id}/",
            ancestors=self._ancestors,
        )

    def _once(self, step: str) -> _UnderWay:
        if step in self._under_way:
            chain = " → ".join([*self._under_way[self._under_way.index(step) :], step])
            raise TemplateError(self.file, "", f"a circle of references: {chain}", "break it at one of these")
        return _UnderWay(self._under_way, step)


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """Keeps the step that is being resolved on the list while it is."""

    steps: list[str]
    step: str

    def __enter__(self) -> None:
        self.steps.append(self.step)

    def __exit__(self, *_: object) -> None:
        self.steps.pop()


def _names_in(value: Any, scope: TemplateScope) -> Iterator[str]:
    """Yield every name that ``Ref``, ``Fn::GetAtt`` or ``Fn::Sub`` mentions, of an ``Fn::If`` the side taken."""
    if isinstance(value, list):
        for item in value:
            yield from _names_in(item, scope)
    for key, item in value.items() if isinstance(value, Mapping) else ():
        parts = item if isinstance(item, list) else [item]
        if key == "Ref":
            yield as_text(item)
        elif key == "Fn::GetAtt" and parts:
            yield as_text(parts[0]).partition(".")[0]
        elif key == "Fn::Sub" and parts:
            yield from (part.partition("}")[0].partition(".")[0].strip() for part in as_text(parts[0]).split("${")[1:])
            yield from _names_in(parts[1:], scope)
        elif key == "Fn::If" and len(parts) == 3 and isinstance(parts[0], str):
            yield from _names_in(parts[1] if scope.condition(parts[0], "") else parts[2], scope)
        else:
            yield from _names_in(item, scope)
