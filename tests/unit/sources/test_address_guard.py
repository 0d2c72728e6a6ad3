"""Addresses that people propose lead out of our network, or are not asked."""

from collections.abc import Callable

import pytest

from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.sources.address_guard import RefusedAddressError, is_public, target_of


def resolving_to(*addresses: str) -> Callable[[str, int], list[str]]:
    return lambda _host, _port: list(addresses)


PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.8",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "64:ff9b:1::7f00:1",
    "::127.0.0.1",
    "::ffff:0:7f00:1",
    "2001:0:7f00:1::",
    "fec0::1",
    "3fff::1",
    "192.88.99.1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "not an address",
    "",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_within_a_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111"])
def test_an_address_of_the_open_network_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_into_our_network_is_refused(address: str) -> None:
    with pytest.raises(RefusedAddressError, match="not a public address"):
        target_of("https://innocent.example/file", allow_private=False, resolve=resolving_to(address))


def test_a_name_with_a_public_and_a_private_address_is_refused() -> None:
    with pytest.raises(RefusedAddressError):
        target_of("https://both.example/", allow_private=False, resolve=resolving_to("1.1.1.1", "127.0.0.1"))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://files.example/a",
        "file:///etc/passwd",
        "gopher://files.example/",
        "data:text/plain,hello",
        "javascript:alert(1)",
        "//files.example/a",
        "files.example/a",
        "",
        "https://",
        "https:///a",
        "https://name:word@files.example/a",
        "https://name@files.example/a",
        "https://[::1",
        "https://files.example:99999/a",
        "https://files.example:port/a",
    ],
)
def test_other_than_plain_web_addresses_are_refused(url: str) -> None:
    with pytest.raises(RefusedAddressError):
        target_of(url, allow_private=True, resolve=resolving_to("1.1.1.1"))


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "[::]", "[::1]", "[::ffff:7f00:1]", "localhost"],
)
def test_another_spelling_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises(SourceUnavailableError):
        target_of(f"http://{host}:8000/", allow_private=False)


def test_who_is_asked_is_the_machine_that_was_looked_at() -> None:
    target = target_of(
        "https://files.example/a/b?c=d#e", allow_private=False, resolve=resolving_to("1.1.1.1")
    )

    assert (target.url, target.host, target.host_header) == (
        "https://1.1.1.1:443/a/b?c=d",
        "files.example",
        "files.example",
    )


def test_ports_and_addresses_of_version_six_are_kept() -> None:
    target = target_of(
        "http://files.example:8080/", allow_private=False, resolve=resolving_to("2606:4700:4700::1111")
    )

    assert (target.url, target.host_header) == ("http://[2606:4700:4700::1111]:8080/", "files.example:8080")


def test_an_unknown_host_is_told_apart() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(SourceUnavailableError, match=r"nobody knows the host gone\.example"):
        target_of("https://gone.example/", allow_private=False, resolve=unknown)


def test_a_private_address_is_asked_where_that_is_allowed() -> None:
    target = target_of("http://files.local/a", allow_private=True, resolve=resolving_to("192.168.1.1"))

    assert target.url == "http://192.168.1.1:80/a"
