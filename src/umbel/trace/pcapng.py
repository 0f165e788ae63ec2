"""Blocks of a pcapng file (draft-ietf-opsawg-pcapng), as far as a trace needs them."""

from datetime import UTC, datetime, timedelta
from struct import pack
from typing import Final

UPPER_PDU: Final = 252
"""LINKTYPE_WIRESHARK_UPPER_PDU: what was above the transport, and where it was found."""

_SECTION: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_PACKET: Final = 6
_SECRETS: Final = 10
_BYTE_ORDER: Final = 0x1A2B3C4D
_UNKNOWN_LENGTH: Final = -1
_TLS_KEY_LOG: Final = 0x544C534B

_COMMENT: Final = 1
_NAME: Final = 2
_DESCRIPTION: Final = 3
_APPLICATION: Final = 4
_RESOLUTION: Final = 9
_FLAGS: Final = 2
_INBOUND: Final = 1
_OUTBOUND: Final = 2

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def section_header(application: str) -> bytes:
    """Begin a file."""
    head = pack("<IHHq", _BYTE_ORDER, 1, 0, _UNKNOWN_LENGTH)
    return _block(_SECTION, head + _options((_APPLICATION, application.encode())))


def interface_description(link_type: int, name: str, description: str) -> bytes:
    """Describe an interface; they are numbered from 0 in their order. Times are microseconds."""
    options = _options(
        (_NAME, name.encode()), (_DESCRIPTION, description.encode()), (_RESOLUTION, b"\x06")
    )
    return _block(_INTERFACE, pack("<HHI", link_type, 0, 0) + options)


def decryption_secrets(key_log: bytes) -> bytes:
    """Give TLS secrets, in the format of ``SSLKEYLOGFILE``."""
    return _block(_SECRETS, pack("<II", _TLS_KEY_LOG, len(key_log)) + _padded(key_log))


def enhanced_packet(
    interface: int, at: datetime, packet: bytes, *, comment: str, is_sent: bool | None
) -> bytes:
    """Give a packet; ``None`` for *is_sent*: it has no direction."""
    moment = (at - _EPOCH) // timedelta(microseconds=1)
    size = len(packet)
    head = pack("<IIIII", interface, moment >> 32, moment & 0xFFFFFFFF, size, size)
    options = [(_COMMENT, comment.encode())] if comment else []
    if is_sent is not None:
        options.append((_FLAGS, pack("<I", _OUTBOUND if is_sent else _INBOUND)))
    return _block(_PACKET, head + _padded(packet) + _options(*options))


def _block(kind: int, body: bytes) -> bytes:
    length = pack("<I", len(body) + 12)
    return pack("<I", kind) + length + body + length


def _options(*options: tuple[int, bytes]) -> bytes:
    written = (pack("<HH", code, len(value)) + _padded(value) for code, value in options)
    return b"".join(written) + pack("<HH", 0, 0) if options else b""


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)
