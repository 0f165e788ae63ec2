"""What is heard of many streams, in order and without gaps: one frame of each for each tick.

A strip has an octet for each sample. A packet is written where its timestamp says; whatever nobody
wrote is silence. So repeated packets write the same twice, overtaken ones find their place, lost
ones are silence of their length, and a pause of the sender (its timestamps run on) is as long as
it was.

All strips are rings of frames in one array, so that the packets of a tick are written at once. What
has been heard stays in the ring until it is read, whole seconds at once.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.media.frame import FRAME

Rows = NDArray[np.intp]
Octets = NDArray[np.uint8]

LONGEST: Final = 50 * FRAME
"""A packet further ahead than this second lies outside of the strip."""
NEAR: Final = 8
"""As many packets at most lie between two that speak for each other."""

MOST_HEARD: Final = 52
"""Frames that may wait until they are read: a second, and what gaps are filled from."""

_FRAMES: Final = LONGEST // FRAME + MOST_HEARD + 2
_RING: Final = _FRAMES * FRAME
_WRAP: Final = 1 << 32
_HALF: Final = 1 << 31


@dataclass(frozen=True, slots=True)
class _Stray:
    """A packet that lies outside of the strip, kept until its successor comes."""

    number: int
    timestamp: int
    payload: bytes

    def is_followed_by(self, other: "_Stray") -> bool:
        """Tell whether *other* shows that the sender's clock has really moved to here."""
        return (
            0 < other.number - self.number <= NEAR
            and 0 < other.timestamp - self.timestamp < LONGEST
        )


