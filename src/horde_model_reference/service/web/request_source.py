"""Where a request comes from, as far as it counts for limits."""

from ipaddress import ip_address, ip_network
from typing import Final

from fastapi import Request

_NETWORK_BITS: Final = 64
"""Of an IPv6 address: whoever has one has all that begin alike."""


def source_of(request: Request) -> str:
    """Return the address that a request comes from, of IPv6 the network."""
    host = "" if request.client is None else request.client.host
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return host if address.version == 4 else str(ip_network((address, _NETWORK_BITS), strict=False))
