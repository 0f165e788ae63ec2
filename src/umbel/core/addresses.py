"""IP addresses, told from names."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

_LONGEST_KEPT = 45
"""Characters of an address without a scope: what a peer makes longer is not remembered."""


@lru_cache(maxsize=4096)  # Asked of each gateway at each request.
def is_ip_address(text: str) -> bool:
    """Say whether *text* is an IPv4 or IPv6 address, without brackets or port."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def read_ip_address(text: str) -> IPv4Address | IPv6Address:
    """Read an address without brackets or port; ``ValueError`` where it is none."""
    return _known_address(text) if len(text) <= _LONGEST_KEPT else ip_address(text)


@lru_cache(maxsize=4096)  # Asked many times of the same few addresses for every call.
def _known_address(text: str) -> IPv4Address | IPv6Address:
    return ip_address(text)
