"""What offer and answer agreed on for one audio stream: all that the RTP engine needs to know."""

from dataclasses import dataclass
from enum import StrEnum


class Codec(StrEnum):
    """Audio encodings, by their names in RFC 3551 and SDP."""

    PCMU = "PCMU"
    PCMA = "PCMA"


class Direction(StrEnum):
    """Which way media flows, from our side (RFC 3264 section 5.1)."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"


class SrtpSuite(StrEnum):
    """SDES crypto suites (RFC 4568 section 6.2)."""

    AES_CM_128_HMAC_SHA1_80 = "AES_CM_128_HMAC_SHA1_80"
    AES_CM_128_HMAC_SHA1_32 = "AES_CM_128_HMAC_SHA1_32"


@dataclass(frozen=True, slots=True, kw_only=True)
class SrtpKey:
    """One direction's key."""

    suite: SrtpSuite
    master: bytes
    """Key and salt, 30 octets."""
    mki: bytes = b""
    """The master key identifier that each packet carries; empty: none."""

    def __repr__(self) -> str:
        return f"SrtpKey({self.suite}, …)"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaSession:
    """One agreed audio stream."""

    remote_address: str
    remote_port: int
    """0 where the peer refused or closed the stream."""
    remote_rtcp_port: int
    codec: Codec
    payload_type: int
    """The number that packets of the codec carry, both ways."""
    telephone_event: int | None = None
    """The payload type of RFC 4733 keys that we accept and send; ``None``: not agreed."""
    comfort_noise: int | None = None
    """The payload type of RFC 3389, which we accept and hear as silence; ``None``: not agreed."""
    ptime: int = 20
    """Milliseconds of audio in a packet that we send."""
    direction: Direction = Direction.SENDRECV
    sends_with: SrtpKey | None = None
    receives_with: SrtpKey | None = None
    """Both or neither; ``None``: plain RTP."""
