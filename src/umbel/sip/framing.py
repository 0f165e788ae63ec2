"""Finding messages in a stream: TCP and TLS (RFC 3261 section 18.3, RFC 5626 section 4.4.1)."""

import re
from dataclasses import dataclass

from .errors import SipError
from .head import END, required_content_length, split_head
from .limits import LIMITS, Limits

_EMPTY_LINE = b"\r\n"

_usual_length = re.compile(
    rb"\r\n(?:content-length|l)[ \t]*+:[ \t]*+(?:([0-9]{1,9}+)[ \t]*+(?=\r\n[^ \t]|\Z))?",
    re.IGNORECASE,
)
"""Every Content-Length line; it has a group where its value is a plain number."""


@dataclass(frozen=True, slots=True)
class Ping:
    """A keep-alive, CRLF CRLF between two messages. It is answered by CRLF."""


class StreamFramer:
    """Cuts a stream into whole messages. After an error no more can be read from the stream."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._searched = 0
        """Up to where the buffer is known to hold no end of a head."""
        self._needed: int | None = None
        """The size of the message that has begun, once its head is complete."""
        self._failure: SipError | None = None

    @property
    def is_mid_message(self) -> bool:
        """Whether a message has begun and is not complete. Half a keep-alive is no message."""
        return bool(self._buffer) and not END.startswith(self._buffer)

    @property
    def rest(self) -> bytes:
        """What came of the message that has begun: after an error, the one that is to blame."""
        return bytes(self._buffer)

    def feed(self, octets: bytes) -> list[bytes | Ping]:
        """
        Take what came from the stream, and give the messages and keep-alives that are complete.

        Raises ``PeerError`` where the next message cannot be found any more; where messages before
        it are complete, these are given first, and the next call raises.
        """
        if self._failure is not None:
            raise self._failure
        self._buffer += octets
        found: list[bytes | Ping] = []
        try:
            while (item := self._next()) is not None:
                found.append(item)
        except SipError as error:
            self._failure = error
            if not found:
                raise
        return found

    def _next(self) -> bytes | Ping | None:
        if self._needed is None:
            if self._buffer.startswith(END):
                return self._take_ping()
            self._needed = self._measure()
        if self._needed is None or len(self._buffer) < self._needed:
            return None
        message = bytes(self._buffer[: self._needed])
        self._drop(self._needed)
        return message

    def _take_ping(self) -> Ping:
        self._drop(len(END))
        return Ping()

    def _measure(self) -> int | None:
        """Give the size of the message that has begun, or ``None`` where its head is not whole."""
        if self._buffer.startswith(_EMPTY_LINE) and len(self._buffer) > len(END):
            self._drop(len(_EMPTY_LINE))  # One empty line is no ping, and no part of the message.
        end = self._buffer.find(END, self._searched)
        if end < 0:
            self._limits.check_head(len(self._buffer))
            self._searched = max(0, len(self._buffer) - len(END) + 1)
            return None
        length = self._body_length(bytes(self._buffer[:end]))
        self._limits.check_body(length)
        return end + len(END) + length

    def _body_length(self, head: bytes) -> int:
        """Find the Content-Length of a head, of which the rest is read when its time comes."""
        self._limits.check_head(len(head))
        usual = _usual_length.findall(head)
        if len(usual) == 1 and usual[0]:
            return int(usual[0])
        _, fields = split_head(head, self._limits)
        return required_content_length(fields)

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._searched = 0
        self._needed = None
