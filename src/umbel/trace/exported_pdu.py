"""A message without the packets that carried it, as Wireshark exports and reads one.

Tags and values are those of Wireshark's ``epan/exported_pdu.h``, numbers in network order.
"""

from ipaddress import ip_address
from struct import pack
from typing import Final

from umbel.sip.hop import Transport

from .entry import Address

SIP: Final = "sip"
TEXT: Final = "data-text-lines"
"""The dissectors that a message is for."""

_DISSECTOR: Final = 12
_SOURCE: Final = {4: 20, 6: 22}
_DESTINATION: Final = {4: 21, 6: 23}
_PORT_TYPE: Final = 24
_SOURCE_PORT: Final = 25
_DESTINATION_PORT: Final = 26
_END: Final = 0
_TCP: Final = 2
_UDP: Final = 3


def exported_pdu(
    dissector: str, transport: Transport, source: Address, destination: Address, message: bytes
) -> bytes:
    """Give the message behind what is known of its way; an empty address is the unspecified one."""
    version = ip_address(source[0] or destination[0]).version
    port_type = _UDP if transport is Transport.UDP else _TCP
    tags = (
        (_DISSECTOR, dissector.encode()),
        (_SOURCE[version], _packed(source[0], version)),
        (_DESTINATION[version], _packed(destination[0], version)),
        (_PORT_TYPE, pack(">I", port_type)),
        (_SOURCE_PORT, pack(">I", source[1])),
        (_DESTINATION_PORT, pack(">I", destination[1])),
        (_END, b""),
    )
    return b"".join(_tag(kind, value) for kind, value in tags) + message


def _packed(address: str, version: int) -> bytes:
    return ip_address(address).packed if address else bytes(4 if version == 4 else 16)


def _tag(kind: int, value: bytes) -> bytes:
    value += bytes(-len(value) % 4)
    return pack(">HH", kind, len(value)) + value
