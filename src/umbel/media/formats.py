"""The formats that we offer or accept, each under its number (RFC 3551, 4733, 7587)."""

from typing import Final

from . import opus
from .audio_description import KEYS_PARAMETERS
from .audio_stream import AudioStream, Format
from .session import Codec

_USUAL: Final = {Codec.PCMU: 0, Codec.PCMA: 8, Codec.G722: 9, Codec.OPUS: 111}
"""Static numbers (RFC 3551 table 4); that of Opus is what nearly everybody gives it."""
_USUAL_KEYS: Final = {8000: 101, 48000: 110}
"""By clock rate."""
_DYNAMIC: Final = range(96, 128)


def usual_number(codec: Codec) -> int:
    """Give the payload type of *codec* where nobody has chosen another."""
    return _USUAL[codec]


def formats_to_offer(codecs: tuple[Codec, ...], agreed: AudioStream | None) -> tuple[Format, ...]:
    """
    Give what an offer of ours has: *codecs*, and keys at each of their clock rates.

    What was *agreed* keeps its number (RFC 3264 section 8.3.2).
    """
    numbers = _Numbers(agreed)
    offered = [_codec(codec, numbers.of(codec, _USUAL[codec])) for codec in codecs]
    rates = dict.fromkeys(codec.clock_rate for codec in codecs)
    if agreed is not None and agreed.telephone_event is not None:
        rates[agreed.telephone_event_rate] = None
    offered += [_keys(numbers.of(rate, _USUAL_KEYS[rate]), rate) for rate in rates]
    return tuple(offered)


def accepted_formats(stream: AudioStream) -> tuple[Format, ...]:
    """Give what an answer of ours has: what we take of *stream*, under the peer's numbers."""
    formats = [_codec(stream.codec, stream.payload_type)]
    if stream.comfort_noise is not None:
        formats.append(Format(payload_type=stream.comfort_noise, encoding="CN"))
    if stream.telephone_event is not None:
        formats.append(_keys(stream.telephone_event, stream.telephone_event_rate))
    return tuple(formats)


class _Numbers:
    """The payload types of one offer, each given once."""

    def __init__(self, agreed: AudioStream | None) -> None:
        self._fixed: dict[Codec | int, int] = {}
        """By codec, and keys by their clock rate."""
        if agreed is not None:
            self._fixed[agreed.codec] = agreed.payload_type
            if agreed.telephone_event is not None:
                self._fixed[agreed.telephone_event_rate] = agreed.telephone_event
        self._taken = set(self._fixed.values())

    def of(self, what: Codec | int, usual: int) -> int:
        """Give the number of a codec, or of keys at a clock rate."""
        if what in self._fixed:
            return self._fixed[what]
        free = (number for number in (usual, *_DYNAMIC) if number not in self._taken)
        number: int = next(free)
        self._taken.add(number)
        return number


def _codec(codec: Codec, payload_type: int) -> Format:
    return Format(
        payload_type=payload_type,
        encoding=codec,
        parameters=opus.PARAMETERS if codec is Codec.OPUS else "",
        clock_rate=codec.clock_rate,
        channels=codec.channels,
    )


def _keys(payload_type: int, rate: int) -> Format:
    return Format(
        payload_type=payload_type,
        encoding="telephone-event",
        parameters=KEYS_PARAMETERS,
        clock_rate=rate,
    )
