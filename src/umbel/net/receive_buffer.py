"""Room in the kernel for what arrives while a process is busy."""

import socket
from typing import Final

_SO_RCVBUFFORCE: Final = 33
"""Linux: as ``SO_RCVBUF``, past the limit that other processes have; for root only."""


def ask_for_room(bound: socket.socket, octets: int) -> None:
    """Have *octets* of buffer for a socket, or as much as the system gives."""
    try:
        bound.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, octets)
    except OSError:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, octets)
