"""Our side of a session description, as lines (RFC 8866, 3264, 4568)."""

from dataclasses import dataclass
from itertools import chain

from .audio_stream import PTIME, Format
from .crypto_attribute import CryptoAttribute
from .local_media import LocalMedia
from .sdp import MediaDescription
from .sdp_line import Line
from .session import Direction

KEYS_PARAMETERS = "0-15"
"""The telephone events that we know: the sixteen keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioDescription:
    """The one stream that we offer or accept."""

    port: int
    protocol: str
    formats: tuple[Format, ...]
    direction: Direction
    crypto: tuple[CryptoAttribute, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """Give the ``m=`` line and its attributes."""
        numbers = " ".join(str(known.payload_type) for known in self.formats)
        attributes = [attribute for known in self.formats for attribute in _of(known)]
        attributes += [f"ptime:{PTIME}", *(f"crypto:{crypto}" for crypto in self.crypto)]
        return (
            Line(kind="m", value=f"audio {self.port} {self.protocol} {numbers}"),
            *(Line(kind="a", value=value) for value in (*attributes, self.direction.value)),
        )


def rejected(media: MediaDescription) -> tuple[Line, ...]:
    """Give the ``m=`` line that refuses a stream: the same with port 0 (RFC 3264 section 6)."""
    name, _, *rest = media.lines[0].value.split()
    return (Line(kind="m", value=" ".join((name, "0", *rest))),)


def description(
    local: LocalMedia, version: int, streams: tuple[tuple[Line, ...], ...], time: str = "0 0"
) -> bytes:
    """Write a whole description of ours."""
    at = f"IN {local.address_type} {local.address}"
    session = (
        Line(kind="v", value="0"),
        Line(kind="o", value=f"- {local.session_id} {version} {at}"),
        Line(kind="s", value=local.session_name),
        Line(kind="c", value=at),
        Line(kind="t", value=time),
    )
    return b"".join(map(bytes, chain(session, *streams)))


def _of(known: Format) -> tuple[str, ...]:
    rtpmap = f"rtpmap:{known.payload_type} {known.rtpmap}"
    if not known.parameters:
        return (rtpmap,)
    return rtpmap, f"fmtp:{known.payload_type} {known.parameters}"
