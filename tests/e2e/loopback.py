"""A server on loopback that answers from a table of paths, and counts what it was asked."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Route = Answer | Callable[[], Answer]


@dataclass
class Loopback:
    """``routes`` maps path, or path with query, to an answer; change it while the server runs."""

    host: str = ""
    routes: dict[str, Route] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    agents: set[str] = field(default_factory=set)
    """Who asked, by their own word."""

    def answer(self, target: str) -> Answer:
        self.requests[target] += 1
        route = self.routes.get(target) or self.routes.get(urlsplit(target).path)
        if route is None:
            return Answer(b"not here", "text/plain", 404)
        return route if isinstance(route, Answer) else route()


@contextmanager
def serving(routes: dict[str, Route]) -> Iterator[Loopback]:
    """Serve ``routes`` on a free port of loopback."""
    loopback = Loopback(routes=routes)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            loopback.agents.add(self.headers["User-Agent"])
            answer = loopback.answer(self.path)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    loopback.host = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
