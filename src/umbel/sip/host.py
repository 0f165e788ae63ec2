"""Hosts and ports, as URIs and Vias write them (RFC 3261 section 25.1).

A host is a name or an IP address, and an IPv6 address is kept without its brackets. Names with
an underscore are taken, although the grammar has none: they are common in private networks.
"""

from ipaddress import AddressValueError, IPv6Address

from .grammar import Scanner, run_of

_names = run_of(r"A-Za-z0-9._\-")
_ipv6 = run_of(r"0-9A-Fa-f:.")

HIGHEST_PORT = 65535


def read_host(scanner: Scanner) -> str:
    """Read a host name, an IPv4 address, or an IPv6 address in brackets."""
    if scanner.next == "[":
        return _read_ipv6(scanner)
    return scanner.run(_names) or scanner.fail("a host")


def _read_ipv6(scanner: Scanner) -> str:
    start = scanner.at
    scanner.at += 1
    address = _mended(scanner.run(_ipv6))
    if scanner.next != "]" or not _is_ipv6(address):
        scanner.at = start
        scanner.fail("an IPv6 address in brackets")
    scanner.at += 1
    return address


def _mended(address: str) -> str:
    """Take the third colon out of ``2001:db8:::192.0.2.1``, which RFC 3261 allows (RFC 5118, 4.10)."""
    before, colons, after = address.partition(":::")
    return f"{before}::{after}" if colons and "." in after else address


def _is_ipv6(address: str) -> bool:
    try:
        IPv6Address(address)
    except AddressValueError:
        return False
    return True


def read_port(scanner: Scanner) -> int:
    """Read a port number."""
    return scanner.number("a port", most=HIGHEST_PORT)


def write_host(host: str, port: int | None = None) -> str:
    """Write a host, in brackets where it is an IPv6 address, and the port where there is one."""
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"
