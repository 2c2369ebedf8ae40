"""DynamoDB's data operations answered by moto's own handler, without building, signing and parsing HTTP.

One call through botocore's and moto's HTTP layers costs more than what moto does for it. Parameters and results
are the same either way; a parity test holds the two against each other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel
from moto.core.exceptions import JsonRESTError, ServiceException
from moto.core.utils import camelcase_to_underscores
from moto.dynamodb.responses import DynamoHandler

from localcloud.plane.errors import ApiError
from localcloud.stack import ACCOUNT_ID

OPERATIONS = frozenset(
    {
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    }
)
"""What is answered here; tables are made and described over moto's HTTP layer."""

_METHODS = {operation: camelcase_to_underscores(operation) for operation in OPERATIONS}


def call(operation: OperationModel, params: Mapping[str, Any], region: str) -> dict[str, Any]:
    """Answer one operation with the members of its response; raise ApiError as DynamoDB refuses.

    ``params`` must have been validated; they are copied, so that moto cannot keep what the caller may change.
    """
    handler = DynamoHandler()
    handler.region = region
    handler.current_account = ACCOUNT_ID
    handler.body = _plain(params)
    handler.params = handler.body
    try:
        result = getattr(handler, _METHODS[operation.name])().result
    except JsonRESTError as error:
        raise _refused(json.loads(error.description), int(error.code or 400)) from error
    except ServiceException as error:
        raise ApiError(error.code, error.message) from error
    members = operation.output_shape.members if operation.output_shape else {}
    return {name: value for name, value in (result or {}).items() if name in members and value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    return value


def _refused(answer: Mapping[str, Any], status: int) -> ApiError:
    code = str(answer.get("__type", "UnknownError")).rpartition("#")[2]
    error = ApiError(code, str(answer.get("message", answer.get("Message", ""))), status=status)
    error.extra = {name: answer[name] for name in ("CancellationReasons", "Item") if name in answer}
    return error
