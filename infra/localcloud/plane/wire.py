"""AWS's wire formats, from the server's side: which operation a request is, what it asks, how it is answered.

Read from botocore's own service models. S3 speaks REST with XML, the others post JSON with their target in a header.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree as ET

import botocore.session
from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.parsers import create_parser

from localcloud.plane.errors import ApiError

_JSON_SERVICES = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs", "AWSEvents": "events"}
_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it came: the path with its query still encoded, header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """What a request is: the service, the operation and its parameters as boto3 takes them."""

    service: str
    operation: OperationModel
    params: Mapping[str, Any]


def read_call(request: HttpRequest) -> Call:
    """Tell what a request asks for. Raises ApiError where it is of no service that is served here."""
    prefix, _, name = request.headers.get("x-amz-target", "").partition(".")
    if prefix in _JSON_SERVICES:
        service = _JSON_SERVICES[prefix]
        operation = _model(service).operation_model(name)
        params = json.loads(request.body or b"{}")
        return Call(service, operation, _from_json(params, operation.input_shape))
    scope = _SCOPE.search(request.headers.get("authorization", ""))
    if scope is None or scope[1] != "s3":
        raise ApiError(
            "NotImplemented",
            f"the local cloud serves s3, {', '.join(sorted(_JSON_SERVICES.values()))}, not "
            f"{scope[1] if scope else 'unsigned requests'}",
            status=501,
        )
    operation = _s3_operation(request)
    return Call("s3", operation, _s3_params(operation, request))


def json_answer(reply: Mapping[str, Any]) -> bytes:
    """A JSON service's response body."""
    return json.dumps(_to_json(reply)).encode()


def error_answer(service: str, error: ApiError) -> tuple[int, dict[str, str], bytes]:
    """A refusal as (status, headers, body)."""
    if service == "s3":
        root = ET.Element("Error")
        for name, text in (("Code", error.code), ("Message", error.message), ("RequestId", "local")):
            ET.SubElement(root, name).text = text
        return error.status, {"content-type": "application/xml"}, ET.tostring(root)
    body = {"__type": f"com.amazonaws#{error.shape}", "message": error.message, **error.extra}
    headers = {"content-type": "application/x-amz-json-1.0"}
    if error.shape != error.code:
        # SQS gives its older codes in a header, and botocore reads them there.
        headers["x-amzn-query-error"] = f"{error.code};Sender"
    return error.status, headers, json_answer(body)


def read_answer(operation: OperationModel, status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """A response of S3's as boto3 gives it; the body of a streamed object is left out."""
    shape = operation.output_shape
    streams = shape is not None and "payload" in shape.serialization and operation.has_streaming_output
    parser = create_parser("rest-xml")
    response: Any = {"status_code": status, "headers": HeadersDict(headers), "body": b"" if streams else body}
    known: Any = shape
    return dict(parser.parse(response, known))


@cache
def _model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


# JSON


def _from_json(value: Any, shape: Shape | None) -> Any:
    if shape is None or value is None:
        return value
    match shape.type_name:
        case "structure":
            members: Mapping[str, Shape] = shape.members  # type: ignore[attr-defined]
            return {name: _from_json(inner, members.get(name)) for name, inner in value.items()}
        case "list":
            return [_from_json(inner, shape.member) for inner in value]  # type: ignore[attr-defined]
        case "map":
            return {name: _from_json(inner, shape.value) for name, inner in value.items()}  # type: ignore[attr-defined]
        case "blob":
            return base64.b64decode(value)
        case "timestamp":
            return datetime.fromtimestamp(value, UTC)
        case _:
            return value


def _to_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _to_json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(inner) for inner in value]
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    return value


# REST with XML


@dataclass(frozen=True, slots=True)
class _Pattern:
    operation: OperationModel
    method: str
    has_key: bool
    fixed: frozenset[tuple[str, str]]
    query: frozenset[str]
    headers: frozenset[str]

    def fits(self, method: str, query: Mapping[str, str], headers: Mapping[str, str], *, has_key: bool) -> bool:
        return (
            self.method == method
            and self.has_key == has_key
            and all(query.get(name) == value for name, value in self.fixed)
            and self.query <= query.keys()
            and self.headers <= headers.keys()
        )

    @property
    def weight(self) -> int:
        return len(self.fixed) + len(self.query) + len(self.headers)


@cache
def _patterns() -> tuple[_Pattern, ...]:
    model = _model("s3")
    patterns = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        path, _, query = operation.http["requestUri"].partition("?")
        shape = operation.input_shape
        required = (
            [member.serialization for key, member in shape.members.items() if key in shape.required_members]
            if shape
            else []
        )
        patterns.append(
            _Pattern(
                operation,
                operation.http["method"],
                "{Key+}" in path,
                frozenset(parse_qsl(query, keep_blank_values=True)),
                frozenset(place["name"] for place in required if place.get("location") == "querystring"),
                frozenset(place["name"].lower() for place in required if place.get("location") == "header"),
            )
        )
    return tuple(patterns)


def _s3_operation(request: HttpRequest) -> OperationModel:
    parts = urlsplit(request.path)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    has_key = bool(parts.path.lstrip("/").partition("/")[2])
    fitting = [
        pattern for pattern in _patterns() if pattern.fits(request.method, query, request.headers, has_key=has_key)
    ]
    if not fitting:
        raise ApiError("NotImplemented", f"S3 knows no {request.method} {request.path}", status=501)
    return max(fitting, key=lambda pattern: pattern.weight).operation


def _s3_params(operation: OperationModel, request: HttpRequest) -> dict[str, Any]:
    parts = urlsplit(request.path)
    bucket, _, key = parts.path.lstrip("/").partition("/")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    params: dict[str, Any] = {"Bucket": unquote(bucket)}
    if key:
        params["Key"] = unquote(key)
    shape = operation.input_shape
    for name, member in shape.members.items() if shape else ():
        place = member.serialization
        if place.get("location") == "querystring" and place["name"] in query:
            params[name] = query[place["name"]]
        elif place.get("location") == "header" and place["name"].lower() in request.headers:
            params[name] = request.headers[place["name"].lower()]
    if operation.name == "DeleteObjects":
        params["Delete"] = {"Objects": _objects(request.body)}
    return params


def _objects(body: bytes) -> list[dict[str, str]]:
    root = ET.fromstring(body)  # noqa: S314 - sent by botocore on this machine
    return [
        {_local(child): child.text or "" for child in entry if _local(child) in ("Key", "VersionId")}
        for entry in root
        if _local(entry) == "Object"
    ]


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
