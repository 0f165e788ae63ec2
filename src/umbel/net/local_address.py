"""Which address of this machine a peer sees."""

import ipaddress
import socket
from typing import Final

_ELSEWHERE: Final = {4: "198.51.100.1", 6: "2001:db8::1"}
"""Addresses of the documentation's networks: whatever leads there leads to the outside."""


def local_address_towards(remote: str) -> str:
    """Give the address that packets to *remote* leave from. None is sent."""
    family = socket.AF_INET6 if ipaddress.ip_address(remote).version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((remote, 9))
        except OSError:
            return "::1" if family is socket.AF_INET6 else "127.0.0.1"
        address: str = probe.getsockname()[0]
        return address


def outward_address(listening: str) -> str:
    """Give the address to be reached at for a listener: its own, or that of the way outside."""
    parsed = ipaddress.ip_address(listening)
    if not parsed.is_unspecified:
        return listening
    return local_address_towards(_ELSEWHERE[parsed.version])
