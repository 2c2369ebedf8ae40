"""Which network addresses may be connected to: the public Internet's, and nothing else.

The list is explicit because ``ipaddress.is_global`` is not a boundary: it says yes to 64:ff9b::7f00:1, ::127.0.0.1,
fec0::1, 224.0.0.1 and, before Python 3.13, to 2002:7f00:1::. Source: the IANA special-purpose address registries for
IPv4 and IPv6 (RFC 6890 and its updates) and the IPv6 address space registry, of which only 2000::/3 is in use.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_IPV4_SPECIAL: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), name)
    for network, name in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "a private network"),
        ("100.64.0.0/10", "shared by a provider's customers"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local, where clouds keep their metadata"),
        ("172.16.0.0/12", "a private network"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "for documentation"),
        ("192.31.196.0/24", "an AS112 sink"),
        ("192.52.193.0/24", "multicast tunnelling"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "a private network"),
        ("192.175.48.0/24", "an AS112 sink"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)

_IPV6_IN_USE = IPv6Network("2000::/3")
_IPV6_SPECIAL: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), name)
    for network, name in (
        ("::1/128", "loopback"),
        ("::/96", "an IPv4 address in IPv6 clothing"),
        ("::ffff:0:0/96", "an IPv4 address in IPv6 clothing"),
        ("::ffff:0:0:0/96", "an IPv4 address in IPv6 clothing"),
        ("64:ff9b::/96", "an IPv4 address in IPv6 clothing"),
        ("64:ff9b:1::/48", "an IPv4 address in IPv6 clothing"),
        ("2001::/32", "an IPv4 address in IPv6 clothing"),
        ("2001::/23", "reserved for protocols"),
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "an IPv4 address in IPv6 clothing"),
        ("2620:4f:8000::/48", "an AS112 sink"),
        ("3fff::/20", "for documentation"),
        ("fc00::/7", "a private network"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "a private network"),
        ("ff00::/8", "multicast"),
    )
)

_ISATAP_IDENTIFIERS = frozenset({0x0000_5EFE, 0x0200_5EFE})
"""Upper half of an interface identifier that carries an IPv4 address in its lower half (RFC 5214 §6.1)."""


def objection(address: str) -> str | None:
    """Say what speaks against connecting to ``address``, or None where it is a public unicast address.

    ``address`` is what a resolver returned or a socket is connected to: dotted IPv4 or IPv6 text, no brackets. What
    is no address at all, or has a zone (``fe80::1%eth0``), is objected to as well.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return "not an IP address"
    if isinstance(parsed, IPv4Address):
        return next((name for network, name in _IPV4_SPECIAL if parsed in network), None)
    return _objection_to_ipv6(parsed)


def _objection_to_ipv6(address: IPv6Address) -> str | None:
    if address.scope_id is not None:
        return "bound to one interface"
    for network, name in _IPV6_SPECIAL:
        if address in network:
            return name
    if address not in _IPV6_IN_USE:
        return "outside the part of IPv6 that is in use"
    if (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP_IDENTIFIERS:
        return "an IPv4 address in IPv6 clothing"
    return None
