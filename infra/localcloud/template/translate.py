"""SAM shorthand → CloudFormation, by AWS's own translator, in-process and without AWS.

The translator wants code to be in S3 already. Local folders are therefore rewritten to addresses of a bucket that
does not exist and remembered in :attr:`Translation.folders`, under the key that stands in that address.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from localcloud.stack import Finding, Severity
from localcloud.template.errors import TemplateError
from localcloud.template.values import as_mapping

TRANSFORM = "AWS::Serverless-2016-10-31"
LOCAL_BUCKET = "localcloud-source-folders"
"""Stands for this machine wherever CloudFormation wants an S3 bucket of code."""
REPOSITORY_URL = "serverlessrepo:"
"""Begins the ``TemplateURL`` of an application from the Serverless Application Repository."""

_CODE_PROPERTY = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::Api": "DefinitionUri",
    "AWS::Serverless::HttpApi": "DefinitionUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}
_RAW_CODE_PROPERTY = {"AWS::Lambda::Function": "Code", "AWS::Lambda::LayerVersion": "Content"}
_API_TYPES = ("AWS::Serverless::Api", "AWS::Serverless::HttpApi")
_ANY_API = {"openapi": "3.0.1", "info": {"title": "included", "version": "1"}, "paths": {}}
"""Stands for a definition that AWS would include from a file: APIs do not run here."""
_MAX_PASSES = 20


@dataclass(frozen=True, slots=True)
class Translation:
    """A document without SAM in it, where its code is on this machine, and what the translator refused."""

    document: dict[str, Any]
    folders: Mapping[str, Path]
    """S3 key in :data:`LOCAL_BUCKET` (the logical id as written) → source folder, ``LocalCloud.CodeDir`` heeded."""
    findings: tuple[Finding, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    """(logical id, type) of what was taken out because it cannot be translated here."""


@dataclass(frozen=True, slots=True)
class _Region:
    """All that the translator asks of a boto3 session."""

    region_name: str


@dataclass(slots=True)
class _Draft:
    file: Path
    document: dict[str, Any]
    parameters: Mapping[str, Any]
    folders: dict[str, Path] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


def translate(document: Mapping[str, Any], *, file: Path, parameters: Mapping[str, Any], region: str) -> Translation:
    """Translate a loaded template; ``document`` is left as it is.

    ``parameters`` are the values that are known; the template's defaults are added. What the translator refuses
    becomes an error finding, and the rest is translated without it. No environment variable is read or set, no
    call is made to AWS.
    Raises :class:`TemplateError` where the document as a whole is refused.
    """
    draft = _Draft(file, copy.deepcopy(dict(document)), parameters)
    _drop_loops(draft)
    serverless = [
        logical_id
        for logical_id, resource in draft.document["Resources"].items()
        if resource["Type"].startswith("AWS::Serverless::")
    ]
    _localise(draft)
    if serverless and not _has_transform(document):
        message = f"SAM resources need `Transform: {TRANSFORM}` at the top of the template"
        draft.findings.append(Finding(Severity.ERROR, serverless[0], message, f"add `Transform: {TRANSFORM}`"))
    if serverless or "Globals" in document:
        draft.document = _run_translator(draft, region)
    return Translation(draft.document, draft.folders, tuple(draft.findings), tuple(draft.left_out))


def _has_transform(document: Mapping[str, Any]) -> bool:
    transform = document.get("Transform", [])
    return TRANSFORM in (transform if isinstance(transform, list) else [transform])


def _drop_loops(draft: _Draft) -> None:
    for key in [key for key in draft.document["Resources"] if key.startswith("Fn::")]:
        del draft.document["Resources"][key]
        draft.left_out.append((key, "Fn::ForEach" if key.startswith("Fn::ForEach") else key))


def _localise(draft: _Draft) -> None:
    """Move every local folder of code out of the document and into ``draft.folders``."""
    defaults = as_mapping(as_mapping(draft.document.get("Globals")).get("Function"))
    global_uri = defaults.get("CodeUri")
    if isinstance(defaults, dict):
        defaults.pop("CodeUri", None)
    for logical_id, resource in draft.document["Resources"].items():
        properties = resource.setdefault("Properties", {})
        kind = resource["Type"]
        if kind == "AWS::Serverless::Function":
            _place_function(logical_id, properties, defaults, global_uri)
        elif kind == "AWS::Serverless::Application" and isinstance(properties.get("Location"), dict):
            application = properties["Location"].get("ApplicationId", "")
            properties["Location"] = f"{REPOSITORY_URL}{application}"
        if kind in _API_TYPES and "Fn::Transform" in as_mapping(properties.get("DefinitionBody")):
            properties["DefinitionBody"] = _ANY_API
        if kind in _CODE_PROPERTY:
            _place(draft, logical_id, resource, _CODE_PROPERTY[kind], in_parts=False)
        elif kind in _RAW_CODE_PROPERTY:
            _place(draft, logical_id, resource, _RAW_CODE_PROPERTY[kind], in_parts=True)


def _place_function(logical_id: str, properties: dict[str, Any], defaults: Mapping[str, Any], global_uri: Any) -> None:
    if (properties.get("PackageType") or defaults.get("PackageType")) == "Image":
        # `sam build` fills it in from the Dockerfile that the metadata names.
        properties.setdefault("ImageUri", f"{LOCAL_BUCKET}/{logical_id.lower()}:local")
        properties.pop("CodeUri", None)
    elif not any(key in properties for key in ("CodeUri", "InlineCode", "ImageUri")):
        properties["CodeUri"] = "." if global_uri is None else global_uri


def _place(draft: _Draft, logical_id: str, resource: Mapping[str, Any], property_name: str, *, in_parts: bool) -> None:
    properties = resource["Properties"]
    written = _parameter_value(draft, properties.get(property_name))
    if isinstance(written, dict) and len(written) == 1 and not in_parts:
        # An intrinsic: `sam package` would put an address of S3 in its place.
        properties[property_name] = f"s3://elsewhere/{logical_id}"
    if not isinstance(written, str) or written.startswith(("s3://", "http://", "https://")):
        return
    override = as_mapping(as_mapping(resource.get("Metadata")).get("LocalCloud")).get("CodeDir")
    folder = draft.file.parent / (override if isinstance(override, str) else written)
    draft.folders[logical_id] = folder.resolve()
    bucket, key = LOCAL_BUCKET, logical_id
    properties[property_name] = {"S3Bucket": bucket, "S3Key": key} if in_parts else f"s3://{bucket}/{key}"


def _parameter_value(draft: _Draft, written: Any) -> Any:
    """Follow a ``Ref`` to a parameter: some templates keep their code's folder in one."""
    if isinstance(written, dict) and list(written) == ["Ref"] and isinstance(written["Ref"], str):
        name = written["Ref"]
        declared = as_mapping(as_mapping(draft.document.get("Parameters")).get(name))
        return draft.parameters.get(name, declared.get("Default", written))
    return written


