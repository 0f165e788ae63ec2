"""A name server with a small zone, on loopback."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[tuple[str, str], Sequence[str]]
"""Records as text, by name and type: ``("example.org", "A"): ["192.0.2.1"]``."""


class NameServer(asyncio.DatagramProtocol):
    """Answers from its zone; keeps what it was asked."""

    def __init__(self, zone: Zone, *, is_deaf: bool = False, fails: bool = False) -> None:
        self.asked: list[tuple[str, str]] = []
        self._zone = zone
        self._names = {name for name, _ in zone}
        self._is_deaf = is_deaf
        self._fails = fails
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Answer one question."""
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = str(question.name).rstrip("."), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((kind, name))
        if self._is_deaf or self._transport is None:
            return
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        records = self._zone.get((name, kind))
        if self._fails:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif records:
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records))
        elif name not in self._names:
            response.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(response.to_wire(), addr)


@asynccontextmanager
async def serving(server: NameServer) -> AsyncIterator[tuple[str, int]]:
    """Serve on a free port; give the address."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: server, local_addr=("127.0.0.1", 0)
    )
    try:
        address, port = transport.get_extra_info("sockname")
        yield address, port
    finally:
        transport.close()
