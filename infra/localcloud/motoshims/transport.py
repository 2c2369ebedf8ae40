"""Answers botocore's HTTP requests from moto, without a socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse

_stubber = BotocoreStubber()


def answer(request: AWSPreparedRequest) -> tuple[int, dict[str, str], bytes]:
    """Give moto's (status, headers, body) for a request to any AWS service it knows.

    Raises ConnectionRefusedError for an address that is not AWS's: nothing here goes out to the network.
    """
    response = _stubber.process_request(request)
    if response is None:
        raise ConnectionRefusedError(
            f"the local cloud does not reach {request.url}: only AWS endpoints are answered; "
            "remove the endpoint_url or endpoint setting"
        )
    status, headers, body = response
    return int(status), dict(headers), body.encode() if isinstance(body, str) else body


@contextmanager
def moto_transport() -> Iterator[None]:
    """Have every botocore session of this process be answered by :func:`answer`."""

    def send(_session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        status, headers, body = answer(request)
        raw: Any = MockRawResponse(body)
        fields: Any = headers
        return AWSResponse(request.url, status, fields, raw)

    with patch.object(URLLib3Session, "send", send):
        yield