def _run_translator(draft: _Draft, region: str) -> dict[str, Any]:
    from samtranslator.model.exceptions import InvalidDocumentException  # noqa: PLC0415  # 0.4 s to import

    for _ in range(_MAX_PASSES):
        if not draft.document["Resources"]:
            return draft.document
        try:
            with _quiet_translator(region):
                return _translate_once(draft, region)
        except InvalidDocumentException as error:
            if not _leave_out(draft, error.causes):
                reasons = "; ".join(str(cause.message) for cause in error.causes) or str(error)
                raise TemplateError(draft.file, "", f"SAM refuses it: {reasons}") from error
        except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
            # The translator trusts the shape of what it reads in many places.
            reason = f"SAM's translator fails on it: {type(error).__name__}: {error}"
            raise TemplateError(draft.file, "", reason, "run `sam validate --lint` for the place") from error
    raise TemplateError(draft.file, "Resources", f"SAM refuses more than {_MAX_PASSES} resources in turn")


def _translate_once(draft: _Draft, region: str) -> dict[str, Any]:
    from samtranslator.metrics.metrics import DummyMetricsPublisher, Metrics  # noqa: PLC0415
    from samtranslator.parser.parser import Parser  # noqa: PLC0415
    from samtranslator.translator.translator import Translator  # noqa: PLC0415
    from samtranslator.utils.py27hash_fix import (  # noqa: PLC0415
        to_py27_compatible_template,
        undo_mark_unicode_str_in_template,
    )

    document, parameters = copy.deepcopy(draft.document), dict(draft.parameters)
    to_py27_compatible_template(document, parameters)
    metrics = Metrics("localcloud", DummyMetricsPublisher())
    try:
        translated = Translator(None, Parser(), boto_session=_Region(region), metrics=metrics).translate(
            document, parameters, passthrough_metadata=True, get_managed_policy_map=dict
        )
    finally:
        metrics.publish()  # to nowhere; unpublished ones are complained of on standard error
    return cast("dict[str, Any]", undo_mark_unicode_str_in_template(translated))


@contextmanager
def _quiet_translator(region: str) -> Iterator[None]:
    """Put back what the translator keeps globally: its region, and a log of each policy it attaches."""
    from samtranslator.translator.arn_generator import ArnGenerator  # noqa: PLC0415

    before, log = ArnGenerator.BOTO_SESSION_REGION_NAME, logging.getLogger("samtranslator")
    level, ArnGenerator.BOTO_SESSION_REGION_NAME = log.level, region
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        ArnGenerator.BOTO_SESSION_REGION_NAME = before
        log.setLevel(level)


def _leave_out(draft: _Draft, causes: list[Any]) -> bool:
    """Turn each refusal into a finding and take its resource out; false where none can be."""
    resources = draft.document["Resources"]
    found = False
    for cause in causes:
        culprit = _culprit(str(getattr(cause, "_logical_id", "")), resources)
        if culprit is None:
            continue
        found = True
        if culprit in resources:
            draft.left_out.append((culprit, resources.pop(culprit)["Type"]))
        message = f"SAM refuses it: {str(cause.message).rstrip('.')}"
        draft.findings.append(Finding(Severity.ERROR, culprit, message, "correct it; the rest is read without it"))
    return found


def _culprit(named: str, resources: Mapping[str, Any]) -> str | None:
    """Find the resource a refusal is about: events are named by function and event run together."""
    if named in resources:
        return named
    starts = [logical_id for logical_id in resources if logical_id and named.startswith(logical_id)]
    return max(starts, key=len, default=None)
