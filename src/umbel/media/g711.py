"""G.711: µ-law and A-law, eight bits a sample, as tables computed from ITU-T G.711.

A table look-up is what lets one numpy call serve every call of a tick at once.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from .session import Codec

SAMPLES_PER_SECOND: Final = 8000

Octets = NDArray[np.uint8]
Linear = NDArray[np.int16]
_Integers = NDArray[np.int64]
_Sample = TypeVar("_Sample", np.uint8, np.int16, np.uint32, np.float32)

_MU_LAW_BIAS: Final = 132
"""Moves the edges of the µ-law segments to powers of two (33 in the 14 bits of the standard)."""
_MU_LAW_CLIP: Final = 32635
_A_LAW_MASK: Final = 0x55
"""A-law inverts every second bit, so that silence is not a run of zeros on the line."""


def decode(codec: Codec, payload: bytes | Octets) -> Linear:
    """Give the 16-bit linear samples of *payload*, one for each octet."""
    if isinstance(payload, bytes) and len(payload) % 2 == 0:
        pairs = np.frombuffer(payload, np.uint16)
        return np.take(decoding_of_pairs(codec), pairs, mode="clip").view(np.int16)
    octets = np.frombuffer(payload, dtype=np.uint8) if isinstance(payload, bytes) else payload
    return DECODING[codec][octets]


def encode(codec: Codec, samples: Linear) -> Octets:
    """Give one octet for each 16-bit linear sample: the nearest level that the law has."""
    return ENCODING[codec][samples.view(np.uint16)]


def _decode_mu_law() -> Linear:
    code = ~np.arange(256) & 0xFF
    exponent, mantissa = code >> 4 & 7, code & 0xF
    magnitude = ((mantissa << 3) + _MU_LAW_BIAS << exponent) - _MU_LAW_BIAS
    return _frozen(np.where(code & 0x80, -magnitude, magnitude).astype(np.int16))


def _decode_a_law() -> Linear:
    code = np.arange(256) ^ _A_LAW_MASK
    exponent, mantissa = code >> 4 & 7, code & 0xF
    # The two lowest segments have steps of the same size; each further one doubles it.
    step = np.maximum(exponent - 1, 0)
    magnitude = (mantissa << 4) + 8 + np.where(exponent > 0, 0x100, 0) << step
    return _frozen(np.where(code & 0x80, magnitude, -magnitude).astype(np.int16))


def _encode_mu_law() -> Octets:
    sample = _every_sample()
    magnitude = np.minimum(np.abs(sample), _MU_LAW_CLIP) + _MU_LAW_BIAS
    exponent = _highest_bit(magnitude) - 7
    mantissa = magnitude >> exponent + 3 & 0xF
    sign = np.where(sample < 0, 0x80, 0)
    return _frozen((~(sign | exponent << 4 | mantissa) & 0xFF).astype(np.uint8))


def _encode_a_law() -> Octets:
    sample = _every_sample()
    magnitude = np.where(sample < 0, ~sample, sample) >> 4
    exponent = np.where(magnitude < 16, 0, _highest_bit(np.maximum(magnitude, 16)) - 3)
    mantissa = magnitude >> np.maximum(exponent - 1, 0) & 0xF
    sign = np.where(sample < 0, 0, 0x80)
    return _frozen(((sign | exponent << 4 | mantissa) ^ _A_LAW_MASK).astype(np.uint8))


def _every_sample() -> _Integers:
    """List all 65536 samples in the order of their bits read as an unsigned number."""
    return np.arange(65536).astype(np.uint16).view(np.int16).astype(np.int64)


def _highest_bit(values: _Integers) -> _Integers:
    return np.frexp(values)[1].astype(np.int64) - 1


def _frozen(table: NDArray[_Sample]) -> NDArray[_Sample]:
    table.setflags(write=False)
    return table


DECODING: Final[Mapping[Codec, Linear]] = MappingProxyType(
    {Codec.PCMU: _decode_mu_law(), Codec.PCMA: _decode_a_law()}
)
"""For each codec 256 samples, indexed by the octet."""

ENCODING: Final[Mapping[Codec, Octets]] = MappingProxyType(
    {Codec.PCMU: _encode_mu_law(), Codec.PCMA: _encode_a_law()}
)
"""For each codec 65536 octets, indexed by the 16-bit sample viewed as unsigned."""

SILENCE: Final[Mapping[Codec, int]] = MappingProxyType(
    {codec: int(table[0]) for codec, table in ENCODING.items()}
)
"""For each codec the octet that stands for a sample of zero."""


@cache
def decoding_of_pairs(codec: Codec) -> NDArray[np.uint32]:
    """Give for each two octets, as a native 16-bit number, the two samples as a 32-bit one."""
    return _frozen(_pairs(DECODING[codec]).view(np.uint32).reshape(-1))


def squares_of_pairs(codec: Codec) -> NDArray[np.float32]:
    """Give for each two octets, as a native 16-bit number, the sum of the squares of the samples."""
    return _frozen(np.square(_pairs(DECODING[codec]).astype(np.float32)).sum(axis=1))


def _pairs(samples: Linear) -> Linear:
    octets = np.arange(1 << 16, dtype=np.uint16).view(np.uint8).reshape(-1, 2)
    return np.ascontiguousarray(samples[octets])