class Strips:
    """A strip for each row."""

    def __init__(self, rows: int, depth: int) -> None:
        self._depth = depth
        """Samples of delay: packets may be late by so much."""
        self._ring = np.zeros((rows, _RING), np.uint8)
        self._frames = self._ring.reshape(rows, _FRAMES, FRAME)
        self._silence = np.zeros(rows, np.uint8)
        self._head = np.zeros(rows, np.intp)
        """The frame of the ring that is heard next."""
        self.heard = np.zeros(rows, np.intp)
        """Frames before it that were not read yet."""
        self._has_begun = np.zeros(rows, np.bool_)
        self._start = np.zeros(rows, np.int64)
        """The timestamp, without wrap, of the next sample to be heard."""
        self._end = np.zeros(rows, np.int64)
        """The timestamp behind the last sample that was written."""
        self._next = np.zeros(rows, np.int64)
        """The sequence number after the highest that was used."""
        self._strays: dict[int, _Stray] = {}
        self._is_lost = np.zeros((rows, _FRAMES), np.bool_)
        """Frames of packets that are missing in the sequence, and have not come since."""
        self._losses = 0
        """So many frames are lost now: mostly none."""

    def begin(self, row: int, silence: int) -> None:
        """Begin a strip anew; *silence* is the octet of the codec."""
        self._ring[row] = silence
        self._silence[row] = silence
        self._head[row] = self._next[row] = self.heard[row] = 0
        self._has_begun[row] = False
        self._forget_losses(row)
        self._strays.pop(row, None)

    def put(
        self, rows: Rows, numbers: NDArray[np.int64], stamps: NDArray[np.int64], payloads: Octets
    ) -> None:
        """Take a packet of each of *rows*, each row once, all payloads of one length."""
        length = payloads.shape[1]
        if not 0 < length <= LONGEST:
            return
        self._begin_streams(rows, numbers, stamps)
        start = self._start[rows]
        offsets = (stamps - start + _HALF) % _WRAP - _HALF
        fits = (offsets >= 0) & (offsets <= LONGEST - length)
        self._find_losses(rows, numbers, offsets, length)
        if fits.all():
            self._write(rows, offsets, payloads)
            self._note(rows, numbers, offsets + length)
            return
        fitting, others = np.flatnonzero(fits), np.flatnonzero(~fits)
        self._write(rows[fitting], offsets[fitting], payloads[fitting])
        self._note(rows[fitting], numbers[fitting], offsets[fitting] + length)
        for one in others.tolist():
            row = int(rows[one])
            stamp = int(start[one] + offsets[one])
            self._put_one(row, _Stray(int(numbers[one]), stamp, payloads[one].tobytes()))

    def hear(self, rows: Rows) -> None:
        """Let the next 20 ms of each of *rows* pass; call it once in each tick."""
        self._head[rows] = (self._head[rows] + 1) % _FRAMES
        self.heard[rows] += 1
        self._start[rows] += np.where(self._has_begun[rows], FRAME, 0)

    def latest(self, rows: Rows) -> Octets:
        """Give the frame of each of *rows* that was heard last."""
        frames: Octets = self._frames[rows, self._head[rows] - 1]
        return frames

    def are_lost(self, rows: Rows) -> NDArray[np.bool_] | None:
        """Say whose frame that was heard last was lost on the way; ``None``: nobody's."""
        if not self._losses:
            return None
        are_lost: NDArray[np.bool_] = self._is_lost[rows, self._head[rows] - 1]
        return are_lost if are_lost.any() else None

    def are_silent(self, rows: Rows) -> NDArray[np.bool_]:
        """Say whose sender has sent nothing for the frame that was heard last, nor for later."""
        are_silent: NDArray[np.bool_] = self._start[rows] >= self._end[rows] + FRAME
        return are_silent

    def skip(self, row: int, number: int) -> None:
        """Take note of a packet of the stream that is no audio: it is not missing."""
        self._next[row] = max(int(self._next[row]), number + 1)

    def recent(self, rows: Rows, frames: int) -> Octets:
        """Give so many frames of each of *rows*: those that were heard last."""
        places = self._head[rows, np.newaxis] + np.arange(-frames, 0)
        octets: Octets = self._frames[rows[:, np.newaxis], places]
        return octets

    def replace(self, rows: Rows, frames: Octets) -> None:
        """Put something else in the place of the frame of each of *rows* that was heard last."""
        self._frames[rows, self._head[rows] - 1] = frames

    def read(self, rows: Rows, frames: int) -> Octets:
        """Give, and forget, so many frames of each of *rows*: those that were heard first."""
        first = self._head[rows] - self.heard[rows]
        places = (first[:, np.newaxis] + np.arange(frames)) % _FRAMES
        at = rows[:, np.newaxis], places
        octets: Octets = self._frames[at]
        self._frames[at] = self._silence[rows, np.newaxis, np.newaxis]
        self._find(*at)
        self.heard[rows] -= frames
        return octets

    def take(self, rows: Rows) -> Octets:
        """Hear and read 20 ms of each of *rows*, of which nothing else waits to be read."""
        self.hear(rows)
        return self.read(rows, 1)[:, 0]

    def _begin_streams(
        self, rows: Rows, numbers: NDArray[np.int64], stamps: NDArray[np.int64]
    ) -> None:
        has_begun = self._has_begun[rows]
        if has_begun.all():
            return
        fresh = rows[~has_begun]
        self._start[fresh] = stamps[~has_begun] - self._depth
        self._end[fresh] = self._start[fresh]
        self._next[fresh] = numbers[~has_begun]
        self._has_begun[fresh] = True

    def _write(self, rows: Rows, offsets: NDArray[np.int64], payloads: Octets) -> None:
        length = payloads.shape[1]
        if length == FRAME and not (offsets % FRAME).any():
            at = rows, (self._head[rows] + offsets // FRAME) % _FRAMES
            self._frames[at] = payloads
            self._find(*at)
            return
        first = self._head[rows] * FRAME + offsets
        places = (first[:, np.newaxis] + np.arange(length)) % _RING
        self._ring[rows[:, np.newaxis], places] = payloads
        if self._losses:
            each = np.arange(-(-length // FRAME) + 1) * FRAME
            touched = np.minimum(first[:, np.newaxis] + each, first[:, np.newaxis] + length - 1)
            self._find(rows[:, np.newaxis], touched % _RING // FRAME)

    def _find(self, rows: Rows, frames: NDArray[np.int64]) -> None:
        """Take note of *frames* of each of *rows* that something was written to, or were read."""
        if self._losses and self._is_lost[rows, frames].any():
            each = rows.reshape(-1)
            before = int(np.count_nonzero(self._is_lost[each]))
            self._is_lost[rows, frames] = False
            self._losses -= before - int(np.count_nonzero(self._is_lost[each]))

    def _forget_losses(self, row: int) -> None:
        if self._losses:
            self._losses -= int(np.count_nonzero(self._is_lost[row]))
            self._is_lost[row] = False

    def _find_losses(
        self, rows: Rows, numbers: NDArray[np.int64], offsets: NDArray[np.int64], length: int
    ) -> None:
        """
        Mark what lies before packets whose predecessors are missing.

        Where timestamps ran on and no number is missing, the sender was silent.
        """
        missing = numbers - self._next[rows]
        for place in np.flatnonzero((missing > 0) & (missing <= NEAR)).tolist():
            row, offset = int(rows[place]), int(offsets[place])
            first = max(0, int(self._end[row] - self._start[row]), offset - missing[place] * length)
            frames = np.arange(-(-first // FRAME), min(offset, LONGEST) // FRAME)
            at = row, (self._head[row] + frames) % _FRAMES
            self._losses += int(np.count_nonzero(~self._is_lost[at]))
            self._is_lost[at] = True

    def _note(self, rows: Rows, numbers: NDArray[np.int64], ends: NDArray[np.int64]) -> None:
        self._next[rows] = np.maximum(self._next[rows], numbers + 1)
        self._end[rows] = np.maximum(self._end[rows], self._start[rows] + ends)

    # --- what is rare, one by one -----------------------------------------------------------

    def _put_one(self, row: int, packet: _Stray) -> None:
        offset = packet.timestamp - int(self._start[row])
        if -len(packet.payload) < offset <= LONGEST - len(packet.payload):
            self._write_one(row, packet)
        elif packet.number >= self._next[row]:
            self._consider(row, packet)

    def _write_one(self, row: int, packet: _Stray) -> None:
        offset = packet.timestamp - int(self._start[row])
        kept = packet.payload[max(0, -offset) :]
        at = np.array([row], np.intp)
        offsets = np.array([max(0, offset)], np.int64)
        self._write(at, offsets, np.frombuffer(kept, np.uint8).reshape(1, -1))
        self._note(at, np.array([packet.number]), offsets + len(kept))

    def _consider(self, row: int, packet: _Stray) -> None:
        """Follow the sender's clock where two packets agree that it was set or has slipped."""
        stray = self._strays.pop(row, None)
        if stray is None or not stray.is_followed_by(packet):
            self._strays[row] = packet
            return
        self._follow(row, stray)
        self._write_one(row, stray)
        self._put_one(row, packet)

    def _follow(self, row: int, stray: _Stray) -> None:
        """Set the clock so that *stray* comes next after what the strip holds."""
        held = max(0, int(self._end[row] - self._start[row]))
        if held > LONGEST // 2:
            # The sender's clock is faster than ours, or nobody listens: catch up.
            self._drop(row, held - self._depth)
            held = self._depth
        self._start[row] = stray.timestamp - max(self._depth, held)
        self._end[row] = self._start[row] + held

    def _drop(self, row: int, samples: int) -> None:
        """Leave out the next *samples*; what was heard stays as it is."""
        head, heard = int(self._head[row]) * FRAME, int(self.heard[row]) * FRAME
        content = np.roll(self._ring[row], heard - head)
        content[heard : _RING - samples] = content[heard + samples :].copy()
        content[_RING - samples :] = self._silence[row]
        self._ring[row] = content
        self._head[row] = self.heard[row]
        self._forget_losses(row)
