"""Audio made ready to be sent: read, resampled and encoded once for each codec, then shared.

Files are read by a loader beside the tick, so that a slow disk delays one play, not every call.
What takes long to encode is encoded there as well. A file that was replaced is read again: its
size and time of change are looked at for each play.
"""

import os
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.core.errors import Mistake, Unavailable
from umbel.core.instants import Duration
from umbel.media import wav
from umbel.media.engine import Clip, Playable, Samples, Silence, Tone
from umbel.media.frame import FRAME
from umbel.media.g711 import SAMPLES_PER_SECOND, Linear
from umbel.media.session import Codec

from .encoding import SILENCE, Encoded, Packets, encode, silent_packet
from .playing import PacketTape, Tape

MOST_OCTETS: Final = 128 << 20
"""What the encoded clips may take before the one that was not used for the longest time goes."""

MOST_INLINE: Final = 5 * SAMPLES_PER_SECOND
"""Samples of G.711 that are encoded within a tick: it takes less than a tenth of a millisecond."""

_TONE_AMPLITUDE: Final = 7000
"""About -10 dBm0."""
_RAMP: Final = 40
"""Samples over which a tone comes and goes, so that it does not click."""


_PACKET_OVERHEAD: Final = 41
"""Octets that a packet takes in memory beside its own: those of an object, and its place."""


class Unplayable(Unavailable):
    """An item of a play cannot be read."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A clip or a tone in one codec."""

    signature: tuple[int, int]
    """The file's time of change and size."""
    encoded: Future[Encoded]


class UnfinishedTape:
    """A tape some of whose pieces may still be on their way."""

    def __init__(self, pieces: Sequence[Encoded | Future[Encoded]], codec: Codec) -> None:
        self._pieces = pieces
        self._codec = codec

    def is_ready(self) -> bool:
        """Say whether every piece is here, or known not to come."""
        return all(piece.done() for piece in self._pieces if isinstance(piece, Future))

    def tape(self) -> Tape | PacketTape:
        """Give the tape that is ready; raise ``Unplayable`` where a piece cannot be read."""
        encoded = [piece.result() if isinstance(piece, Future) else piece for piece in self._pieces]
        if self._codec is Codec.OPUS:
            return PacketTape([piece for piece in encoded if isinstance(piece, tuple)])
        return Tape([piece for piece in encoded if not isinstance(piece, tuple)])


class Prompts:
    """Makes tapes of what is to be played."""

    def __init__(self, loader: Executor, most_octets: int = MOST_OCTETS) -> None:
        self._loader = loader
        self._most_octets = most_octets
        self._kept: OrderedDict[tuple[str | Tone, Codec], _Kept] = OrderedDict()

    def __len__(self) -> int:
        """Give how many clips are kept."""
        return len(self._kept)

    def request(self, items: Sequence[Playable], codec: Codec) -> UnfinishedTape:
        """Make a tape of *items*; raise ``Unplayable`` where it is plain at once that none comes."""
        return UnfinishedTape([self._piece(item, codec) for item in items], codec)

    def _piece(self, item: Playable, codec: Codec) -> Encoded | Future[Encoded]:
        match item:
            case Clip(path=path):
                load = partial(load_clip, path, codec)
                return self._shared((path, codec), _signature(path), load)
            case Samples(linear=octets):
                linear = np.frombuffer(octets[: len(octets) // 2 * 2], "<i2").astype(np.int16)
                return self._encoded(linear, codec)
            case Tone(frequency=frequency, seconds=seconds):
                if not codec.is_transcoded:
                    return self._encoded(_tone(frequency, seconds), codec)
                load = partial(_load_tone, item, codec)
                return self._shared((item, codec), (0, 2 * _samples(seconds)), load)
            case Silence(seconds=seconds):
                return _silence(_samples(seconds), codec)

    def _encoded(self, linear: Linear, codec: Codec) -> Encoded | Future[Encoded]:
        """Encode what is only for one call: at once where that is quickly done."""
        if codec.is_transcoded or len(linear) > MOST_INLINE:
            return self._loader.submit(encode, codec, linear, SAMPLES_PER_SECOND)
        return encode(codec, linear, SAMPLES_PER_SECOND)

    def _shared(
        self,
        key: tuple[str | Tone, Codec],
        signature: tuple[int, int],
        load: Callable[[], Encoded],
    ) -> Future[Encoded]:
        """Have the loader make what many calls play, if it is not there."""
        kept = self._kept.get(key)
        if kept is None or kept.signature != signature or _has_failed(kept.encoded):
            # What is made anew is the latest, and the last to be forgotten.
            self._kept.pop(key, None)
            kept = self._kept[key] = _Kept(signature, self._loader.submit(load))
            self._shrink()
        self._kept.move_to_end(key)
        return kept.encoded

    def _shrink(self) -> None:
        octets = sum(map(_size, self._kept.values()))
        while octets > self._most_octets and len(self._kept) > 1:
            _, forgotten = self._kept.popitem(last=False)
            octets -= _size(forgotten)


def load_clip(path: str, codec: Codec) -> Encoded:
    """Read a WAV file and encode it, resampled to what *codec* has."""
    try:
        sound = wav.read(Path(path).read_bytes(), path)
    except OSError as error:
        raise Unplayable(f"{path}: {error.strerror or error}") from error
    except Mistake as error:
        raise Unplayable(str(error)) from error
    return encode(codec, sound.samples, sound.rate)


def _load_tone(tone: Tone, codec: Codec) -> Encoded:
    return encode(codec, _tone(tone.frequency, tone.seconds), SAMPLES_PER_SECOND)


def _silence(samples: int, codec: Codec) -> Encoded:
    if codec is Codec.OPUS:
        return (silent_packet(),) * -(-samples // FRAME)
    return np.full(samples, SILENCE[codec], np.uint8)


def _signature(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except OSError as error:
        raise Unplayable(f"{path}: {error.strerror or error}") from error
    return status.st_mtime_ns, status.st_size


def _has_failed(encoded: Future[Encoded]) -> bool:
    return encoded.done() and encoded.exception() is not None


def _size(kept: _Kept) -> int:
    """Give the octets that a piece takes, or about as many as it will: files have 16-bit samples."""
    if not kept.encoded.done() or kept.encoded.exception() is not None:
        return kept.signature[1] // 2
    encoded = kept.encoded.result()
    return _packets_size(encoded) if isinstance(encoded, tuple) else len(encoded)


def _packets_size(packets: Packets) -> int:
    return sum(len(packet) + _PACKET_OVERHEAD for packet in packets)


def _samples(seconds: Duration) -> int:
    return max(0, round(seconds * SAMPLES_PER_SECOND))


def _tone(frequency: int, seconds: Duration) -> Linear:
    count = _samples(seconds)
    number = np.arange(count)
    edge = np.minimum(number + 1, count - number)
    loudness = _TONE_AMPLITUDE * np.minimum(edge / _RAMP, 1)
    wave: NDArray[np.float64] = loudness * np.sin(
        2 * np.pi * frequency / SAMPLES_PER_SECOND * number
    )
    return np.rint(wave).astype(np.int16)
