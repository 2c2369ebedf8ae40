"""The made-up sources' server on loopback. It runs in the parent, so that its work is not measured."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .newsroom import Newsroom


@contextmanager
def serving() -> Iterator[str]:
    """Serve newsrooms of any size, ``/ARTICLES/...``, on a free port; give HOST:PORT."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two packets: held back until the first is acknowledged, the second would come 40 ms later.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        articles, _, path = self.path.strip("/").partition("/")
        known = Newsroom(int(articles)).answer(path, self.headers["Host"]) if articles.isdigit() else None
        body, content_type = known or (b"", "text/plain")
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Keep quiet: only what is measured is printed."""
