from __future__ import annotations

import pytest

from broadsheet.web.addresses import objection


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1",
        "127.255.255.254", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255",
        "192.0.0.192", "192.0.2.1", "192.88.99.1",
        "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255",
        "240.0.0.1", "255.255.255.255",
    ],
)  # fmt: skip
def test_special_ipv4_is_objected_to(address: str) -> None:
    assert objection(address) is not None


@pytest.mark.parametrize(
    "address",
    [
        "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1",
        "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1",
        "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "fe80::1%eth0", "2600::5efe:7f00:1", "2600::200:5efe:a00:1",
        "4000::1", "9999::1",
    ],
)  # fmt: skip
def test_special_and_ipv4_embedding_ipv6_is_objected_to(address: str) -> None:
    assert objection(address) is not None


@pytest.mark.parametrize("address", ["", "localhost", "127.1", "0x7f000001", "1.2.3", "[::1]", "8.8.8.8 "])
def test_what_is_no_address_is_objected_to(address: str) -> None:
    assert objection(address) == "not an IP address"


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.0.1.1",
     "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "2001:200::1", "2400:cb00::1"],
)  # fmt: skip
def test_public_addresses_pass(address: str) -> None:
    assert objection(address) is None
