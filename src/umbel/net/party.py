"""Whom an address stands for when shares are counted."""

import ipaddress


def party_of(address: str) -> str:
    """Give an IPv4 address itself, and of an IPv6 address its network: one machine has all of it.

    A /64 is what one link has (RFC 4291 section 2.5.4), so that addresses in it cost nothing.
    """
    host = ipaddress.ip_address(address.partition("%")[0])
    if host.version == 4:
        return address
    return str(ipaddress.ip_network((host, 64), strict=False))
