"""Where stream number i of the generator is, and its keys: the same rules as in the C sources."""

from ipaddress import IPv4Address
from typing import Final

SLOTS: Final = 20
_FIRST_ADDRESS: Final = int(IPv4Address("127.1.0.1"))
_FIRST_PORT: Final = 30200
_MULTIPLIER: Final = 6364136223846793005
_INCREMENT: Final = 1442695040888963407
_WORD: Final = (1 << 64) - 1
_KEY_OCTETS: Final = 30


def peer_of(stream: int) -> tuple[str, int]:
    """Give the address and the RTP port of a stream (program.h: ``peer_of_stream``)."""
    address = IPv4Address(_FIRST_ADDRESS + stream // SLOTS)
    return str(address), _FIRST_PORT + 2 * (stream % SLOTS)


def secure_key(stream: int, towards_server: bool) -> bytes:
    """Give a stream's master key and salt for one direction (secure.h: ``secure_key``)."""
    state = (stream << 1 | towards_server) + 1
    octets = bytearray()
    for _ in range(_KEY_OCTETS):
        state = (state * _MULTIPLIER + _INCREMENT) & _WORD
        octets.append(state >> 56)
    return bytes(octets)
