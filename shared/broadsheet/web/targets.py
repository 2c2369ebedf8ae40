"""From an address as somebody wrote it to a target that may be dialled, or to the reason why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self, cast

from ada_url import URL, HostType

from broadsheet.model.errors import BroadsheetError
from broadsheet.web.addresses import objection

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa", ".localdomain")
"""Names that mean something only inside a network (RFC 6761, RFC 6762, RFC 8375, ICANN's .internal)."""

MAX_URL_LENGTH = 8_000
"""Longer ones are refused by servers (RFC 9110 §4.1 asks for 8,000 octets to be supported)."""


class TargetRefused(BroadsheetError):
    """An address that is not fetched, whoever asks; the message says why, and what would mend it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed address that passed every check that needs no network.

    ``host`` is lower case, punycode, without brackets or trailing dot; ``path`` is what goes into the request line.
    ``trusted`` marks a host and port that the operator opened by hand: only its network address is not checked.
    """

    url: str
    scheme: Literal["http", "https"]
    host: str
    port: int
    path: str
    trusted: bool

    @property
    def origin(self) -> tuple[str, str, int]:
        """What two addresses must share for one to be told the other's secrets, or to share a connection."""
        return self.scheme, self.host, self.port

    @classmethod
    def parse(
        cls,
        url: str,
        *,
        base: str | None = None,
        allowed_hosts: frozenset[str] = frozenset(),
        extra_ports: frozenset[tuple[str, int]] = frozenset(),
    ) -> Self:
        """Parse ``url``, relative to ``base`` where given, as browsers do (WHATWG), and check it.

        ``allowed_hosts`` holds "host:port" (lower case, IPv6 in brackets) that may be private; ``extra_ports`` is as in
        ``FetchRequest``. Every spelling of an IPv4 address (decimal, octal, hexadecimal, shortened) is the address
        it spells, so no spelling gets around the checks.

        Raises TargetRefused: not a URL, too long, another scheme than http and https, credentials, a port that nobody
        wrote into the source, a name or address that is not public.
        """
        parsed = _parse(url, base)
        scheme = parsed.protocol.rstrip(":")
        if scheme not in _DEFAULT_PORTS:
            raise TargetRefused(f"its scheme is {scheme!r}; give an http or https address")
        if parsed.username or parsed.password:
            raise TargetRefused(
                "it carries a user name or password; take them out and name a secret header in the source"
            )
        host = parsed.hostname.strip("[]").rstrip(".")
        port = int(parsed.port) if parsed.port else _DEFAULT_PORTS[scheme]
        trusted = f"{f'[{host}]' if ':' in host else host}:{port}" in allowed_hosts
        if not trusted:
            _check_host(host, is_name=parsed.host_type == HostType.DEFAULT)
            _check_port(host, port, extra_ports)
        parsed.hash = ""
        return cls(
            url=parsed.href,
            scheme=cast("Literal['http', 'https']", scheme),
            host=host,
            port=port,
            path=f"{parsed.pathname}{parsed.search}",
            trusted=trusted,
        )


def shown(url: str) -> str:
    """Return ``url`` fit for a log line or a report: no user name, no password, not endlessly long."""
    text = url
    if "@" in url:
        try:
            parsed = URL(url)
        except (ValueError, UnicodeEncodeError):
            text = url.rpartition("@")[2]
        else:
            parsed.username = parsed.password = ""
            text = parsed.href
    return text if len(text) <= 300 else f"{text[:300]}…"


def _parse(url: str, base: str | None) -> URL:
    if len(url) > MAX_URL_LENGTH:
        raise TargetRefused(f"it is {len(url)} characters long; {MAX_URL_LENGTH} is the limit")
    try:
        return URL(url, base)
    except (ValueError, UnicodeEncodeError) as error:
        raise TargetRefused("it is not a URL; write it out as a browser shows it") from error


def _check_host(host: str, *, is_name: bool) -> None:
    if not host:
        raise TargetRefused("it names no host; write it out as a browser shows it")
    if not is_name:
        if (what := objection(host)) is not None:
            raise TargetRefused(f"its host is {host}, {what}; only public addresses are fetched")
        return
    if host == "localhost" or host.endswith(_LOCAL_SUFFIXES):
        raise TargetRefused(f"its host {host} is a name for this machine or network; use a public name")
    if len(host) > 253 or not all(0 < len(label) <= 63 for label in host.split(".")):
        raise TargetRefused(f"its host {host[:80]!r} is no host name: a part of it is empty or too long; write it out")
    if "." not in host:
        raise TargetRefused(f"its host {host!r} is a single word, a name inside some network; use a public name")


def _check_port(host: str, port: int, extra_ports: frozenset[tuple[str, int]]) -> None:
    if port not in _DEFAULT_PORTS.values() and (host, port) not in extra_ports:
        raise TargetRefused(
            f"port {port} of {host} is not written in the source's own addresses; use 80, 443 or write it there"
        )
