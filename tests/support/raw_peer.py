"""Peers of which only the bytes are known, and the end of a wire."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from umbel.sip.hop import Hop, Transport

from .sip_wire import Wire

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def closing(*wires: Wire) -> AsyncIterator[None]:
    """Close the wires at the end, and see that nothing of them lives on."""
    try:
        yield
    finally:
        for wire in wires:
            await asyncio.wait_for(wire.signalling.close(), 5)
            assert wire.signalling.connections == 0


@asynccontextmanager
async def stranger(hop: Hop, tls: ssl.SSLContext | None = None) -> AsyncIterator[Streams]:
    """Connect to *hop*, as a peer that we know nothing of."""
    reader, writer = await asyncio.open_connection(
        hop.address, hop.port, ssl=tls, server_hostname="um.example.org" if tls else None
    )
    try:
        yield reader, writer
    finally:
        writer.close()


async def rest(reader: asyncio.StreamReader) -> bytes:
    """Read until the peer closes."""
    return await asyncio.wait_for(reader.read(), 5)


@asynccontextmanager
async def serving(
    act: Callable[[socket.socket], None], transport: Transport = Transport.TCP
) -> AsyncIterator[Hop]:
    """Be a server that does *act* to each connection, in a thread of its own, and closes it."""
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address, port = listening.getsockname()
        acting = loop.run_in_executor(None, _serve, listening, act)
        try:
            yield Hop(transport=transport, address=address, port=port)
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            await acting


def _serve(listening: socket.socket, act: Callable[[socket.socket], None]) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return  # The test is over.
        with connection:
            connection.settimeout(5)
            act(connection)


def reset(connection: socket.socket) -> None:
    """End a connection with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


@asynccontextmanager
async def deaf(transport: Transport = Transport.TCP) -> AsyncIterator[Hop]:
    """Be a socket whose backlog is full: nobody gets an answer to SYN."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        address, port = listening.getsockname()
        filling = [socket.socket() for _ in range(4)]
        for one in filling:
            one.setblocking(False)
            one.connect_ex((address, port))
        try:
            yield Hop(transport=transport, address=address, port=port)
        finally:
            for one in filling:
                one.close()
