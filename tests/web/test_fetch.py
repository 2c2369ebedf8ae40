from __future__ import annotations

import gzip
import itertools
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from broadsheet.model.web import FetchFailed, FetchRequest, FetchResponse
from broadsheet.web.fetch import SafeFetcher, user_agent
from tests.web.certificates import Authority, self_signed
from tests.web.server import AdversarialServer, Exchange, answer, head, raw, redirect

AGENT = user_agent("1.2", "https://example.org/about-our-robot")
ETAG = '"v1"'
MODIFIED = "Mon, 05 Jan 2026 08:30:00 GMT"


def serve_conditionally(exchange: Exchange) -> None:
    headers = exchange.request.headers
    if headers.get("if-none-match") == ETAG or headers.get("if-modified-since") == MODIFIED:
        answer(b"", "304 Not Modified", ETag=ETAG)(exchange)
    else:
        answer(b"<rss/>", ETag=ETAG, Last_Modified=MODIFIED, Content_Type="application/rss+xml; charset=gbk")(exchange)


ROUTES = {
    "/": answer(b"<p>hello</p>", Content_Type="text/html; charset=utf-8", X_Note="a"),
    "/feed": serve_conditionally,
    "/packed": answer(gzip.compress(b"<p>packed</p>"), Content_Encoding="gzip"),
    "/sitemap.xml.gz": answer(gzip.compress(b"<urlset/>"), Content_Type="application/x-gzip"),
    "/chunked": raw(head(Transfer_Encoding="chunked") + b"3\r\n<p>\r\n2;x=y\r\nhi\r\n0\r\nTrailer: x\r\n\r\n"),
    "/until-close": raw(b"HTTP/1.0 200 OK\r\n\r\n<p>old</p>"),
    "/empty": answer(b""),
    "/twice": raw(head(Content_Length="2", Vary="a") [:-2] + b"Vary: b\r\n\r\nok"),
    "/moved": redirect("/moved-again", "301 Moved Permanently"),
    "/moved-again": redirect("/sometimes", "308 Permanent Redirect"),
    "/sometimes": redirect("/", "302 Found"),
    "/temporary": redirect("/moved", "307 Temporary Redirect"),
    "/utf-8-location": raw("HTTP/1.1 301 x\r\nLocation: /中文\r\nContent-Length: 0\r\n\r\n".encode()),
    "/%E4%B8%AD%E6%96%87": answer(b"<p>chinese</p>"),
    "/busy": answer(b"later", "503 Service Unavailable", Retry_After="120"),
    "/gone": answer(b"", "410 Gone"),
    "/no-location": answer(b"", "302 Found"),
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[AdversarialServer]:
    with AdversarialServer(ROUTES) as running:
        yield running


@pytest.fixture
def fetcher(server: AdversarialServer) -> Iterator[SafeFetcher]:
    made = SafeFetcher(frozenset({server.host}), AGENT, 10.0)
    server.requests.clear()
    yield made
    made.close()


def test_a_page_comes_with_what_was_said_about_it(server: AdversarialServer, fetcher: SafeFetcher) -> None:
    response = fetcher.fetch(FetchRequest(server.url("/#part"), "page"))
    assert response == FetchResponse(
        url=server.url("/"),
        status=200,
        body=b"<p>hello</p>",
        content_type="text/html; charset=utf-8",
        etag=None,
        last_modified=None,
        headers={"content-type": "text/html; charset=utf-8", "x-note": "a", "content-length": "12"},
        permanent_url=None,
    )


def test_we_say_who_we_are_and_ask_only_for_what_we_can_read(server: AdversarialServer, fetcher: SafeFetcher) -> None:
    fetcher.fetch(FetchRequest(server.url("/"), "page", headers={"Authorization": "Bearer x", "accept": "text/plain"}))
    sent = server.requests[-1].headers
    assert sent["user-agent"] == "Broadsheet/1.2 (+https://example.org/about-our-robot)"
    assert sent["accept-encoding"].startswith("gzip, deflate")
    assert sent["host"] == server.host
    assert sent["authorization"] == "Bearer x"
    assert sent["accept"] == "text/plain"


def test_unchanged_is_told_by_either_validator(server: AdversarialServer, fetcher: SafeFetcher) -> None:
    first = fetcher.fetch(FetchRequest(server.url("/feed"), "feed"))
    assert (first.status, first.etag, first.last_modified) == (200, ETAG, MODIFIED)
    for request in (
        FetchRequest(server.url("/feed"), "feed", etag=first.etag),
        FetchRequest(server.url("/feed"), "feed", last_modified=first.last_modified),
    ):
        again = fetcher.fetch(request)
        assert (again.status, again.body, again.etag) == (304, b"", ETAG)


def test_a_validator_that_cannot_be_sent_costs_only_the_saving(server: AdversarialServer, fetcher: SafeFetcher) -> None:
    assert fetcher.fetch(FetchRequest(server.url("/feed"), "feed", etag='"新"\r\nX: y')).status == 200


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/packed", "page", b"<p>packed</p>"),
        ("/sitemap.xml.gz", "feed", b"<urlset/>"),
        ("/chunked", "page", b"<p>hi"),
        ("/until-close", "page", b"<p>old</p>"),
        ("/empty", "page", b""),
    ],
)
def test_bodies_arrive_whole(
    server: AdversarialServer, fetcher: SafeFetcher, path: str, kind: str, body: bytes
) -> None:
    assert fetcher.fetch(FetchRequest(server.url(path), kind)).body == body  # type: ignore[arg-type]


