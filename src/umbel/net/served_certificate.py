"""Which certificate a TLS listener shows."""

import asyncio
import contextlib
import ssl

from umbel.core.instants import Duration


async def served_certificate(address: str, port: int, *, patience: Duration) -> bytes | None:
    """Give the certificate, DER, that a TLS server shows first; ``None``: it shows none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with contextlib.suppress(OSError, TimeoutError):  # ssl.SSLError is an OSError.
        async with asyncio.timeout(patience):
            _reader, writer = await asyncio.open_connection(address, port, ssl=context)
        connection: ssl.SSLObject = writer.get_extra_info("ssl_object")
        shown = connection.getpeercert(binary_form=True)
        writer.transport.abort()
        return shown
    return None
