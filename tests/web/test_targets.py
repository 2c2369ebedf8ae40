from __future__ import annotations

import pytest

from broadsheet.model.web import written_ports
from broadsheet.web.targets import Target, TargetRefused, shown

LOOPBACK_SPELLINGS = [
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.255.255.254", "0", "0.0.0.0", "2130706433", "017700000001",
    "0x7f000001", "0x7f.1", "0177.0.0.1", "127.0x0.0.0x1", "%31%32%37.0.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1", "[::1]",
    "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]", "localhost", "localhost.", "LOCALHOST", "ｌocalhost", "api.localhost", "localhost.localdomain",
]  # fmt: skip


@pytest.mark.parametrize("host", LOOPBACK_SPELLINGS)
def test_every_spelling_of_loopback_is_refused_before_any_lookup(host: str) -> None:
    with pytest.raises(TargetRefused, match="its host"):
        Target.parse(f"http://{host}/")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.org/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://example.org/", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("data:text/html,x", "scheme"),
        ("//example.org/", "not a URL"),
        ("example.org", "not a URL"),
        ("http://", "not a URL"),
        ("http://exa mple.org/", "not a URL"),
        ("http://1.2.3.4.5/", "not a URL"),
        ("http://\ud800.org/", "not a URL"),
        ("http://example.org/" + "a" * 8000, "characters long"),
        ("https://user:secret@example.org/", "user name or password"),
        ("https://user@example.org/", "user name or password"),
        ("http://example.org:22/", "port 22"),
        ("http://example.org:8080/", "port 8080"),
        ("http://intranet/", "single word"),
        ("http://printer.local/", "this machine or network"),
        ("http://metadata.google.internal/", "this machine or network"),
        ("http://169.254.169.254/latest/meta-data/", "link-local"),
        ("http://..example.org/", "no host name"),
        (f"http://{'a' * 64}.org/", "no host name"),
    ],
)
def test_what_is_refused_says_why(url: str, why: str) -> None:
    with pytest.raises(TargetRefused, match=why):
        Target.parse(url)


def test_a_target_is_what_a_browser_would_ask_for() -> None:
    target = Target.parse("HTTPS://Bücher.Example:443/a b/../中?q=ä#part")
    assert (target.scheme, target.host, target.port) == ("https", "xn--bcher-kva.example", 443)
    assert target.path == "/%E4%B8%AD?q=%C3%A4"
    assert target.url == "https://xn--bcher-kva.example/%E4%B8%AD?q=%C3%A4"
    assert not target.trusted


def test_a_trailing_dot_is_the_same_host() -> None:
    assert Target.parse("http://example.org./").host == "example.org"


def test_relative_locations_resolve_against_the_current_address() -> None:
    assert Target.parse("../c?d", base="https://example.org/a/b").url == "https://example.org/c?d"


def test_a_port_written_in_the_source_is_open_for_that_host_only() -> None:
    ports = written_ports(["http://Example.org:8080/feed", "https://example.org/", "no url"])
    assert ports == {("example.org", 8080)}
    assert Target.parse("http://example.org:8080/x", extra_ports=ports).port == 8080
    for url in ("http://example.org:8081/", "http://other.org:8080/"):
        with pytest.raises(TargetRefused, match="port"):
            Target.parse(url, extra_ports=ports)


def test_a_written_port_opens_no_private_address() -> None:
    with pytest.raises(TargetRefused, match="loopback"):
        Target.parse("http://127.0.0.1:8080/", extra_ports=written_ports(["http://127.0.0.1:8080/"]))


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "[::1]:8000", "localhost:8000", "demo.test:8000"])
def test_an_allowed_host_is_open_on_its_port_only(host: str) -> None:
    allowed = frozenset({host})
    assert Target.parse(f"http://{host}/", allowed_hosts=allowed).trusted
    with pytest.raises(TargetRefused):
        Target.parse(f"http://{host.removesuffix('8000')}8001/", allowed_hosts=allowed)


@pytest.mark.parametrize(
    "url", ["https://me:secret@example.org/x", "https://me:secret@exa mple/x", "\ud800:secret@example.org"]
)
def test_credentials_are_not_shown(url: str) -> None:
    assert "secret" not in shown(url)


def test_long_addresses_are_shown_cut() -> None:
    assert len(shown("http://example.org/" + "a" * 5000)) == 301
