"""WAV files as octets: read with tolerance, written exactly.

Any PCM of 8 to 32 bits, 32-bit float, A-law and µ-law is read; more channels than one are mixed.
What is written is mono, 16-bit.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.core.errors import Mistake

from . import g711
from .session import Codec

HEADER_OCTETS: Final = 44

_CHUNK: Final = struct.Struct("<4sI")
_FORMAT: Final = struct.Struct("<HHIIHH")
_PCM, _FLOAT, _A_LAW, _MU_LAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_SUBFORMAT_AT: Final = 24
_MOST_OCTETS: Final = 0xFFFF_FFFF - HEADER_OCTETS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sound:
    """Linear samples, mono, and how many of them are a second."""

    rate: int
    samples: NDArray[np.int16]

    @property
    def seconds(self) -> float:
        """Give the length."""
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True, kw_only=True)
class _Format:
    """The ``fmt`` chunk."""

    tag: int
    channels: int
    rate: int
    bits: int
    """Of one sample of one channel, in whole octets."""


def read(data: bytes, where: str = "WAV") -> Sound:
    """
    Read a WAV file; raise ``Mistake``, which names *where* it came from, for anything else.

    A ``data`` chunk that claims more than there is, as a writer that was cut off leaves it, is
    read as far as it goes.
    """
    if len(data) < 12 or data[:4] not in (b"RIFF", b"RIFX") or data[8:12] != b"WAVE":
        raise Mistake(f"{data[:12]!r}", expected="RIFF … WAVE", where=where, do=_DO)
    if data[:4] == b"RIFX":
        raise Mistake("RIFX (big-endian)", expected="RIFF", where=where, do=_DO)
    found: _Format | None = None
    for name, body in _chunks(data):
        if name == b"fmt ":
            found = _parse_format(body, where)
        elif name == b"data" and found is not None:
            return Sound(rate=found.rate, samples=_mixed(_decoded(found, body, where), found))
    missing = "data chunk" if found else "fmt chunk before the data"
    raise Mistake(f"no {missing}", expected="fmt and data", where=where, do=_DO)


def write(sound: Sound) -> bytes:
    """Give the octets of a WAV file."""
    linear = sound.samples.astype("<i2").tobytes()
    return header(len(linear), sound.rate) + linear


def header(data_octets: int, rate: int) -> bytes:
    """Give the 44 octets that go before *data_octets* of 16-bit linear mono."""
    size = min(data_octets, _MOST_OCTETS)
    return b"".join(
        (
            _CHUNK.pack(b"RIFF", size + HEADER_OCTETS - _CHUNK.size),
            b"WAVE",
            _CHUNK.pack(b"fmt ", _FORMAT.size),
            _FORMAT.pack(_PCM, 1, rate, 2 * rate, 2, 16),
            _CHUNK.pack(b"data", size),
        )
    )


_DO: Final = "convert it, for example: sox INPUT -r 16000 -c 1 -b 16 OUTPUT.wav"


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 12
    while position + _CHUNK.size <= len(data):
        name, size = _CHUNK.unpack_from(data, position)
        position += _CHUNK.size
        yield name, data[position : position + size]
        position += size + size % 2


def _parse_format(body: bytes, where: str) -> _Format:
    if len(body) < _FORMAT.size:
        raise Mistake(
            f"a fmt chunk of {len(body)} octets", expected="16 or more", where=where, do=_DO
        )
    tag, channels, rate, _, _, bits = _FORMAT.unpack_from(body)
    if tag == _EXTENSIBLE and len(body) >= _SUBFORMAT_AT + 2:
        (tag,) = struct.unpack_from("<H", body, _SUBFORMAT_AT)
    if not (channels and rate):
        raise Mistake(
            f"{channels} channels, {rate} samples a second",
            expected="one or more",
            where=where,
            do=_DO,
        )
    return _Format(tag=tag, channels=channels, rate=rate, bits=(bits + 7) // 8 * 8)


def _decoded(found: _Format, body: bytes, where: str) -> NDArray[np.int16]:
    octets = found.bits // 8
    body = body[: len(body) // octets * octets] if octets else b""
    match found.tag, found.bits:
        case tag, 8 if tag in (_A_LAW, _MU_LAW):
            return g711.decode(Codec.PCMA if tag == _A_LAW else Codec.PCMU, body)
        case tag, 8 if tag == _PCM:
            return _from_unsigned(np.frombuffer(body, np.uint8))
        case tag, 16 if tag == _PCM:
            return np.frombuffer(body, "<i2").astype(np.int16)
        case tag, 24 | 32 if tag == _PCM:
            highest = np.frombuffer(body, np.uint8).reshape(-1, octets)[:, -2:]
            return np.ascontiguousarray(highest).view("<i2").reshape(-1).astype(np.int16)
        case tag, 32 if tag == _FLOAT:
            return _from_float(np.frombuffer(body, "<f4"))
    raise Mistake(
        f"encoding {found.tag} of {found.bits} bits",
        expected="PCM, float, A-law or µ-law",
        where=where,
        do=_DO,
    )


def _from_unsigned(octets: NDArray[np.uint8]) -> NDArray[np.int16]:
    # Flipping the highest bit takes 128, the middle, to zero.
    return (octets.astype(np.uint16) << np.uint16(8) ^ np.uint16(0x8000)).view(np.int16)


def _from_float(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    known = np.nan_to_num(samples.astype(np.float64), posinf=1.0, neginf=-1.0)
    return np.rint(np.clip(known * 32768, -32768, 32767)).astype(np.int16)


def _mixed(samples: NDArray[np.int16], found: _Format) -> NDArray[np.int16]:
    if found.channels == 1:
        return samples
    whole = len(samples) // found.channels * found.channels
    frames = samples[:whole].reshape(-1, found.channels)
    means: NDArray[np.float64] = frames.mean(axis=1)
    return np.rint(means).astype(np.int16)