def test_a_repeated_header_is_one_value(server: AdversarialServer, fetcher: SafeFetcher) -> None:
    assert fetcher.fetch(FetchRequest(server.url("/twice"), "page")).headers["vary"] == "a, b"


def test_only_unbroken_permanent_redirects_move_a_source(server: AdversarialServer, fetcher: SafeFetcher) -> None:
    moved = fetcher.fetch(FetchRequest(server.url("/moved"), "page"))
    assert (moved.url, moved.permanent_url) == (server.url("/"), server.url("/sometimes"))
    temporary = fetcher.fetch(FetchRequest(server.url("/temporary"), "page"))
    assert (temporary.url, temporary.permanent_url) == (server.url("/"), None)


def test_a_location_in_utf_8_is_followed(server: AdversarialServer, fetcher: SafeFetcher) -> None:
    assert fetcher.fetch(FetchRequest(server.url("/utf-8-location"), "page")).body == b"<p>chinese</p>"


def test_failures_carry_what_the_server_asked_for(server: AdversarialServer, fetcher: SafeFetcher) -> None:
    with pytest.raises(FetchFailed, match="503 Service Unavailable") as busy:
        fetcher.fetch(FetchRequest(server.url("/busy"), "page"))
    assert (busy.value.transient, busy.value.status, busy.value.retry_after) == (True, 503, timedelta(seconds=120))
    with pytest.raises(FetchFailed, match="410 Gone") as gone:
        fetcher.fetch(FetchRequest(server.url("/gone"), "page"))
    assert (gone.value.transient, gone.value.status) == (False, 410)
    with pytest.raises(FetchFailed, match="302 Found") as nowhere:
        fetcher.fetch(FetchRequest(server.url("/no-location"), "page"))
    assert not nowhere.value.transient


@pytest.mark.parametrize("name", ["Host", "User-Agent", "accept-encoding", "Transfer-Encoding", "X Y", ""])
def test_a_source_cannot_set_headers_that_are_ours(server: AdversarialServer, fetcher: SafeFetcher, name: str) -> None:
    with pytest.raises(FetchFailed, match="sets the header"):
        fetcher.fetch(FetchRequest(server.url("/"), "page", headers={name: "evil"}))
    assert server.requests == []


def test_a_header_value_cannot_smuggle_another_and_is_not_shown(
    server: AdversarialServer, fetcher: SafeFetcher
) -> None:
    with pytest.raises(FetchFailed, match="X-Key") as caught:
        fetcher.fetch(FetchRequest(server.url("/"), "page", headers={"X-Key": "secret\r\nHost: evil"}))
    assert "secret" not in caught.value.reason


def test_secrets_do_not_follow_a_redirect_to_another_origin(server: AdversarialServer) -> None:
    with AdversarialServer({"/": redirect(server.url("/")), "/same": redirect("/")}) as other:
        fetcher = SafeFetcher(frozenset({server.host, other.host}), AGENT, 10.0)
        fetcher.fetch(FetchRequest(other.url("/same"), "page", headers={"Authorization": "Bearer x"}))
        fetcher.close()
    assert [request.headers.get("authorization") for request in other.requests] == ["Bearer x", "Bearer x"]
    assert "authorization" not in server.requests[-1].headers


