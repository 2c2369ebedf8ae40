"""Every AWS call of this process passes here: who calls, may they, who answers, what follows from it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.exceptions import ClientError, ParamValidationError
from botocore.model import OperationModel
from botocore.validate import ParamValidator

from localcloud.motoshims import direct, objects
from localcloud.motoshims.transport import moto_transport
from localcloud.permissions import Lookup, required_permissions
from localcloud.plane.errors import ApiError
from localcloud.policy import allows
from localcloud.stack import Function, Stack

Params = Mapping[str, Any]
Reply = dict[str, Any]
CallHook = Callable[[Function, str, str, Params], None]
"""(function, service, operation, parameters); may raise Crash."""

_validator = ParamValidator()


class Responder(Protocol):
    """A service that the plane is itself."""

    def call(self, operation: str, params: Params) -> Reply:
        """Answer, or raise ApiError."""


class Observer(Protocol):
    """Told of each successful call, after its effect."""

    def __call__(self, service: str, operation: str, params: Params, reply: Params) -> None:
        """Let follow what follows on AWS: stream records, S3 events."""


class Gateway:
    """The one way to S3, DynamoDB, SQS and EventBridge, for the functions and for the operator."""

    def __init__(
        self,
        stack: Stack,
        responders: Mapping[str, Responder],
        lookup: Lookup,
        warn: Callable[[str], None],
        check: Callable[[str, str, Params], None],
        before_call: CallHook | None = None,
        after_call: CallHook | None = None,
    ) -> None:
        self._stack = stack
        self._responders = dict(responders)
        self._lookup = lookup
        self._warn = warn
        self._check = check
        self._before_call = before_call
        self._after_call = after_call
        self._lock = threading.RLock()
        self._allowed: dict[tuple[str, str, str], bool] = {}
        self.observers: list[Observer] = []
        self.caller: Function | None = None
        """The function that runs now; None while only the operator calls."""
        self.calls: Counter[str] = Counter()
        """``dynamodb:PutItem`` → how often functions called it, refused calls included."""
        self.denials: Counter[str] = Counter()
        """What functions were not allowed to do, in words."""

    def add_responder(self, service: str, responder: Responder) -> None:
        """Have a service be answered by a part of the plane."""
        self._responders[service] = responder

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Have all botocore clients of this process call here."""
        gateway = self

        any_client: Any = BaseClient
        original = any_client._make_api_call  # noqa: SLF001 - the one place every call of every client passes

        def make_api_call(client: BaseClient, operation_name: str, api_params: Params) -> Reply:
            return gateway._client_call(client, operation_name, api_params, original)

        with ExitStack() as installed:
            installed.enter_context(moto_transport())
            installed.enter_context(patch.object(BaseClient, "_make_api_call", make_api_call))
            yield

    def pass_through(self, service: str, operation: str, params: Params, answer: Callable[[], Reply]) -> Reply:
        """Check, count, answer and observe one call, however it came here.

        Raises ApiError where it is refused, whatever ``answer`` raises, and Crash from the hooks.
        """
        with self._lock:
            function = self.caller
            if function is not None:
                self.calls[f"{service}:{operation}"] += 1
                self._hook(self._before_call, function, service, operation, params)
                self._authorize(function, service, operation, params)
            self._check(service, operation, params)
            reply = answer()
            for observer in self.observers:
                observer(service, operation, params, reply)
            if function is not None:
                self._hook(self._after_call, function, service, operation, params)
            return reply

    def may(self, function: Function, action: str, resource: str) -> bool:
        """Whether a function's role allows an action on a resource; a function without a role may do all."""
        role = function.role
        if role is None:
            return True
        key = (role, action, resource)
        known = self._allowed.get(key)
        if known is None:
            known = allows(self._stack.roles.get(role, ()), action, resource)
            self._allowed[key] = known
        return known

    def answers(self, service: str) -> bool:
        """Whether the plane is the service itself."""
        return service in self._responders

    def call_here(self, model: OperationModel, params: Params) -> Reply:
        """Answer a call of a service that needs no HTTP: the plane's own, and DynamoDB's data operations."""
        service = model.service_model.service_name
        responder = self._responders.get(service)

        def answer() -> Reply:
            if responder is not None:
                return responder.call(model.name, params)
            return direct.call(model, params, self._stack.region)

        return self.pass_through(service, model.name, params, answer)

    def hide_missing(self, operation: str, params: Params) -> None:
        """Raise ApiError where S3, lacking an object, says to who may not list only that access is denied."""
        function = self.caller
        if function is None or operation not in ("GetObject", "HeadObject"):
            return
        bucket = self._lookup("bucket", str(params["Bucket"]))
        if self.may(function, "s3:ListBucket", bucket):
            return
        try:
            self._deny(function, "s3:ListBucket", bucket, f"{operation} of the missing {params['Key']}")
        except ApiError:
            if operation == "HeadObject":
                # A HEAD has no body, so that the status is all there is to say.
                raise ApiError("403", "Forbidden", status=403) from None
            raise

    # Inside

    def _hook(self, hook: CallHook | None, function: Function, service: str, operation: str, params: Params) -> None:
        if hook is None:
            return
        # What the hook itself calls is the operator's.
        self.caller = None
        try:
            hook(function, service, operation, params)
        finally:
            self.caller = function

    def _client_call(
        self, client: BaseClient, operation_name: str, api_params: Params, original: Callable[..., Reply]
    ) -> Reply:
        service = client.meta.service_model.service_name

        def over_http() -> Reply:
            return original(client, operation_name, api_params)

        try:
            if service in self._responders or (service == "dynamodb" and operation_name in direct.OPERATIONS):
                return self._answer_here(client, operation_name, api_params)
            if service == "s3" and objects.answers(operation_name, api_params, client.meta.config):
                return self._answer_object(client, operation_name, api_params, over_http)
            return self.pass_through(service, operation_name, api_params, over_http)
        except ApiError as error:
            refused = client_error(client, operation_name, error)
            refused.__cause__ = error
        except ClientError as error:
            refused = error
        if service == "s3" and _is_missing(refused):
            try:
                self.hide_missing(operation_name, api_params)
            except ApiError as hidden:
                raise client_error(client, operation_name, hidden) from refused
        raise refused

    def _answer_here(self, client: Any, operation_name: str, api_params: Params) -> Reply:
        call = _Call.of(client, operation_name, api_params)
        return call.finished({**self.call_here(call.model, call.params), "ResponseMetadata": _metadata(200)})

    def _answer_object(
        self, client: Any, operation_name: str, api_params: Params, over_http: Callable[[], Reply]
    ) -> Reply:
        # botocore's hooks change the parameters they get, and over HTTP they run once more.
        call = _Call.of(client, operation_name, dict(api_params))

        def answer() -> Reply:
            reply = objects.call(operation_name, call.params)
            return over_http() if reply is None else call.finished(reply)

        return self.pass_through("s3", operation_name, api_params, answer)

    def _authorize(self, function: Function, service: str, operation: str, params: Params) -> None:
        for action, resource in required_permissions(service, operation, params, self._lookup):
            if not self.may(function, action, resource):
                self._deny(function, action, resource, operation)

    def _deny(self, function: Function, action: str, resource: str, operation: str) -> None:
        self.denials[f"{function.logical_id}: {action} on {resource}"] += 1
        self._warn(
            f"function {function.logical_id}: {operation} was denied, because its role does not allow {action} "
            f"on {resource}; add that to its Policies"
        )
        code = "AccessDenied" if action.startswith(("s3:", "sqs:")) else "AccessDeniedException"
        raise ApiError(
            code,
            f"User: arn:aws:sts::local:assumed-role/{function.role}/{function.name} is not authorized to perform: "
            f"{action} on resource: {resource} because no identity-based policy allows the {action} action",
            status=403,
        )


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of a client that does not become a request, and what botocore does before and after one."""

    client: Any
    model: OperationModel
    params: Params
    context: dict[str, Any]

    @classmethod
    def of(cls, client: Any, operation_name: str, api_params: Params) -> _Call:
        """Prepare; raises ParamValidationError."""
        model = client.meta.service_model.operation_model(operation_name)
        context: dict[str, Any] = {"client_region": client.meta.region_name, "client_config": client.meta.config}
        params = client._emit_api_params(  # noqa: SLF001 - boto3's resources rewrite parameters in these events
            api_params=api_params, operation_model=model, context=context
        )
        if model.input_shape is not None:
            problems = _validator.validate(params, model.input_shape)
            if problems.has_errors():
                raise ParamValidationError(report=problems.generate_report())
        return cls(client, model, params, context)

    def finished(self, reply: Reply) -> Reply:
        """The reply as the client's hooks leave it."""
        service_id = self.client.meta.service_model.service_id.hyphenize()
        self.client.meta.events.emit(
            f"after-call.{service_id}.{self.model.name}",
            http_response=None,
            parsed=reply,
            model=self.model,
            context=self.context,
        )
        return reply


def client_error(client: BaseClient, operation: str, error: ApiError) -> ClientError:
    """The exception that botocore raises for an error of a service."""
    parsed: dict[str, Any] = {
        "Error": {"Code": error.code, "Message": error.message},
        "ResponseMetadata": _metadata(error.status),
        **error.extra,
    }
    if error.shape != error.code:
        parsed["Error"]["Type"] = "Sender"
    kind: Any = client.exceptions
    made: ClientError = kind.from_code(error.shape)(parsed, operation)
    return made


def _is_missing(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") in ("404", "NoSuchKey")


def _metadata(status: int) -> dict[str, Any]:
    return {"RequestId": "local", "HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0}
