"""Recordings: from packets to linear audio of exactly the length that passed.

Each tick lets each recording hear one frame; whole seconds are read and handed over as they came.
Packets may be late or overtaken by ``DELAY`` frames; what a recording still owes when it is stopped
is taken from its strip then, so that nothing of what was heard is missing. Nothing of it is changed:
recordings are bit-exact.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.media import g711
from umbel.media.comfort_noise import ComfortNoise, Noise
from umbel.media.engine import Event, Record, Recorded, RecordingEnd, RecordingEnded
from umbel.media.frame import FRAME
from umbel.media.g711 import SAMPLES_PER_SECOND, Linear
from umbel.media.session import PLAIN_CODECS, Codec
from umbel.media.silence import SilenceMeter, levels, levels_of_squares

from .batches import Rows, different
from .gaps import HISTORY, Gaps
from .pauses import Pauses
from .strips import LONGEST, MOST_HEARD, Strips
from .tracks import Tracks

DELAY: Final = 5
"""Frames by which a packet may be late."""

_MOST_FRAMES_AT_ONCE: Final = LONGEST // FRAME
"""After a stall; the strips hold no more."""
_SECOND: Final = MOST_HEARD - HISTORY
"""Frames that are handed over at once."""
_FOR_EVER: Final = 1 << 62

Tell = Callable[[Event], None]

_LAWS: Final = tuple(Codec)
"""Those of G.711 come first; they alone are looked up."""
_SQUARES: Final = tuple(g711.squares_of_pairs(codec) for codec in PLAIN_CODECS)


class Recorder:
    """All recordings, served together in each tick."""

    def __init__(self, rows: int, tell: Tell, noise: Noise) -> None:
        self._tell = tell
        self._commands: dict[int, Record] = {}
        self._rows: Rows = np.zeros(0, np.intp)
        self._is_stale = False
        self.is_recording = np.zeros(rows, np.bool_)
        self._strips = Strips(rows, DELAY * FRAME)
        self._gaps = Gaps(rows, self._strips)
        self._pauses = Pauses(rows, self._strips, noise)
        self._tracks = Tracks(rows, DELAY * FRAME)
        self._meter = SilenceMeter(rows)
        self._law = np.zeros(rows, np.intp)
        self._cut = np.full(rows, MOST_HEARD, np.int64)
        """Frames in the strip, of which all but the history are handed over."""
        self._passed = 0
        """Frames since the engine began."""
        self._owed = np.zeros(rows, np.int64)
        """Frames that passed and are still in the strip: the delay that packets are given."""
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
        self._samples[row] = 0
        # The first piece is shorter, so that the pieces of all recordings come evenly spread,
        # however many of them began in one moment.
        self._cut[row] = HISTORY + 1 + (row - self._passed) % _SECOND
        self._listen(row, codec)
        self._meter.begin(row)
        self.is_recording[row] = True
        self._is_stale = True

    def is_transcoded(self, row: int) -> bool:
        """Say whether what is recorded of *row* has a decoder of its own."""
        return bool(self._tracks.are_here[row])

    def command(self, row: int) -> Record | None:
        """Give what is being recorded in a row."""
        return self._commands.get(row)

    def listen(self, row: int, codec: Codec) -> None:
        """Expect *codec* from now on."""
        if self.is_recording[row] and _LAWS[self._law[row]] != codec:
            self._go_on(row, codec)

    def change_source(self, row: int) -> None:
        """Go on with another source of the same call; it begins where the old one was."""
        if self.is_recording[row]:
            self._go_on(row, _LAWS[self._law[row]])

    def put(
        self,
        rows: Rows,
        numbers: NDArray[np.int64],
        stamps: NDArray[np.int64],
        payloads: NDArray[np.uint8],
    ) -> None:
        """Take a packet of each of *rows* that records; sequence numbers are extended."""
        chosen = self.is_recording[rows]
        if not chosen.all():
            rows, numbers = rows[chosen], numbers[chosen]
            stamps, payloads = stamps[chosen], payloads[chosen]
        self._strips.put(rows, numbers, stamps, payloads)

    def skip(self, row: int, number: int, noise: ComfortNoise | None) -> None:
        """Take note of a packet of *row* that is no audio; perhaps it tells of *noise*."""
        if not self.is_recording[row] or self.is_transcoded(row):
            return
        self._strips.skip(row, number)
        if noise is not None:
            self._pauses.follow(row, noise)

    def put_transcoded(self, row: int, number: int, timestamp: int, payload: bytes) -> None:
        """Take a packet of a row that is transcoded."""
        self._tracks.put(row, number, timestamp, payload)

    def stop(self, row: int, why: RecordingEnd, key: str = "") -> None:
        """End now, with what is still in the strip."""
        if self.is_recording[row]:
            self._settle(row)
            self._end(row, why, key)

    def tick(self, frames: int) -> None:
        """Let *frames* of 20 ms pass in every recording of G.711."""
        for _ in range(min(frames, _MOST_FRAMES_AT_ONCE)):
            self._passed += 1
            if self._is_stale:
                self._rows = np.flatnonzero(self.is_recording & ~self._tracks.are_here)
                self._is_stale = False
            if len(self._rows):
                self._hear(self._rows)

    def tick_transcoded(self, frames: int) -> None:
        """Let *frames* of 20 ms pass in every other recording."""
        for _ in range(min(frames, _MOST_FRAMES_AT_ONCE)):
            rows = self._tracks.rows
            if len(rows):
                self._hear_transcoded(rows)

    # --- a frame of all -----------------------------------------------------------------------

    def _hear(self, rows: Rows) -> None:
        is_ready = self._owed[rows] == DELAY
        if not is_ready.all():
            waiting, rows = rows[~is_ready], rows[is_ready]
            self._strips.take(waiting)
            self._owed[waiting] += 1
        if len(rows):
            self._strips.hear(rows)
            laws = self._law[rows]
            self._gaps.fill(rows, laws)
            self._pauses.fill(rows, laws)
            silent = self._silent(rows[self._silence[rows] != _FOR_EVER])
            self._collect(rows)
            for row in silent:
                self._end(row, RecordingEnd.SILENCE)

    def _collect(self, rows: Rows) -> None:
        """Count the frame that was heard; hand over whole seconds; end at the limit."""
        self._samples[rows] += FRAME
        full = rows[self._strips.heard[rows] == self._cut[rows]]
        if len(full):
            is_first = self._cut[full] < MOST_HEARD
            self._hand_over(full[~is_first], _SECOND)
            for row in full[is_first].tolist():
                self._hand_over(np.array([row], np.intp), int(self._cut[row]) - HISTORY)
                self._cut[row] = MOST_HEARD
        for row in rows[self._samples[rows] >= self._longest[rows]].tolist():
            self._end(row, RecordingEnd.LIMIT)

    def _silent(self, rows: Rows) -> list[int]:
        """Give those of *rows* that have been silent for long enough."""
        silent: list[int] = []
        for law in different(self._law[rows]):
            alike = rows[self._law[rows] == law]
            pairs = self._strips.latest(alike).view(np.uint16)
            squares = np.take(_SQUARES[law], pairs, mode="clip").sum(axis=1) / FRAME
            frames = self._meter.hear(alike, levels_of_squares(squares))
            silent += alike[frames * FRAME >= self._silence[alike]].tolist()
        return silent

    def _hand_over(self, rows: Rows, frames: int) -> None:
        """Hand over so many frames of each of *rows*, as far as its limit allows."""
        if not len(rows) or not frames:
            return
        octets = self._strips.read(rows, frames)
        handed = self._samples[rows] - self._strips.heard[rows] * FRAME
        excess = np.maximum(handed - self._longest[rows], 0)
        heard, length = octets.tobytes(), frames * FRAME
        laws = self._law[rows].tolist()
        for number, (row, law, over) in enumerate(
            zip(rows.tolist(), laws, excess.tolist(), strict=True)
        ):
            start = number * length
            self._tell_audio(row, heard[start : start + max(0, length - over)], _LAWS[law])

    def _tell_audio(self, row: int, audio: bytes, law: Codec | None = None) -> None:
        if audio:
            command = self._commands[row]
            self._tell(
                Recorded(session=command.session, recording=command.recording, audio=audio, law=law)
            )

    # --- what is transcoded ------------------------------------------------------------------

    def _hear_transcoded(self, rows: Rows) -> None:
        frames = np.stack([self._tracks.hear(row) for row in rows.tolist()])
        is_ready = self._owed[rows] == DELAY
        self._owed[rows[~is_ready]] += 1
        rows, frames = rows[is_ready], frames[is_ready]
        if not len(rows):
            return
        silent = self._meter.hear(rows, levels(frames)) * FRAME
        for row, frame in zip(rows.tolist(), frames, strict=True):
            self._keep(row, frame)
        for row in rows[silent >= self._silence[rows]].tolist():
            self._end(row, RecordingEnd.SILENCE)

    def _keep(self, row: int, frame: Linear) -> None:
        """Count a frame that was heard; hand over whole seconds; end at the limit."""
        self._samples[row] += FRAME
        if self._tracks.keep(row, frame) == _SECOND:
            self._hand_over_track(row)
        if self._samples[row] >= self._longest[row]:
            self._end(row, RecordingEnd.LIMIT)

    def _hand_over_track(self, row: int) -> None:
        samples = self._tracks.read(row)
        over = max(0, int(self._samples[row] - self._longest[row]))
        kept = samples[: max(0, len(samples) - over)]
        self._tell_audio(row, kept.astype("<i2", copy=False).tobytes())

    def _settle_track(self, row: int) -> None:
        """Do what ``_settle`` does, for one that is transcoded."""
        owed = int(self._owed[row])
        for _ in range(DELAY - owed):
            self._tracks.hear(row)
        for _ in range(owed):
            if self.is_recording[row]:
                self._keep(row, self._tracks.hear(row))
        self._owed[row] = 0
        if self.is_recording[row]:
            self._hand_over_track(row)

    # --- one recording ------------------------------------------------------------------------

    def _go_on(self, row: int, codec: Codec) -> None:
        """Expect another stream after what is owed of the one before, if that leaves any room."""
        self._settle(row)
        if self.is_recording[row]:
            self._listen(row, codec)
            self._is_stale = True

    def _listen(self, row: int, codec: Codec) -> None:
        if codec.is_transcoded:
            self._tracks.begin(row, codec)
        else:
            self._tracks.end(row)
            self._strips.begin(row, g711.SILENCE[codec])
            self._gaps.begin(row)
            self._pauses.begin(row)
        self._law[row] = _LAWS.index(codec)
        self._owed[row] = 0

    def _settle(self, row: int) -> None:
        """Hear what is owed, after what the strip never had: the delay; then hand over all of it."""
        if self._tracks.are_here[row]:
            self._settle_track(row)
            return
        at, owed = np.array([row], np.intp), int(self._owed[row])
        for _ in range(DELAY - owed):
            self._strips.take(at)
        for _ in range(owed):
            if self.is_recording[row]:
                self._strips.hear(at)
                self._collect(at)
        self._owed[row] = 0
        if self.is_recording[row]:
            self._hand_over(at, int(self._strips.heard[row]))

    def _end(self, row: int, why: RecordingEnd, key: str = "") -> None:
        """Hand over what is left and tell the end, once."""
        if not self.is_recording[row]:
            return
        if self._tracks.are_here[row]:
            self._hand_over_track(row)
            self._tracks.end(row)
        else:
            self._hand_over(np.array([row], np.intp), int(self._strips.heard[row]))
        self.is_recording[row] = False
        self._is_stale = True
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
