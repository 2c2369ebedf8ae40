"""The made-up pages' site on loopback. It runs in the parent, so that its work is not measured."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .news_pages import NewsPage, path_of

ROBOTS = b"User-agent: *\nAllow: /\n"


def sitemap(pages: Sequence[NewsPage], host: str) -> bytes:
    """Return a sitemap of ``pages`` on ``host`` (HOST:PORT): addresses alone, so that all else must come from them."""
    urls = "".join(f"<url><loc>http://{host}{path_of(page.number)}</loc></url>" for page in pages)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode()


@contextmanager
def serving_pages(sitemaps: Mapping[str, Sequence[NewsPage]]) -> Iterator[str]:
    """Serve each of ``sitemaps`` (path → pages) and all their pages on a free port; give HOST:PORT."""
    answers: dict[str, tuple[bytes, str]] = {"/robots.txt": (ROBOTS, "text/plain")}
    for pages in sitemaps.values():
        answers |= {path_of(page.number): (page.html, "text/html; charset=utf-8") for page in pages}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are two packets: held back until the first is acknowledged, the second would come 40 ms later.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            body, content_type = answers.get(self.path, (b"", ""))
            self.send_response(200 if content_type else 404)
            self.send_header("Content-Type", content_type or "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Keep quiet: only what is measured is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    host = f"127.0.0.1:{server.server_port}"
    answers |= {path: (sitemap(pages, host), "application/xml") for path, pages in sitemaps.items()}
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
