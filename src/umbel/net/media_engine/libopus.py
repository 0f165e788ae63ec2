"""Opus through the system's library, where it is there (Debian: libopus0).

``ctypes`` lets go of the interpreter for as long as the library works, so that a prompt which is
encoded does not hold up a tick.
"""

from ctypes import (
    CDLL,
    POINTER,
    byref,
    c_char,
    c_char_p,
    c_int,
    c_int32,
    c_void_p,
)
from typing import Final

import numpy as np

from umbel.core.errors import Misuse
from umbel.media import opus
from umbel.media.g711 import SAMPLES_PER_SECOND, Linear

PACKAGE: Final = "libopus0"
"""What an administrator installs on Debian and Ubuntu."""

_FILES: Final = ("libopus.so.0", "libopus.so")
_MONO: Final = 1
_FOR_SPEECH: Final = 2048
"""OPUS_APPLICATION_VOIP."""
_SET_BITRATE: Final = 4002
_SET_INBAND_FEC: Final = 4012
_SET_PACKET_LOSS: Final = 4014
_GET_LOOKAHEAD: Final = 4027
_EXPECTED_LOSS: Final = 5
"""Percent: as much redundancy as to make up for single losses."""
_MOST_OCTETS: Final = 1275
"""Of a packet with one frame (RFC 6716 section 3.2.1)."""
_Packet = c_char * _MOST_OCTETS
_LONGEST: Final = SAMPLES_PER_SECOND * 120 // 1000
"""Samples of the longest packet."""
_STEP: Final = SAMPLES_PER_SECOND * 25 // 10000
"""Samples of 2.5 ms: what is concealed comes in multiples of it."""
_FRAME: Final = opus.SAMPLES_PER_SECOND // 50
"""Samples of 20 ms as they are encoded."""


def _load() -> CDLL | None:
    for name in _FILES:
        try:
            library = CDLL(name)
        except OSError:
            continue
        _declare(library)
        return library
    return None


def _declare(library: CDLL) -> None:
    library.opus_encoder_create.argtypes = (c_int32, c_int, c_int, POINTER(c_int))
    library.opus_encoder_create.restype = c_void_p
    library.opus_encoder_destroy.argtypes = (c_void_p,)
    library.opus_encoder_destroy.restype = None
    # The numbers come as C's variable arguments, of which ctypes must know the fixed ones.
    library.opus_encoder_ctl.argtypes = (c_void_p, c_int)
    library.opus_encode.argtypes = (c_void_p, c_void_p, c_int, c_char_p, c_int32)
    library.opus_encode.restype = c_int32
    library.opus_decoder_create.argtypes = (c_int32, c_int, POINTER(c_int))
    library.opus_decoder_create.restype = c_void_p
    library.opus_decoder_destroy.argtypes = (c_void_p,)
    library.opus_decoder_destroy.restype = None
    library.opus_decode.argtypes = (c_void_p, c_char_p, c_int32, c_void_p, c_int, c_int)
    library.opus_decode.restype = c_int


_LIBRARY: Final = _load()


def is_available() -> bool:
    """Say whether this machine has the library."""
    return _LIBRARY is not None


def _library() -> CDLL:
    if _LIBRARY is None:
        raise Misuse(f"Opus was agreed on, and {_FILES[0]} is not on this machine")
    return _LIBRARY


class Encoder:
    """Encodes one piece of audio, 16000 samples a second."""

    def __init__(self) -> None:
        self._library = _library()
        status = c_int()
        self._state = self._library.opus_encoder_create(
            opus.SAMPLES_PER_SECOND, _MONO, _FOR_SPEECH, status
        )
        if not self._state:
            raise MemoryError(f"libopus made no encoder ({status.value})")
        for setting, value in (
            (_SET_BITRATE, opus.BITS_PER_SECOND),
            (_SET_INBAND_FEC, 1),
            (_SET_PACKET_LOSS, _EXPECTED_LOSS),
        ):
            self._library.opus_encoder_ctl(self._state, setting, c_int32(value))

    def __del__(self) -> None:
        if getattr(self, "_state", None):
            self._library.opus_encoder_destroy(self._state)

    def encode(self, samples: Linear) -> tuple[bytes, ...]:
        """Give a packet for each 20 ms of a whole piece; silence fills the last one."""
        lookahead = c_int32()
        self._library.opus_encoder_ctl(self._state, _GET_LOOKAHEAD, byref(lookahead))
        count = -(-(len(samples) + lookahead.value) // _FRAME) if len(samples) else 0
        padded = np.zeros((count, _FRAME), np.int16)
        padded.reshape(-1)[: len(samples)] = samples
        return tuple(self._packet(frame) for frame in padded)

    def _packet(self, frame: Linear) -> bytes:
        target = _Packet()
        octets = self._library.opus_encode(
            self._state, frame.ctypes.data, _FRAME, target, len(target)
        )
        if octets < 0:
            raise Misuse(f"libopus refused to encode {_FRAME} samples ({octets})")
        return target.raw[:octets]


class Decoder:
    """One stream as it is heard: 8000 samples a second, mono whatever the sender has."""

    def __init__(self) -> None:
        self._library = _library()
        status = c_int()
        self._state = self._library.opus_decoder_create(SAMPLES_PER_SECOND, _MONO, status)
        if not self._state:
            raise MemoryError(f"libopus made no decoder ({status.value})")
        self._samples = np.zeros(_LONGEST, np.int16)

    def __del__(self) -> None:
        if getattr(self, "_state", None):
            self._library.opus_decoder_destroy(self._state)

    def decode(self, payload: bytes) -> Linear | None:
        """Give the samples of the next packet; ``None``: it is no packet of Opus."""
        count = self._decode(payload, _LONGEST, 0)
        return self._samples[:count].copy() if count > 0 else None

    def conceal(self, samples: int) -> Linear:
        """Give what the decoder makes of a packet that was lost."""
        return self._made_up(None, samples, 0)

    def recover(self, following: bytes, samples: int) -> Linear:
        """Give what the packet after a lost one tells of it (in-band FEC); else conceal."""
        return self._made_up(following, samples, 1)

    def _made_up(self, following: bytes | None, samples: int, fec: int) -> Linear:
        whole = samples // _STEP * _STEP
        made: Linear = np.zeros(samples, np.int16)
        if whole:
            count = self._decode(following, whole, fec)
            made[: max(0, count)] = self._samples[: max(0, count)]
        return made

    def _decode(self, payload: bytes | None, most: int, fec: int) -> int:
        octets = len(payload) if payload is not None else 0
        target = self._samples.ctypes.data
        return int(self._library.opus_decode(self._state, payload, octets, target, most, fec))
