"""Room in the kernel for what waits at a socket while a process is busy."""

import socket
from typing import Final

_SO_SNDBUFFORCE: Final = 32
_SO_RCVBUFFORCE: Final = 33
"""Linux: as ``SO_RCVBUF``, past the limit that other processes have; for root only."""


def ask_for_room(bound: socket.socket, octets: int) -> None:
    """Have *octets* for what arrives at a socket, or as much as the system gives."""
    _ask(bound, _SO_RCVBUFFORCE, socket.SO_RCVBUF, octets)


def ask_for_room_to_send(bound: socket.socket, octets: int) -> None:
    """Have *octets* for what leaves by a socket, or as much as the system gives."""
    _ask(bound, _SO_SNDBUFFORCE, socket.SO_SNDBUF, octets)


def _ask(bound: socket.socket, forcing: int, asking: int, octets: int) -> None:
    try:
        bound.setsockopt(socket.SOL_SOCKET, forcing, octets)
    except OSError:
        bound.setsockopt(socket.SOL_SOCKET, asking, octets)
