"""Which certificate a TLS listener of ours shows."""

import asyncio
import contextlib
import ssl
from typing import Final

from umbel.core.instants import Duration

from .tls_identity import TlsIdentity

_PING: Final = b"\r\n\r\n"
"""A keep-alive (RFC 5626 section 3.5.1): a visit in good order, about which nobody is told."""


async def served_certificate(
    address: str, port: int, identity: TlsIdentity, *, patience: Duration
) -> bytes | None:
    """
    Give the certificate, DER, that a TLS server shows first; ``None``: it shows none.

    *identity* is what we come with, and should refuse nobody.
    """
    shown = None
    with contextlib.suppress(OSError, TimeoutError):  # ssl.SSLError is an OSError.
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection(
                address, port, ssl=identity.client_context, server_hostname=""
            )
            try:
                connection: ssl.SSLObject = writer.get_extra_info("ssl_object")
                shown = connection.getpeercert(binary_form=True)
                writer.write(_PING)
                await reader.read(len(_PING))
            finally:
                writer.transport.abort()
    return shown
