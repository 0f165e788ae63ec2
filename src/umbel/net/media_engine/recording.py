"""Recordings: from packets to linear audio of exactly the length that passed.

Each tick gives each recording one frame. Packets may be late or overtaken by ``DELAY`` frames;
what a recording still owes when it is stopped is taken from its strip then, so that nothing of
what was heard is missing. Samples are decoded and never changed: recordings are bit-exact.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.media import g711
from umbel.media.engine import Event, Record, Recorded, RecordingEnd, RecordingEnded
from umbel.media.frame import FRAME
from umbel.media.g711 import SAMPLES_PER_SECOND
from umbel.media.jitter_buffer import JitterBuffer
from umbel.media.session import PLAIN_CODECS, Codec
from umbel.media.silence import SilenceMeter, levels

from .decoding import jitter_buffer
from .strips import LONGEST, Strips

DELAY: Final = 5
"""Frames by which a packet may be late."""

_FRAMES_OF_A_SECOND: Final = SAMPLES_PER_SECOND // FRAME
_MOST_FRAMES_AT_ONCE: Final = LONGEST // FRAME
"""After a stall; the strips hold no more."""
_NOBODY: Final = -1
_FOR_EVER: Final = 1 << 62

Rows = NDArray[np.intp]
Tell = Callable[[Event], None]

_LAWS: Final = PLAIN_CODECS
_DECODING: Final = np.stack([g711.DECODING[codec] for codec in _LAWS]).ravel()
_CODES: Final = 256


class Recorder:
    """All recordings, served together in each tick."""

    def __init__(self, rows: int, tell: Tell) -> None:
        self._tell = tell
        self._commands: dict[int, Record] = {}
        self._codecs: dict[int, Codec] = {}
        self._rows: Rows = np.zeros(0, np.intp)
        """Of G.711, which is decoded for all at once."""
        self._transcoded: Rows = np.zeros(0, np.intp)
        """Of other codecs, each of which has a buffer."""
        self._buffers: dict[int, JitterBuffer] = {}
        self._is_transcoded = np.zeros(rows, np.bool_)
        self.is_recording = np.zeros(rows, np.bool_)
        self._strips = Strips(rows, DELAY * FRAME)
        self._meter = SilenceMeter(rows)
        self._law = np.zeros(rows, np.intp)
        self._ssrc = np.full(rows, _NOBODY, np.int64)
        """Whose audio is in the strip."""
        self._owed = np.zeros(rows, np.int64)
        """Frames that passed and are still in the strip: the delay that packets are given."""
        self._linear = np.zeros((rows, _FRAMES_OF_A_SECOND, FRAME), np.int16)
        """What has not been handed over yet."""
        self._kept = np.zeros(rows, np.intp)
        """Frames of it."""
        self._samples = np.zeros(rows, np.int64)
        """In all, those that were handed over as well."""
        self._longest = np.zeros(rows, np.int64)
        self._silence = np.zeros(rows, np.int64)
        """Samples after which it ends."""

    def begin(self, row: int, command: Record, codec: Codec) -> None:
        """Record what *row* hears from now on."""
        self.stop(row, RecordingEnd.STOPPED)
        self._commands[row] = command
        self._longest[row] = round(command.longest * SAMPLES_PER_SECOND)
        self._silence[row] = round(command.silence * SAMPLES_PER_SECOND) or _FOR_EVER
        self._kept[row] = self._samples[row] = 0
        self._listen(row, codec)
        self._meter.begin(row)
        self.is_recording[row] = True
        self._divide()

    def is_transcoded(self, row: int) -> bool:
        """Say whether what *row* hears has a decoder of its own."""
        return bool(self._is_transcoded[row])

    def command(self, row: int) -> Record | None:
        """Give what is being recorded in a row."""
        return self._commands.get(row)

    def listen(self, row: int, codec: Codec) -> None:
        """Expect *codec* from now on."""
        if self.is_recording[row] and self._codecs[row] != codec:
            self._settle(row)
            self._listen(row, codec)
            self._divide()

    def change_source(self, row: int, ssrc: int) -> None:
        """Go on with another source of the same call; it begins where the old one was."""
        if self.is_recording[row] and self._ssrc[row] not in (ssrc, _NOBODY):
            self._settle(row)
            self._listen(row, self._codecs[row])

    def put(
        self,
        rows: Rows,
        ssrcs: NDArray[np.uint32],
        numbers: NDArray[np.int64],
        stamps: NDArray[np.int64],
        payloads: NDArray[np.uint8],
    ) -> None:
        """Take a packet of each of *rows*; sequence numbers are extended."""
        self._ssrc[rows] = ssrcs
        self._strips.put(rows, numbers, stamps, payloads)

    def put_transcoded(
        self, row: int, ssrc: int, number: int, timestamp: int, payload: bytes
    ) -> None:
        """Take a packet of a row whose codec is transcoded."""
        self._ssrc[row] = ssrc
        self._buffers[row].put(number, timestamp, payload)

    def stop(self, row: int, why: RecordingEnd, key: str = "") -> None:
        """End now, with what is still in the strip."""
        if self.is_recording[row]:
            self._settle(row)
            self._end(row, why, key)

    def tick(self, frames: int) -> None:
        """Take *frames* of 20 ms from every recording of G.711."""
        for _ in range(min(frames, _MOST_FRAMES_AT_ONCE)):
            if len(self._rows):
                self._take_frame(self._rows)

    def tick_transcoded(self, frames: int) -> None:
        """Take *frames* of 20 ms from every other recording."""
        for _ in range(min(frames, _MOST_FRAMES_AT_ONCE)):
            if len(self._transcoded):
                self._take_frame(self._transcoded)

    # --- a frame of all -----------------------------------------------------------------------

    def _take_frame(self, rows: Rows) -> None:
        linear = self._heard(rows)
        is_ready = self._owed[rows] == DELAY
        if not is_ready.all():
            self._owed[rows[~is_ready]] += 1
            rows, linear = rows[is_ready], linear[is_ready]
        if not len(rows):
            return
        self._append(rows, linear)
        silent = self._meter.hear(rows, levels(linear)) * FRAME
        for row in rows[silent >= self._silence[rows]].tolist():
            self._end(row, RecordingEnd.SILENCE)

    def _heard(self, rows: Rows) -> NDArray[np.int16]:
        """Decode the next frame of each of *rows*, all of G.711 or all transcoded."""
        if self._is_transcoded[rows[0]]:
            return np.stack([self._buffers[row].take() for row in rows.tolist()])
        frames = self._strips.take(rows)
        return np.take(_DECODING, self._law[rows, np.newaxis] * _CODES + frames)

    def _append(self, rows: Rows, linear: NDArray[np.int16]) -> None:
        """Add a frame to each; hand over whole seconds; end at the limit."""
        kept = self._kept[rows]
        self._linear[rows, kept] = linear
        self._kept[rows] = kept + 1
        self._samples[rows] += FRAME
        for row in rows[kept + 1 == _FRAMES_OF_A_SECOND].tolist():
            self._hand_over(row)
        for row in rows[self._samples[rows] >= self._longest[rows]].tolist():
            self._end(row, RecordingEnd.LIMIT)

    # --- one recording ------------------------------------------------------------------------

    def _listen(self, row: int, codec: Codec) -> None:
        self._codecs[row] = codec
        self._owed[row] = 0
        self._ssrc[row] = _NOBODY
        self._buffers.pop(row, None)
        self._is_transcoded[row] = codec.is_transcoded
        if codec.is_transcoded:
            self._buffers[row] = jitter_buffer(codec, DELAY * FRAME)
            return
        self._strips.begin(row, g711.SILENCE[codec])
        self._law[row] = _LAWS.index(codec)

    def _divide(self) -> None:
        """Tell recordings that are decoded all at once from those that are not."""
        self._rows = np.flatnonzero(self.is_recording & ~self._is_transcoded)
        self._transcoded = np.flatnonzero(self.is_recording & self._is_transcoded)

    def _settle(self, row: int) -> None:
        """Take what is owed out of the strip, which begins with what it never had: the delay."""
        at, owed = np.array([row], np.intp), int(self._owed[row])
        for _ in range(DELAY - owed):
            self._heard(at)
        for _ in range(owed):
            if self.is_recording[row]:
                self._append(at, self._heard(at))
        self._owed[row] = 0

    def _end(self, row: int, why: RecordingEnd, key: str = "") -> None:
        """Hand over what is left and tell the end, once."""
        if not self.is_recording[row]:
            return
        self._hand_over(row)
        self.is_recording[row] = False
        self._buffers.pop(row, None)
        self._is_transcoded[row] = False
        self._divide()
        command = self._commands.pop(row)
        samples = min(int(self._samples[row]), int(self._longest[row]))
        self._tell(
            RecordingEnded(
                session=command.session,
                recording=command.recording,
                ended=why,
                duration=samples / SAMPLES_PER_SECOND,
                key=key,
            )
        )

    def _hand_over(self, row: int) -> None:
        """Hand over what is there, as far as the limit allows."""
        samples = int(self._kept[row]) * FRAME
        samples -= max(0, int(self._samples[row] - self._longest[row]))
        self._kept[row] = 0
        if samples <= 0:
            return
        command = self._commands[row]
        linear = self._linear[row].reshape(-1)[:samples].astype("<i2", copy=False)
        self._tell(
            Recorded(session=command.session, recording=command.recording, linear=linear.tobytes())
        )
