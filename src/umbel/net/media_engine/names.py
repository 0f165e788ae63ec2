"""Socket addresses as the kernel writes them: arrays of octets that can be compared at once."""

import socket
import struct
from ipaddress import IPv6Address
from typing import Final

import numpy as np
from numpy.typing import NDArray

Endpoint = tuple[str, int]
"""An IP address as the system writes it, and a port."""

NAME_OCTETS: Final = 32
"""``struct sockaddr_in6`` and what makes it a whole number of words; of IPv4 the rest is zero."""

Names = NDArray[np.uint8]
"""One address in each row."""

_FACTORS: Final = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5)
"""Odd and without a pattern, so that addresses that are alike get digests that are not."""
_FACTORS_OF_WORDS: Final = np.array(_FACTORS, np.uint64)
_PAIR_FACTOR: Final = 0xD6E8FEB86659FD93
_SHIFT: Final = 29
_WORDS: Final = struct.Struct("=4Q")
_WORD: Final = (1 << 64) - 1


def canonical(address: str) -> str | None:
    """Give *address* as the system writes it; ``None`` where it is no IP address."""
    try:
        socket.inet_pton(socket.AF_INET, address)
    except OSError:
        return _canonical_ipv6(address)
    return address  # There is one way of writing it.


def _canonical_ipv6(address: str) -> str | None:
    try:
        return str(IPv6Address(address))
    except ValueError:
        return None


def name_of(endpoint: Endpoint) -> bytes:
    """Give an address as the kernel writes it; its host is a numeric one."""
    host, port = endpoint
    if ":" in host:
        octets = socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
        name = struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", port, 0) + octets
    else:
        octets = socket.inet_pton(socket.AF_INET, host)
        name = struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + octets
    return name.ljust(NAME_OCTETS, b"\0")


def endpoint_of(name: bytes) -> Endpoint:
    """Read an address that the kernel wrote."""
    (family,) = struct.unpack_from("=H", name)
    (port,) = struct.unpack_from("!H", name, 2)
    if family == socket.AF_INET6:
        return socket.inet_ntop(socket.AF_INET6, name[8:24]), port
    return socket.inet_ntop(socket.AF_INET, name[4:8]), port


def digests(names: Names, pairs: NDArray[np.intp]) -> NDArray[np.uint64]:
    """Give a number for each (address, port pair), equal where both are."""
    words = names.view(np.uint64)
    if (names[:, 0] == socket.AF_INET).all():
        mixed = words[:, 0] * _FACTORS_OF_WORDS[0]  # The other words are 0.
    else:
        mixed = (words * _FACTORS_OF_WORDS).sum(axis=1, dtype=np.uint64)
    mixed ^= mixed >> np.uint64(_SHIFT)
    digest: NDArray[np.uint64] = mixed + pairs.astype(np.uint64) * np.uint64(_PAIR_FACTOR)
    return digest


def digest_of(name: bytes, pair: int) -> int:
    """Give what ``digests`` gives, of one address."""
    words: tuple[int, ...] = _WORDS.unpack(name)
    mixed = sum(word * factor for word, factor in zip(words, _FACTORS, strict=True)) & _WORD
    return ((mixed ^ mixed >> _SHIFT) + pair * _PAIR_FACTOR) & _WORD
