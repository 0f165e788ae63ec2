"""Reading TLS from the wire, as far as a diagnosis needs it (RFC 8446 section 4, RFC 5246 section 7.4).

OpenSSL judges the handshake; here only evidence is taken. Bytes that cannot be read give nothing
instead of an error, because a peer that sends them is refused by OpenSSL anyway.
"""

from collections.abc import Mapping

CLIENT_HELLO = 1
NEW_SESSION_TICKET = 4
CERTIFICATE = 11

_NAMES: Mapping[int, str] = {
    0: "HelloRequest",
    CLIENT_HELLO: "ClientHello",
    2: "ServerHello",
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
_HELLO_RANDOM = 32
_SERVER_NAME_EXTENSION = 0
_HOST_NAME = 0
_RECORD_TYPES = range(20, 24)
_HANDSHAKE_RECORD = 22
_SHOWN = 32


class _Truncated(Exception):
    """The bytes end before what they announce."""


class _Reader:
    """Takes fields from the front of some bytes."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def take(self, count: int) -> bytes:
        """Take *count* bytes."""
        if count > len(self._octets):
            raise _Truncated
        taken, self._octets = self._octets[:count], self._octets[count:]
        return taken

    def number(self, octets: int) -> int:
        """Take an unsigned number."""
        return int.from_bytes(self.take(octets))

    def vector(self, length_octets: int) -> "_Reader":
        """Take a vector that is preceded by its length."""
        return _Reader(self.take(self.number(length_octets)))

    def rest(self) -> bytes:
        """Take what is left."""
        return self.take(len(self._octets))

    def __bool__(self) -> bool:
        return bool(self._octets)


def message_name(message: bytes) -> str:
    """Name a handshake message as the RFC does."""
    if not message:
        return "an empty message"
    return _NAMES.get(message[0], f"handshake message {message[0]}")


def certificates_in(message: bytes, *, is_tls_1_3: bool) -> tuple[bytes, ...]:
    """Give the certificates of a Certificate message: DER, as sent, leaf first."""
    found: list[bytes] = []
    try:
        reader = _Reader(message[_HEADER:])
        if is_tls_1_3:
            reader.vector(1)  # certificate_request_context
        entries = reader.vector(3)
        while entries:
            found.append(entries.vector(3).rest())
            if is_tls_1_3:
                entries.vector(2)  # extensions of this certificate
    except _Truncated:
        pass  # What came whole is evidence enough.
    return tuple(found)


def server_name_in(client_hello: bytes) -> str | None:
    """Give the name that a ClientHello asks for (RFC 6066 section 3)."""
    try:
        names = _server_names(_Reader(client_hello[_HEADER:]))
    except _Truncated:
        return None
    return names.decode("ascii", "backslashreplace") if names else None


def _server_names(hello: _Reader) -> bytes:
    hello.take(2 + _HELLO_RANDOM)  # legacy_version, random
    hello.vector(1)  # legacy_session_id
    hello.vector(2)  # cipher_suites
    hello.vector(1)  # legacy_compression_methods
    extensions = hello.vector(2)
    while extensions:
        kind, body = extensions.number(2), extensions.vector(2)
        if kind == _SERVER_NAME_EXTENSION:
            return _host_name(body.vector(2))
    return b""


def _host_name(names: _Reader) -> bytes:
    while names:
        kind, name = names.number(1), names.vector(2).rest()
        if kind == _HOST_NAME:
            return name
    return b""


def looks_like_tls(first: bytes) -> bool:
    """Say whether a connection that begins with these bytes speaks TLS (or SSL 3)."""
    return first[:1] != b"" and first[0] in _RECORD_TYPES and first[1:2] in (b"", b"\x03")


def client_hello_in(first: bytes) -> bytes | None:
    """Give the ClientHello that these first bytes of a connection hold whole in one record."""
    if len(first) <= _RECORD_HEADER or first[0] != _HANDSHAKE_RECORD:
        return None
    message = first[_RECORD_HEADER:]
    return message if message[0] == CLIENT_HELLO else None


def describe_first_bytes(first: bytes) -> str:
    """Say in words what a connection that begins with these bytes seems to speak."""
    shown = repr(first[:_SHOWN])[1:]
    return f"{_protocol_of(first)}; its first bytes are {shown}"


def _protocol_of(first: bytes) -> str:
    line = first.split(b"\n", 1)[0]
    if line.startswith(b"SIP/2.0") or b" sip:" in line or b" sips:" in line:
        return "the peer speaks SIP without TLS"
    if b" HTTP/" in line:
        return "the peer speaks HTTP"
    if looks_like_tls(first):
        return "the peer speaks TLS"
    return "the peer does not speak TLS"
