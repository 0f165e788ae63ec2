"""Knocking at a TCP port: who is there, and whether they speak TLS."""

import asyncio
import errno
import ssl
from contextlib import suppress
from typing import Final

from umbel.core.instants import Clock, Duration
from umbel.diagnosis.knock import Door, Knock, Speech
from umbel.identity import tls_messages

_ENOUGH: Final = 64
"""Bytes of an answer that tell TLS from anything else."""


async def knock(address: str, port: int, *, patience: Duration, clock: Clock) -> Knock:
    """Connect, say ClientHello, listen for the first bytes, and hang up. Never raises."""
    began = clock.now()
    door, speech = await _visit(address, port, patience)
    return Knock(port=port, door=door, speech=speech, took=clock.now() - began)


async def _visit(address: str, port: int, patience: Duration) -> tuple[Door, Speech]:
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection(address, port)
    except TimeoutError:
        return Door.SILENT, Speech.NOTHING
    except OSError as error:
        return _closed_door(error), Speech.NOTHING
    try:
        async with asyncio.timeout(patience):
            writer.write(_client_hello())
            return Door.OPEN, _speech(await reader.read(_ENOUGH))
    except (TimeoutError, OSError):
        return Door.OPEN, Speech.NOTHING
    finally:
        writer.transport.abort()


def _closed_door(error: OSError) -> Door:
    match error.errno:
        case errno.ECONNREFUSED:
            return Door.REFUSED
        case errno.ETIMEDOUT:
            return Door.SILENT
        case _:
            return Door.UNREACHABLE


def _speech(octets: bytes) -> Speech:
    if not octets:
        return Speech.NOTHING
    return Speech.TLS if tls_messages.looks_like_tls(octets) else Speech.PLAIN


def _client_hello() -> bytes:
    """Give a ClientHello that any TLS server answers, if only with an alert."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):  # It waits for an answer, which is not read here.
        context.wrap_bio(incoming, outgoing).do_handshake()
    return outgoing.read()
