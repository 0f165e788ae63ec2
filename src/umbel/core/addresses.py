"""IP addresses, told from names."""

from functools import lru_cache
from ipaddress import ip_address


@lru_cache(maxsize=4096)  # Asked of each gateway at each request.
def is_ip_address(text: str) -> bool:
    """Say whether *text* is an IPv4 or IPv6 address, without brackets or port."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
