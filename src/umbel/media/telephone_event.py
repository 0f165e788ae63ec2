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
        return not (marker and _starts_anew(press, heard))
    if marker:
        return False
    return _is_next_segment(press, heard) or _is_sequel_with_wandering_timestamp(press, heard)


def _starts_anew(press: _Press, heard: _Press) -> bool:
    """Recognise a second press by a sender whose timestamp stood still between the two."""
    return (
        press.is_ended
        and heard.sequence_number > press.sequence_number
        and heard.duration < press.duration
    )


def _is_next_segment(press: _Press, heard: _Press) -> bool:
    """Recognise a press too long for one duration (RFC 4733 section 2.5.1.3)."""
    return heard.timestamp == (press.timestamp + LONGEST) % _TIMESTAMP_WRAP


def _is_sequel_with_wandering_timestamp(press: _Press, heard: _Press) -> bool:
    """
    Recognise the same press by a sender that lets the timestamp run on, against section 2.2.1.

    Nothing was lost in between, nothing marks a beginning, and the duration goes on: a new press
    would have begun with a marked packet, or with a short duration.
    """
    if heard.sequence_number != press.sequence_number + 1:
        return False
    if press.is_ended:
        return heard.is_ended and heard.duration == press.duration
    return heard.duration > press.duration


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
