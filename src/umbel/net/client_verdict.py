"""OpenSSL's verdict on a client's chain, reached without ending the client's connection.

A client whose certificate is not good is to hear why, as a 403 to its first request. OpenSSL ends
the handshake of such a client by an alert, and Python has no callback to have it go on. So the
handshake and the verdict are parted:

- The verdict is OpenSSL's own. The chain, as the client sent it, is shown once more to the context
  of strict listeners, as the Certificate message of a TLS 1.2 handshake in memory, in which that
  message is not encrypted. OpenSSL judges it before it asks for the proof of the key; there the
  play ends. The proof itself is asked for by the client's real handshake.
- The handshake of a lenient listener goes on because, just before OpenSSL would refuse a leaf, it
  is made an anchor of the lenient context, which believes anchors out of date too. What that
  context believes therefore means nothing, and nobody asks it: the verdict alone counts, also for
  a session that is resumed.

What OpenSSL refuses for another reason than its chain, such as a purpose that is not a client's or
a key that is too short, still ends by an alert. So does a chain where Python has no message callback.
"""

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

_NO_CHECK_TIME: Final = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME, which Python has no name for."""
_LENIENCY: Final = (
    ssl.VERIFY_X509_TRUSTED_FIRST | ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VerifyFlags(_NO_CHECK_TIME)
)
_UNSPECIFIED: Final = 1
"""X509_V_ERR_UNSPECIFIED."""
_MOST_LEAVES: Final = 256
"""Different leaves that a lenient context is made to believe; later ones get the alert."""
_RECORD: Final = 16384
"""Bytes that fit into one record (RFC 8446 section 5.1)."""
_CERTIFICATE: Final = b"\x0b"
_HANDSHAKE_RECORD: Final = b"\x16\x03\x03"

Chain = tuple[bytes, ...]
"""Certificates as sent, DER, leaf first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What OpenSSL makes of a chain, and then our own rule of its names."""

    code: int = 0
    """OpenSSL's; 0 is X509_V_OK."""
    text: str = ""
    is_somebody_else: bool = False
    """Whether the chain is good and the names are not those that we meant."""


class ClientJudge:
    """Judges the chains of clients, and lets those finish their handshake that are not good."""

    def __init__(self, strict: ssl.SSLContext, lenient: ssl.SSLContext) -> None:
        lenient.verify_flags = _LENIENCY  # And so no revocation lists.
        self._strict, self._lenient = strict, lenient
        self._believed: set[bytes] = set()
        self._actor = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._actor.check_hostname = False
        self._actor.verify_mode = ssl.CERT_NONE
        self._actor.maximum_version = ssl.TLSVersion.TLSv1_2

    def admit(self, chain: Chain) -> Verdict:
        """Judge a chain that the handshake has just brought, and let the handshake go on."""
        verdict = self.judge(chain)
        if verdict.code > _UNSPECIFIED:
            self._believe(chain[0])
        return verdict

    def judge(self, chain: Chain) -> Verdict:
        """Judge a chain as a strict listener does."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        court = self._strict.wrap_bio(incoming, outgoing, server_side=True)
        try:
            _shake(court, incoming, self._client_hello())
            _shake(court, incoming, b"".join(_certificate_records(chain)))
        except ssl.SSLCertVerificationError as error:
            return Verdict(code=error.verify_code, text=error.verify_message)
        except ssl.SSLError as error:
            reason = (error.reason or str(error)).lower().replace("_", " ")
            return Verdict(code=_UNSPECIFIED, text=reason)
        return Verdict()

    def _believe(self, leaf: bytes) -> None:
        fingerprint = sha256(leaf).digest()
        if fingerprint not in self._believed and len(self._believed) < _MOST_LEAVES:
            self._believed.add(fingerprint)
            self._lenient.load_verify_locations(cadata=leaf)

    def _client_hello(self) -> bytes:
        outgoing = ssl.MemoryBIO()
        client = self._actor.wrap_bio(ssl.MemoryBIO(), outgoing)
        with contextlib.suppress(ssl.SSLWantReadError):
            client.do_handshake()
        return outgoing.read()


def _shake(court: ssl.SSLObject, incoming: ssl.MemoryBIO, octets: bytes) -> None:
    """Have a server take bytes, up to where it waits for more."""
    incoming.write(octets)
    with contextlib.suppress(ssl.SSLWantReadError):
        court.do_handshake()


def _certificate_records(chain: Chain) -> Iterator[bytes]:
    """Write the Certificate message of TLS 1.2 (RFC 5246 section 7.4.2), in its records."""
    certificates = b"".join(_vector(each, 3) for each in chain)
    message = _CERTIFICATE + _vector(_vector(certificates, 3), 3)
    for begin in range(0, len(message), _RECORD):
        yield _HANDSHAKE_RECORD + _vector(message[begin : begin + _RECORD], 2)


def _vector(octets: bytes, length_octets: int) -> bytes:
    return len(octets).to_bytes(length_octets) + octets
