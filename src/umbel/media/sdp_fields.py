"""What the lines of a session description say (RFC 8866 sections 5 and 6)."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from umbel.core.addresses import read_ip_address
from umbel.core.remembering import remembering

from .sdp_line import Line, MalformedSdp

STATIC_PAYLOAD_TYPES: Final = {
    "0": "PCMU/8000",
    "3": "GSM/8000",
    "4": "G723/8000",
    "8": "PCMA/8000",
    "9": "G722/8000",
    "13": "CN/8000",
    "18": "G729/8000",
}
"""Numbers that need no ``rtpmap``: those of RFC 3551 table 4 that telephones use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """``o=``: who made the session, and which version of it this is (section 5.2)."""

    username: str
    session_id: str
    session_version: str
    address_type: str
    address: str

    @classmethod
    def parse(cls, line: Line) -> "Origin":
        """Read the value of an ``o=`` line; a username with spaces is put up with."""
        parts = line.value.split()
        if len(parts) < 6:
            raise line.malformed(
                line.value, "username, session id, version, net type, address type and address"
            )
        *names, session_id, version, _, address_type, address = parts
        return cls(
            username=" ".join(names),
            session_id=session_id,
            session_version=version,
            address_type=address_type,
            address=address,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """``c=``: where media is to be sent to (section 5.7)."""

    address_type: str
    """``IP4`` or ``IP6``."""
    address: str
    """A number or a name, without the TTL and count of a multicast address."""

    @classmethod
    def parse(cls, line: Line) -> "Connection":
        """Read the value of a ``c=`` line."""
        parts = line.value.split()
        if len(parts) != 3 or parts[0] != "IN" or parts[1] not in ("IP4", "IP6"):
            raise line.malformed(line.value, "IN, IP4 or IP6, and an address")
        return cls(address_type=parts[1], address=parts[2].partition("/")[0])

    @property
    def is_numeric(self) -> bool:
        """Tell whether the address is a number of its type, not the name of a host."""
        try:
            version = read_ip_address(self.address).version
        except ValueError:
            return False
        return self.address_type == f"IP{version}" and "%" not in self.address

    @property
    def is_multicast(self) -> bool:
        """Tell whether many would hear what is sent there."""
        return self.is_numeric and read_ip_address(self.address).is_multicast

    @property
    def is_null(self) -> bool:
        """Tell ``0.0.0.0`` and ``::``: nothing is to be sent (RFC 3264 section 8.4)."""
        return self.is_numeric and read_ip_address(self.address).is_unspecified


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpMap:
    """``a=rtpmap``: which encoding a payload type stands for (section 6.6)."""

    encoding: str
    clock_rate: int
    channels: int = 1

    @classmethod
    def parse(cls, line: Line, value: str) -> "RtpMap":
        """Read what follows the payload type in *line*."""
        known = _rtpmap(value)
        return known if known is not None else cls._of(line, value)

    @classmethod
    def _of(cls, line: Line, value: str) -> "RtpMap":
        encoding, *rest = value.strip().split("/")
        if not (encoding and encoding.isascii()) or len(rest) not in (1, 2):
            raise line.malformed(value, "encoding/clock rate or encoding/clock rate/channels")
        return cls(
            encoding=encoding,
            clock_rate=line.whole_number(rest[0], "a clock rate", most=10_000_000),
            channels=line.whole_number(rest[1], "channels") if rest[1:] else 1,
        )

    @classmethod
    def static(cls, payload_type: str) -> "RtpMap | None":
        """Give the meaning that RFC 3551 gives a number; ``None`` where it gives none."""
        value = STATIC_PAYLOAD_TYPES.get(payload_type)
        return cls.parse(Line(kind="a", value=value), value) if value else None

    def is_called(self, encoding: str, clock_rate: int = 8000, channels: int = 1) -> bool:
        """Tell whether this is *encoding*, as telephones have it: 8000 a second, mono."""
        wanted = (encoding.upper(), clock_rate, channels)
        return (self.encoding.upper(), self.clock_rate, self.channels) == wanted


@remembering(most=256, longest=64)  # All peers write the same few.
def _rtpmap(value: str) -> RtpMap | None:
    """Read the value of an ``rtpmap``; ``None``: it is malformed, and its line is to say so."""
    with suppress(MalformedSdp):
        return RtpMap._of(Line(kind="a", value=value), value)
    return None
