"""IP addresses, told from names."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from .remembering import remembering

_USUAL = 45
"""Characters that an address without a scope may have."""


@remembering(most=4096, longest=_USUAL)  # Asked of each gateway at each request.
def is_ip_address(text: str) -> bool:
    """Say whether *text* is an IPv4 or IPv6 address, without brackets or port."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@remembering(most=4096, longest=_USUAL)  # The same few addresses, many times for every call.
def read_ip_address(text: str) -> IPv4Address | IPv6Address:
    """Read an address without brackets or port; ``ValueError`` where it is none."""
    return ip_address(text)
