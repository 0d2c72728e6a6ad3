"""Which addresses may be asked on behalf of somebody who proposed them: none within our own network."""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from horde_model_reference.domain.errors import SourceUnavailableError

_NOT_GLOBAL_EITHER: Final = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "fec0::/10", "3fff::/20"))
)
"""For protocols, ways into version six, networks of a site, and examples; not every Python knows them."""

Resolve = Callable[[str, int], list[str]]
"""Takes a host and a port and returns IP addresses; raises OSError for an unknown host."""


class RefusedAddressError(SourceUnavailableError):
    """An address that must not be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address that may be asked, with the machine that it was looked up to be."""

    url: str
    """With the IP address in place of the host, so that a second look-up can't lead elsewhere."""
    host: str
    """Name of the host, for the certificate."""
    host_header: str


def resolve(host: str, port: int) -> list[str]:
    """Ask the system which machines have a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


def target_of(url: str, *, allow_private: bool, resolve: Resolve = resolve) -> Target:
    """Return what to connect to for an address.

    Raises:
        RefusedAddressError: it is not http or https, or leads into our own network.
        SourceUnavailableError: nobody has this name.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise RefusedAddressError("the address can't be read") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise RefusedAddressError("only http and https addresses are asked")
    if parts.username is not None or parts.password is not None:
        raise RefusedAddressError("the address holds a name or a password")
    try:
        addresses = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise SourceUnavailableError(f"nobody knows the host {host}") from error
    if not addresses:
        raise SourceUnavailableError(f"nobody knows the host {host}")
    # All have to be public: which of them a name with both would lead to is left to chance.
    if not allow_private and not all(map(is_public, addresses)):
        raise RefusedAddressError(f"{host} is not a public address")
    address = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
    return Target(
        url=parts._replace(netloc=f"{address}:{port}", fragment="").geturl(),
        host=host,
        host_header=parts.netloc,
    )


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the open network, also where it is written within another."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(
        each.is_global
        and not (each.is_multicast or each.is_reserved or each.is_unspecified)
        and not any(each in network for network in _NOT_GLOBAL_EITHER)
        for each in (parsed, *_within(parsed))
    )


def _within(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address is another spelling of, or a way to."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in ipaddress.ip_network("64:ff9b::/96"):
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in found if each is not None]
