"""A responder for tests: what it says of a certificate, and an HTTP server that says it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from .certificates import NOW, Issued


def status_answer(
    status: ocsp.OCSPCertStatus,
    *,
    about: Issued,
    issuer: Issued,
    signer: Issued | None = None,
    reason: x509.ReasonFlags | None = None,
    due: datetime | None = NOW + timedelta(days=1),
) -> bytes:
    """Answer as the authority *issuer* does, or a responder of it."""
    by = signer or issuer
    builder = ocsp.OCSPResponseBuilder(
        responder_id=(by.certificate, ocsp.OCSPResponderEncoding.HASH)
    ).add_response(
        about.certificate,
        issuer.certificate,
        hashes.SHA1(),
        status,
        NOW - timedelta(hours=1),
        due,
        NOW - timedelta(days=2) if status is ocsp.OCSPCertStatus.REVOKED else None,
        reason,
    )
    if signer is not None:
        builder = builder.certificates([signer.certificate])
    key = by.key
    assert isinstance(
        key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
    )
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, digest).public_bytes(Encoding.DER)


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Serve one HTTP answer to whoever asks; give the address and what was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(8))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocsp", asked
