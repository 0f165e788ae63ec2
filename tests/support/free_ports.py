"""Ports that nobody uses."""

import socket
from contextlib import ExitStack

from tests.support.studio import PORTS


def take(address: str, port: int, kind: int = socket.SOCK_DGRAM) -> socket.socket:
    bound = socket.socket(socket.AF_INET, kind)
    bound.bind((address, port))
    return bound


def free_pairs(count: int) -> range:
    """Find some pairs of ports in a row that nobody uses."""
    for first in range(PORTS.stop, PORTS.stop + 2000, 2 * count):
        try:
            with ExitStack() as stack:
                for port in range(first, first + 2 * count):
                    stack.enter_context(take("127.0.0.1", port))
        except OSError:
            continue
        return range(first, first + 2 * count)
    raise AssertionError("this machine has no free ports")
