"""The sources of the demo: a folder served on loopback, with faults that are asked for by name."""

from __future__ import annotations

import json
import mimetypes
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

FAULTS = "faults.json"
"""In the folder: ``{path: {"status": 503, "times": 2}}``; without ``times`` a path fails for ever."""


@dataclass(slots=True)
class Origin:
    """What the server answers with. ``requests`` counts them by path."""

    folder: Path
    faults: dict[str, dict[str, int]]
    requests: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, target: str) -> tuple[int, str, bytes]:
        """Return (status, content type, body) for a request target such as ``/rss.xml?page=1``."""
        path = unquote(urlsplit(target).path)
        with self._lock:
            self.requests[path] += 1
            asked = self.requests[path]
        fault = self.faults.get(path)
        if fault and asked <= fault.get("times", asked):
            return fault["status"], "text/plain; charset=utf-8", b"This page fails on purpose.\n"
        file = (self.folder / path.lstrip("/")).resolve()
        if not file.is_file() or not file.is_relative_to(self.folder) or file.name == FAULTS:
            return HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"There is no such page.\n"
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return HTTPStatus.OK, f"{kind}; charset=utf-8", file.read_bytes()


@contextmanager
def serving(folder: Path, port: int) -> Iterator[str]:
    """Serve ``folder`` on loopback while the body runs, and yield ``HOST:PORT``.

    ``port`` is a wish: where it is taken, a free one is. No address of the server must get into the site, then.
    """
    faults: dict[str, dict[str, int]] = json.loads((folder / FAULTS).read_text(encoding="utf-8"))
    origin = Origin(folder.resolve(), faults)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = origin.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
            pass

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
