"""TLS peers that shake hands as they should, and stop after so many records."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from .raw_peer import reset

_PATIENCE = 5.0
"""Seconds that a peer waits for a test that has failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfWay:
    """A peer that sends the first *records* of its handshake and then waits to be let *then*."""

    context: ssl.SSLContext
    records: int
    then: Callable[[socket.socket], None]
    is_server: bool = False
    may_go_on: threading.Event = field(default_factory=threading.Event)

    def __call__(self, connection: socket.socket) -> None:
        """Be that peer on a connection."""
        self._shake(connection)
        self.may_go_on.wait(_PATIENCE)
        self.then(connection)

    def connect(self, address: str, port: int) -> None:
        """Be that peer, as a client."""
        with socket.create_connection((address, port), timeout=_PATIENCE) as connection:
            self(connection)

    def _shake(self, connection: socket.socket) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        name = None if self.is_server else "um.example.org"
        tls = self.context.wrap_bio(incoming, outgoing, self.is_server, name)
        if self.is_server:
            incoming.write(connection.recv(65536))
        left = self.records
        while left:
            is_done = _step(tls)
            records = list(_records(outgoing.read()))[:left]
            connection.sendall(b"".join(records))
            left -= len(records)
            if is_done:
                return
            if left:
                incoming.write(connection.recv(65536))


def close(connection: socket.socket) -> None:
    """Close in silence, and take what the other side has to say."""
    connection.shutdown(socket.SHUT_WR)
    take_all(connection)


def cut(connection: socket.socket) -> None:
    """Reset the connection."""
    reset(connection)


def take_all(connection: socket.socket) -> None:
    """Say nothing more, until the other side has had enough."""
    try:
        while connection.recv(65536):
            pass
    except OSError:
        return  # It was reset, or the test is over.


def _step(tls: ssl.SSLObject) -> bool:
    """Go on; say whether the handshake is done."""
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _records(octets: bytes) -> Iterator[bytes]:
    while octets:
        end = 5 + int.from_bytes(octets[3:5])
        yield octets[:end]
        octets = octets[end:]
