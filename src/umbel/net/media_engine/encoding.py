"""Audio made ready to be sent, in the codec of a call: octets, or for Opus a list of packets."""

from collections.abc import Iterator, Mapping
from functools import cache
from time import sleep
from types import MappingProxyType
from typing import Final

import numpy as np
import soxr

from umbel.media import g711, g722, opus
from umbel.media.g711 import Linear, Octets
from umbel.media.session import Codec

from . import libopus

Packets = tuple[bytes, ...]
"""Of 20 ms each."""
Encoded = Octets | Packets

SAMPLES_PER_SECOND: Final[Mapping[Codec, int]] = MappingProxyType(
    {
        Codec.PCMU: g711.SAMPLES_PER_SECOND,
        Codec.PCMA: g711.SAMPLES_PER_SECOND,
        Codec.G722: g722.SAMPLES_PER_SECOND,
        Codec.OPUS: opus.SAMPLES_PER_SECOND,
    }
)
"""What each codec is encoded from."""

SILENCE: Final[Mapping[Codec, int]] = MappingProxyType(
    {**g711.SILENCE, Codec.G722: g722.SILENCE, Codec.OPUS: 0}
)
"""The octet of silence; Opus has none, but ``silent_packet``."""

_BREATH: Final = 0.0002
"""Seconds without the interpreter after each part, which took up to a millisecond of it."""
_SETTLED: Final = 5
"""Packets after which those of silence are all the same."""


@cache
def silent_packet() -> bytes:
    """Give 20 ms of silence in Opus."""
    silence = np.zeros(_SETTLED * SAMPLES_PER_SECOND[Codec.OPUS] // 50, np.int16)
    return libopus.Encoder().encode(silence)[-1]


def encode(codec: Codec, samples: Linear, rate: int) -> Encoded:
    """
    Resample a whole piece from *rate* to what *codec* has, and encode it.

    What takes long is done in parts with a breath between them, in which a tick can go on.
    """
    wanted = SAMPLES_PER_SECOND[codec]
    if rate != wanted:
        samples = _resampled(samples, rate, wanted)
    match codec:
        case Codec.PCMU | Codec.PCMA:
            return g711.encode(codec, samples)
        case Codec.G722:
            encoder = g722.Encoder()
            return np.concatenate([encoder.encode(part) for part in _parts(samples, wanted)])
        case Codec.OPUS:
            return libopus.Encoder().encode(samples)


def _resampled(samples: Linear, rate: int, wanted: int) -> Linear:
    stream = soxr.ResampleStream(rate, wanted, num_channels=1, dtype="int16", quality="HQ")
    parts = [stream.resample_chunk(part) for part in _parts(samples, rate)]
    parts.append(stream.resample_chunk(np.zeros(0, np.int16), last=True))
    return np.concatenate(parts)


def _parts(samples: Linear, rate: int) -> Iterator[Linear]:
    """Give *samples* in parts of about a second; one, an empty one, where there are none."""
    yield samples[:rate]
    for start in range(rate, len(samples), rate):
        sleep(_BREATH)
        yield samples[start : start + rate]
