"""AWS over HTTP on loopback, for functions that run in processes of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from localcloud.motoshims import direct, transport
from localcloud.plane.errors import ApiError
from localcloud.plane.gateway import Gateway
from localcloud.plane.wire import Call, HttpRequest, error_answer, json_answer, read_answer, read_call
from localcloud.runtime.outcome import Crash

HttpAnswer = tuple[int, dict[str, str], bytes]

# Hop-by-hop, or computed anew by the server.
_NOT_PASSED_ON = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})


class _RefusedByMoto(Exception):
    """An answer that is an error already, and that nothing follows from."""

    def __init__(self, answer: HttpAnswer) -> None:
        super().__init__(f"status {answer[0]}")
        self.answer = answer


class Endpoint:
    """What ``AWS_ENDPOINT_URL`` of a function points to."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def serving(self, gateway: Gateway, on_crash: Callable[[Crash], None]) -> Iterator[None]:
        """Answer while entered; ``on_crash`` must end the function whose call a hook let crash."""

        def answer(request: HttpRequest) -> HttpAnswer:
            return _answer(request, gateway, self._region)

        self._server.RequestHandlerClass = _handler(answer, on_crash)
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def _answer(request: HttpRequest, gateway: Gateway, region: str) -> HttpAnswer:
    service = ""
    try:
        call = read_call(request)
        service = call.service
        if gateway.caller is None:
            raise ApiError("AccessDenied", "only functions of the local cloud are served, while they run", status=403)
        if not gateway.answers(service) and not (service == "dynamodb" and call.operation.name in direct.OPERATIONS):
            return _from_moto(request, call, gateway, region)
        reply = gateway.call_here(call.operation, call.params)
        return 200, {"content-type": "application/x-amz-json-1.0"}, json_answer(reply)
    except ApiError as error:
        return error_answer(service, error)


def _from_moto(request: HttpRequest, call: Call, gateway: Gateway, region: str) -> HttpAnswer:
    answers: list[HttpAnswer] = []

    def ask() -> dict[str, Any]:
        url = f"https://{call.service}.{region}.amazonaws.com{request.path}"
        headers: Any = dict(request.headers)
        prepared = AWSPreparedRequest(request.method, url, headers, request.body, stream_output=False)
        answer = transport.answer(prepared)
        if answer[0] >= 400:
            raise _RefusedByMoto(answer)
        answers.append(answer)
        return read_answer(call.operation, *answer) if call.service == "s3" else {}

    try:
        gateway.pass_through(call.service, call.operation.name, call.params, ask)
    except _RefusedByMoto as refused:
        if refused.answer[0] == 404 and call.service == "s3":
            gateway.hide_missing(call.operation.name, call.params)
        return refused.answer
    return answers[0]


def _handler(
    answer: Callable[[HttpRequest], HttpAnswer], on_crash: Callable[[Crash], None]
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body in one segment each, at once: with Nagle's algorithm every call would wait 40 ms.
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            # Any method: BaseHTTPRequestHandler would ask for one method here per HTTP method.
            self.raw_requestline = self.rfile.readline(65_537)
            if not self.raw_requestline:
                self.close_connection = True
                return
            if not self.parse_request():
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            if headers.get("expect", "").lower() == "100-continue":
                self.send_response_only(100)
                self.end_headers()
            request = HttpRequest(self.command, self.path, headers, _read_body(self.rfile, headers))
            try:
                status, out, body = answer(request)
            except Crash as crash:
                self.close_connection = True
                on_crash(crash)
                return
            self._send(status, out, body)

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in _NOT_PASSED_ON:
                    self.send_header(name, str(value))
            # The length of a HEAD is that of the object, which only the answer's own header knows.
            length = next((value for name, value in headers.items() if name.lower() == "content-length"), None)
            if self.command != "HEAD" or length is None:
                length = str(len(body))
            self.send_header("content-length", length)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    return Handler


def _read_body(stream: BufferedIOBase, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return stream.read(int(headers.get("content-length", "0")))
    body = b""
    while size := int(stream.readline().split(b";")[0], 16):
        body += stream.read(size)
        stream.readline()
    while stream.readline().strip():
        pass
    return body
