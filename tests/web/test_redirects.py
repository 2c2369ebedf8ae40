"""Where a redirect leads is checked like the address that was asked for, and none leads on for ever."""

from __future__ import annotations

import re

import pytest

from broadsheet.model.web import FetchFailed, FetchRequest
from broadsheet.web.fetch import MAX_REDIRECTS, SafeFetcher
from tests.web.hostile_fetch import failed_fetch
from tests.web.server import AdversarialServer, Behaviour, Exchange, answer, raw, redirect
from tests.web.test_targets import LOOPBACK_SPELLINGS


def to(location: str) -> Behaviour:
    """Redirect to ``location`` as it is, in UTF-8, whatever a header may hold."""
    return raw(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())


def refusal(location: str) -> str:
    """Return why a redirect there is not followed; nothing but the first address was asked for."""
    with AdversarialServer({"/": to(location)}) as server:
        fetcher = SafeFetcher(frozenset({server.host}), "test", 60.0, resolver=lambda _: ["127.0.0.1"])
        failure = failed_fetch(fetcher, server.url("/"))
        assert [request.path for request in server.requests] == ["/"]
        assert server.connections == 1
    assert not failure.transient
    return failure.reason


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://169.254.169.254/latest/meta-data/iam/", "redirects to http://169.254.169.254.*link-local"),
        ("http://10.0.0.1/", "a private network"),
        ("http://[::ffff:169.254.169.254]/", "IPv4 address in IPv6"),
        ("http://[64:ff9b::a9fe:a9fe]/", "IPv4 address in IPv6"),
        ("http://[2002:a9fe:a9fe::]/", "IPv4 address in IPv6"),
        ("http://[fd00:ec2::254]/", "a private network"),
        ("http://[fe80::1]/", "link-local"),
        ("http://metadata.google.internal/", "this machine or network"),
        ("http://intranet/", "a single word"),
        ("http://rebound.example/", r"rebound.example is 127.0.0.1 \(loopback\)"),
        ("https://rebound.example/", r"rebound.example is 127.0.0.1 \(loopback\)"),
        ("file:///etc/passwd", "scheme is 'file'"),
        ("ftp://example.org/", "scheme is 'ftp'"),
        ("gopher://example.org:70/_x", "scheme is 'gopher'"),
        ("data:text/html,<p>x", "scheme is 'data'"),
        ("javascript:alert(1)", "scheme is 'javascript'"),
        ("ws://example.org/", "scheme is 'ws'"),
        ("http://example.org:22/", "port 22"),
        ("http://example.org:6379/", "port 6379"),
        ("https://example.org:80443/", "not a URL"),
        ("http://me:hunter2@example.org/", "user name or password"),
        ("//hunter2@example.org/", "user name or password"),
        ("http://example.org/" + "a" * 8000, "characters long"),
        ("http://", "not a URL"),
        ("http://exa mple.org/", "not a URL"),
        ("//127.1/", "loopback"),
        ("\\\\127.1\\", "loopback"),
        ("http:/\\0x7f.1", "loopback"),
        ("http:\\\\[::1]\\", "loopback"),
        ("///127.0.0.1/", "loopback"),
    ],
)
def test_a_redirect_to_what_is_not_fetched_is_a_named_rejection(location: str, why: str) -> None:
    reason = refusal(location)
    assert re.search(why, reason), reason
    assert "hunter2" not in reason


@pytest.mark.parametrize("spelling", LOOPBACK_SPELLINGS)
def test_no_spelling_of_loopback_is_redirected_to(spelling: str) -> None:
    assert "its host" in refusal(f"http://{spelling}/")


def test_of_ten_thousand_redirects_few_are_followed() -> None:
    with AdversarialServer({f"/{n}": redirect(f"/{n + 1}") for n in range(10_000)}) as server:
        failure = failed_fetch(SafeFetcher(frozenset({server.host}), "test", 60.0), server.url("/0"))
        assert len(server.requests) == MAX_REDIRECTS + 1
    assert "redirects more than 5 times" in failure.reason
    assert not failure.transient


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_loop_of_two_addresses_ends(status: str) -> None:
    with AdversarialServer({"/a": redirect("/b", status), "/b": redirect("/a", status)}) as server:
        failure = failed_fetch(SafeFetcher(frozenset({server.host}), "test", 60.0), server.url("/a"))
        assert len(server.requests) == MAX_REDIRECTS + 1
    assert "redirects more than 5 times" in failure.reason


def test_two_servers_that_send_us_to_and_fro_are_left() -> None:
    def back(exchange: Exchange) -> None:
        redirect(first.url("/"))(exchange)

    with AdversarialServer({"/": back}) as second, AdversarialServer({"/": redirect(second.url("/"))}) as first:
        fetcher = SafeFetcher(frozenset({first.host, second.host}), "test", 60.0)
        failure = failed_fetch(fetcher, first.url("/"))
        assert len(first.requests) + len(second.requests) == MAX_REDIRECTS + 1
    assert "redirects more than 5 times" in failure.reason


def test_credentials_in_an_address_are_refused_before_anything_is_asked() -> None:
    with AdversarialServer({"/": answer()}) as server:
        fetcher = SafeFetcher(frozenset({server.host}), "test", 60.0)
        for name in ("me:hunter2", "hunter2", ":hunter2", "me%3Ahunter2:"):
            with pytest.raises(FetchFailed, match="user name or password") as caught:
                fetcher.fetch(FetchRequest(f"http://{name}@{server.host}/", "page"))
            assert "hunter2" not in caught.value.reason
            assert not caught.value.transient
        assert server.connections == 0
