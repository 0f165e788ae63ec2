"""Comfort noise (RFC 3389): what a sender tells of the room while nobody speaks."""

from dataclasses import dataclass
from typing import Final

from .rtp import MalformedPacket

_FULL_SCALE: Final = 32767
_QUIETEST: Final = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class ComfortNoise:
    """The payload of one packet (section 3)."""

    level: int
    """Below full scale, in dB: 0 to 127."""
    spectrum: bytes = b""
    """Quantised reflection coefficients, an octet each; without them the noise is white."""

    @classmethod
    def parse(cls, payload: bytes) -> "ComfortNoise":
        """Read a payload."""
        if not payload:
            raise MalformedPacket("comfort noise: found no octet, expected the noise level")
        return cls(level=payload[0] & _QUIETEST, spectrum=payload[1:])

    def __bytes__(self) -> bytes:
        return bytes((self.level,)) + self.spectrum

    @property
    def amplitude(self) -> float:
        """Give the root mean square of the noise, in 16-bit linear units."""
        return float(_FULL_SCALE * 10 ** (-self.level / 20))