def test_connections_are_kept_and_replaced_when_the_server_drops_them() -> None:
    def once(exchange: Exchange) -> None:
        answer(b"<p>x</p>")(exchange)
        exchange.keep_alive = False

    with AdversarialServer({"/": answer(), "/once": once}) as server:
        fetcher = SafeFetcher(frozenset({server.host}), AGENT, 10.0)
        for _ in range(3):
            fetcher.fetch(FetchRequest(server.url("/"), "page"))
        assert server.connections == 1
        for _ in range(3):
            assert fetcher.fetch(FetchRequest(server.url("/once"), "page")).status == 200
        fetcher.close()
    assert len(server.requests) == 6


def test_an_idle_connection_is_not_used_for_ever() -> None:
    now = [0.0]
    with AdversarialServer({"/": answer()}) as server:
        fetcher = SafeFetcher(frozenset({server.host}), AGENT, 10.0, clock=lambda: now[0])
        for now[0] in (0.0, 10.0, 100.0):
            fetcher.fetch(FetchRequest(server.url("/"), "page"))
        fetcher.close()
    assert server.connections == 2


def test_proxies_in_the_environment_are_not_used(server: AdversarialServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with AdversarialServer({}) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{proxy.host}")
        monkeypatch.setenv("no_proxy", "")
        fetcher = SafeFetcher(frozenset({server.host}), AGENT, 10.0)
        assert fetcher.fetch(FetchRequest(server.url("/"), "page")).status == 200
        fetcher.close()
    assert proxy.connections == 0


def test_many_threads_share_a_fetcher(server: AdversarialServer, fetcher: SafeFetcher) -> None:
    bodies: list[bytes] = []

    def work() -> None:
        paths = itertools.islice(itertools.cycle(("/", "/packed", "/chunked")), 15)
        bodies.extend(fetcher.fetch(FetchRequest(server.url(path), "page")).body for path in paths)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(bodies)) == [b"<p>hello</p>", b"<p>hi", b"<p>packed</p>"]
    assert len(bodies) == 8 * 15


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("certificates"))


class TestTLS:
    def fetch_from(self, server: AdversarialServer, authority: Authority, name: str = "news.test") -> FetchResponse:
        fetcher = SafeFetcher(
            frozenset({f"{name}:{server.port}"}), AGENT, 10.0, tls=authority.client(), resolver=lambda _: ["127.0.0.1"]
        )
        try:
            return fetcher.fetch(FetchRequest(server.url("/", host=name), "page"))
        finally:
            fetcher.close()

    def test_the_name_is_verified_although_the_connection_goes_to_an_address(self, authority: Authority) -> None:
        asked_for: list[str | None] = []
        context = authority.server("news.test")
        context.sni_callback = lambda _sock, name, _context: asked_for.append(name)
        with AdversarialServer({"/": answer()}, tls=context) as server:
            assert self.fetch_from(server, authority).body == b"<p>hello</p>"
        assert asked_for == ["news.test"]

    def test_a_bad_certificate_reads_nothing(self, authority: Authority, tmp_path: Path) -> None:
        for context, why in (
            (authority.server("other.test"), "Hostname mismatch"),
            (authority.server("news.test", expired=True), "expired"),
            (self_signed(tmp_path, "news.test"), "self-signed"),
        ):
            with AdversarialServer({"/": answer()}, tls=context) as server:
                with pytest.raises(FetchFailed, match=f"certificate cannot be verified.*{why}") as caught:
                    self.fetch_from(server, authority)
                assert caught.value.transient
            assert server.requests == []

    def test_no_tls_where_tls_was_asked_for(self, authority: Authority) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            host = f"127.0.0.1:{listener.getsockname()[1]}"
            fetcher = SafeFetcher(frozenset({host}), AGENT, 10.0, tls=authority.client())

            def speak_plainly() -> None:
                sock, _ = listener.accept()
                with sock:
                    sock.sendall(head("400 Bad Request"))
                    sock.recv(65536)

            thread = threading.Thread(target=speak_plainly)
            thread.start()
            with pytest.raises(FetchFailed, match="no encrypted connection came about") as caught:
                fetcher.fetch(FetchRequest(f"https://{host}/", "page"))
            thread.join()
        assert caught.value.transient
