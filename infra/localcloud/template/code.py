"""Lambda functions and layers in a template → :class:`~localcloud.stack.Function`, with folders on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.stack import Function, Severity
from localcloud.template.scope import Resource
from localcloud.template.translate import LOCAL_BUCKET
from localcloud.template.values import as_int, as_mapping, as_seconds, as_text, as_texts


@dataclass(frozen=True, slots=True)
class Functions:
    """The functions of an application, and why some of them cannot run here."""

    by_id: Mapping[str, Function]
    unsupported: Mapping[str, str]
    """Logical id → resource type and reason."""

    @property
    def runnable(self) -> dict[str, Function]:
        """Those that can run on this machine."""
        return {key: function for key, function in self.by_id.items() if key not in self.unsupported}

    def find(self, written: Any) -> Function | None:
        """Find the function that a name or an ARN means, whatever alias or version stands at its end."""
        name = function_name(as_text(written))
        return next((function for function in self.by_id.values() if function.name == name), None)


def function_name(written: str) -> str:
    """Take the plain name out of a function's name or ARN, qualified or not."""
    if written.startswith("arn:"):
        return [*written.split(":"), "", ""][6]
    return written.partition(":")[0]


def functions_of(resources: Sequence[Resource]) -> Functions:
    """Read every function of the application; what is doubtful about one is reported to its template."""
    roles = {r.identity.arn: r.identity.name for r in resources if r.type == "AWS::IAM::Role"}
    layers = {r.identity.arn: r for r in resources if r.type == "AWS::Lambda::LayerVersion"}
    settings = {
        function_name(as_text(r.properties.get("FunctionName"))): r.properties
        for r in resources
        if r.type == "AWS::Lambda::EventInvokeConfig"
    }
    invokers: dict[str, tuple[str, ...]] = {}
    for resource in resources:
        if resource.type == "AWS::Lambda::Permission":
            name = function_name(as_text(resource.properties.get("FunctionName")))
            invokers[name] = (*invokers.get(name, ()), as_text(resource.properties.get("Principal")))
    found: dict[str, Function] = {}
    unsupported: dict[str, str] = {}
    for resource in resources:
        if resource.type == "AWS::Lambda::Function":
            name = resource.identity.name
            function = _function(resource, roles, layers, settings.get(name, {}), invokers.get(name, ()))
            found[function.logical_id] = function
            if reason := _why_not(resource, function):
                unsupported[function.logical_id] = f"{resource.type}, {reason}"
    return Functions(found, unsupported)


def _function(
    resource: Resource,
    roles: Mapping[str, str],
    layers: Mapping[str, Resource],
    settings: Mapping[str, Any],
    invokers: tuple[str, ...],
) -> Function:
    properties = resource.properties
    code = as_mapping(properties.get("Code"))
    role = as_text(properties.get("Role"))
    if role and role not in roles:
        message = f"its role {role} is not in the template, so its calls are not checked"
        resource.report(Severity.WARNING, message, "write the role into the template")
    variables = as_mapping(as_mapping(properties.get("Environment")).get("Variables"))
    retries = as_int(settings.get("MaximumRetryAttempts"))
    on_failure = as_mapping(as_mapping(settings.get("DestinationConfig")).get("OnFailure"))
    inline = code.get("ZipFile")
    return Function(
        logical_id=resource.logical_id,
        name=resource.identity.name,
        arn=resource.identity.arn,
        runtime=as_text(properties.get("Runtime")),
        handler=as_text(properties.get("Handler")),
        code_dir=_folder(resource, code) or resource.scope.file.parent.resolve(),
        layer_dirs=tuple(_layers(resource, layers)),
        timeout=as_seconds(properties.get("Timeout"), 3),
        memory_mb=as_int(properties.get("MemorySize")) or 128,
        environment={name: as_text(value) for name, value in variables.items()},
        role=roles.get(role),
        dead_letter_arn=as_text(as_mapping(properties.get("DeadLetterConfig")).get("TargetArn")) or None,
        on_failure_arn=as_text(on_failure.get("Destination")) or None,
        maximum_retry_attempts=2 if retries is None else retries,
        reserved_concurrency=as_int(properties.get("ReservedConcurrentExecutions")),
        invoke_permissions=invokers,
        inline_code=None if inline is None else as_text(inline),
    )


def _folder(resource: Resource, code: Mapping[str, Any]) -> Path | None:
    if code.get("S3Bucket") != LOCAL_BUCKET:
        return None
    return resource.scope.translation.folders.get(as_text(code.get("S3Key")))


def _layers(resource: Resource, layers: Mapping[str, Resource]) -> list[Path]:
    folders = []
    for arn in as_texts(resource.properties.get("Layers")):
        layer = layers.get(arn)
        folder = _folder(layer, as_mapping(layer.properties.get("Content"))) if layer else None
        if folder:
            folders.append(folder)
        else:
            remedy = "what it holds must be installed on this machine"
            resource.report(Severity.NOTE, f"its layer {arn} is not on this machine", remedy)
    return folders


def _why_not(resource: Resource, function: Function) -> str:
    code = as_mapping(resource.properties.get("Code"))
    if "ImageUri" in code or resource.properties.get("PackageType") == "Image":
        return "container image"
    if not function.runtime.startswith("python3."):
        return f"runtime {function.runtime or 'not given'}"
    folder = _folder(resource, code)
    if folder is None and function.inline_code is None:
        return "its code is not on this machine"
    if folder is not None and folder.is_file():
        return f"its code is packed in {folder.name}"
    return ""
