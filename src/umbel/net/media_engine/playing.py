"""What a call hears from us: pieces of encoded audio, one after another without a gap."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, chain

import numpy as np
from numpy.typing import NDArray

from umbel.core.instants import Duration
from umbel.media.engine import Play, PlayEnd, PlayEnded
from umbel.media.frame import FRAME
from umbel.media.g711 import SAMPLES_PER_SECOND, Octets
from umbel.media.session import Codec

from .encoding import Packets


class Tape:
    """Encoded pieces, shared with other calls, read as if they were one."""

    def __init__(self, pieces: Sequence[Octets]) -> None:
        self._pieces = [np.ascontiguousarray(piece) for piece in pieces]
        self._ends = list(accumulate(map(len, pieces)))
        self._addresses = [piece.ctypes.data for piece in pieces]
        self.samples = self._ends[-1] if self._ends else 0

    def stretch(self, position: int) -> tuple[int, int]:
        """Give where in memory the sample at *position* lies, and how many lie there in a row."""
        if position >= self.samples:
            return 0, 0
        index = bisect_right(self._ends, position)
        left = self._ends[index] - position
        return self._addresses[index] + len(self._pieces[index]) - left, left

    def read_into(self, target: NDArray[np.uint8], position: int) -> int:
        """Copy what begins at *position* into *target*; give how many samples there were."""
        filled = 0
        while filled < len(target) and position < self.samples:
            index = bisect_right(self._ends, position)
            start = position - self._ends[index] + len(self._pieces[index])
            chunk = self._pieces[index][start : start + len(target) - filled]
            target[filled : filled + len(chunk)] = chunk
            filled += len(chunk)
            position += len(chunk)
        return filled


class PacketTape:
    """Pieces of Opus, shared with other calls: packets of 20 ms, one after another."""

    def __init__(self, pieces: Sequence[Packets]) -> None:
        self._packets = list(chain.from_iterable(pieces))
        self.samples = len(self._packets) * FRAME

    def packet(self, position: int) -> bytes:
        """Give the packet that holds the sample at *position*."""
        return self._packets[position // FRAME]


class Playing:
    """One play on its way; it stands still while its tape is made and while the call is held."""

    def __init__(self, command: Play, codec: Codec | None = None) -> None:
        self.command = command
        self.codec = codec
        """What the tape is, or is going to be, encoded in."""
        self.position = max(0, round(command.since * SAMPLES_PER_SECOND))
        self._tape: Tape | PacketTape | None = None

    @property
    def is_finished(self) -> bool:
        """Say whether the last sample has been read."""
        return self._tape is not None and self.position >= self._tape.samples

    def load(self, tape: Tape | PacketTape) -> None:
        """Play from *tape*, from where it stands."""
        self._tape = tape
        self.position = min(self.position, tape.samples)

    def unload(self, codec: Codec) -> None:
        """Stand still until there is a tape in *codec*."""
        self._tape = None
        self.codec = codec

    def stretch(self, least: int) -> tuple[int, int] | None:
        """
        Pass over what comes next and lies in a row; give where in memory it does, and how much it is.

        ``None``: there are not even *least* samples in a row.
        """
        if not isinstance(self._tape, Tape):
            return None
        address, samples = self._tape.stretch(self.position)
        if samples < least:
            return None
        self.position += samples
        return address, samples

    def read_into(self, target: NDArray[np.uint8]) -> int:
        """Put what comes next into *target*; give how many samples there were."""
        if not isinstance(self._tape, Tape):
            return 0
        read = self._tape.read_into(target, self.position)
        self.position += read
        return read

    def next_packet(self) -> bytes | None:
        """Give the next 20 ms of a tape of packets; ``None``: there is none now."""
        if not isinstance(self._tape, PacketTape) or self.is_finished:
            return None
        packet = self._tape.packet(self.position)
        self.position = min(self.position + FRAME, self._tape.samples)
        return packet

    def ended(self, why: PlayEnd, detail: str = "") -> PlayEnded:
        """Give the event that tells its end."""
        return PlayEnded(
            session=self.command.session,
            play=self.command.play,
            ended=why,
            position=self.seconds,
            detail=detail,
        )

    @property
    def seconds(self) -> Duration:
        """Give how far it has come."""
        return self.position / SAMPLES_PER_SECOND
