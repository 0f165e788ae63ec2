"""What offer and answer agreed on for one audio stream: all that the RTP engine needs to know."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Codec(StrEnum):
    """Audio encodings, by their names in RFC 3551, RFC 7587 and SDP."""

    PCMU = "PCMU"
    PCMA = "PCMA"
    G722 = "G722"
    OPUS = "opus"

    @property
    def clock_rate(self) -> int:
        """
        Give the timestamp units of a second.

        G.722 has 8000, although it is sampled 16000 times a second (RFC 3551 section 4.5.2); Opus
        has 48000 at every bandwidth (RFC 7587 section 4.1).
        """
        return 48000 if self is Codec.OPUS else 8000

    @property
    def channels(self) -> int:
        """Give what ``rtpmap`` says of channels: for Opus always 2 (RFC 7587 section 7)."""
        return 2 if self is Codec.OPUS else 1

    @property
    def is_transcoded(self) -> bool:
        """
        Say whether a call of this codec costs a decoder of its own.

        G.711 is a table, looked up for all calls at once; the others remember what they heard.
        """
        return self not in PLAIN_CODECS


PLAIN_CODECS: Final = (Codec.PCMU, Codec.PCMA)
"""G.711: what every telephone has, and what costs next to nothing."""


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
    telephone_event_rate: int = 8000
    """Units in which the duration of a key is told in a second."""
    comfort_noise: int | None = None
    """The payload type of RFC 3389, heard and sent in place of silence; ``None``: not agreed."""
    silence_suppression: bool = True
    """Whether few packets may stand for silence (RFC 3108 section 5.6.2.2, where a peer forbids it)."""
    ptime: int = 20
    """Milliseconds of audio in a packet that we send."""
    direction: Direction = Direction.SENDRECV
    sends_with: SrtpKey | None = None
    receives_with: SrtpKey | None = None
    """Both or neither; ``None``: plain RTP."""
