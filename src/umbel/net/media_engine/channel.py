"""The private stream between a node and its media engine: batches of messages, one per write.

A batch is pickled. The stream is a socket pair that the node made for the process it started, so
both ends are our own code; nothing that came from the network is ever unpickled (audio and keys
travel as bytes and text within our own messages).
"""

import copyreg
import pickle
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import partial
from operator import attrgetter
from typing import Final, Generic, TypeVar, get_args

from umbel.core.errors import Unavailable
from umbel.media.engine import Command, Event, Load, Playable, Statistics
from umbel.media.session import MediaSession, SrtpKey

Message = TypeVar("Message")

_LENGTH: Final = struct.Struct("!I")
_READ: Final = 1 << 18
_MOST_UNREAD: Final = 1 << 29
"""Octets: a node that has not read so much, half a minute of a thousand recordings, will not any more."""


class Disconnected(Unavailable):
    """The other end of the stream is gone."""


class NodeStandsStill(Disconnected):
    """The other end of the stream reads nothing any more."""


def pack(messages: Sequence[object]) -> bytes:
    """Give the octets of one batch."""
    body = _body(messages)
    return _LENGTH.pack(len(body)) + body


def _body(messages: Sequence[object]) -> bytes:
    return pickle.dumps(tuple(messages), protocol=pickle.HIGHEST_PROTOCOL)


def _reduced(
    made: Callable[..., object], values: Callable[[object], tuple[object, ...]], message: object
) -> tuple[Callable[..., object], tuple[object, ...]]:
    """Say how a message is made anew."""
    return made, values(message)


class _Maker:
    """
    Makes messages of one kind from their values, in their order.

    What ``dataclasses`` itself does to unpickle a frozen class with slots takes five times as
    long, which counts at some thousand messages a second.
    """

    def __init__(self, kind: type) -> None:
        self._kind = kind
        # The slots themselves, because the class lets nobody set its attributes.
        self._set = [getattr(kind, field.name).__set__ for field in fields(kind)]

    def __call__(self, *values: object) -> object:
        message: object = object.__new__(self._kind)
        for set_value, value in zip(self._set, values, strict=True):
            set_value(message, value)
        return message

    def __reduce__(self) -> tuple[Callable[..., object], tuple[type]]:
        return _maker_of, (self._kind,)


def _maker_of(kind: type) -> _Maker:
    return _MAKERS[kind]


def _values_of(kind: type) -> Callable[[object], tuple[object, ...]]:
    names = [field.name for field in fields(kind)]
    if len(names) == 1:
        return lambda message: (getattr(message, names[0]),)
    return attrgetter(*names)


_PARTS: Final = (*get_args(Playable), MediaSession, SrtpKey, Statistics)
"""What messages are made of."""
_KINDS: Final = (*get_args(Command), *get_args(Event), Load, *_PARTS)
_MAKERS: Final = {kind: _Maker(kind) for kind in _KINDS}
for _kind in _KINDS:
    copyreg.pickle(_kind, partial(_reduced, _MAKERS[_kind], _values_of(_kind)))


class Unpacker(Generic[Message]):
    """
    Gives back the messages from a stream of batches.

    What arrives is written into ``space`` and never moved again, except for the beginning of a
    batch that has not come whole: audio of thousands of calls passes here.
    """

    def __init__(self) -> None:
        self._buffer = bytearray(_READ)
        self._start = self._end = 0

    def space(self) -> memoryview:
        """Give where to write what arrives next."""
        if len(self._buffer) - self._end < _READ // 2:
            self._make_room(self._missing())
        return memoryview(self._buffer)[self._end :]

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take what arrived elsewhere; give each message that is now complete."""
        if len(self._buffer) - self._end < len(data):
            self._make_room(len(data))
        self._buffer[self._end : self._end + len(data)] = data
        return self.filled(len(data))

    def filled(self, octets: int) -> Iterator[Message]:
        """Take so many octets that were written into ``space``; give what is now complete."""
        self._end += octets
        view = memoryview(self._buffer)
        while self._end - self._start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(view, self._start)
            begin = self._start + _LENGTH.size
            if self._end - begin < length:
                return
            batch: tuple[Message, ...] = pickle.loads(view[begin : begin + length])
            self._start = begin + length
            yield from batch
        if self._start == self._end:
            self._start = self._end = 0

    def _missing(self) -> int:
        """Give how many octets of the batch that has begun have not come."""
        if self._end - self._start < _LENGTH.size:
            return 0
        (length,) = _LENGTH.unpack_from(self._buffer, self._start)
        return max(0, _LENGTH.size + int(length) - (self._end - self._start))

    def _make_room(self, octets: int) -> None:
        """Move what is left to the front, with room for more, in a larger buffer if need be."""
        left = self._buffer[self._start : self._end]
        size = len(left) + max(octets, _READ)
        if size > len(self._buffer) or size * 8 < len(self._buffer):
            self._buffer = bytearray(size)
        self._buffer[: len(left)] = left
        self._start, self._end = 0, len(left)


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
    def unsent(self) -> int:
        """Give how many octets wait until the node reads."""
        return len(self._unsent)

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
        if messages:
            body = _body(messages)
            self._unsent += _LENGTH.pack(len(body))
            self._unsent += body
        if len(self._unsent) > _MOST_UNREAD:
            unread, most = len(self._unsent), _MOST_UNREAD
            raise NodeStandsStill(f"the node has left {unread} octets unread, of at most {most}")
        while self._unsent and (pushed := self._push(self._unsent)):
            del self._unsent[:pushed]

    def _push(self, octets: bytearray) -> int:
        """Send what the stream takes now; give how many octets that were."""
        try:
            return self._stream.send(octets)
        except BlockingIOError:
            return 0  # The stream is full; what is left is sent when the node has read.
        except OSError as error:
            raise Disconnected(f"the node's end broke: {error}") from error
