"""A gateway in the test's own process that answers OPTIONS as it is told, or says nothing."""

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_COPIED = ("Via", "From", "To", "Call-ID", "CSeq")


@dataclass(slots=True, eq=False)
class OptionsPeer:
    """What it answers may change at any time."""

    answer: str | None = "200 OK"
    """Status and reason; ``None``: silence."""
    fields: tuple[str, ...] = ()
    """Further header lines of the answer."""
    port: int = 0
    asked: list[bytes] = field(default_factory=list)

    def response(self, request: bytes) -> bytes | None:
        """Answer one request."""
        self.asked.append(request)
        if self.answer is None:
            return None
        lines = request.decode().split("\r\n")
        copied = [line for line in lines if line.partition(":")[0] in _COPIED]
        copied = [f"{line};tag=peer" if line.startswith("To:") else line for line in copied]
        answer = (f"SIP/2.0 {self.answer}", *copied, *self.fields, "Content-Length: 0", "", "")
        return "\r\n".join(answer).encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length:\s*(\d+)", head)
                await reader.readexactly(int(length[1]) if length else 0)
                if (answer := self.response(head)) is not None:
                    writer.write(answer)
        writer.close()


@asynccontextmanager
async def options_peer(
    tls: ssl.SSLContext | None = None, **settings: object
) -> AsyncIterator[OptionsPeer]:
    """Serve TCP, or TLS with the context, for as long as the block."""
    peer = OptionsPeer(**settings)  # type: ignore[arg-type]  # by name
    async with await asyncio.start_server(peer.serve, "127.0.0.1", 0, ssl=tls) as server:
        peer.port = server.sockets[0].getsockname()[1]
        yield peer
        server.close()
        server.close_clients() if hasattr(server, "close_clients") else None
