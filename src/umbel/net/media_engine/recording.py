"""Recordings: from packets to linear audio of exactly the length that passed.

Each tick gives each recording one frame. Packets may be late or overtaken by ``DELAY`` frames;
what a recording still owes when it is stopped is taken from its buffer then, so that nothing of
what was heard is missing. Samples are decoded and never changed: recordings are bit-exact.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from umbel.media import g711
from umbel.media.engine import Event, Record, Recorded, RecordingEnd, RecordingEnded
from umbel.media.g711 import SAMPLES_PER_SECOND, Linear
from umbel.media.jitter import FRAME, PlayoutBuffer
from umbel.media.session import Codec
from umbel.media.silence import SilenceMeter, levels

DELAY: Final = 5
"""Frames by which a packet may be late."""

_OCTETS_OF_A_SAMPLE: Final = 2
_OCTETS_OF_A_FRAME: Final = FRAME * _OCTETS_OF_A_SAMPLE
_OCTETS_OF_A_SECOND: Final = SAMPLES_PER_SECOND * _OCTETS_OF_A_SAMPLE
_MOST_FRAMES_AT_ONCE: Final = PlayoutBuffer.LONGEST // FRAME
"""After a stall; the buffer holds no more."""

Tell = Callable[[Event], None]


class Recording:
    """One recording on its way."""

    def __init__(self, command: Record, row: int, tell: Tell) -> None:
        self.command = command
        self.row = row
        self.codec = Codec.PCMU
        self.ended: RecordingEnd | None = None
        self._tell = tell
        self._longest = round(command.longest * SAMPLES_PER_SECOND)
        self._silence = round(command.silence * SAMPLES_PER_SECOND)
        self._linear = bytearray()
        """What has not been handed over yet."""
        self._samples = 0
        self._owed = 0
        """Frames that passed and are still in the buffer: the delay that packets are given."""
        self._ssrc: int | None = None
        self._buffer = _buffer(self.codec)

    def listen(self, codec: Codec) -> None:
        """Expect *codec* from now on."""
        if codec != self.codec:
            self._change(codec, None)

    def put(self, ssrc: int, sequence_number: int, timestamp: int, payload: bytes) -> None:
        """Take a packet; a new source begins where the old one was."""
        if self._ssrc not in (None, ssrc):
            self._change(self.codec, ssrc)
        self._ssrc = ssrc
        self._buffer.put(sequence_number, timestamp, payload)

    def take(self) -> bytes | None:
        """Give the frame of this tick; ``None`` while late packets are still waited for."""
        frame = self._buffer.take()
        if self._owed == DELAY:
            return frame
        self._owed += 1
        return None

    def append(self, linear: bytes) -> None:
        """Add a frame; hand over each whole second; end at the limit."""
        room = (self._longest - self._samples) * _OCTETS_OF_A_SAMPLE
        kept = linear[: max(0, room)]
        self._linear += kept
        self._samples += len(kept) // _OCTETS_OF_A_SAMPLE
        if len(self._linear) >= _OCTETS_OF_A_SECOND:
            self._hand_over()
        if self._samples >= self._longest:
            self.end(RecordingEnd.LIMIT)

    def notice_silence(self, frames: int) -> None:
        """Take how many silent frames there have been in a row; end if they were enough."""
        if self._silence and frames * FRAME >= self._silence:
            self.end(RecordingEnd.SILENCE)

    def stop(self, why: RecordingEnd, key: str = "") -> None:
        """End now, with what is still in the buffer."""
        self._settle()
        self.end(why, key)

    def end(self, why: RecordingEnd, key: str = "") -> None:
        """Hand over what is left and tell the end, once."""
        if self.ended is not None:
            return
        self.ended = why
        self._hand_over()
        self._tell(
            RecordingEnded(
                session=self.command.session,
                recording=self.command.recording,
                ended=why,
                duration=self._samples / SAMPLES_PER_SECOND,
                key=key,
            )
        )

    def _change(self, codec: Codec, ssrc: int | None) -> None:
        self._settle()
        self.codec, self._ssrc = codec, ssrc
        self._buffer = _buffer(codec)

    def _settle(self) -> None:
        """Take what is owed out of the buffer, which begins with what it never had: the delay."""
        for _ in range(DELAY - self._owed):
            self._buffer.take()
        while self._owed and self.ended is None:
            self._owed -= 1
            frame = self._buffer.take()
            self.append(g711.decode(self.codec, frame).astype("<i2").tobytes())

    def _hand_over(self) -> None:
        if self._linear:
            self._tell(
                Recorded(
                    session=self.command.session,
                    recording=self.command.recording,
                    linear=bytes(self._linear),
                )
            )
            self._linear.clear()


class Recorder:
    """All recordings, served together in each tick."""

    def __init__(self, rows: int) -> None:
        self._recordings: dict[int, Recording] = {}
        self._meter = SilenceMeter(rows)

    def begin(self, recording: Recording) -> None:
        """Serve *recording* until it has ended."""
        self._recordings[recording.row] = recording
        self._meter.begin(recording.row)

    def tick(self, frames: int) -> None:
        """Take *frames* of 20 ms from every recording."""
        for _ in range(min(frames, _MOST_FRAMES_AT_ONCE)):
            self._take_frame()

    def _take_frame(self) -> None:
        self._forget_ended()
        taken = [(one, one.take()) for one in self._recordings.values()]
        ready = [(one, frame) for one, frame in taken if frame is not None]
        if not ready:
            return
        recordings = [one for one, _ in ready]
        linear = _decoded(recordings, b"".join(frame for _, frame in ready))
        rows = np.array([one.row for one in recordings], np.intp)
        silent = self._meter.hear(rows, levels(linear)).tolist()
        octets = linear.astype("<i2", copy=False).tobytes()
        for number, recording in enumerate(recordings):
            start = number * _OCTETS_OF_A_FRAME
            recording.append(octets[start : start + _OCTETS_OF_A_FRAME])
            recording.notice_silence(silent[number])

    def _forget_ended(self) -> None:
        for row in [row for row, one in self._recordings.items() if one.ended is not None]:
            del self._recordings[row]


_LAWS: Final = tuple(Codec)
_DECODING: Final = np.stack([g711.DECODING[codec] for codec in _LAWS])


def _decoded(recordings: Sequence[Recording], frames: bytes) -> Linear:
    """Decode a frame of each recording, whatever its codec, in one look-up."""
    laws = np.array([_LAWS.index(one.codec) for one in recordings], np.intp)
    octets = np.frombuffer(frames, np.uint8).reshape(-1, FRAME)
    return _DECODING[laws[:, np.newaxis], octets]


def _buffer(codec: Codec) -> PlayoutBuffer:
    return PlayoutBuffer(g711.SILENCE[codec], DELAY * FRAME)
