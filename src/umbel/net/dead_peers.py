"""Having the kernel notice that the other machine is gone."""

import socket
from typing import Final

from umbel.core.instants import Duration

_QUIET: Final = 60
"""Seconds without traffic after which the kernel asks whether the other machine is there."""


def notice_dead_peers(tcp: socket.socket, within: Duration) -> None:
    """Have the kernel end a connection whose other machine is gone without a word."""
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(within * 1000))
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _QUIET)
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, max(1, int(within / 4)))
