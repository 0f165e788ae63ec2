"""The private stream between a node and its media engine: batches of messages, one per write.

A batch is pickled. The stream is a socket pair that the node made for the process it started, so
both ends are our own code; nothing that came from the network is ever unpickled (audio and keys
travel as bytes and text within our own messages).
"""

import pickle
import socket
import struct
from collections.abc import Iterator, Sequence
from typing import Final, Generic, TypeVar

from umbel.core.errors import Unavailable

Message = TypeVar("Message")

_LENGTH: Final = struct.Struct("!I")
_READ: Final = 1 << 18
_MOST_UNREAD: Final = 1 << 27
"""Octets: a node that has not read so much (many minutes of recordings) will not read again."""


class Disconnected(Unavailable):
    """The other end of the stream is gone."""


def pack(messages: Sequence[object]) -> bytes:
    """Give the octets of one batch."""
    body = pickle.dumps(tuple(messages), protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


class Unpacker(Generic[Message]):
    """Gives back the messages from a stream of batches."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take what arrived; give each message that is now complete."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            batch: tuple[Message, ...] = pickle.loads(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            yield from batch


class Channel(Generic[Message]):
    """The engine's end: never waits, so that a busy node cannot delay a tick."""

    def __init__(self, stream: socket.socket) -> None:
        stream.setblocking(False)
        self._stream = stream
        self._unpacker: Unpacker[Message] = Unpacker()
        self._unsent = bytearray()

    def fileno(self) -> int:
        """Give the descriptor, for ``select``."""
        return self._stream.fileno()

    @property
    def has_unsent(self) -> bool:
        """Say whether something waits until the node reads."""
        return bool(self._unsent)

    def receive(self) -> Iterator[Message]:
        """Give the messages that have arrived; raise ``Disconnected`` when the node is gone."""
        try:
            data = self._stream.recv(_READ)
        except BlockingIOError:
            return
        except OSError as error:
            raise Disconnected(f"the node's end broke: {error}") from error
        if not data:
            raise Disconnected("the node closed its end")
        yield from self._unpacker.feed(data)

    def send(self, messages: Sequence[object]) -> None:
        """Send a batch as far as the node reads; the rest goes with the next call."""
        octets = pack(messages) if messages else b""
        if not self._unsent:
            octets = octets[self._push(octets) :]
        self._unsent += octets
        if len(self._unsent) > _MOST_UNREAD:
            raise Disconnected("the node has stopped reading")
        while self._unsent and (pushed := self._push(self._unsent)):
            del self._unsent[:pushed]

    def _push(self, octets: bytes | bytearray) -> int:
        """Send what the stream takes now; give how many octets that were."""
        try:
            return self._stream.send(octets) if octets else 0
        except BlockingIOError:
            return 0  # The stream is full; what is left is sent when the node has read.
        except OSError as error:
            raise Disconnected(f"the node's end broke: {error}") from error
