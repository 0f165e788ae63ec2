"""Session descriptions (RFC 8866): read with tolerance, kept to the octet, asked by name.

A description is its lines. What is not known stays where it stood, so that ``bytes`` of a parsed
description gives the octets that were parsed. What signalling must be able to rely on is read
when it is parsed; the rest when it is asked for. Either way an error names the line.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from umbel.core.remembering import remembering

from .sdp_fields import Connection, Origin, RtpMap
from .sdp_line import Line, MalformedSdp, parse_lines
from .session import Direction

MOST_FORMATS: Final = 128
"""Of one stream: as many as there are payload types (RFC 3550 section 5.1)."""

MOST_STREAMS: Final = 64
"""More is an attack: each stream and each of its formats is looked at."""

_DIRECTIONS = frozenset(direction.value for direction in Direction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One ``a=`` line: a name and, after a colon, a value."""

    name: str
    value: str
    """Empty for a property attribute, as ``a=sendrecv``."""
    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """Lines that belong together: those before the first ``m=``, or those of one stream."""

    lines: tuple[Line, ...]
    _attributes: tuple[Attribute, ...] | None = field(
        default=None, init=False, repr=False, compare=False
    )

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """The attributes in order; read once, where anybody asks for them."""
        read = self._attributes
        if read is None:
            read = tuple(_attribute(line) for line in self.lines if line.kind == "a")
            object.__setattr__(self, "_attributes", read)
        return read

    def line(self, kind: str) -> Line | None:
        """Give the first line of a *kind*."""
        for line in self.lines:
            if line.kind == kind:
                return line
        return None

    def attributes_called(self, name: str) -> tuple[Attribute, ...]:
        """Give all attributes called *name*, in lower case."""
        return tuple(attribute for attribute in self.attributes if attribute.name == name)

    def attribute(self, name: str) -> str | None:
        """Give the value of the first attribute called *name*; ``None``: there is none."""
        return next((found.value for found in self.attributes_called(name)), None)

    @property
    def connection(self) -> Connection | None:
        """Give what the section's own ``c=`` says."""
        line = self.line("c")
        return Connection.parse(line) if line else None

    @property
    def direction(self) -> Direction | None:
        """Give the direction that the section itself names (section 6.7)."""
        named = (found.name for found in self.attributes if found.name in _DIRECTIONS)
        return next((Direction(name) for name in named), None)

    @property
    def encryption(self) -> str | None:
        """Give ``required``, ``optional`` or ``rejected`` as Lync says it (MS-SDPEXT)."""
        value = self.attribute("encryption")
        return value.lower() if value else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaDescription(_Section):
    """One ``m=`` line and what follows it (section 5.14)."""

    media: str
    """``audio``, ``video``, …"""
    port: int
    """0: not wanted."""
    protocol: str
    """``RTP/AVP``, ``RTP/SAVP``, …"""
    formats: tuple[str, ...]
    """Payload types, where the protocol is RTP; the preferred first."""

    @classmethod
    def of(cls, lines: tuple[Line, ...]) -> "MediaDescription":
        """Read a section whose first line is ``m=``; one of ours or one that was parsed."""
        head = lines[0]
        parts = head.value.split()
        if len(parts) < 4 or not (head.value.isascii() and head.value.isprintable()):
            raise head.malformed(head.value, "media, port, protocol and formats")
        if (count := len(parts) - 3) > MOST_FORMATS:
            raise MalformedSdp(
                f"SDP line {head.number}: found {count} formats, expected at most {MOST_FORMATS}"
            )
        description = cls(
            lines=lines,
            media=parts[0].lower(),
            port=head.whole_number(parts[1].partition("/")[0], "a port"),
            protocol=parts[2].upper(),
            formats=tuple(parts[3:]),
        )
        _ = description.connection  # Malformed: said now, not when media begins.
        return description

    def rtpmap(self, payload_format: str) -> RtpMap | None:
        """Give what a format stands for: as the ``rtpmap`` says, else as RFC 3551 has it."""
        for found in self.attributes_called("rtpmap"):
            number, _, value = found.value.partition(" ")
            if number == payload_format:
                return RtpMap.parse(found.line, value)
        return RtpMap.static(payload_format)

    def fmtp(self, payload_format: str) -> str | None:
        """Give the parameters of a format (section 6.15)."""
        for found in self.attributes_called("fmtp"):
            number, _, value = found.value.partition(" ")
            if number == payload_format:
                return value.strip()
        return None

    @property
    def ptime(self) -> int | None:
        """Give the milliseconds of media wanted in a packet; ``None``: not said, or nonsense."""
        return _milliseconds(self.attribute("ptime"))

    @property
    def maxptime(self) -> int | None:
        """Give the most milliseconds of media accepted in a packet."""
        return _milliseconds(self.attribute("maxptime"))

    @property
    def rtcp_port(self) -> int:
        """Give the port for RTCP: as ``a=rtcp`` says (RFC 3605), else the next after RTP's."""
        for found in self.attributes_called("rtcp"):
            return found.line.whole_number(found.value.partition(" ")[0], "a port")
        return self.port + 1 if 0 < self.port < 0xFFFF else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDescription(_Section):
    """A whole description: the session's own lines, then those of each stream."""

    media: tuple[MediaDescription, ...]

    @classmethod
    def parse(cls, data: bytes) -> "SessionDescription":
        """Read a description; raise ``MalformedSdp`` where none of it can be relied on."""
        return _read(data)

    @classmethod
    def of(cls, sections: Iterable[Iterable[Line]]) -> "SessionDescription":
        """Put a description together: first the session's lines, then those of each stream."""
        session, *media = (tuple(section) for section in sections)
        return cls(lines=session, media=tuple(map(MediaDescription.of, media)))

    def __bytes__(self) -> bytes:
        streams = (line for media in self.media for line in media.lines)
        return b"".join(map(bytes, (*self.lines, *streams)))

    @property
    def origin(self) -> Origin:
        """Give what ``o=`` says."""
        line = self.line("o")
        if line is None:
            raise MalformedSdp("SDP: found no o= line before the first m=, expected one")
        return Origin.parse(line)

    def connection_of(self, media: MediaDescription) -> Connection | None:
        """Give the ``c=`` of a stream, else that of the session."""
        return media.connection or self.connection

    def direction_of(self, media: MediaDescription) -> Direction:
        """Give the direction of a stream, else that of the session, else both ways."""
        return media.direction or self.direction or Direction.SENDRECV

    def encryption_of(self, media: MediaDescription) -> str | None:
        """Give the ``a=encryption`` of a stream, else that of the session."""
        return media.encryption or self.encryption

    def _check(self) -> None:
        """Refuse what could not be answered; ``s=`` and ``t=`` are missing often, and harmless."""
        first = self.lines[0] if self.lines else self.media[0].lines[0]
        if (first.kind, first.value.strip()) != ("v", "0"):
            raise first.malformed(f"{first.kind}={first.value}", "v=0")
        _ = self.origin, self.connection


@remembering(most=64, longest=4096)  # Whoever decides on a call reads what it offers, too.
def _read(data: bytes) -> SessionDescription:
    sections: list[list[Line]] = [[]]
    for line in parse_lines(data):
        if line.kind == "m":
            sections.append([])
        sections[-1].append(line)
    if len(sections) - 1 > MOST_STREAMS:
        found = len(sections) - 1
        raise MalformedSdp(f"SDP: found {found} m= lines, expected at most {MOST_STREAMS}")
    description = SessionDescription.of(sections)
    description._check()
    return description


def _attribute(line: Line) -> Attribute:
    name, _, value = line.value.partition(":")
    return Attribute(name=name.strip().lower(), value=value.strip(), line=line)


def _milliseconds(value: str | None) -> int | None:
    if value and value.isascii() and value.isdigit() and len(value) < 5:
        return int(value) or None
    return None
