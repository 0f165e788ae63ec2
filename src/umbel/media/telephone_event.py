"""Keys as named telephone events in RTP (RFC 4733): told once for each press, and sent.

All packets of one press carry the timestamp of its beginning. Updates tell how long the key has
been down so far; the last one has the end bit and comes three times. Any of them may get lost,
repeated or overtaken.
"""

import struct
from dataclasses import dataclass
from typing import Final

from umbel.core.errors import Misuse
from umbel.core.instants import Duration

from .g711 import SAMPLES_PER_SECOND
from .rtp import MalformedPacket, extended

KEYS: Final = "0123456789*#ABCD"
"""The keys of a telephone; each stands at the number of its event (RFC 4733 section 3.2)."""

LONGEST: Final = 0xFFFF
"""The longest duration, in timestamp units, that one event can tell."""

_PAYLOAD: Final = struct.Struct("!BBH")
_TIMESTAMP_WRAP: Final = 1 << 32
_REMEMBERED_PRESSES: Final = 16
_END_PACKETS: Final = 3
"""How often the end of a press is sent (RFC 4733 section 2.5.1.4)."""
_LONGEST_STEP: Final = 240
"""Timestamp units between two packets of one press; two presses are further apart."""
_LONGEST_WANDERED: Final = 6 * _LONGEST_STEP
"""Between two packets that are known for one press though their timestamps differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelephoneEvent:
    """The payload of one packet (RFC 4733 section 2.3)."""

    event: int
    duration: int
    """Since the beginning of the press, in timestamp units."""
    is_end: bool = False
    volume: int = 10
    """Power below 0 dBm0, in dB: 0 to 63."""

    @property
    def key(self) -> str | None:
        """Give the key; ``None`` for an event that is none, as a hook flash."""
        return KEYS[self.event] if self.event < len(KEYS) else None

    @classmethod
    def parse(cls, payload: bytes) -> "TelephoneEvent":
        """Read a payload; what follows its four octets is ignored."""
        if len(payload) < _PAYLOAD.size:
            raise MalformedPacket(
                f"telephone-event: found {len(payload)} octets, expected {_PAYLOAD.size}"
            )
        event, flags, duration = _PAYLOAD.unpack_from(payload)
        return cls(event=event, is_end=bool(flags & 0x80), volume=flags & 0x3F, duration=duration)

    def __bytes__(self) -> bytes:
        return _PAYLOAD.pack(self.event, self.is_end << 7 | self.volume, self.duration)


@dataclass(slots=True, kw_only=True)
class _Press:
    """The last that is known of one press."""

    event: int
    timestamp: int
    sequence_number: int
    """Extended; of the newest packet."""
    duration: int
    is_ended: bool


class KeyDetector:
    """Tells each press of one stream once, at the first of its packets that arrives."""

    def __init__(self) -> None:
        self._presses: list[_Press] = []
        """The latest ones, newest last: late packets of a press must find it here."""

    def feed(
        self, payload: bytes, *, timestamp: int, marker: bool, sequence_number: int
    ) -> str | None:
        """Take one packet's payload and header; give the key if this is news of a press."""
        told = TelephoneEvent.parse(payload)
        near = self._presses[-1].sequence_number if self._presses else sequence_number
        heard = _Press(
            event=told.event,
            timestamp=timestamp,
            sequence_number=extended(sequence_number, near),
            duration=told.duration,
            is_ended=told.is_end,
        )
        known = self._find(heard, marker)
        if known is not None:
            _update(known, heard)
            return None
        self._presses = [*self._presses[1 - _REMEMBERED_PRESSES :], heard]
        return told.key

    def _find(self, heard: _Press, marker: bool) -> _Press | None:
        for press in reversed(self._presses):
            if press.event == heard.event and _is_same(press, heard, marker):
                return press
        return None


def _is_same(press: _Press, heard: _Press, marker: bool) -> bool:
    if heard.timestamp == press.timestamp:
        return not _starts_anew(press, heard)
    if heard.sequence_number < press.sequence_number:
        # It is late: whatever it was the beginning of has gone on since.
        return _goes_on(heard, press)
    return not marker and _goes_on(press, heard)


def _starts_anew(press: _Press, heard: _Press) -> bool:
    """
    Recognise a second press by a sender whose timestamp stood still between the two.

    Nothing comes after the end of a press but its end again, and nothing shorter. The marker is
    not needed for that, which is well: it may be lost, and there are senders that mark all.
    """
    if not press.is_ended or heard.sequence_number <= press.sequence_number:
        return False
    return not heard.is_ended or heard.duration < press.duration


def _goes_on(earlier: _Press, later: _Press) -> bool:
    """Recognise two timestamps of one press."""
    return _is_next_segment(earlier, later) or _wanders(earlier, later)


def _is_next_segment(earlier: _Press, later: _Press) -> bool:
    """Recognise a press too long for one duration (RFC 4733 section 2.5.1.3)."""
    return later.timestamp == (earlier.timestamp + LONGEST) % _TIMESTAMP_WRAP


def _wanders(earlier: _Press, later: _Press) -> bool:
    """
    Recognise the same press by a sender that lets the timestamp run on, against section 2.2.1.

    Timestamp and duration have grown with the number of packets, but for the end, which is
    repeated and grows no more. A new press, the packets before it lost, cannot look like that
    within so few packets: its duration would have begun anew after a pause.
    """
    packets = later.sequence_number - earlier.sequence_number
    moved = (later.timestamp - earlier.timestamp) % _TIMESTAMP_WRAP
    grown = later.duration - earlier.duration
    if packets != 1 and not 0 < moved <= packets * _LONGEST_STEP <= _LONGEST_WANDERED:
        return False
    if earlier.is_ended:
        return later.is_ended and grown == 0 and packets < _END_PACKETS
    if grown <= 0:
        return False
    repeated, odd = divmod(packets * (moved - grown), moved or 1)
    return not odd and 0 <= repeated < (_END_PACKETS if later.is_ended else 1)


def _update(press: _Press, heard: _Press) -> None:
    if heard.sequence_number <= press.sequence_number:
        return
    press.sequence_number = heard.sequence_number
    press.timestamp = heard.timestamp
    press.duration = heard.duration
    press.is_ended = press.is_ended or heard.is_ended


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledPacket:
    """One packet of a press that we make."""

    after: Duration
    """Seconds since the packet that begins the press."""
    marker: bool
    event: TelephoneEvent
    segment: int = 0
    """How far its timestamp lies behind that of the first packet: a press too long for one duration
    goes on in another segment (section 2.5.1.3)."""


def press(
    key: str, held: Duration, *, interval: Duration = 0.02, clock_rate: int = SAMPLES_PER_SECOND
) -> tuple[ScheduledPacket, ...]:
    """
    Give the packets of one press, *interval* apart, all to be sent with one timestamp.

    The last is sent three times (RFC 4733 section 2.5.1.4). The sequence number goes up with
    each; the timestamp of the audio meanwhile runs on.
    """
    if len(key) != 1 or key not in KEYS:
        raise Misuse(f"no telephone has the key {key!r}")
    steps = max(1, round(held / interval))
    lengths = [*range(1, steps + 1), steps, steps]
    packets = []
    for number, length in enumerate(lengths):
        units = length * round(interval * clock_rate)
        segment = (units - 1) // LONGEST * LONGEST
        event = TelephoneEvent(
            event=KEYS.index(key), duration=units - segment, is_end=number >= steps - 1
        )
        packets.append(
            ScheduledPacket(
                after=number * interval, marker=number == 0, event=event, segment=segment
            )
        )
    return tuple(packets)
