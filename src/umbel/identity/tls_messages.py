"""Reading TLS from the wire, as far as a diagnosis needs it (RFC 8446 section 4, RFC 5246 section 7.4).

OpenSSL judges the handshake; here only evidence is taken. Bytes that cannot be read give nothing
instead of an error, because a peer that sends them is refused by OpenSSL anyway.
"""

from collections.abc import Mapping

from .alerts import read_alert
from .handshake import Alert
from .tls_hello import is_retry_request
from .tls_reader import Reader, Truncated

CLIENT_HELLO = 1
SERVER_HELLO = 2
NEW_SESSION_TICKET = 4
CERTIFICATE = 11

_NAMES: Mapping[int, str] = {
    0: "HelloRequest",
    CLIENT_HELLO: "ClientHello",
    SERVER_HELLO: "ServerHello",
    NEW_SESSION_TICKET: "NewSessionTicket",
    5: "EndOfEarlyData",
    8: "EncryptedExtensions",
    CERTIFICATE: "Certificate",
    12: "ServerKeyExchange",
    13: "CertificateRequest",
    14: "ServerHelloDone",
    15: "CertificateVerify",
    16: "ClientKeyExchange",
    20: "Finished",
    22: "CertificateStatus",
    24: "KeyUpdate",
}

_HEADER = 4
"""A handshake message begins with its type and a length of three bytes."""
_RECORD_HEADER = 5
"""A record begins with its type, a version and a length of two bytes."""
_RECORD_TYPES = range(20, 24)
_ALERT_RECORD = 21
_HANDSHAKE_RECORD = 22
_SHOWN = 32


def message_name(message: bytes) -> str:
    """Name a handshake message as the RFC does."""
    if not message:
        return "an empty message"
    if message[0] == SERVER_HELLO and is_retry_request(message):
        return "HelloRetryRequest"
    return _NAMES.get(message[0], f"handshake message {message[0]}")


def certificates_in(message: bytes, *, is_tls_1_3: bool) -> tuple[bytes, ...]:
    """Give the certificates of a Certificate message: DER, as sent, leaf first."""
    found: list[bytes] = []
    try:
        reader = Reader(message[_HEADER:])
        if is_tls_1_3:
            reader.vector(1)  # certificate_request_context
        entries = reader.vector(3)
        while entries:
            found.append(entries.vector(3).rest())
            if is_tls_1_3:
                entries.vector(2)  # extensions of this certificate
    except Truncated:
        pass  # What came whole is evidence enough.
    return tuple(found)


def looks_like_tls(first: bytes) -> bool:
    """Say whether a connection that begins with these bytes speaks TLS (or SSL 3)."""
    return first[:1] != b"" and first[0] in _RECORD_TYPES and first[1:2] in (b"", b"\x03")


def client_hello_in(first: bytes) -> bytes | None:
    """Give the ClientHello that these first bytes of a connection hold whole in one record."""
    if len(first) <= _RECORD_HEADER or first[0] != _HANDSHAKE_RECORD:
        return None
    message = first[_RECORD_HEADER:]
    return message if message[0] == CLIENT_HELLO else None


def alert_in(first: bytes) -> Alert | None:
    """Give the peer's alert that a connection begins with, in one record and not encrypted."""
    if first[:1] != bytes([_ALERT_RECORD]):
        return None
    return read_alert(first[_RECORD_HEADER:], sent_by_us=False)


def describe_first_bytes(first: bytes) -> str:
    """Say in words what a connection that begins with these bytes seems to speak."""
    shown = repr(first[:_SHOWN])[1:]
    return f"{_protocol_of(first)}; its first bytes are {shown}"


def _protocol_of(first: bytes) -> str:
    line = first.split(b"\n", 1)[0]
    if line.startswith(b"SIP/2.0") or b" sip:" in line or b" sips:" in line:
        return "the peer speaks SIP without TLS"
    if b" HTTP/" in line or line.startswith(b"HTTP/"):
        return "the peer speaks HTTP"
    if looks_like_tls(first):
        return "the peer speaks TLS"
    return "the peer does not speak TLS"
